"""Sweeps on real digits: what is kept, what is missing, and workers that are killed."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from importlib import import_module

import pytest

from convscope.errors import ModelError, RunError, UsageError
from convscope.runs import Run
from convscope.runs.spaces import Range, Values
from convscope.runs.sweep import Sweep, run_sweep
from convscope.runs.trial import Trial, carry_out, order, sweep_parts
from convscope.tables import hash_tables
from convscope.training import ImageClassifier, evaluate

BUILDER = """
import os, pathlib, signal, time
from convscope.models import mlp

HERE = pathlib.Path(__file__).parent

def build(image_shape, n_classes, *, units=4):
    if units == 6 and not (HERE / "killed").exists():
        (HERE / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if units == 9 and not (HERE / "worker-killed").exists():
        (HERE / "worker-killed").touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    if units == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    if units == 8:
        raise LookupError("no eight")
    if units == 3:
        raise SystemExit("no three")
    if units == 2:
        raise KeyboardInterrupt
    return mlp(image_shape, n_classes)
"""


def small(**more):
    spaces = {"epochs": Values((1, 2)), "batch_size": Values((32,))}
    return Sweep(**{"data": "digits", "model": "mlp", "spaces": spaces, "limit": 200, **more})


def swept(sweep, out, jobs=1, **more):
    told = []
    jobs = None if "engine" in more else jobs
    record = run_sweep(sweep, out, jobs=jobs, tell=lambda *one: told.append(one), **more)
    return record, told


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweeps") / "sweep"
    return *swept(small(n_seeds=2), out, jobs=2), out


def test_each_combination_is_trained_with_each_seed(finished):
    record, told, out = finished
    assert [(n_done, n_trials) for _, n_done, n_trials in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {(one.trial.parameters["epochs"], one.trial.seed) for one, *_ in told} == {(1, 0), (1, 1), (2, 0), (2, 1)}
    assert record["n_trials"] == 4 and record["n_kept"] == 0 and record["failed"] == []
    names = {path.parent.name for path in out.glob("*/run.json")}
    assert names == {one.trial.name for one, *_ in told}


def test_the_rows_sum_up_the_seeds(finished):
    record, told, _ = finished
    for row in record["rows"]:
        found = [one.accuracy for one, *_ in told if one.trial.name in row["trials"]]
        assert row["accuracy"] == pytest.approx(sum(found) / 2)
        low, high = row["interval"]
        assert 0 <= low <= row["accuracy"] <= high <= 1
        assert row["n_parameters"] == told[0][0].record["n_parameters"]
    assert [row["accuracy"] for row in record["rows"]] == sorted((r["accuracy"] for r in record["rows"]), reverse=True)


def test_a_trial_is_what_the_classifier_does_by_hand(finished):
    _, told, out = finished
    one = told[0][0]
    train, validation, test = sweep_parts("digits", one.trial.settings)
    by_hand = ImageClassifier("mlp", random_state=one.trial.seed, **one.trial.parameters).fit(train)
    assert one.accuracy == evaluate(by_hand, validation).accuracy
    assert one.record["accuracy"] == evaluate(by_hand, test).accuracy
    loaded = ImageClassifier.load(out / one.trial.name / "model")
    assert (loaded.predict_proba(test) == by_hand.predict_proba(test)).all()


def test_no_row_chooses_and_trains_or_tests(finished):
    settings = finished[1][0][0].trial.settings
    parts = [{row.tobytes() for row in part.pixels} for part in sweep_parts("digits", settings)]
    assert len(parts[0]) == 160 and len(parts[1]) == 40
    assert not parts[0] & parts[1]


def test_the_same_sweep_again_trains_nothing(finished):
    before, _, out = finished
    stamps = {path: path.stat().st_mtime_ns for path in out.glob("*/run.json")}
    record, told = swept(small(n_seeds=2), out)
    assert all(one.kept for one, *_ in told) and record["n_kept"] == 4
    assert record["rows"] == before["rows"] and record["best"] == before["best"]
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/run.json")} == stamps


def test_a_wider_sweep_trains_only_what_is_new(finished, tmp_path):
    shutil.copytree(finished[2], tmp_path / "sweep")
    spaces = {"epochs": Values((1, 2, 3)), "batch_size": Values((32,))}
    record, told = swept(small(n_seeds=2, spaces=spaces), tmp_path / "sweep")
    assert sorted(one.trial.parameters["epochs"] for one, *_ in told if not one.kept) == [3, 3]
    assert len(record["rows"]) == 3


def test_the_same_values_given_twice_are_one_run(finished, tmp_path):
    shutil.copytree(finished[2], tmp_path / "sweep")
    spaces = {"epochs": Values((1, 1, 1)), "batch_size": Values((32, 32))}
    record, told = swept(small(spaces=spaces), tmp_path / "sweep")
    assert len(told) == 1 and len(record["rows"]) == 1
    assert len(list((tmp_path / "sweep").glob("*/run.json"))) == 4


def test_the_name_of_a_trial_follows_from_what_decides_it():
    one = Trial("cnn", {"epochs": 1, "model__filters": [4]}, 0, "a" * 64, {"recipe": "fast"})
    same = Trial("cnn", {"model__filters": [4], "epochs": 1}, 0, "a" * 64, {"recipe": "fast"})
    assert one.name == same.name
    others = [
        Trial("mlp", one.parameters, 0, "a" * 64, one.settings),
        Trial("cnn", {"epochs": 2}, 0, "a" * 64, one.settings),
        Trial("cnn", one.parameters, 1, "a" * 64, one.settings),
        Trial("cnn", one.parameters, 0, "b" * 64, one.settings),
        Trial("cnn", one.parameters, 0, "a" * 64, {"recipe": "quick"}),
    ]
    assert len({one.name, *(other.name for other in others)}) == 6


def test_a_trial_travels_as_json(finished):
    _, told, out = finished
    text = order(told[0][0].trial, "digits", out)
    assert json.loads(text)["trial"]["parameters"] == told[0][0].trial.parameters
    assert json.loads(carry_out(text)) == {"record": told[0][0].record}


def test_other_rows_under_the_same_name_are_refused(finished, tmp_path):
    trial = finished[1][0][0].trial
    (tmp_path / "sweep.json").write_text("{}")
    other = Trial(trial.model, trial.parameters, trial.seed, "0" * 64, trial.settings)
    failed = json.loads(carry_out(order(other, "digits", tmp_path)))["failed"]
    assert "the worker's rows differ from the sweep's" in failed
    assert hash_tables(*sweep_parts("digits", trial.settings)) == trial.data_hash


def test_a_worker_that_does_not_see_the_folder_says_so(finished, tmp_path):
    failed = json.loads(carry_out(order(finished[1][0][0].trial, "digits", tmp_path / "nowhere")))["failed"]
    assert "does not see the sweep's folder" in failed
    assert not (tmp_path / "nowhere").exists()


def test_a_worker_of_another_version_says_so(finished, tmp_path):
    ordered = json.loads(order(finished[1][0][0].trial, "digits", finished[2])) | {"version": "0.0.1"}
    assert "another version" in json.loads(carry_out(json.dumps(ordered)))["failed"]


def test_a_model_that_fails_lets_the_others_go_on(tmp_path):
    (tmp_path / "net.py").write_text(BUILDER)
    spaces = {"model__units": Values((4, 8, 3, 2)), "epochs": Values((1,))}
    record, _ = swept(small(model=f"{tmp_path}/net.py:build", spaces=spaces), tmp_path / "sweep")
    for why in ("LookupError: no eight", "SystemExit: no three", "KeyboardInterrupt"):
        assert any(why in failed for failed in record["failed"])
    assert [row["accuracy"] is None for row in record["rows"]] == [False, True, True, True]
    assert record["best"]["parameters"]["model__units"] == 4
    assert not (tmp_path / "sweep" / record["rows"][1]["trials"][0]).exists()


def test_where_all_fail_the_sweep_does(tmp_path):
    (tmp_path / "net.py").write_text(BUILDER)
    with pytest.raises(ModelError, match="all 1 trials failed"):
        swept(small(model=f"{tmp_path}/net.py:build", spaces={"model__units": Values((8,))}), tmp_path / "sweep")


@pytest.mark.slow
def test_a_killed_worker_costs_one_beginning_and_a_second_kill_the_trial(tmp_path):
    (tmp_path / "net.py").write_text(BUILDER)
    spaces = {"model__units": Values((4, 6, 7, 5)), "epochs": Values((1,))}
    sweep = small(model=f"{tmp_path}/net.py:build", spaces=spaces)
    record, _ = swept(sweep, tmp_path / "sweep", jobs=2)
    done = {row["parameters"]["model__units"]: row["accuracy"] is not None for row in record["rows"]}
    assert (tmp_path / "killed").exists()
    assert done == {4: True, 5: True, 6: True, 7: False}
    assert "killed 2 times" in record["failed"][0]


@pytest.fixture
def dask_cluster(tmp_path):
    """A scheduler and two worker processes, each with a nanny, on this machine; gives the scheduler's address."""
    distributed = pytest.importorskip("distributed")
    scheduler_file = tmp_path / "scheduler.json"
    where = ["--host", "127.0.0.1", "--no-dashboard"]
    begin = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    to = ["--scheduler-file", str(scheduler_file)]
    workers = ["--nworkers", "2", "--nthreads", "2", "--memory-limit", "0"]
    processes = [subprocess.Popen([*begin, "scheduler", "--port", "0", *where, *to], **quiet)]
    processes.append(subprocess.Popen([*begin, "worker", *where, *to, *workers], **quiet))
    until = time.monotonic() + 120
    while not scheduler_file.is_file() or not scheduler_file.stat().st_size:
        assert time.monotonic() < until, "the scheduler did not start"
        time.sleep(0.1)
    address = json.loads(scheduler_file.read_text())["address"]
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
    yield address.removeprefix("tcp://")
    for process in reversed(processes):
        process.terminate()
    for process in processes:
        process.wait(120)


def gives_the_same_and_survives_a_killed_worker(engine, finished, tmp_path):
    record, told = swept(small(n_seeds=2), tmp_path / "sweep", engine=engine)
    assert len(told) == 4 and record["failed"] == []
    for row, here in zip(record["rows"], finished[0]["rows"], strict=True):
        assert {**row, "seconds": 0} == {**here, "seconds": 0}

    (tmp_path / "net.py").write_text(BUILDER)
    spaces = {"model__units": Values((4, 6, 7, 9, 5)), "epochs": Values((1,))}
    sweep = small(model=f"{tmp_path}/net.py:build", spaces=spaces)
    record, _ = swept(sweep, tmp_path / "killed-sweep", engine=engine)
    done = {row["parameters"]["model__units"]: row["accuracy"] is not None for row in record["rows"]}
    assert (tmp_path / "killed").exists() and (tmp_path / "worker-killed").exists()
    assert done == {4: True, 5: True, 6: True, 9: True, 7: False}
    assert "killed 2 times" in record["failed"][0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_gives_the_same_and_survives_a_killed_worker(finished, dask_cluster, tmp_path):
    gives_the_same_and_survives_a_killed_worker(f"dask://{dask_cluster}", finished, tmp_path)


@pytest.fixture
def ray_cluster(tmp_path, monkeypatch):
    """A head node with two workers on this machine; gives its client server's address."""
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        port, client_port = (str(server.getsockname()[1]) for server in (one, other))
    ray = [sys.executable, "-c", "from ray.scripts.scripts import main; main()"]
    begin = ["start", "--head", "--node-ip-address", "127.0.0.1", "--port", port, "--num-cpus", "2"]
    begin += ["--ray-client-server-port", client_port, "--include-dashboard=false", "--disable-usage-stats"]
    begin += ["--object-store-memory", "100000000", "--min-worker-port", "0", "--max-worker-port", "0"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    with subprocess.Popen([*ray, *begin, "--block"], **quiet) as process:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(client_port)), timeout=1):
                break
            assert process.poll() is None and time.monotonic() < until, "the cluster did not start"
            time.sleep(0.5)
        yield f"127.0.0.1:{client_port}"
        process.terminate()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_gives_the_same_and_survives_a_killed_worker(finished, ray_cluster, tmp_path):
    gives_the_same_and_survives_a_killed_worker(f"ray://{ray_cluster}", finished, tmp_path)


@pytest.mark.slow
def test_a_trial_that_another_worker_is_still_at_is_waited_for(finished, tmp_path):
    (tmp_path / "sweep.json").write_text("{}")
    trial = Trial("linear", {}, 0, hash_tables(*sweep_parts("digits", small().settings)), small().settings)
    held = "import sys, time; from convscope.files import only_writer\nwith only_writer(sys.argv[1]):\n    "
    held += "print(flush=True); time.sleep(12)"
    with subprocess.Popen([sys.executable, "-c", held, tmp_path / trial.name], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        assert "record" in json.loads(carry_out(order(trial, "digits", tmp_path)))


def test_a_cluster_that_is_down_is_told_within_ten_seconds(tmp_path):
    assert import_module("convscope.runs.engines.dask").PATIENCE < 10
    with pytest.raises(RunError, match="no Dask scheduler answers"):
        run_sweep(small(), tmp_path / "sweep", engine="dask://127.0.0.1:9")


@pytest.mark.parametrize("engine", ["dask", "dask://", "dask://here", "loky://a:1", "threads", "dask://a:b"])
def test_an_engine_that_cannot_be_is_refused(tmp_path, engine):
    with pytest.raises(UsageError):
        run_sweep(small(), tmp_path / "sweep", engine=engine)
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize(
    ("spaces", "message"),
    [
        ({"epoch": Values((1,))}, "did you mean 'epochs'"),
        ({"model__filters": Values((1,))}, "model__filters"),
        ({"random_state": Values((1,))}, "cannot be swept"),
    ],
)
def test_an_unknown_parameter_is_refused_before_anything_is_written(tmp_path, spaces, message):
    with pytest.raises(UsageError, match=message):
        run_sweep(small(spaces=spaces), tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="not the folder of a sweep"):
        run_sweep(small(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_sweep_has_one_writer(tmp_path):
    with Run(tmp_path / "sweep").writing(), pytest.raises(RunError, match="already in use"):
        run_sweep(small(spaces={"epochs": Range(1, 2)}), tmp_path / "sweep")
