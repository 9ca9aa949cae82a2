"""Checkpoints: whole or not there, whatever happens while they are written."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convscope import files
from convscope.backend import keras
from convscope.engine._plain import is_plain, pack, unpack
from convscope.engine.checkpoint import Checkpoint, Progress, newest_checkpoint, write_checkpoint
from convscope.errors import RunError

FACTS = {"seed": 5, "data": {"sha256": "abc"}, "settings": {"epochs": 9}, "versions": {"numpy": "2"}}
ALONE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from([keras.ops.less, keras.ops.greater])
    | hnp.arrays(st.sampled_from([np.float32, np.int64, np.uint8]), hnp.array_shapes(min_dims=0, max_dims=3))
    | hnp.from_dtype(np.dtype(np.float32))
)  # fmt: skip
PLAIN = st.recursive(
    ALONE,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def checkpoint(epoch, step=0, size=50):
    progress = Progress(epoch, {"loss": [0.5, float("inf")]}, [1.0] * epoch, step=step, begun=(1.5, None, 3, 0.25))
    arrays = {"weights/0000": np.arange(size, dtype=np.float32) + epoch, "optimizer/steps": np.array(7 * epoch)}
    return Checkpoint(progress, arrays, [{"best": float("inf"), "best_weights": [np.ones((2, 3))], "wait": 1}], FACTS)


def assert_is(found, epoch, step=0):
    expected = checkpoint(epoch, step)
    assert found is not None
    assert (found.progress, found.facts["seed"]) == (expected.progress, 5)
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].flags.writeable
    (state,) = found.callbacks
    assert (state["best"], state["wait"]) == (float("inf"), 1)
    np.testing.assert_array_equal(state["best_weights"][0], np.ones((2, 3)))


def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic | float):
        return np.array_equal(np.atleast_1d(one).view(np.uint8), np.atleast_1d(other).view(np.uint8)) or one != one
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    return one == other


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value):
    assert is_plain(value)
    arrays = {}
    written = json.loads(json.dumps(pack(value, arrays, "value"), allow_nan=False))
    assert same(unpack(written, arrays), value)
    assert arrays == {}


NOT_PLAIN = {
    "function": print,
    "object": object(),
    "object in a list": [object()],
    "set in a dict": {"a": {1, 2}},
    "array of text": np.array(["a"]),
}


@pytest.mark.parametrize("value", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_left_out(value):
    assert not is_plain(value)


@pytest.mark.parametrize("step", [0, 120])
def test_a_checkpoint_is_read_as_it_was_written(tmp_path, step):
    write_checkpoint(tmp_path, checkpoint(3, step))
    assert_is(newest_checkpoint(tmp_path), 3, step)
    (folder,) = tmp_path.iterdir()
    assert folder.name == "epoch-0003" + "-step-0120" * bool(step)
    commit = json.loads((folder / "COMMIT.json").read_text())
    assert {"sha256", "epoch", "seed", "data", "versions"} <= commit.keys()


def test_the_two_newest_are_kept(tmp_path):
    for epoch, step in ((0, 0), (1, 0), (2, 0), (2, 30), (10, 0)):
        write_checkpoint(tmp_path, checkpoint(epoch, step))
    assert sorted(os.listdir(tmp_path)) == ["epoch-0002-step-0030", "epoch-0010"]
    assert_is(newest_checkpoint(tmp_path), 10)


def test_a_checkpoint_without_its_commit_is_not_seen(tmp_path):
    write_checkpoint(tmp_path, checkpoint(1))
    write_checkpoint(tmp_path, checkpoint(2))
    (tmp_path / "epoch-0002" / "COMMIT.json").unlink()
    assert_is(newest_checkpoint(tmp_path), 1)
    write_checkpoint(tmp_path, checkpoint(2))
    assert_is(newest_checkpoint(tmp_path), 2)


def altered(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["state.safetensors", "COMMIT.json"])
@pytest.mark.parametrize(
    "damage",
    [altered, lambda path: os.truncate(path, path.stat().st_size // 2), lambda path: os.truncate(path, 0)],
    ids=["altered", "torn", "empty"],
)
def test_a_damaged_checkpoint_is_told_and_the_one_before_is_taken(tmp_path, name, damage):
    write_checkpoint(tmp_path, checkpoint(1))
    write_checkpoint(tmp_path, checkpoint(2))
    damage(tmp_path / "epoch-0002" / name)
    with pytest.warns(UserWarning, match=r"epoch-0002 is damaged .* skipped"):
        assert_is(newest_checkpoint(tmp_path), 1)
    assert os.listdir(tmp_path) == ["epoch-0001"]


def test_a_number_changed_by_hand_in_the_commit_is_noticed(tmp_path):
    write_checkpoint(tmp_path, checkpoint(1))
    commit = tmp_path / "epoch-0001" / "COMMIT.json"
    commit.write_text(commit.read_text().replace('"seed": 5', '"seed": 6'))
    with pytest.warns(UserWarning, match=r"hash of COMMIT\.json"):
        assert newest_checkpoint(tmp_path) is None


def failing(monkeypatch, *numbers, code=errno.EIO):
    """Let the fsync calls of these numbers fail; return the list that counts them."""
    calls, real = [], os.fsync

    def fsync(handle):
        calls.append(handle)
        if len(calls) in numbers:
            raise OSError(code, os.strerror(code))
        real(handle)

    monkeypatch.setattr(files.os, "fsync", fsync)
    return calls


def test_a_checkpoint_is_forced_to_the_disk_file_by_file_and_folder_by_folder(tmp_path, monkeypatch):
    calls = failing(monkeypatch)
    write_checkpoint(tmp_path, checkpoint(1))
    assert len(calls) == 5  # its name in the folder; the state and its name; the commit and its name


@pytest.mark.parametrize("number", range(1, 6))
def test_a_failing_fsync_leaves_every_earlier_checkpoint(tmp_path, monkeypatch, number):
    write_checkpoint(tmp_path, checkpoint(1))
    write_checkpoint(tmp_path, checkpoint(2))
    failing(monkeypatch, number)
    with pytest.raises(RunError, match=r"epoch-0003 cannot be written: Input/output error"):
        write_checkpoint(tmp_path, checkpoint(3))
    assert sorted(path.name for path in tmp_path.rglob("COMMIT.json")) == ["COMMIT.json"] * 2
    assert not list(tmp_path.rglob(".*.part"))
    assert_is(newest_checkpoint(tmp_path), 2)
    monkeypatch.undo()
    write_checkpoint(tmp_path, checkpoint(3))
    assert_is(newest_checkpoint(tmp_path), 3)


def test_a_full_disk_gives_up_the_older_checkpoint_before_it_gives_up(tmp_path, monkeypatch):
    write_checkpoint(tmp_path, checkpoint(1))
    write_checkpoint(tmp_path, checkpoint(2))
    failing(monkeypatch, 3, code=errno.ENOSPC)
    write_checkpoint(tmp_path, checkpoint(3))
    assert sorted(os.listdir(tmp_path)) == ["epoch-0002", "epoch-0003"]
    monkeypatch.undo()
    failing(monkeypatch, *range(1, 99), code=errno.ENOSPC)
    with pytest.raises(RunError, match="No space left"):
        write_checkpoint(tmp_path, checkpoint(4))
    assert_is(newest_checkpoint(tmp_path), 3)


KILLED_EVERYWHERE = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_checkpoint import assert_is, checkpoint, newest_checkpoint, write_checkpoint

home = Path(sys.argv[1])

def killed_at(number, folder):
    events = 0
    def watch(event, arguments):
        nonlocal events
        if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"):
            events += str(folder) in str(arguments[0])
            if events == number:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    write_checkpoint(folder, checkpoint(3))
    os._exit(0)

number = 0
while True:
    number += 1
    folder = home / str(number)
    folder.mkdir()
    write_checkpoint(folder, checkpoint(1))
    write_checkpoint(folder, checkpoint(2))
    child = os.fork()
    if not child:
        killed_at(number, folder)
    _, status = os.waitpid(child, 0)
    found = newest_checkpoint(folder)
    assert_is(found, found.progress.epoch)
    assert found.progress.epoch in (2, 3)
    write_checkpoint(folder, checkpoint(4))
    assert_is(newest_checkpoint(folder), 4)
    if not os.WIFSIGNALED(status):
        break
print(number - 1)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_killed_before_any_file_operation_leaves_a_whole_checkpoint(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", KILLED_EVERYWHERE, str(tmp_path), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 12
