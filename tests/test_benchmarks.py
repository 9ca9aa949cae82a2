"""What the documentation claims is what was measured, and a ratio is what it says."""

import importlib
import json
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def results():
    sys.path.insert(0, str(HERE))
    yield importlib.import_module("results")
    sys.path.remove(str(HERE))


def test_results_and_documentation_say_what_was_measured(results):
    record = json.loads(results.KEPT.read_text(encoding="utf-8"))
    assert list(record["benchmarks"]) == results.names()
    assert results.TOLD.read_text(encoding="utf-8") == results.document(record)
    told = results.SPEED.read_text(encoding="utf-8")
    assert told.split(results.BEGIN)[1].split(results.END)[0].strip() == results.short(record)


def test_a_ratio_is_the_other_side_s_time_over_ours_pair_by_pair(results):
    times = iter([9.0, 9.0, 1.0, 4.0, 2.0, 20.0, 1.0, 5.0])

    def side():
        wall = next(times)
        return {"wall": wall, "cpu": 2 * wall}

    measure = importlib.import_module("measure")
    line = measure.compare("something", side, side, names=("one", "other"), pairs=3)
    assert line["ratio"] == {"median": 5.0, "low": 4.0, "high": 10.0}
    assert line["cpu_ratio"] == line["ratio"]
    assert line["ours"] == {"median": 1.0, "low": 1.0, "high": 2.0}


def test_a_program_is_measured_with_its_children(results, tmp_path):
    script = tmp_path / "busy.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "held = bytearray(80_000_000)\n"
        "if len(sys.argv) == 1:\n"
        "    subprocess.run([sys.executable, __file__, 'child'])\n"
        "end = time.process_time() + 0.3\n"
        "while time.process_time() < end: pass\n"
        "if len(sys.argv) == 1: print('{\"accuracies\": [1.0]}')\n"
    )
    measure = importlib.import_module("measure")
    began = time.perf_counter()
    found = measure.program(sys.executable, script)
    assert 0.6 <= found["wall"] <= time.perf_counter() - began
    assert found["cpu"] >= 0.6
    assert found["peak_mb"] > 160
    assert found["accuracies"] == [1.0]


def test_a_program_that_fails_is_told(results):
    with pytest.raises(RuntimeError, match="no such option"):
        importlib.import_module("measure").program(sys.executable, "-c", "raise SystemExit('no such option')")
