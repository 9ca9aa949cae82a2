"""Two sides in turn: what every benchmark here is made of.

A side is a function, or a program in a process of its own. Both sides of a pair run one after the other, pair after
pair, so that a slow minute of the machine meets both; a claim is the median of the pairs' ratios, with the smallest
and the largest beside it.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / ".venv/bin/python"
BACKENDS = ROOT / ".venv-backends/bin/python"
"""An environment with TensorFlow and PyTorch; `make backends` or `make bench` makes it."""
SIDES = Path(__file__).resolve().parent / "sides"


def timed(action, repeat=1):
    """Run a function; return the wall and processor seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeat):
        action()
    return {"wall": (time.perf_counter() - wall) / repeat, "cpu": (time.process_time() - cpu) / repeat}


def program(*command, **environment):
    """Run a program; return its wall and processor seconds, its peak memory in MB, and the JSON object it printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:  # nothing that an earlier run kept is used
        settings = os.environ | {"XDG_CACHE_HOME": cache, "TF_CPP_MIN_LOG_LEVEL": "3"} | environment
        started = subprocess.Popen(
            [str(part) for part in command], env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        peak = _peak_while_running(started)
        told, complaints = started.communicate()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if started.returncode:
        raise RuntimeError(f"{command} failed:\n{complaints[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = json.loads(told[told.index("{") :]) if "{" in told else {}
    return {"wall": wall, "cpu": cpu, "peak_mb": peak, **found}


class Worker:
    """A program that waits, and runs one action each time it is called: libraries are loaded and compiled once."""

    def __init__(self, python, script, action, *arguments, **environment):
        command = [str(part) for part in (python, SIDES / script, action, *arguments)]
        settings = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment
        self.process = subprocess.Popen(
            command, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __call__(self):
        """Run the action once; return the wall and processor seconds that it took there."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        told = self.process.stdout.readline()
        if not told:
            raise RuntimeError(f"{self.process.args} ended")
        return json.loads(told)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.process.kill()
        self.process.wait()


def serve(action, repeat=1):
    """Run an action each time a line comes, as the program behind a `Worker`; ``repeat`` makes short ones long."""
    for _ in sys.stdin:
        print(json.dumps(timed(action, repeat)), flush=True)


def compare(claim, ours, other, *, names, pairs=5, warm_up=1, measure="wall", least=None, aim=None):
    """Run two sides in turn, and compare one measure; see `in_turn` and `line`."""
    return line(claim, in_turn(ours, other, pairs, warm_up), names=names, measure=measure, least=least, aim=aim)


def in_turn(ours, other, pairs, warm_up=1):
    """Run two sides, pair after pair; give what each pair measured."""
    return [(ours(), other()) for _ in range(warm_up + pairs)][warm_up:]


def line(claim, found, *, names, measure="wall", least=None, aim=None):
    """Compare one measure of pairs that were run.

    Parameters
    ----------
    claim : str
    found : list of (dict, dict)
        Ours and the other side's: the seconds ``wall`` and ``cpu``, and whatever else they measure.
    names : pair of str
        Of the two sides.
    measure : str
        Which entry the claim is about; processor seconds are compared besides where it is ``wall``.
    least, aim : float, optional
        What the ratio has to reach.

    Returns
    -------
    line : dict
        For `results`.
    """
    told = {"claim": claim, "names": names, "measure": measure, "pairs": len(found), "least": least, "aim": aim}
    for number, side in enumerate(("ours", "other")):
        told[side] = _spread([pair[number][measure] for pair in found])
        told[f"{side}_accuracies"] = [pair[number].get("accuracies", []) for pair in found]
    told["ratio"] = _spread([other[measure] / mine[measure] for mine, other in found])
    if measure == "wall":
        told["cpu_ratio"] = _spread([other["cpu"] / mine["cpu"] for mine, other in found if mine["cpu"]])
    return told


def absolute(claim, value, unit, most=None):
    """Report a figure that has no other side."""
    return {"claim": claim, "value": value, "unit": unit, "most": most}


def report(*lines):
    """Print what a benchmark found, as JSON."""
    print(json.dumps(list(lines)))


def skip(reason):
    """Say why a benchmark cannot run here."""
    print(json.dumps([{"skipped": reason}]))


def _spread(numbers):
    return {"median": statistics.median(numbers), "low": min(numbers), "high": max(numbers)}


def _peak_while_running(process):
    """Watch the memory that a process and its children hold at once, in MB."""
    import psutil  # noqa: PLC0415  only programs are watched

    peak = 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            everyone = [watched, *watched.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in everyone))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)  # looking is work too
    return peak / 1e6
