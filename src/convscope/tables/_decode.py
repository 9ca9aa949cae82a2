"""One picture, from its bytes to an array, by rules that are the same for every format.

The first bytes tell the format, never the name. Of an animation the first frame counts; a picture is turned upright as
its EXIF orientation says; palette and CMYK become RGB; transparency is laid on black, or on white where a folder needs
it; 16 bits a value stay 16 bits.
"""

from __future__ import annotations

import io
import struct
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from convscope.errors import TableError
from convscope.limits import (
    FREE_TABLE_BYTES,
    MOST_IMAGE_BYTES,
    MOST_IMAGE_PARTS,
    MOST_IMAGE_PIXELS,
    MOST_RATIO,
)
from convscope.tables._deep import LARGEST, STEP, is_deep, lay_deep, read_deep
from convscope.tables._resize import fit_picture

__all__ = ["FORMATS", "Budget", "Picture", "UnreadableError", "Way", "kind_of", "read_picture", "size_of"]

FORMATS = "PNG, JPEG, WebP, BMP, GIF or TIFF"
PLUGINS = (BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Pillow opens what is imported; were it to import them itself, threads would wait for each other."""
KINDS = {
    b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF87a": "GIF", b"GIF89a": "GIF",
    b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF",
}  # fmt: skip
OTHERS = {
    b"8BPS": "PSD", b"%!PS": "EPS", b"%PDF": "PDF", b"<svg": "SVG", b"\0\0\1\0": "ICO", b"PK\3\4": "an archive",
    b"\0\0\0\x0cjP": "JPEG 2000", b"\xff\x4f\xff\x51": "JPEG 2000", b"\xff\x0a": "JPEG XL",
}  # fmt: skip
BRANDS = {b"avif": "AVIF", b"avis": "AVIF"}
BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
PARTS = {"PNG": (b"zTXt", b"iTXt"), "JPEG": (b"\xff\xda",)}
"""What is decoded over all pixels, or to a megabyte of text, however few bytes it has."""
GREY_MODES = ("1", "L", "LA", "La")
CLEAR_MODES = ("RGBA", "RGBa", "LA", "La", "PA")
ORIENTATION = 0x0112
LARGE, LARGE_PIXELS = Lock(), 2_000_000
"""A picture of more is decoded while no other such one is: it takes a hundred megabytes or two."""
PLAIN_PNG = (b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"tIME", b"sBIT")
"""Parts of a PNG that change nothing of its pixels."""
PNG_MODES = {0: "L", 2: "RGB"}
PLAIN_KINDS = [[8, colour, 0, 0, 0] for colour in PNG_MODES]
"""Eight bits, the usual packing and filters, and not interlaced."""
PNG, PNG_HEADER, PNG_PART = b"\x89PNG\r\n\x1a\n", struct.Struct(">IIBBBBB"), struct.Struct(">I4s")

TURNED = "turned upright according to EXIF"
COLOURS, PALETTE = "{} becomes RGB", "a palette, {} becomes RGB"
CLEAR = "transparency put on {}"
FRAMES = "more than one frame, of which the first is used"


class UnreadableError(Exception):
    """A file that is not used, and the reason, which begins as "it is ..." would go on."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Picture(NamedTuple):
    """A picture, and what was done to it.

    Parameters
    ----------
    values : uint8 or uint16 array of shape (height, width, 1 or 3)
    size : (height, width)
        Upright, before it was resized.
    rules : tuple of str
        What was done to it, each as the end of a note.
    is_lost : bool
        Laid on black it shows nothing, and laid on white it does.
    """

    values: NDArray[Any]
    size: tuple[int, int]
    rules: tuple[str, ...] = ()
    is_lost: bool = False


class Budget:
    """Counts what is decoded; a page of white paper shrinks by hundreds, but not a whole folder of them.

    Parameters
    ----------
    where : str
        The folder or file, for the message.
    """

    def __init__(self, where: str) -> None:
        self.where, self.packed, self.decoded, self.lock = where, 0, 0, Lock()

    def take(self, packed: int, n_bytes: int) -> None:
        """Count a picture before it is decoded.

        Raises
        ------
        TableError
            The pictures are out of proportion to their files.
        """
        with self.lock:
            self.packed += packed
            self.decoded += n_bytes
            if self.decoded > max(FREE_TABLE_BYTES, MOST_RATIO * self.packed):
                raise TableError(
                    f"{self.where} holds pictures with far more pixels than their file sizes suggest.",
                    received=f"{self.decoded:,} bytes from the first {self.packed:,}",
                    expected=f"at most {MOST_RATIO} times as many",
                    repair="make the pictures smaller first",
                )


@dataclass(frozen=True)
class Way:
    """How all pictures of a folder are read."""

    budget: Budget
    resize: tuple[str, tuple[int, int]] | None = None
    ground: int = 0


def kind_of(start: bytes) -> str:
    """Tell the format of a picture by its first bytes.

    Raises
    ------
    UnreadableError
        It is none, or none that is read.
    """
    if not start:
        raise UnreadableError("empty")
    kind = next((kind for magic, kind in KINDS.items() if start.startswith(magic)), None)
    if kind is None and start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        kind = "WEBP"
    if kind is None and start[:2] == b"BM" and int.from_bytes(start[14:18], "little") in BMP_HEADERS:
        kind = "BMP"
    if kind is not None:
        return kind
    other = next((other for magic, other in OTHERS.items() if start.lstrip().startswith(magic)), None)
    if start[4:8] == b"ftyp":
        other = BRANDS.get(start[8:12], "HEIC" if start[8:11] in (b"hei", b"hev", b"mif") else "a film")
    if other is None and b"<svg" in start[:1000]:
        other = "SVG"
    raise UnreadableError(f"{other}, not {FORMATS}" if other else "no pictures")


def read_picture(content: bytes, way: Way) -> Picture:
    """Read one picture.

    Raises
    ------
    UnreadableError
        It is not a picture, or cut, damaged or too large.
    TableError
        The budget of the whole folder is spent.
    """
    kind = "PNG" if content.startswith(PNG) else kind_of(content[:1000])
    if len(content) > MOST_IMAGE_BYTES:
        raise UnreadableError(f"larger than {MOST_IMAGE_BYTES:,} bytes")
    _check_parts(content, kind)
    plain = _plain_png(content) if kind == "PNG" else None
    if plain is not None:
        picture = _whole_png(*plain, len(content), way)
        if picture is not None:
            return picture
    try:
        return _read(content, kind, way)
    except Image.DecompressionBombError:
        raise UnreadableError(f"more than {MOST_IMAGE_PIXELS:,} pixels") from None
    except (
        UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, LookupError, TypeError, EOFError,
        ArithmeticError, AttributeError, AssertionError, RuntimeError, NotImplementedError,
    ) as error:  # fmt: skip
        if isinstance(error, TableError):
            raise
        raise UnreadableError("cut or damaged") from None


def size_of(content: bytes) -> tuple[int, int] | None:
    """Tell the height and width of a picture without decoding it, upright; None where that is not possible."""
    try:
        picture = Image.open(io.BytesIO(content), formats=[kind_of(content[:1000])])
        lies = picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8) and picture.format != "TIFF"
        return (picture.width, picture.height) if lies else (picture.height, picture.width)
    except Exception:
        return None


def _plain_png(content: bytes) -> tuple[str, tuple[int, int], bytes] | None:
    """Give mode, size and packed pixels of the most usual PNG; every other one is None, and Pillow's to read.

    Of a picture as small as a digit, opening it as an image of any kind takes twice the time of unpacking it.
    """
    if content[12:16] != b"IHDR" or len(content) < 57:
        return None
    width, height, *kind = PNG_HEADER.unpack_from(content, 16)
    if kind not in PLAIN_KINDS or not 0 < width * height <= LARGE_PIXELS:
        return None
    colour = kind[1]
    parts: list[bytes] = []
    place = 33
    while place + 12 <= len(content):
        length, name = PNG_PART.unpack_from(content, place)
        if name == b"IDAT":
            parts.append(content[place + 8 : place + 8 + length])
        elif name == b"IEND":
            return PNG_MODES[colour], (width, height), parts[0] if len(parts) == 1 else b"".join(parts)
        elif name not in PLAIN_PNG:
            return None
        place += length + 12
    return None


def _whole_png(mode: str, size: tuple[int, int], packed: bytes, n_bytes: int, way: Way) -> Picture | None:
    width, height = size
    channels = len(mode)
    way.budget.take(n_bytes, width * height * channels)
    try:
        picture = Image.frombytes(mode, size, packed, "zip", mode, 0)
    except (ValueError, OSError):
        return None
    if way.resize:
        return Picture(fit_picture(picture, *way.resize), (height, width))
    return Picture(np.frombuffer(picture.tobytes(), np.uint8).reshape(height, width, channels), (height, width))


def _read(content: bytes, kind: str, way: Way) -> Picture:
    picture = Image.open(io.BytesIO(content), formats=[kind])
    if picture.width * picture.height > MOST_IMAGE_PIXELS:
        raise UnreadableError(f"more than {MOST_IMAGE_PIXELS:,} pixels")
    if picture.mode in ("I", "F"):
        raise UnreadableError("of 32 bits a value, or signed; 8 and 16 bits are read")
    n_values = picture.width * picture.height * max(3 if picture.mode == "P" else 1, len(picture.getbands()))
    way.budget.take(len(content), n_values)
    with LARGE if picture.width * picture.height > LARGE_PIXELS else nullcontext():
        return _decoded(picture, content, kind, way)


def _decoded(picture: Image.Image, content: bytes, kind: str, way: Way) -> Picture:
    rules = [FRAMES] if getattr(picture, "is_animated", False) else []
    lies = kind == "TIFF" and picture.getexif().get(ORIENTATION, 1) != 1  # Pillow turns these as it loads them
    if is_deep(picture):
        return _deep(picture, Image.open(io.BytesIO(content), formats=[kind]), rules, lies, way)
    picture.load()
    if picture.getexif().get(ORIENTATION, 1) != 1:
        lies, picture = True, ImageOps.exif_transpose(picture)
    if lies:
        rules.append(TURNED)
    picture, is_lost = _opaque(picture, rules, way)
    if picture.mode == "1":
        picture = picture.convert("L")
    elif picture.mode not in ("L", "RGB"):
        rules.append((PALETTE if picture.mode == "P" else COLOURS).format(picture.mode))
        picture = picture.convert("RGB")
    size = picture.height, picture.width
    if way.resize:
        return Picture(fit_picture(picture, *way.resize), size, tuple(rules), is_lost)
    values = np.asarray(picture, np.uint8)
    return Picture(values[..., None] if values.ndim == 2 else values, size, tuple(rules), is_lost)


def _deep(picture: Image.Image, again: Image.Image, rules: list[str], lies: bool, way: Way) -> Picture:
    values, opacity = read_deep(picture, again)
    if lies or picture.getexif().get(ORIENTATION, 1) != 1:  # asked later, for it loads a PNG, in 8 bits
        rules.append(TURNED)
    size, is_lost = values.shape[:2], False
    if opacity is not None:
        rules.append(CLEAR.format("white" if way.ground else "black"))
        laid = lay_deep(values, opacity, way.ground * STEP)
        is_lost = not way.ground and _is_one(laid) and not _is_one(lay_deep(values, opacity, LARGEST))
        values = laid
    return Picture(fit_picture(values, *way.resize) if way.resize else values, size, tuple(rules), is_lost)


def _opaque(picture: Image.Image, rules: list[str], way: Way) -> tuple[Image.Image, bool]:
    """Lay what is transparent on the ground; say whether black hides all there is, and white does not."""
    if picture.mode not in CLEAR_MODES and "transparency" not in picture.info:
        return picture, False
    mode = "L" if picture.mode in GREY_MODES else "RGB"
    whole = picture.convert("RGBA")
    if picture.mode in ("P", "PA"):
        rules.append(PALETTE.format(picture.mode))
    if whole.getchannel("A").getextrema()[0] == 255:
        return whole.convert(mode), False
    rules.append(CLEAR.format("white" if way.ground else "black"))
    laid = _laid(whole, way.ground)
    is_lost = not way.ground and _is_blank(laid) and not _is_blank(_laid(whole, 255))
    return laid.convert(mode), is_lost


def _laid(picture: Image.Image, ground: int) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", picture.size, (ground, ground, ground, 255)), picture)


def _is_blank(picture: Image.Image) -> bool:
    return all(low == high for low, high in (channel.getextrema() for channel in picture.split()))


def _is_one(values: NDArray[Any]) -> bool:
    return bool(values.min() == values.max())


def _check_parts(content: bytes, kind: str) -> None:
    if sum(content.count(mark) for mark in PARTS.get(kind, ())) > MOST_IMAGE_PARTS:
        raise UnreadableError("made of too many scans or texts")
