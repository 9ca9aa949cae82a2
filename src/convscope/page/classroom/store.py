"""Who is there, what they uploaded, and what is to be trained: one SQLite file, and a folder for each job and upload.

Every change is committed before it is answered, so that kill -9 loses nothing that somebody was told. A learner is a
random number of 128 bits; only its hash is kept. Nobody but the owner reads any of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.errors import RunError
from convscope.page.classroom.clock import Clock
from convscope.page.classroom.fair import Waiting
from convscope.wording import Setting, Words

__all__ = ["Job", "Place", "Store", "Upload", "hash_of", "new_secret"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS places (
  number INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT UNIQUE NOT NULL, address TEXT NOT NULL, joined REAL NOT NULL,
  seen REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS uploads (
  upload TEXT PRIMARY KEY, user TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT UNIQUE NOT NULL, user TEXT NOT NULL, request TEXT NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, started REAL, ended REAL,
  message TEXT, result TEXT);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_by_user ON jobs (user);
"""
FROM_USERS = (
    "INSERT OR IGNORE INTO places (user, address, joined, seen, used) SELECT user, '', created, created, 1 FROM users"
)
NEWEST = (
    "SELECT max(moment) FROM (SELECT max(seen) AS moment FROM places UNION ALL SELECT max(created) FROM uploads "
    "UNION ALL SELECT max(max(created, coalesce(started, 0), coalesce(ended, 0))) FROM jobs)"
)
OURS = ("class.db*", "bundle-*", "uploads", "uploads/*", "jobs", "jobs/**/*", "digits-cnn", "digits-cnn/**/*")
SECRET_BYTES = 16
MOST_ATTEMPTS = 3
"""A job that ended the server so often is not begun again."""


@dataclass(frozen=True)
class Job:
    """One training that somebody asked for.

    Parameters
    ----------
    job, user : str
    number : int
    request : mapping
    state : {"queued", "running", "done", "failed", "cancelled"}
    created, started, ended : float or None
        Seconds since 1970.
    message : str or None
        Why it failed.
    result : mapping or None
    """

    job: str
    user: str
    number: int
    request: Mapping[str, Any]
    state: str
    created: float
    started: float | None
    ended: float | None
    message: str | None
    result: Mapping[str, Any] | None

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")


@dataclass
class Place:
    """A learner's place in the class.

    Parameters
    ----------
    number : int
        What the teacher and the learner call it; given once.
    user : str
    address : str
        Where the learner came from.
    joined, seen : float
        Seconds since 1970.
    used : bool
        Whether anybody came back with its cookie.
    """

    number: int
    user: str
    address: str
    joined: float
    seen: float
    used: bool


@dataclass(frozen=True)
class Upload:
    """A table that somebody uploaded."""

    upload: str
    user: str
    name: str
    bytes: int
    created: float


def new_secret() -> str:
    """Draw a random number of 128 bits, as 32 hexadecimal digits."""
    return secrets.token_hex(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """Name a learner without keeping the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


class Store:
    """The class on disk.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Attributes
    ----------
    now : Clock
        The time that everything here is noted in.

    Raises
    ------
    RunError
        The folder cannot be written, holds something else, or its database is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            _make_private(folder)
            self._base = sqlite3.connect(folder / "class.db", isolation_level=None, timeout=2)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._base.executescript(SCHEMA)
            self._take_over_users()
            self._base.execute("UPDATE facts SET value = value WHERE name = ''")  # takes the lock, or finds it taken
        except (OSError, sqlite3.Error) as error:
            taken = "locked" in str(error)
            raise RunError(
                f"the class in {folder} {'is being served already' if taken else 'cannot be opened'}: {error}.",
                repair=Words("end the other server, or " * taken, "give another folder with ", Setting("store")),
            ) from None
        self.now = Clock(self._base.execute(NEWEST).fetchone()[0] or 0.0)
        for torn in (folder / "uploads").glob("*.part"):
            torn.unlink(missing_ok=True)

    def _take_over_users(self) -> None:
        """Give places to the learners of a class that an earlier version kept."""
        if self._base.execute("SELECT 1 FROM sqlite_master WHERE name = 'users'").fetchone():
            self._base.executescript(f"BEGIN; {FROM_USERS}; DROP TABLE users; COMMIT;")

    def close(self) -> None:
        """Let go of the database."""
        self._base.close()

    def fact(self, name: str, made: str) -> str:
        """Give a fact; the first time it is asked for, keep the one given."""
        self._base.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, made))
        return str(self._base.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()[0])

    def set_fact(self, name: str, value: str) -> None:
        """Keep a fact in place of the one that was kept."""
        self._base.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # Places

    def places(self) -> list[Place]:
        """List who is there."""
        rows = self._base.execute("SELECT number, user, address, joined, seen, used FROM places ORDER BY number")
        return [
            Place(number, user, address, joined=joined, seen=seen, used=bool(used))
            for number, user, address, joined, seen, used in rows
        ]

    def add_place(self, user: str, address: str) -> Place:
        """Let somebody in."""
        now = self.now()
        number = self._base.execute(
            "INSERT INTO places (user, address, joined, seen) VALUES (?, ?, ?, ?)", (user, address, now, now)
        ).lastrowid
        assert number is not None
        return Place(number, user, address, joined=now, seen=now, used=False)

    def see(self, places: Sequence[Place]) -> None:
        """Note when somebody was last seen."""
        with self._together():
            self._base.executemany(
                "UPDATE places SET seen = ?, used = ? WHERE number = ?",
                [(one.seen, one.used, one.number) for one in places],
            )

    def owners(self) -> set[str]:
        """List who has a table or a training."""
        return {row[0] for row in self._base.execute("SELECT user FROM uploads UNION SELECT user FROM jobs")}

    def busy(self) -> set[str]:
        """List whose training waits or runs."""
        return {row[0] for row in self._base.execute("SELECT user FROM jobs WHERE state IN ('queued', 'running')")}

    def forget(self, user: str) -> None:
        """Delete a place and all that belongs to it; files go first, so that a crash leaves none behind."""
        for upload in self.uploads(user):
            self.remove_upload(upload)
        for (job,) in self._base.execute("SELECT job FROM jobs WHERE user = ?", (user,)).fetchall():
            shutil.rmtree(self.job_path(job), ignore_errors=True)
        with self._together():
            for table in ("jobs", "places"):
                self._base.execute(f"DELETE FROM {table} WHERE user = ?", (user,))

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Write all that happens in a block, or nothing."""
        self._base.execute("BEGIN")
        with self._base:
            yield

    # Uploads

    def upload_path(self, upload: str) -> Path:
        """Say where an upload lies, without its suffix."""
        return self.folder / "uploads" / upload

    def add_upload(self, upload: Upload) -> None:
        """Note an upload that lies where it belongs."""
        row = (upload.upload, upload.user, upload.name, upload.bytes, upload.created)
        self._base.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", row)

    def uploads(self, user: str | None = None) -> list[Upload]:
        """List one learner's uploads, or all."""
        found = self._base.execute("SELECT * FROM uploads WHERE ? IS NULL OR user = ? ORDER BY created", (user, user))
        return [Upload(*row) for row in found]

    def remove_upload(self, upload: Upload) -> None:
        """Delete an upload."""
        for path in self.upload_path(upload.upload).parent.glob(f"{upload.upload}*"):
            path.unlink(missing_ok=True)
        self._base.execute("DELETE FROM uploads WHERE upload = ?", (upload.upload,))

    # Jobs

    def job_path(self, job: str) -> Path:
        """Say where a job's files lie."""
        return self.folder / "jobs" / job

    def add_job(self, user: str, request: Mapping[str, Any]) -> str:
        """Put a job into the queue."""
        job = new_secret()
        self._base.execute(
            "INSERT INTO jobs (job, user, request, state, created) VALUES (?, ?, ?, 'queued', ?)",
            (job, user, json.dumps(request), self.now()),
        )
        return job

    def job(self, job: str) -> Job | None:
        """Find a job."""
        found = self._jobs("job = ?", job)
        return found[0] if found else None

    def active(self, user: str) -> list[Job]:
        """List one learner's jobs that wait or run."""
        return self._jobs("state IN ('queued', 'running') AND user = ?", user)

    def jobs(self, user: str) -> list[Job]:
        """List one learner's jobs, the newest first."""
        return self._jobs("user = ? ORDER BY number DESC LIMIT 50", user)

    def counted_jobs(self) -> dict[str, dict[str, int]]:
        """Count each learner's jobs by their state."""
        counted: dict[str, dict[str, int]] = {}
        for user, state, number in self._base.execute("SELECT user, state, count(*) FROM jobs GROUP BY user, state"):
            counted.setdefault(user, {})[state] = number
        return counted

    def count_since(self, user: str, moment: float) -> int:
        """Count the jobs that somebody asked for since a moment."""
        found = self._base.execute("SELECT count(*) FROM jobs WHERE user = ? AND created > ?", (user, moment))
        return int(found.fetchone()[0])

    def waiting(self) -> list[Waiting]:
        """List the queue, as the jobs came in."""
        rows = self._base.execute("SELECT job, user, number FROM jobs WHERE state = 'queued' ORDER BY number")
        return [Waiting(*row) for row in rows]

    def recent_seconds(self) -> list[float]:
        """List how long the last jobs took."""
        rows = self._base.execute("SELECT ended - started FROM jobs WHERE state = 'done' ORDER BY ended DESC LIMIT 10")
        return [float(row[0]) for row in rows]

    def begin(self, job: str) -> None:
        """Note that a job runs."""
        self._base.execute(
            "UPDATE jobs SET state = 'running', started = ?, attempts = attempts + 1 WHERE job = ?", (self.now(), job)
        )

    def end(self, job: str, state: str, *, message: str | None = None, result: Mapping[str, Any] | None = None) -> None:
        """Note how a job ended; one that has ended already stays as it is."""
        self._base.execute(
            "UPDATE jobs SET state = ?, ended = ?, message = ?, result = ? "
            "WHERE job = ? AND state IN ('queued', 'running')",
            (state, self.now(), message, None if result is None else json.dumps(result), job),
        )
        if state != "done":
            shutil.rmtree(self.job_path(job), ignore_errors=True)

    def queue_again(self) -> int:
        """Put back what was running when the server was killed, in its old place; say how many."""
        self._base.execute(
            "UPDATE jobs SET state = 'failed', ended = ?, message = ? WHERE state = 'running' AND attempts >= ?",
            (self.now(), "it was begun several times, and each time the server ended", MOST_ATTEMPTS),
        )
        found = self._base.execute("UPDATE jobs SET state = 'queued', started = NULL WHERE state = 'running'")
        return found.rowcount

    def expire(self, *, uploads_before: float, jobs_before: float) -> None:
        """Delete old uploads that no waiting job needs, and the files and rows of jobs that ended long ago."""
        rows = self._base.execute("SELECT request FROM jobs WHERE state IN ('queued', 'running')")
        needed = {json.loads(row[0]).get("data") for row in rows}
        for upload in self.uploads():
            if upload.created < uploads_before and upload.upload not in needed:
                self.remove_upload(upload)
        for (job,) in self._base.execute("SELECT job FROM jobs WHERE ended < ?", (jobs_before,)).fetchall():
            with suppress(OSError):
                shutil.rmtree(self.job_path(job), ignore_errors=True)
            self._base.execute("DELETE FROM jobs WHERE job = ?", (job,))

    def _jobs(self, condition: str, value: str) -> list[Job]:
        rows = self._base.execute(
            "SELECT job, user, number, request, state, created, started, ended, message, result FROM jobs WHERE "
            + condition,
            (value,),
        )
        return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> Job:
    job, user, number, request, state, created, started, ended, message, result = row
    found = None if result is None else json.loads(result)
    return Job(
        job,
        user,
        number,
        request=json.loads(request),
        state=state,
        created=created,
        started=started,
        ended=ended,
        message=message,
        result=found,
    )


def _make_private(folder: Path) -> None:
    """Make the folder of a class, or take over one that is empty or holds a class, for its owner alone."""
    if folder.is_dir() and not (folder / "class.db").exists() and any(folder.iterdir()):
        raise RunError(
            f"{folder} holds something other than a class.", repair=Words("name another folder with ", Setting("store"))
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    os.close(os.open(folder / "class.db", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))  # its -wal takes its rights
    for part in ("uploads", "jobs"):
        (folder / part).mkdir(mode=0o700, exist_ok=True)
    for path in (found for pattern in OURS for found in folder.glob(pattern)):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)
