"""Whatever bytes a file holds, a reader gives a table, a model or a message: no other error, no hang."""

import hashlib
import io
import json
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convscope import ImageClassifier, read_table
from convscope.archives import read_members
from convscope.course.submissions import find_submissions, read_answers
from convscope.errors import DataError, ModelError
from convscope.modelfiles._modelparts import FILES, MANIFEST
from convscope.modelfiles.architecture import plan
from convscope.modelfiles.modelcheck import check_model
from convscope.tables import PixelTable, PointTable

QUICK = settings(
    max_examples=100,
    deadline=5000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def reads(path, content):
    """Read a table or be told why not; nothing else."""
    path.write_bytes(content)
    try:
        table = read_table(path)
    except DataError as error:
        assert str(error)
        return None
    assert isinstance(table, PixelTable | PointTable) and len(table) > 0
    values = table.pixels if isinstance(table, PixelTable) else table.features
    assert np.isfinite(values).all() and (table.labels is None or len(table.labels) == len(table))
    return table


def damaged(content, changes):
    """Change, cut and repeat parts of a good file."""
    found = bytearray(content)
    for place, kind, byte in changes:
        at = place % max(1, len(found))
        if kind == 0:
            found[at : at + 1] = bytes([byte])
        elif kind == 1:
            del found[at : at + byte]
        elif kind == 2:
            found[at:at] = found[at : at + byte]
        else:
            found[at:at] = struct.pack(">Q", 2**64 - 1 - byte)
    return bytes(found)


changes = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 3), st.integers(0, 255)), min_size=1, max_size=6)
cells = st.sampled_from(
    ["0", "255", "256", "-1", "0.5", "", "NA", "cat", "1e400", '"', '"1"', "é", "=1+1", "\0", " 7 ", "1_0"]
)
names = st.sampled_from(["class", "1x1", "1x2", "2x1", "2x2", "split", "feature1", "", "label", "p0", "1x1x1"])
rows = st.lists(st.lists(cells, min_size=1, max_size=6), max_size=6)


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_as_a_table(folder, content):
    for name in ("a.csv", "a.parquet", "a.npz", "a-images-idx3-ubyte", "a.csv.gz"):
        reads(folder / name, content)


@QUICK
@given(
    st.lists(names, min_size=1, max_size=6),
    rows,
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_cells_as_csv(folder, header, body, delimiter, end):
    text = end.join(delimiter.join(row) for row in [header, *body])
    table = reads(folder / "a.csv", text.encode())
    if table is not None:
        filled = [row for row in [header, *body] if delimiter.join(row).strip()]
        assert len(table) in (len(filled), len(filled) - 1) or '"' in text, "no row is lost"


@QUICK
@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "latin-1"]))
def test_any_text_as_csv(folder, text, encoding):
    reads(folder / "a.csv", ("class,1x1,1x2,2x1,2x2\n" + text).encode(encoding, errors="replace"))


IMAGES = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)


def good_files():
    idx = bytes([0, 0, 8, 3]) + struct.pack(">3I", 3, 4, 4) + IMAGES.tobytes()
    npz, parquet = io.BytesIO(), io.BytesIO()
    np.savez(npz, images=IMAGES, labels=np.arange(3))
    columns = {"class": [0, 1, 2]} | {f"{r}x{c}": IMAGES[:, r - 1, c - 1] for r in range(1, 5) for c in range(1, 5)}
    pq.write_table(pa.table(columns), parquet)
    return {"a-images-idx3-ubyte": idx, "a.npz": npz.getvalue(), "a.parquet": parquet.getvalue()}


@QUICK
@given(st.sampled_from(sorted(good_files())), changes)
def test_any_damage_to_a_binary_table(folder, name, damage):
    reads(folder / name, damaged(good_files()[name], damage))


# Models ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    rng = np.random.default_rng(0)
    ImageClassifier("cnn", epochs=1).fit(rng.integers(0, 256, (20, 64), np.uint8), np.arange(20) % 2).save(folder)
    return folder


def signed(model, folder, name, content):
    target = folder / "model"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(model, target)
    (target / name).write_bytes(content)
    hashes = {part: hashlib.sha256((target / part).read_bytes()).hexdigest() for part in FILES}
    (target / MANIFEST).write_text(json.dumps({"schema": "convscope.model/1", "sha256": hashes}))
    return target


@QUICK
@given(st.sampled_from(FILES), changes)
def test_any_damage_to_a_file_of_a_model(model, folder, name, damage):
    try:
        check_model(signed(model, folder, name, damaged((model / name).read_bytes(), damage)))
    except ModelError as error:
        assert error.exit_code == 3


anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def places(found, path=()):
    """List every place in a JSON value."""
    yield path
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, value in inner:
        yield from places(value, (*path, name))


def replaced(found, path, value):
    if not path:
        return value
    found[path[0]] = replaced(found[path[0]], path[1:], value)
    return found


@QUICK
@given(st.sampled_from(["model.json", "labels.json", "preprocess.json", MANIFEST]), st.data(), anything)
def test_anything_in_the_place_of_any_setting(model, folder, name, data, value):
    found = json.loads((model / name).read_text())
    path = data.draw(st.sampled_from(sorted(places(found), key=repr)))
    content = json.dumps(replaced(found, path, value)).encode()
    if name == MANIFEST:
        target = shutil.copytree(model, folder / "model", dirs_exist_ok=True)
        (target / MANIFEST).write_bytes(content)
    else:
        target = signed(model, folder, name, content)
    try:
        checked = check_model(Path(target))
    except ModelError as error:
        assert error.exit_code == 3
    else:
        assert plan(checked.config).n_parameters < 50_000_000


@QUICK
@given(anything)
def test_anything_as_the_layers_of_a_model(found):
    with pytest.raises(ModelError):
        plan(found)


# Archives and notebooks ------------------------------------------------------------------------------------


@QUICK
@given(changes)
def test_any_damage_to_an_archive(folder, damage):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.json", "b.bin"):
            archive.writestr(name, name * 50)
    path = folder / "a.zip"
    path.write_bytes(damaged(content.getvalue(), damage))
    try:
        found = read_members(path, {"a.json": 1000, "b.bin": 1000})
    except DataError:
        return
    assert {name: text.decode() for name, text in found.items()} == {name: name * 50 for name in ("a.json", "b.bin")}


NAMES = frozenset({"input_size"})
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "code", "id": "a", "source": ["input_size = 784\n"], "metadata": {}, "outputs": []},
        {"cell_type": "markdown", "id": "b", "source": "text", "metadata": {}},
    ],
}


@QUICK
@given(st.data(), anything)
def test_anything_in_any_place_of_a_notebook(folder, data, value):
    found = json.loads(json.dumps(NOTEBOOK))
    path = data.draw(st.sampled_from(sorted(places(found), key=repr)))
    content = json.dumps(replaced(found, path, value)).encode()
    submission = read_answers("a.ipynb", content, NAMES)
    assert submission.answers is not None


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_as_a_notebook(folder, content):
    for name in ("a.ipynb", "b.py", "c.json", "d.zip"):
        (folder / name).write_bytes(content)
    assert all(submission.name for submission in find_submissions(folder, NAMES))
