"""Files below one place: a folder, or a zip or tar archive that is read like one and never unpacked to disk.

Everything that decides whether an archive may be read at all (members, sizes, paths, links) is looked at here, before
the first picture is. Hidden files and what systems leave behind are not listed.
"""

from __future__ import annotations

import os
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from convscope.archives import check_members
from convscope.errors import DataError, TableError
from convscope.limits import DEEPEST_FOLDER, MOST_IMAGE_BYTES, MOST_TABLE_BYTES
from convscope.limits import MOST_IMAGES as MOST_FILES
from convscope.tables._tar import tar_members

__all__ = ["Entry", "Load", "Tree", "list_folder", "open_tree"]

SYSTEM = ("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx")
Load = Callable[[], bytes]


class Entry(NamedTuple):
    """A file in a tree.

    Parameters
    ----------
    name : str
        Its path below the root, with ``/``; in composed letters, as text is written everywhere but on old Macs.
    size : int
        In bytes.
    place : str
        What opens it.
    changed : int
        When it was changed, in nanoseconds; 0 within archives.
    """

    name: str
    size: int
    place: str
    changed: int = 0

    @property
    def folder(self) -> str:
        """The path of the folder that it lies in; empty at the root."""
        return self.name.rpartition("/")[0]

    @property
    def base(self) -> str:
        """Its name within that folder."""
        return self.name.rpartition("/")[2]


class Opener(Protocol):
    """Gives the contents of chosen files, in whatever order is fastest."""

    def __call__(self, chosen: Sequence[Entry]) -> Iterator[tuple[int, Load]]: ...


@dataclass(frozen=True)
class Tree:
    """What lies below a place.

    Parameters
    ----------
    name : str
        Of the folder or archive, for messages.
    files : list of Entry
        In the order of their names as text.
    folders : list of str
        All folders, also empty ones; without the root.
    odd : list of str
        What is neither a file nor a folder, such as a pipe.
    contents : callable
        Of chosen files; gives for each its place among them, and a function that reads it.
    notes : tuple of str
    """

    name: str
    files: list[Entry]
    folders: list[str]
    odd: list[str]
    contents: Opener
    notes: tuple[str, ...] = ()

    def below(self, folder: str) -> Tree:
        """Give the same files as seen from one of the folders."""
        start = folder + "/"
        return Tree(
            self.name,
            [
                Entry(one.name.removeprefix(start), one.size, one.place, one.changed)
                for one in self.files
                if one.name.startswith(start)
            ],
            [name.removeprefix(start) for name in self.folders if name.startswith(start)],
            odd=[name.removeprefix(start) for name in self.odd if name.startswith(start)],
            contents=self.contents,
            notes=self.notes,
        )

    def tops(self) -> list[str]:
        """Name the folders at the root."""
        return [name for name in self.folders if "/" not in name]

    def read(self, entry: Entry) -> bytes:
        """Read one file."""
        return next(load() for _, load in self.contents([entry]))


def open_tree(path: Path) -> Tree:
    """List a folder, a zip archive or a tar archive (also packed by gzip, bzip2 or xz).

    Parameters
    ----------
    path : Path

    Raises
    ------
    TableError
        It holds links, too many files, paths that lead outside, or unpacks to an unreasonable size.
    """
    if path.is_dir():
        return list_folder(path)
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    return _zip(path) if is_zip else _tar(path)


def list_folder(root: Path, *, deepest: int | None = None) -> Tree:
    """List a folder.

    Parameters
    ----------
    root : Path
    deepest : int, optional
        How many folders below each other are looked into; links are then passed over, for the folder was not given as
        one of pictures. Without it there is a limit, and a link is refused.

    Raises
    ------
    TableError
        It holds links, too many files, or too many folders in folders.
    """
    files: list[Entry] = []
    folders: list[str] = []
    odd: list[str] = []
    foreign: list[str] = []
    waiting = [("", str(root))]
    while waiting:
        above, place = waiting.pop()
        if deepest is not None and above.count("/") > deepest:
            continue
        if above.count("/") >= DEEPEST_FOLDER:
            raise TableError(f"{root.name} holds folders in folders, more than {DEEPEST_FOLDER} deep.", received=above)
        for found in _entries(place):
            if found.is_symlink():
                if deepest is not None:
                    continue
                raise TableError(
                    f"{found.path} is a link; links are not followed.",
                    repair="put the files themselves into the folder",
                )
            if _is_ignored(found.name):
                continue
            name, is_foreign = _as_text(found.name)
            name = f"{above}{name}"
            if is_foreign:
                foreign.append(name)
            if found.is_dir(follow_symlinks=False):
                folders.append(name)
                waiting.append((name + "/", found.path))
            elif found.is_file(follow_symlinks=False):
                state = found.stat(follow_symlinks=False)
                files.append(Entry(name, state.st_size, found.path, state.st_mtime_ns))
            else:
                odd.append(name)
            if len(files) + len(folders) + len(odd) > MOST_FILES:
                raise _too_many(root.name)
    notes: tuple[str, ...] = ()
    if foreign:
        notes = (f"{len(foreign):,} names are not UTF-8 and are read as Latin-1, first {min(foreign)}",)
    return _tree(root.name, files, folders, odd=odd, opener=_from_folder, notes=notes)


def _entries(place: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as found:
            return list(islice(found, MOST_FILES + 1))
    except OSError as error:
        raise TableError(f"the folder {place} cannot be opened: {error.strerror}.") from None


def _zip(path: Path) -> Tree:
    try:
        members = check_members(path, most_members=MOST_FILES, most_bytes=MOST_TABLE_BYTES)
    except DataError as error:
        raise _not_unpacked(path, error) from None
    named = [(_composed(one.filename.replace("\\", "/")), one) for one in members]
    files = [Entry(name, one.file_size, one.filename) for name, one in named if not name.endswith("/")]
    folders = [name for name, _ in named if name.endswith("/")]
    return _packed(path, files, folders, partial(_from_zip, path))


def _tar(path: Path) -> Tree:
    files: list[Entry] = []
    folders: list[str] = []
    for member in tar_members(path):
        if member.is_folder:
            folders.append(_composed(member.name))
        else:
            files.append(Entry(_composed(member.name), member.size, member.name))
        if len(files) + len(folders) > MOST_FILES:
            raise _too_many(path.name)
    return _packed(path, files, folders, partial(_from_tar, path))


def _packed(path: Path, files: list[Entry], folders: list[str], opener: Opener) -> Tree:
    """Make the tree of an archive, whose folders are often known by the files in them alone."""
    kept = [one for one in files if not any(map(_is_ignored, one.name.split("/")))]
    all_folders = {name.rstrip("/") for name in folders} | {one.folder for one in kept}
    for name in list(all_folders):
        if name.count("/") > DEEPEST_FOLDER:
            raise TableError(f"{path.name} holds folders in folders, more than {DEEPEST_FOLDER} deep.")
        while "/" in name:
            name = name.rpartition("/")[0]
            all_folders.add(name)
    shown = [name for name in all_folders if name and not any(map(_is_ignored, name.split("/")))]
    return _tree(path.name, kept, shown, odd=[], opener=opener, notes=())


def _tree(
    name: str, files: list[Entry], folders: list[str], odd: list[str], opener: Opener, notes: tuple[str, ...]
) -> Tree:
    return Tree(
        name, sorted(files, key=lambda one: one.name), sorted(folders), odd=sorted(odd), contents=opener, notes=notes
    )


def _from_folder(chosen: Sequence[Entry]) -> Iterator[tuple[int, Load]]:
    for place, entry in enumerate(chosen):
        yield place, partial(_read_file, entry.place, entry.size)


def _read_file(place: str, size: int) -> bytes:
    """Read a file with the fewest calls: opening a file object takes longer than decoding a small picture."""
    number = os.open(place, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        content = os.read(number, min(size, MOST_IMAGE_BYTES) + 1)
        while len(content) < size and len(content) <= MOST_IMAGE_BYTES:
            more = os.read(number, size - len(content))
            if not more:
                break
            content += more
        return content
    finally:
        os.close(number)


def _from_zip(path: Path, chosen: Sequence[Entry]) -> Iterator[tuple[int, Load]]:
    with zipfile.ZipFile(path) as archive:
        for place, entry in enumerate(chosen):
            yield place, partial(_given, _member(archive, entry))


def _member(archive: zipfile.ZipFile, entry: Entry) -> bytes | Exception:
    try:
        with archive.open(entry.place) as file:
            return file.read(MOST_IMAGE_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        return OSError(str(error))


def _given(content: bytes | Exception) -> bytes:
    if isinstance(content, Exception):
        raise content
    return content


def _from_tar(path: Path, chosen: Sequence[Entry]) -> Iterator[tuple[int, Load]]:
    wanted = {entry.place: place for place, entry in enumerate(chosen)}
    for member in tar_members(path):
        place = wanted.pop(member.name, None)
        if place is not None and not member.is_folder:
            yield place, partial(_given, member.read())
        if not wanted:
            return


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.casefold() in SYSTEM


def _as_text(name: str) -> tuple[str, bool]:
    """Give a file's name as text, and say whether it was not UTF-8."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return _composed(os.fsencode(name).decode("latin-1")), True
    return _composed(name), False


def _composed(name: str) -> str:
    """Write letters with accents as one, so that a name is the same wherever it was typed."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _too_many(name: str) -> TableError:
    return TableError(f"{name} holds more than {MOST_FILES:,} files and folders.", repair="divide it")


def _not_unpacked(path: Path, error: DataError) -> TableError:
    return TableError(
        f"{path.name} is a zip archive that should not be unpacked: {error.what}",
        received=error.received,
        expected=error.expected,
        repair=error.repair or "get another one",
    )
