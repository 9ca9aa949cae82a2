"""What lies in a folder of submissions, as bytes: files, and the files in zip files, each with a name or a problem.

A student's files are a delivery. Whatever is wrong with one is said of that one: nothing here raises because of what
was handed in. No link is followed, no pipe waited for, and nothing is unpacked to disk.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from convscope.archives import METHODS, count_members
from convscope.errors import DataError
from convscope.files import read_plain
from convscope.limits import (
    DEEPEST_FOLDER,
    MOST_SUBMISSION_BYTES,
    MOST_ZIP_BYTES,
    MOST_ZIP_CONTENT,
    MOST_ZIP_MEMBERS,
    MOST_ZIP_SUBMISSIONS,
    largest_content,
)
from convscope.wording import visible

__all__ = ["Delivery", "Folder", "HandedIn", "find_deliveries", "fingerprint", "open_delivery", "unzipped"]

SUFFIXES = (".ipynb", ".py", ".json")
ZIP = ".zip"
SKIPPED = (".ipynb_checkpoints", "__pycache__", "__MACOSX", ".git")
BACKUP = ".backup-"


@dataclass(frozen=True)
class HandedIn:
    """One file: its content, or why there is none.

    Parameters
    ----------
    name : str
        Its path below the folder, as it can be printed; of a file in a zip file, both paths.
    content : bytes
    problem : str
    """

    name: str
    content: bytes = b""
    problem: str = ""


@dataclass(frozen=True)
class Delivery:
    """What is graded together: one file, or the course's notebooks in one folder.

    Parameters
    ----------
    name : str
        The file's path below the folder, or the folder's, as it can be printed.
    paths : list of (str, Path)
        Name and place of each file.
    problem : str
        Why it cannot be opened, where that is known already.
    """

    name: str
    paths: list[tuple[str, Path]] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True)
class Folder:
    """All deliveries in a folder, and the names of files of other kinds, which nobody grades."""

    deliveries: list[Delivery]
    others: list[str]


def _name(path: PurePosixPath | str) -> str:
    """Make a path printable; two never become the same, since a backslash of its own is doubled."""
    return visible(str(path).replace("\\", "\\\\"))


def find_deliveries(folder: Path, lessons: frozenset[str] = frozenset()) -> Folder:
    """List what lies below a folder, sorted by path.

    Parameters
    ----------
    folder : path
    lessons : set of str
        Names of the course's notebooks, without suffix: those in one folder are one student's.
    """
    found: dict[str, Delivery] = {}
    others: list[str] = []
    for path, problem in _walk(folder):
        relative = PurePosixPath(path.relative_to(folder))
        name = _name(relative)
        suffix = relative.suffix.lower()
        if problem:
            found[name] = Delivery(name, problem=problem)
        elif suffix not in (*SUFFIXES, ZIP):
            others.append(name)
        else:
            lesson = relative.stem in lessons and suffix == ".ipynb"
            key = _name(relative.parent) if lesson else name
            found.setdefault(key, Delivery(key)).paths.append((name, path))
    return Folder(list(found.values()), others)


def _walk(folder: Path, depth: int = 0) -> Iterator[tuple[Path, str]]:
    """Give the files below a folder, and what stands in for one, each with the reason why it cannot be read."""
    if depth > DEEPEST_FOLDER:
        yield folder, "folders are nested too deeply"
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield folder, f"cannot be opened: {error.strerror or error}"
        return
    for entry in entries:
        path = folder / entry.name
        handed_in = path.suffix.lower() in (*SUFFIXES, ZIP)
        if entry.name in SKIPPED or entry.name.startswith("._") or BACKUP in entry.name:
            continue
        if entry.is_symlink():
            yield path, "a link to another file is not followed"
        elif entry.is_dir(follow_symlinks=False):
            inside = list(_walk(path, depth + 1))
            yield from inside
            if handed_in and not inside:
                yield path, "a folder, not a file, and nothing in it"
        elif entry.is_file(follow_symlinks=False):
            yield path, ""
        elif handed_in:
            yield path, "no plain file, but a pipe or a device"


def open_delivery(delivery: Delivery) -> list[HandedIn]:
    """Read the files of a delivery as they lie there."""
    if delivery.problem:
        return [HandedIn(delivery.name, problem=delivery.problem)]
    return [_read(name, path) for name, path in delivery.paths]


def _read(name: str, path: Path) -> HandedIn:
    most = MOST_ZIP_BYTES if path.suffix.lower() == ZIP else MOST_SUBMISSION_BYTES
    try:
        return HandedIn(name, read_plain(path, most))
    except OSError as error:
        return HandedIn(name, problem=f"cannot be opened: {error.strerror or error}")
    except ValueError as error:
        return HandedIn(name, problem=f"cannot be read: {error}")


def fingerprint(files: list[HandedIn]) -> str:
    """Hash what was read: the same files give the same hash, and any change another one."""
    digest = hashlib.sha256()
    for one in files:
        for part in (one.name.encode(), one.problem.encode(), one.content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def unzipped(files: list[HandedIn]) -> Iterator[HandedIn]:
    """Put the files in a zip file into its place, in memory and one at a time."""
    for one in files:
        if one.problem or not one.name.lower().endswith(ZIP):
            yield one
        else:
            yield from _members(one)


def _members(packed: HandedIn) -> Iterator[HandedIn]:
    try:
        count_members(io.BytesIO(packed.content), packed.name, MOST_ZIP_MEMBERS)
        archive = zipfile.ZipFile(io.BytesIO(packed.content))
    except DataError as error:
        yield HandedIn(packed.name, problem=error.what)
    except Exception as error:  # zipfile raises whatever its numbers lead it to
        yield HandedIn(packed.name, problem=f"no zip file that can be read: {_words(error)}")
    else:
        with archive:
            yield from _listed(packed, archive)


def _listed(packed: HandedIn, archive: zipfile.ZipFile) -> Iterator[HandedIn]:
    members = [member for member in archive.infolist() if _is_submission(member)]
    content = sum(member.file_size for member in members if not _wrong(member))
    problem = ""
    if len(archive.infolist()) > MOST_ZIP_MEMBERS:
        problem = f"more than {MOST_ZIP_MEMBERS:,} files in it"
    elif len(members) > MOST_ZIP_SUBMISSIONS:
        problem = f"{len(members):,} files in it, and at most {MOST_ZIP_SUBMISSIONS} are read"
    elif not members:
        problem = "no notebook, .py or .json file in it"
    elif content > MOST_ZIP_CONTENT or content > largest_content(len(packed.content)):
        problem = f"what is in it unpacks to {content:,} bytes, far more than submissions have"
    if problem:
        yield HandedIn(packed.name, problem=problem)
        return
    times = Counter(member.filename for member in members)
    for name in times:
        member = archive.getinfo(name)
        shown = f"{packed.name}/{_name(name)}"
        wrong = "two files of this name in the zip file" if times[name] > 1 else _wrong(member)
        yield HandedIn(shown, problem=wrong) if wrong else _unpacked(shown, archive, member)


def _is_submission(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    skipped = any(part in SKIPPED for part in path.parts) or path.name.startswith("._") or BACKUP in path.name
    return path.suffix.lower() in (*SUFFIXES, ZIP) and not member.is_dir() and not skipped


def _wrong(member: zipfile.ZipInfo) -> str:
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        return "a link to another file is not followed"
    if member.flag_bits & 1:
        return "encrypted"
    if member.compress_type not in METHODS:
        return "packed in an unusual way; zip it again"
    if member.filename.lower().endswith(ZIP):
        return "a zip file in a zip file is not opened; unpack it first"
    if member.file_size > MOST_SUBMISSION_BYTES:
        return f"larger than {MOST_SUBMISSION_BYTES // 1_000_000} MB"
    return ""


def _unpacked(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> HandedIn:
    try:
        with archive.open(member) as file:
            return HandedIn(name, file.read(MOST_SUBMISSION_BYTES))
    except Exception as error:  # as above; damaged deflate data is a zlib.error, a wrong sum a BadZipFile
        return HandedIn(name, problem=f"damaged in the zip file: {_words(error)}")


def _words(error: Exception) -> str:
    return visible(str(error))[:120] or type(error).__name__
