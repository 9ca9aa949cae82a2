"""Run a student's program where it can harm nothing: bubblewrap, else podman or docker.

In the sandbox there is no network, no file but Python and convscope (read-only), no home folder, no right, no root.
Memory, processes, time and output are limited. What comes back is one line of text, read as JSON and nothing else.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Any

from convscope.errors import UsageError
from convscope.language import Say
from convscope.limits import check_values

__all__ = ["Limits", "Sandbox", "SandboxError", "find_sandbox", "make_empty_image", "own_files"]

INSIDE = Path(__file__).with_name("inside.py")
PACKAGE = Path(__file__).parents[1]
SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/ld.so.cache", "/etc/alternatives")
DATA = "/lesson-data"
NOBODY = "65534"
POLL_S = 0.05
IMAGE = "convscope-empty"


class SandboxError(Exception):
    """Why a program gave no answers, in a few words."""


@dataclass(frozen=True)
class Limits:
    """What one program may use.

    Parameters
    ----------
    seconds : int
        Of the clock.
    memory_bytes : int
        Of all its processes together.
    address_bytes, file_bytes, cpu_seconds, open_files : int
        Of one process.
    processes : int
        Processes and threads.
    scratch_bytes : int
        Of its temporary folder.
    output_bytes : int
        Of its answers.
    """

    seconds: int = 600
    memory_bytes: int = 4_000_000_000
    address_bytes: int = 12_000_000_000
    file_bytes: int = 64_000_000
    cpu_seconds: int = 3600
    open_files: int = 256
    processes: int = 512
    scratch_bytes: int = 256_000_000
    output_bytes: int = 8_000_000


@dataclass(frozen=True)
class Sandbox:
    """One way to run a program.

    Parameters
    ----------
    tool : {"bwrap", "podman", "docker", "none"}
        "none" shuts nothing away.
    limits : Limits
    """

    tool: str
    limits: Limits = Limits()

    def run(self, job: dict[str, Any], data: Path | None = None) -> dict[str, Any]:
        """Run a job inside and return what it answers.

        Parameters
        ----------
        job : dict
            See `inside.main`; the limits are added here.
        data : path, optional
            A folder that the job may read.

        Returns
        -------
        answer : dict
            Not to be believed more than a student's answer.

        Raises
        ------
        SandboxError
            It took too long or too much, or answered with something else than one JSON object.
        """
        full = {**job, "limits": asdict(self.limits), "leave_root": self.tool != "none"}
        with tempfile.TemporaryDirectory(prefix="convscope-") as place:
            Path(place).chmod(0o755)
            empty = Path(place) / "empty"
            empty.mkdir(mode=0o755)
            name = f"convscope-{secrets.token_hex(8)}"
            command = self._command(empty, data, name)
            try:
                said = _exchange(command, json.dumps(full).encode(), self.limits, self._environment(data), Path(place))
            finally:
                if self.tool in ("podman", "docker"):  # the client's end is not the container's
                    for word in ("kill", "rm"):
                        subprocess.run([self.tool, word, name], capture_output=True, check=False)
        return _one_object(said)

    def _environment(self, data: Path | None) -> dict[str, str]:
        """List what a program finds in its environment; for the tools, what they need themselves."""
        if self.tool == "none":
            return {**os.environ, **_inner_environment(str(data) if data else None), "HOME": os.environ.get("HOME", "")}
        return dict(os.environ)

    def _command(self, empty: Path, data: Path | None, name: str) -> list[str]:
        program = [sys.executable, "-P", "-B", str(INSIDE)]
        mounts = [(path, path) for path in _needed()] + [(empty, PACKAGE / "course" / "exercises")]
        mounts += [(empty, folder) for folder in (PACKAGE / "course" / "lessons",) if folder.is_dir()]
        mounts += [(data, Path(DATA))] if data else []
        if self.tool == "bwrap":
            return [*_bubblewrap(mounts, self.limits), *program]
        if self.tool in ("podman", "docker"):
            return [*_container(self.tool, mounts, self.limits, name), *program]
        return program


def _inner_environment(data: str | None = DATA) -> dict[str, str]:
    given = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "jax"),
        "KERAS_HOME": "/tmp",
        "CONVSCOPE_OFFLINE": "1",
        "CONVSCOPE_DATA": "/tmp",
        "JOBLIB_MULTIPROCESSING": "0",
        "PYTHONPATH": str(PACKAGE.parent),
    }
    return given | ({"CONVSCOPE_LESSON_DATA": data} if data else {})


def _needed() -> list[Path]:
    """List what Python and convscope need, without any folder that lies within another one."""
    folders = [Path(name) for name in SYSTEM]
    folders += [Path(name) for name in (sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages())]
    folders += [Path(site.getusersitepackages())] if site.ENABLE_USER_SITE else []
    folders += [Path(os.path.realpath(sys.executable)).parents[1], PACKAGE]
    there = sorted({path for path in folders if path.exists()}, key=lambda path: (len(path.parts), str(path)))
    chosen: list[Path] = []
    for path in there:
        if not any(other in path.parents for other in chosen):
            chosen.append(path)
    return chosen


def _bubblewrap(mounts: list[tuple[Path, Path]], limits: Limits) -> list[str]:
    words = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv", "--cap-drop", "ALL"]
    if os.geteuid() == 0:  # it leaves root by itself: inside a namespace of its own it would still be root outside
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        words += ["--unshare-user", "--disable-userns", "--uid", NOBODY, "--gid", NOBODY]
    for name, value in _inner_environment().items():
        words += ["--setenv", name, value]
    # before what is needed, some of which may lie in it
    words += ["--size", str(limits.scratch_bytes), "--perms", "1777", "--tmpfs", "/tmp"]
    made = {Path("/tmp")}
    for source, place in mounts:
        for parent in reversed(place.parents[:-1]):
            if parent not in made and not any(other == parent or other in parent.parents for _, other in mounts):
                words += ["--perms", "0755", "--dir", str(parent)]
                made.add(parent)
        words += ["--ro-bind", str(source), str(place)]
    words += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--chdir", "/tmp", "--"]


def _container(tool: str, mounts: list[tuple[Path, Path]], limits: Limits, name: str) -> list[str]:
    words = [tool, "run", "--rm", "--interactive", "--pull", "never", "--name", name, "--network", "none"]
    words += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--ipc", "private"]
    words += ["--user", f"{NOBODY}:{NOBODY}", "--hostname", "sandbox", "--workdir", "/tmp"]
    words += ["--pids-limit", str(limits.processes), "--memory", str(limits.memory_bytes)]
    words += ["--ulimit", f"nofile={limits.open_files}:{limits.open_files}"]
    words += ["--ulimit", f"nproc={limits.processes}:{limits.processes}"]
    words += ["--tmpfs", f"/tmp:rw,size={limits.scratch_bytes},mode=1777"]
    for name_of, value in _inner_environment().items():
        words += ["--env", f"{name_of}={value}"]
    for source, place in mounts:
        words += ["--volume", f"{source}:{place}:ro"]
    return [*words, IMAGE]


def _exchange(command: list[str], job: bytes, limits: Limits, environment: dict[str, str], place: Path) -> bytes:
    """Give a program its job, and take what it writes; end it when it takes too long or too much."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=place,
        start_new_session=True,
    )
    assert process.stdin and process.stdout and process.stderr
    said, complaints = bytearray(), bytearray()
    threads = [
        Thread(target=_feed, args=(process.stdin, job), daemon=True),
        Thread(target=_collect, args=(process.stdout, said, limits.output_bytes + 1), daemon=True),
        Thread(target=_collect, args=(process.stderr, complaints, 4000), daemon=True),
    ]
    try:
        for thread in threads:
            thread.start()
        _wait(process, said, limits)
    finally:
        _kill(process)
        for thread in threads:
            thread.join(timeout=5)
    if not said:
        text = " ".join(complaints.decode("utf-8", "replace").split())[-300:]
        raise SandboxError(Say("its program ended without answers. {why}", why=text))
    return bytes(said)


def _wait(process: subprocess.Popen[bytes], said: bytearray, limits: Limits) -> None:
    end = time.monotonic() + limits.seconds
    while process.poll() is None:
        if time.monotonic() > end:
            raise SandboxError(Say("its program took longer than {n} s", n=limits.seconds))
        if len(said) > limits.output_bytes:
            raise SandboxError(Say("its program wrote too much"))
        n_processes, used = _use_of(process.pid)
        if n_processes > limits.processes:
            raise SandboxError(Say("its program started more than {n} processes", n=limits.processes))
        if used > limits.memory_bytes:
            raise SandboxError(Say("its program used more than {n:g} GB of memory", n=limits.memory_bytes / 1e9))
        time.sleep(POLL_S)


def _feed(stream: IO[bytes], job: bytes) -> None:
    try:
        with stream:
            stream.write(job)
    except OSError:  # it ended before it read its job; what it says tells why
        return


def _collect(stream: IO[bytes], into: bytearray, most: int) -> None:
    """Keep what comes up to a limit, and go on reading, so that nothing waits."""
    with stream:
        while part := stream.read1(65536):  # type: ignore[attr-defined]
            into.extend(part[: max(0, most - len(into))])


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError, AttributeError):
        process.kill()
    process.wait()


def _use_of(pid: int) -> tuple[int, int]:
    """Count the processes below one, and their resident memory in bytes; (0, 0) where there is no ``/proc``."""
    parents, resident = {}, {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        child = int(place.parts[2])
        parents[child], resident[child] = int(fields[1]), int(fields[21])
    below = [child for child in parents if pid in _ancestors(child, parents)]
    page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
    return len(below), page * sum(resident[child] for child in below)


def _ancestors(child: int, parents: dict[int, int]) -> Iterator[int]:
    seen: set[int] = set()
    while child and child not in seen:
        yield child
        seen.add(child)
        child = parents.get(child, 0)


def _one_object(said: bytes) -> dict[str, Any]:
    try:
        check_values(said)
        found = json.loads(said)
    except (ValueError, RecursionError):
        raise SandboxError(Say("its program wrote something else than its answers")) from None
    if not isinstance(found, dict) or not isinstance(found.get("answers"), dict):
        raise SandboxError(Say("its program wrote something else than its answers"))
    return found


def find_sandbox(limits: Limits | None = None) -> Sandbox:
    """Find the first sandbox that works on this machine, by running a small program in it.

    Raises
    ------
    UsageError
        None works; the message says what was tried.
    """
    tried = []
    limits = limits or Limits()
    for tool in ("bwrap", "podman", "docker"):
        if shutil.which(tool) is None:
            tried.append(f"{tool}: not installed")
            continue
        try:
            if tool != "bwrap":
                make_empty_image(tool)
            probe = Sandbox(tool, Limits(**{**asdict(limits), "seconds": 60}))
            if probe.run({"cells": ["answer = 6 * 7"], "names": ["answer"], "probes": {}})["answers"] == {"answer": 42}:
                return Sandbox(tool, limits)
            tried.append(f"{tool}: gave a wrong answer")
        except (SandboxError, OSError) as error:
            tried.append(f"{tool}: {error}")
    raise UsageError(
        "no sandbox works on this machine, so nothing that was handed in is run.",
        received="; ".join(tried),
        expected="bubblewrap, podman or docker on Linux",
        repair="install bubblewrap; leave --run out to grade without running anything; or add --own-files if you wrote "
        "the files yourself",
    )


def make_empty_image(tool: str) -> None:
    """Make an image with nothing in it; Python and convscope are mounted, so none is ever fetched."""
    if subprocess.run([tool, "image", "inspect", IMAGE], capture_output=True, check=False).returncode == 0:
        return
    nothing = bytes(10240)  # an archive of no file
    made = subprocess.run([tool, "import", "-", IMAGE], input=nothing, capture_output=True, check=False, timeout=60)
    if made.returncode:
        raise SandboxError(" ".join(made.stderr.decode("utf-8", "replace").split())[-200:])


def own_files(limits: Limits | None = None) -> Sandbox:
    """Run programs without a sandbox, for a teacher's own files: time and memory are limited, nothing else."""
    return Sandbox("none", limits or Limits())
