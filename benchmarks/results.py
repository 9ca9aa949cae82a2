"""Run every benchmark, and write what was measured: benchmarks/RESULTS.md, and the table in the documentation.

``python benchmarks/results.py [NAME ...]`` runs those named, and keeps what is known of the others.
"""

import json
import os
import platform
import re
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from measure import BACKENDS, OURS, ROOT

HERE = Path(__file__).resolve().parent
KEPT, TOLD = HERE / "results.json", HERE / "RESULTS.md"
SPEED = ROOT / "docs" / "explanation" / "speed.md"
LIBRARY = {"measure", "results"}
PACKAGES = ("numpy", "numba", "scipy", "keras", "jax", "pandas", "pyarrow", "scikit-learn", "altair")
OTHERS = ("keras", "tensorflow", "torch")
BEGIN, END = "<!-- measured: benchmarks/results.py writes this table -->", "<!-- end of what was measured -->"


def names():
    """List the benchmarks: every program here whose name does not begin with an underscore."""
    return sorted(path.stem for path in HERE.glob("[!_]*.py") if path.stem not in LIBRARY)


def run(name):
    """Run one benchmark, and give the lines that it printed."""
    done = subprocess.run([OURS, HERE / f"{name}.py"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def machine():
    """Say where and with what it was measured."""
    listed = f"{{name: version(name) for name in {OTHERS!r}}}"
    asked = f"import json; from importlib.metadata import version; print(json.dumps({listed}))"
    others = subprocess.run([BACKENDS, "-c", asked], capture_output=True, text=True, check=True).stdout
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "ours": {name: version(name) for name in PACKAGES},
        "other side": json.loads(others),
    }


def _processor():
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def number(value):
    """Write a number with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(found, unit=""):
    """Write a median, and the smallest and largest."""
    return f"{number(found['median'])}{unit} ({number(found['low'])}–{number(found['high'])})"


def accuracy(lists):
    """Write the mean of each column of accuracies."""
    columns = list(zip(*lists, strict=True))
    return ", ".join(f"{sum(column) / len(column):.4f}" for column in columns)


def table(record):
    """Write the ratios of one benchmark after the other as a Markdown table."""
    rows = ["| what | ours | other side | ratio | processor | at least | aim |", "|---|---|---|---|---|---|---|"]
    for lines in record["benchmarks"].values():
        for one in (one for one in lines if "ratio" in one):
            unit = "" if one["measure"] == "peak_mb" else " s"
            cpu = spread(one["cpu_ratio"]) if "cpu_ratio" in one else ""
            goals = [number(one[goal]) if one[goal] else "" for goal in ("least", "aim")]
            pairs = zip(one["names"], (one["ours"], one["other"]), strict=True)
            sides = [f"{name}: {spread(found, unit)}" for name, found in pairs]
            rows.append(f"| {' | '.join([one['claim'], *sides, spread(one['ratio']), cpu, *goals])} |")
    return "\n".join(rows)


def figures(record):
    """Write what has no other side."""
    rows = ["| what | measured | at most |", "|---|---|---|"]
    for lines in record["benchmarks"].values():
        for one in (one for one in lines if "value" in one):
            most = f"{number(one['most'])} {one['unit']}" if one["most"] else ""
            rows.append(f"| {one['claim']} | {number(one['value'])} {one['unit']} | {most} |")
    return "\n".join(rows)


def accuracies(record):
    """Write the accuracies that went with the times."""
    rows = ["| what | ours | other side |", "|---|---|---|"]
    for lines in record["benchmarks"].values():
        for one in (one for one in lines[:1] if any(one.get("ours_accuracies", []))):
            both = [accuracy(one[f"{side}_accuracies"]) for side in ("ours", "other")]
            rows.append(f"| {one['claim']} | {' | '.join(both)} |")
    return "\n".join(rows)


def document(record):
    """Write RESULTS.md."""
    where = record["machine"]
    versions = [", ".join(f"{name} {found}" for name, found in where[side].items()) for side in ("ours", "other side")]
    return f"""# Measured

Written by `make bench`. Both sides of a line ran in turn, pair after pair, in one run; a figure is the median, with the
smallest and the largest in brackets, and a ratio is the other side's time divided by ours, pair by pair. "Processor" is
the same for the seconds that the cores were busy.

{where["date"]}, {where["processor"]}, {where["cores"]} cores, Python {where["python"]}. Ours: {versions[0]}. The other
sides, where they are not among these: {versions[1]}.

## Against another side

{table(record)}

## Accuracies that went with it

Means over the pairs; the whole lab trains MLP, MLP on shuffled pixels, CNN, CNN on shuffled pixels, CNN on clothes.

{accuracies(record)}

## Without another side

{figures(record)}
"""


def short(record):
    """Write the table of docs/explanation/speed.md: what, and the median ratio."""
    rows = ["| what | against | times as fast |", "|---|---|---|"]
    for lines in record["benchmarks"].values():
        for one in (one for one in lines if "ratio" in one and one["measure"] != "peak_mb" and one["least"]):
            what, ratio = one["claim"].split(" against ")[0], number(one["ratio"]["median"])
            rows.append(f"| {what} | {one['names'][1]} | {ratio} |")
    return "\n".join(rows)


def main():
    """Run, keep and write."""
    known = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {"benchmarks": {}}
    found = dict(known["benchmarks"])
    for name in sys.argv[1:] or names():
        print(name, flush=True, file=sys.stderr)
        found[name] = run(name)
    record = {"machine": machine(), "benchmarks": {name: found[name] for name in names() if name in found}}
    KEPT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    TOLD.write_text(document(record), encoding="utf-8")
    text = SPEED.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    SPEED.write_text(f"{before}{BEGIN}\n{short(record)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
