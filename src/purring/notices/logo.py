"""Whether bytes are a picture that can stand in a mail: PNG or JPEG by what they hold, small, and of a sane size.

Sources: PNG, third edition, §5 (24 June 2025); ITU-T T.81, annex B (September 1992).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from purring.domain.brand import Logo
from purring.domain.errors import InvalidInput

BYTES_MAX = 50_000
SIDE_MIN, SIDE_MAX = 16, 2000

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# Start of frame, of every kind; the other markers from C0 on hold tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, b"\xff\xd9"


def read_logo(data: bytes) -> Logo:
    """The picture, with its kind and size as its own bytes tell them.

    Raises InvalidInput.
    """
    if len(data) > BYTES_MAX:
        raise InvalidInput(
            f"A logo has at most {BYTES_MAX // 1000} kB, since every mail carries it; this has {len(data) // 1000} kB.",
            field="logo",
        )
    if data.startswith(_PNG):
        media_type, size = "image/png", _png_size(data)
    elif data.startswith(_JPEG):
        media_type, size = "image/jpeg", _jpeg_size(data)
    else:
        raise InvalidInput("A logo is a PNG or a JPEG; mail programs show nothing else everywhere.", field="logo")
    if size is None:
        raise InvalidInput("The logo is damaged or cut off; save it anew.", field="logo")
    width, height = size
    if not (SIDE_MIN <= width <= SIDE_MAX and SIDE_MIN <= height <= SIDE_MAX):
        raise InvalidInput(
            f"A logo is from {SIDE_MIN} to {SIDE_MAX} pixels wide and high; this is {width} × {height}.", field="logo"
        )
    return Logo(media_type=media_type, width=width, height=height, data=data)


def _png_size(data: bytes) -> tuple[int, int] | None:
    """The size in the header, if every chunk is whole and the last one ends the file."""
    chunks = list(_png_chunks(data))
    names = [name for name, _ in chunks]
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or b"IDAT" not in names:
        return None
    header = chunks[0][1]
    return int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body, checksum = data[at + 4 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if zlib.crc32(body).to_bytes(4, "big") != checksum:
            yield b"", b""
            return
        yield body[:4], body[4:]
        at += 12 + length


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """The size in the start of frame, if a scan follows and the picture ends."""
    size, at = None, 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - every marker begins with it
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            size = int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        if marker == _SCAN:
            return size if data.endswith(_END) else None
        at += 2 + length
    return None
