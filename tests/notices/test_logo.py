"""Logos: PNG and JPEG by what they hold, whole, small, and of a sane size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput
from purring.notices.logo import BYTES_MAX, read_logo
from tests.notices.pictures import jpeg, png


@pytest.mark.parametrize(("data", "media_type"), [(png(), "image/png"), (jpeg(), "image/jpeg")])
def test_a_picture_tells_its_own_kind_and_size(data: bytes, media_type: str) -> None:
    """Whatever its file was called."""
    logo = read_logo(data)
    assert (media_type, 400, 100, data) == (logo.media_type, logo.width, logo.height, logo.data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is a PNG or a JPEG"),
        (b"GIF89a", "is a PNG or a JPEG"),
        (b"", "is a PNG or a JPEG"),
        (png()[:-5], "damaged or cut off"),
        (png().replace(b"\xff", b"\xfe", 1) + b"more", "damaged or cut off"),
        (jpeg()[:-2], "damaged or cut off"),
        (jpeg()[:12], "damaged or cut off"),
        (png(8, 8), "from 16 to 2000 pixels"),
        (jpeg(4000, 100), "from 16 to 2000 pixels"),
        (png() + b"\x00" * BYTES_MAX, "at most 50 kB"),
    ],
)
def test_anything_else_is_refused(data: bytes, told: str) -> None:
    """The message says what would do."""
    with pytest.raises(InvalidInput, match=told) as refused:
        read_logo(data)
    assert "logo" == refused.value.field


@given(st.sampled_from([png(16, 16), jpeg(16, 16)]), st.integers(0, 60), st.binary(max_size=4))
def test_any_bytes_are_a_picture_or_refused(data: bytes, at: int, other: bytes) -> None:
    """A damaged file breaks nothing."""
    broken = data[:at] + other + data[at + len(other) :]
    try:
        read = read_logo(broken)
    except InvalidInput:
        return
    assert broken == read.data
