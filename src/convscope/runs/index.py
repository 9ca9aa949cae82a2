"""All runs at a glance: an index in SQLite over the run folders, which are the truth.

The index is made anew where it is missing, damaged, or of another version. Each listing looks at every folder once:
what is new or has changed is read, what is gone is forgotten, and whatever else lies there is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.errors import RunError
from convscope.files import read_json, write_json
from convscope.runs.fields import check_fields
from convscope.runs.sequence import newest_first, place_of
from convscope.runs.store import RUN_SCHEMA, Run, runs_home

__all__ = ["IndexedRun", "delete_run", "list_runs", "rename_run", "tag_run"]

INDEX_NAME = "index.sqlite"
IN_MEMORY = ":memory:"
PATIENCE = 1
"""In seconds, for another process that writes the index: reading all runs again takes no longer."""
VERSION = 1
TAGS_NAME = "tags.json"
TABLE = "CREATE TABLE runs (name TEXT PRIMARY KEY, stamp TEXT NOT NULL, record TEXT NOT NULL)"
MOST_RECORD_BYTES = 4_000_000


@dataclass(frozen=True)
class IndexedRun:
    """One run, as a list shows it.

    Parameters
    ----------
    name : str
        Of its folder.
    record : dict
        Its run.json, shortened to plain values; ``{"kind": "damaged"}`` where that cannot be read, and
        ``{"kind": "unfinished"}`` where there is none yet.
    tags : tuple of str
    """

    name: str
    record: dict[str, Any]
    tags: tuple[str, ...] = ()


def list_runs(home: Path | None = None) -> list[IndexedRun]:
    """List all runs, the newest first.

    Parameters
    ----------
    home : Path, optional
        The folder of all runs; `runs_home` if left out.
    """
    folder = home or runs_home()
    if not folder.is_dir():
        return []
    there = dict(_stamps(folder))
    try:
        rows = _refreshed(folder, there, folder / INDEX_NAME)
    except (sqlite3.DatabaseError, ValueError, TypeError, AttributeError):  # a full disk, or damage that opening missed
        with suppress(OSError):
            (folder / INDEX_NAME).unlink()
        rows = _refreshed(folder, there, IN_MEMORY)
    return newest_first(rows, lambda run: run.record, lambda run: run.name, folder)


def _refreshed(folder: Path, there: dict[str, str], place: Path | str) -> list[IndexedRun]:
    """Bring the index up to date, and read all of it."""
    with _index(place) as index:
        known = dict(index.execute("SELECT name, stamp FROM runs"))
        index.executemany("DELETE FROM runs WHERE name = ?", [(name,) for name in known if name not in there])
        changed = [name for name, stamp in there.items() if known.get(name) != stamp]
        index.executemany(
            "INSERT OR REPLACE INTO runs VALUES (?, ?, ?)",
            [(name, there[name], _shortened(folder / name)) for name in changed],
        )
        index.commit()
        rows = index.execute("SELECT name, record FROM runs").fetchall()
    records = json.loads(f"[{','.join(text for _, text in rows)}]")  # one by one they take three times as long
    return [
        IndexedRun(name, record, tuple(record.pop("tags", ()))) for (name, _), record in zip(rows, records, strict=True)
    ]


def tag_run(run: Run, add: Sequence[str] = (), remove: Sequence[str] = ()) -> tuple[str, ...]:
    """Add and remove tags of a run; they are stored in its folder. Returns the tags that it has now.

    Raises
    ------
    RunError
        A tag is empty, or cannot be printed.
    """
    for tag in add:
        if not tag.strip() or not tag.isprintable():
            raise RunError(f"{tag!a} is not a valid tag.", expected="a word that can be printed")
    tags = tuple(dict.fromkeys(tag for tag in [*_tags(run.path), *add] if tag not in remove))
    write_json(run.path / TAGS_NAME, {"tags": list(tags)})
    return tags


def rename_run(run: Run, name: str) -> Run:
    """Give a run's folder another name.

    Raises
    ------
    RunError
        The name is taken, or is no name of a folder; or the folder is no run, or one at work.
    """
    path = run.path.absolute()
    legal = name and Path(name).name == name and name[0] not in ".-" and name.isprintable()
    target = path.with_name(name) if legal else None
    if target is None:
        raise RunError(f"{name!a} is not a valid name for a run.", expected="letters, digits, dots and dashes")
    if target.exists():
        raise RunError(f"there is a run named {name!r} already.", repair="choose another name")
    if not (path / "run.json").is_file():
        run.request()
    with run.writing():
        path.rename(target)
    return Run(target)


def delete_run(run: Run) -> None:
    """Remove a run and everything in its folder.

    Raises
    ------
    RunError
        It is at work, or the folder cannot be removed.
    """
    path = run.path.absolute()
    if path.is_symlink():
        raise RunError(f"{path} is a link to a run.", repair=f"rm {path} removes the link alone")
    try:
        with run.writing():
            doomed = path.with_name(f".deleted-{path.name}")  # so that a half removed folder is no run
            shutil.rmtree(doomed, ignore_errors=True)  # of a removal that was killed
            path.rename(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise RunError(f"{run.path} cannot be removed: {error.strerror or error}.") from None


@contextmanager
def _index(place: Path | str) -> Iterator[sqlite3.Connection]:
    """Open the index; one that cannot be used is made anew, and where none can be written one in memory serves."""
    if Path(place).is_symlink():
        place = IN_MEMORY  # what it points to is somebody else's
    try:
        connection = _opened(place)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            place = IN_MEMORY  # another process is at work on it, and has nothing wrong with it
        else:
            with suppress(OSError):
                Path(place).unlink()
        try:
            connection = _opened(place)
        except sqlite3.DatabaseError:
            connection = _opened(IN_MEMORY)
    with closing(connection):
        yield connection


def _opened(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            connection.executescript(f"DROP TABLE IF EXISTS runs; {TABLE}; PRAGMA user_version = {VERSION}")
        connection.execute("SELECT name, stamp, record FROM runs LIMIT 1").fetchone()
        connection.execute("BEGIN IMMEDIATE")  # tells at once whether it can be written
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _stamps(folder: Path) -> Iterator[tuple[str, str]]:
    """Say of each run folder when its record and its tags were last written."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0] == "." or not entry.is_dir() or not _can_be_written(entry.name):
                continue
            stamp = f"{_stamp(f'{entry.path}/run.json')} {_stamp(f'{entry.path}/{TAGS_NAME}')}"
            if stamp != "- -" or _stamp(f"{entry.path}/request.json") != "-":
                yield entry.name, stamp


def _can_be_written(name: str) -> bool:
    """Say whether a name is text; a file system takes any bytes."""
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _stamp(path: str) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116  (a Path for each of 10,000 folders costs as much as the rest)
    except OSError:
        return "-"
    return f"{found.st_mtime_ns}.{found.st_size}"


def _shortened(path: Path) -> str:
    """Read a record, and keep what a list needs of it."""
    return json.dumps({**_record(path / "run.json"), "tags": list(_tags(path))})


def _record(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_RECORD_BYTES:
            return {"kind": "damaged"}
        record = read_json(path)
        if record["schema"] != RUN_SCHEMA:
            return {"kind": "damaged"}
        record = check_fields(record)
    except FileNotFoundError:
        return {"kind": "unfinished", **place_of(path.with_name("request.json"))}
    except (OSError, ValueError, TypeError, KeyError):
        return {"kind": "damaged"}
    plain = (str, int, float, bool, type(None))
    kept = {name: value for name, value in record.items() if isinstance(value, plain)}
    interval = record.get("interval")
    return kept | ({"interval": interval} if isinstance(interval, list) else {})


def _tags(path: Path) -> tuple[str, ...]:
    try:
        found = read_json(path / TAGS_NAME)["tags"]
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    return tuple(str(tag) for tag in found) if isinstance(found, list) else ()
