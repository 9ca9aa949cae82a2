"""Every data set goes through the same checks; one that is not available is still declared and refused well."""

import os
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils import Bunch

from convscope.datasets import _shipped, catalogue, load_dataset, load_parts, load_table, locate
from convscope.errors import DatasetError, UsageError
from convscope.installing import install_line
from convscope.tables import PixelTable, pixel_columns

ROOT = Path(__file__).parents[2]
DATA = os.environ.get("CONVSCOPE_DATA")
NAMES = catalogue.names()
NEEDS_FILES = [name for name in NAMES if catalogue.get(name).files]
SHIPPED = [name for name in NAMES if catalogue.get(name).shipped]
WITHOUT_LABELS = {"all_points"}


def at_hand(name):
    """Load only what is there; the marks say which tests need the real files."""
    marks = [pytest.mark.real_data] if name in NEEDS_FILES else []
    if name in SHIPPED and not locate(name).at_hand:
        marks.append(pytest.mark.skip(reason=f"install what holds it: {locate(name).reason}"))
    if name in NEEDS_FILES and not (DATA and Path(DATA).is_dir()):
        marks.append(pytest.mark.skip(reason="set CONVSCOPE_DATA to a folder with the real files"))
    return pytest.param(name, marks=marks, id=name)


LOADABLE = [at_hand(name) for name in NAMES]


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("CONVSCOPE_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", NAMES)
def test_a_data_set_says_what_it_is_where_it_comes_from_and_under_which_licence(name):
    dataset = catalogue.get(name)
    assert re.fullmatch(r"[A-Z0-9].{15,110}\.", catalogue.summary(name)), catalogue.summary(name)
    assert len(dataset.source) > 10
    assert dataset.licence
    assert dataset.kind == ("images" if len(dataset.shape) == 3 else "points")
    assert (dataset.make is None) != (dataset.splits is None), "a data set is made, or lies in files"


@pytest.mark.parametrize("name", NEEDS_FILES)
def test_a_file_is_pinned_by_checksum_and_size_and_its_mirrors_are_https(name):
    for pinned in catalogue.get(name).files:
        assert re.fullmatch(r"[0-9a-f]{64}", pinned.sha256)
        assert pinned.size > 0
        assert not pinned.place.startswith("/") and ".." not in pinned.place
        assert pinned.mirrors
        assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in pinned.mirrors)


@pytest.mark.parametrize("name", NEEDS_FILES)
def test_offline_a_missing_data_set_is_refused_with_the_file_and_its_place(name, tmp_path):
    place = locate(name, data_home=tmp_path)
    assert not place.at_hand
    first = catalogue.get(name).files[0].place
    assert str(tmp_path / first) in place.reason
    with pytest.raises(DatasetError) as caught:
        load_table(name, data_home=tmp_path)
    for part in (first, str(tmp_path / first), "CONVSCOPE_OFFLINE", "CONVSCOPE_DATA"):
        assert part in str(caught.value)
    assert list(tmp_path.rglob("*-ubyte*")) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_without_the_package_that_ships_it_a_data_set_is_refused_with_the_line_that_installs_it(name, monkeypatch):
    monkeypatch.setattr(_shipped, "find_spec", lambda package: None)
    shipped, place = catalogue.get(name).shipped, locate(name)
    assert not place.at_hand
    assert place.reason == install_line(shipped.extra)
    with pytest.raises(DatasetError, match=shipped.package) as caught:
        load_table(name)
    assert caught.value.repair == place.reason


@pytest.mark.parametrize("name", SHIPPED)
def test_the_extra_that_is_named_installs_the_package_and_the_tests_have_it_too(name):
    shipped = catalogue.get(name).shipped
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in (shipped.extra, "test"):
        assert any(line.startswith(shipped.package) for line in extras[extra])


@pytest.mark.parametrize("name", LOADABLE)
def test_rows_have_the_shape_names_and_kind_of_numbers_that_are_declared(name):
    dataset, table = catalogue.get(name), load_table(name, split="all")
    assert len(table) > 100
    assert table.source == name
    if dataset.kind == "images":
        assert table.image_shape == dataset.shape
        assert table.pixels.dtype == np.uint8
        assert table.pixels.min() == 0 and table.pixels.max() == 255
        assert table.columns == pixel_columns(dataset.shape)
        assert len(table.class_names) == len(table.classes) == len(dataset.class_names or table.classes)
    else:
        assert table.features.shape == (len(table), *dataset.shape)
        assert table.features.dtype == np.float64
        assert np.isfinite(table.features).all()
    assert (table.labels is None) == (name in WITHOUT_LABELS)


@pytest.mark.parametrize("name", [entry for entry in LOADABLE if entry.id not in WITHOUT_LABELS])
def test_training_and_test_rows_are_all_the_rows_and_share_none(name):
    train, test = load_parts(name)
    whole = load_table(name, split="all")
    assert len(train) + len(test) == len(whole)
    assert len(test) < len(train)
    assert set(train.classes.tolist()) == set(test.classes.tolist()) == set(whole.classes.tolist())
    assert not any("also training rows" in note for note in train.notes)


@pytest.mark.parametrize("name", LOADABLE)
def test_loading_twice_gives_the_same_rows(name):
    first, second = load_table(name, split="all"), load_table(name, split="all")
    assert np.array_equal(first.data, second.data)
    assert np.array_equal(first.labels, second.labels) or first.labels is None


@pytest.mark.parametrize("name", LOADABLE)
def test_a_bunch_holds_what_scikit_learn_users_look_for(name):
    bunch = load_dataset(name)
    assert isinstance(bunch, Bunch)
    assert list(bunch.data.columns) == list(bunch.feature_names)
    assert len(bunch.frame) == len(bunch.data)
    assert catalogue.summary(name) in bunch.DESCR
    assert catalogue.get(name).licence in bunch.DESCR
    if isinstance(bunch.table, PixelTable):
        assert bunch.images.shape == (len(bunch.data), *bunch.image_shape)
        assert bunch.frame.columns[0] == "class"
    X, y = load_dataset(name, return_X_y=True)
    assert X.equals(bunch.data)
    assert y is None if name in WITHOUT_LABELS else y.equals(bunch.target)
    arrays = load_dataset(name, as_frame=False)
    assert arrays.frame is None
    assert isinstance(arrays.data, np.ndarray)
    assert np.array_equal(arrays.data, bunch.data.to_numpy())


@pytest.mark.parametrize("name", LOADABLE)
def test_what_is_at_hand_says_where(name):
    place = locate(name)
    assert place.at_hand
    assert place.where
    assert place.reason == ""


def test_an_unknown_name_and_an_unknown_split_are_refused_with_what_there_is():
    with pytest.raises(UsageError, match="did you mean 'mnist'"):
        load_table("mnits")
    with pytest.raises(UsageError, match="did you mean 'train'"):
        load_table("digits", split="trian")


def test_a_data_set_of_another_package_joins_the_collection(monkeypatch):
    entry = catalogue.get("playground_xor")

    class Point:
        name = "another"

        def load(self):
            return entry

    monkeypatch.setattr(catalogue, "_foreign", {"another": Point()})
    assert "another" in catalogue.names()
    assert len(load_table("another", split="all")) == 500
