"""Zip archives from untrusted sources: checked completely before anything is unpacked, and unpacked into memory only.

Refused are members outside of the archive's own place (``../``, absolute, a drive's letter), links, encrypted or
repeated members, archives within archives, and whatever unpacks to more than it should.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from convscope.errors import DataError
from convscope.limits import MOST_ENTRY_BYTES, MOST_RATIO, largest_content

__all__ = ["METHODS", "check_members", "check_path", "count_members", "read_members"]

END = b"PK\x05\x06"
END_BYTES = 22
LOCATOR = b"PK\x06\x07"
ENTRY = b"PK\x01\x02"
SECOND = b"PK\x06\x06"
LOCATOR_BYTES, SECOND_BYTES = 20, 56
LONGEST_COMMENT = 65_535
PACKED = (".zip", ".npz", ".gz", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".rar")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_members(path: Path, limits: Mapping[str, int]) -> dict[str, bytes]:
    """Read an archive that holds exactly the members that it should.

    Parameters
    ----------
    path : Path
    limits : mapping of str to int
        Each member's name, and the most bytes it may have.

    Returns
    -------
    contents : dict of str to bytes

    Raises
    ------
    DataError
        A member is missing, foreign, too large, or as `check_members` says.
    """
    members = check_members(path, most_members=len(limits), most_bytes=sum(limits.values()))
    names = [member.filename for member in members]
    foreign = next((name for name in names if name not in limits), None)
    if foreign is not None:
        raise DataError(f"{path.name} holds {foreign!r}, which does not belong there.", expected=", ".join(limits))
    missing = next((name for name in limits if name not in names), None)
    if missing is not None:
        raise DataError(f"{path.name} has no {missing}.", received=", ".join(names) or "an empty archive")
    try:
        with zipfile.ZipFile(path) as archive:
            return {member.filename: _read(archive, member, limits[member.filename], path) for member in members}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise DataError(f"{path.name} is damaged: {error}.", repair="download or copy the file again") from None


def check_members(path: Path, *, most_members: int, most_bytes: int) -> list[zipfile.ZipInfo]:
    """List the members of an archive; the archive is refused if any of them is invalid.

    Parameters
    ----------
    path : Path
    most_members : int
    most_bytes : int
        All members together, unpacked.

    Raises
    ------
    DataError
        The message names the first member that is wrong, or the limit that is passed.
    """
    try:
        with path.open("rb") as file:
            count_members(file, path.name, most_members)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, struct.error, ValueError, NotImplementedError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path.name} is not a complete zip archive: {error}.", repair="download or copy the file again"
        ) from None
    if len(members) > most_members:
        raise _too_many(path.name, len(members), most_members)
    _check_names(path, [member.filename for member in members])
    for member in members:
        _check_member(path, member)
    total = sum(member.file_size for member in members)
    if total > most_bytes or total > largest_content(path.stat().st_size):
        raise DataError(
            f"{path.name} unpacks to an unreasonable size.",
            received=f"{total:,} bytes from {path.stat().st_size:,}",
            expected=f"at most {most_bytes:,} bytes, and {MOST_RATIO} times its size",
            repair="unpack it yourself and check what it holds",
        )
    return members


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, path: Path) -> bytes:
    with archive.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise DataError(f"{member.filename} in {path.name} is too large.", expected=f"at most {most:,} bytes")
    return content


def count_members(file: IO[bytes], name: str, most_members: int) -> None:
    """Look at the size of the table of contents before it is read: a million members take seconds.

    Parameters
    ----------
    file : binary file
        The archive.
    name : str
        For the message.
    most_members : int

    Raises
    ------
    DataError
        It holds more members than allowed, its end is missing, or the longer form of it (zip64) is not where it says.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - LOCATOR_BYTES - END_BYTES - LONGEST_COMMENT))
    tail = file.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < END_BYTES:
        raise DataError(
            f"{name} is not a complete zip archive: its end is missing.", repair="download or copy the file again"
        )
    count, length = struct.unpack("<HI", tail[place + 10 : place + 16])
    ends = size - len(tail) + place
    if tail[max(0, place - LOCATOR_BYTES) : place].startswith(LOCATOR):
        ends -= LOCATOR_BYTES + SECOND_BYTES
        count, length = _second_count(file, ends, name)
    if count > most_members or length > most_members * MOST_ENTRY_BYTES:
        raise _too_many(name, count if count > most_members else length // 50, most_members)
    file.seek(max(0, ends - length))
    listed = file.read(length).count(ENTRY)  # zipfile reads all that are there, however many the end tells of
    if listed > most_members:
        raise _too_many(name, listed, most_members)


def _second_count(file: IO[bytes], place: int, name: str) -> tuple[int, int]:
    """Read what archives of more than 65,535 files have (zip64): the count, and the bytes of the table of contents."""
    file.seek(max(0, place))
    second, locator = file.read(SECOND_BYTES), file.read(LOCATOR_BYTES)
    if place < 0 or not second.startswith(SECOND) or struct.unpack("<Q", locator[8:16])[0] != place:
        raise DataError(
            f"{name} has a second table of contents that is not where it says.",
            repair="pack it again with another program",
        )
    count, length = struct.unpack("<QQ", second[32:48])
    return count, length


def _too_many(name: str, count: int, most: int) -> DataError:
    many = "65,535 or more" if count >= 65_535 else f"{count:,}"
    return DataError(f"{name} holds too many files.", received=many, expected=f"at most {most:,}")


def _check_names(path: Path, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        plain = check_path(path.name, name)
        if plain.casefold() in seen:
            raise DataError(f"{path.name} holds two files of the same name.", received=repr(name[:120]))
        seen.add(plain.casefold())


def check_path(archive: str, name: str) -> str:
    """Refuse the path of a member that leads outside of the archive's own place; give it with ``/``.

    Raises
    ------
    DataError
        It does: it is absolute, begins with a drive's letter, or goes up.
    """
    plain = name.replace("\\", "/")
    if plain.startswith("/") or ":" in plain.split("/")[0] or ".." in plain.split("/") or "\0" in name:
        raise DataError(
            f"{archive} holds a file that would be unpacked outside the folder.",
            received=repr(name[:120]),
            repair="do not unpack this archive; get another one",
        )
    return plain


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    mode = member.external_attr >> 16
    wrong = None
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        wrong = "is a link or a device"
    elif member.flag_bits & 1:
        wrong = "is encrypted"
    elif member.compress_type not in METHODS:
        wrong = "is compressed in an unusual way"
    elif member.filename.lower().endswith(PACKED):
        wrong = "is an archive itself"
    if wrong:
        raise DataError(f"{member.filename[:120]!r} in {path.name} {wrong}.", expected="plain files")
