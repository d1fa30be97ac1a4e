"""Small pictures, made on the spot."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 400, height: int = 100) -> bytes:
    """A white PNG."""
    rows = (b"\x00" + b"\xff" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def jpeg(width: int = 400, height: int = 100) -> bytes:
    """As much of a JPEG as tells its size: an application's segment, a frame, a scan, the end."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    segments = ((0xE0, b"JFIF\x00"), (0xC4, b"\x00"), (0xC2, frame), (0xDA, b"\x01\x01\x00\x00\x3f\x00"))
    written = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in segments)
    return b"\xff\xd8" + written + b"\x00\xff\xd9"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
