"""Pictures that are written as text: base64, perhaps as a data URL, as JSON and CSV carry them."""

from __future__ import annotations

import base64
import binascii
import re

from convscope.tables._decode import UnreadableError, kind_of

__all__ = ["is_written_picture", "picture_bytes"]

URL = re.compile(r"\s*data:[\w./+-]*;base64,", re.ASCII)
BASE64 = re.compile(r"[A-Za-z0-9+/_=\s-]*", re.ASCII)
URL_SAFE = str.maketrans("-_", "+/")
START = 64


def is_written_picture(text: str) -> bool:
    """Say whether a text is base64 of something that begins like a picture.

    Examples
    --------
    >>> is_written_picture("iVBORw0KGgoAAAANSUhEUg=="), is_written_picture("cat")
    (True, False)
    """
    begin = picture_bytes(text[: START + 64].rstrip("="), is_whole=False)
    try:
        return bool(begin) and bool(kind_of(begin))
    except UnreadableError:
        return False


def picture_bytes(text: str, *, is_whole: bool = True) -> bytes:
    r"""Give the bytes that a text stands for; none if it is not base64.

    Examples
    --------
    >>> picture_bytes("data:image/png;base64,iVBORw0KGgo=")
    b'\x89PNG\r\n\x1a\n'
    """
    found = URL.match(text)
    written = text[found.end() :] if found else text
    if not BASE64.fullmatch(written):
        return b""
    plain = "".join(written.split()).translate(URL_SAFE).rstrip("=")
    if not is_whole:
        plain = plain[: len(plain) // 4 * 4]
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return b""
