"""What is in memory already is read by the rules for files: frames, tensors, pairs, mappings, data sets."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from PIL import Image

from convscope.errors import DataError, TableTypeError
from convscope.tables import read_table

N = 12
G = ((np.indices((N, 6, 6)) * np.array([41, 17, 7])[:, None, None, None]).sum(0) % 230 + 20).astype(np.uint8)
Y = [0, 1] * 6
PIXELS = [f"pixel{place}" for place in range(36)]
FRAME = pd.DataFrame(G.reshape(N, -1), columns=PIXELS).assign(label=Y)
PILLOW = [Image.fromarray(picture) for picture in G]


class Tensor:
    """As much of a tensor as is asked of one: it must be detached and brought to the processor first."""

    def __init__(self, values, where="gpu", *, attached=True):
        self.values, self.where, self.attached = np.asarray(values), where, attached

    def detach(self):
        return Tensor(self.values, self.where, attached=False)

    def cpu(self):
        return Tensor(self.values, "cpu", attached=self.attached)

    def __array__(self, dtype=None, copy=None):
        if self.where != "cpu" or self.attached:
            raise TypeError("can't convert")
        return self.values


class Pairs:
    """A data set as PyTorch has them: a length, and pairs by number."""

    classes = ("cat", "dog")

    def __init__(self, pictures):
        self.pictures = pictures

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, place):
        return self.pictures[place], Y[place]


def hugging(table):
    """A data set as Hugging Face's library has them, as far as it is looked at."""
    return SimpleNamespace(
        features=SimpleNamespace(arrow_schema=table.schema),
        num_rows=table.num_rows,
        with_format=lambda name: {"arrow": _Whole(table)}[name],
    )


class _Whole:
    def __init__(self, table):
        self.table = table

    def __getitem__(self, rows):
        assert rows == slice(None)
        return self.table


HELD = {
    "frame": FRAME,
    "frame with the label as index": FRAME.set_index("label"),
    "frame of arrays": pd.DataFrame({"label": Y, "image": list(G)}),
    "frame of pictures": pd.DataFrame({"label": Y, "image": PILLOW}),
    "frame of two levels": pd.DataFrame(
        G.reshape(N, -1), pd.Index(Y, name="label"), pd.MultiIndex.from_product([range(6), range(6)])
    ),
    "polars": pl.from_pandas(FRAME),
    "polars, a list": pl.DataFrame({"label": Y, "pixels": G.reshape(N, -1).tolist()}),
    "polars, an array": pl.DataFrame({"label": Y, "pixels": G}),
    "pyarrow": pa.Table.from_pandas(FRAME),
    "sparse": (scipy.sparse.csr_matrix(G.reshape(N, -1)), Y),
    "mapping": {"images": G, "labels": Y},
    "pictures and labels": (PILLOW, Y),
    "tensors": (Tensor(G), Tensor(Y)),
    "list of tensors": ([Tensor(picture) for picture in G], Y),
    "pairs of tensors": Pairs([Tensor(picture[None]) for picture in G]),
    "pairs of pictures": Pairs(PILLOW),
    "list of pairs": list(zip(PILLOW, Y, strict=True)),
    "hugging face": hugging(pa.table({"image": G.reshape(N, -1).tolist(), "label": Y})),
}


@pytest.mark.parametrize("name", HELD)
def test_it_is_read_as_what_it_is(name):
    table = read_table(HELD[name])
    assert np.array_equal(table.images[..., 0], G) and table.labels.tolist() == Y


def test_parts_of_a_mapping_are_kept():
    table = read_table({"x_train": G[:8], "y_train": Y[:8], "x_test": G[8:], "y_test": Y[8:], "about": "digits"})
    assert table.split.tolist() == ["train"] * 8 + ["test"] * 4 and np.array_equal(table.images[..., 0], G)
    assert any("about" in note for note in table.notes)
    frames = read_table({"train": FRAME[:8], "test": FRAME[8:]})
    assert frames.split.tolist() == ["train"] * 8 + ["test"] * 4 and np.array_equal(frames.images[..., 0], G)


def test_a_data_set_names_its_classes():
    assert read_table(Pairs(PILLOW)).class_names == ("cat", "dog")


def test_a_palette_in_memory_is_read_as_its_colours_and_not_as_numbers_of_them():
    pictures = [Image.fromarray(np.stack([g, g[::-1], g.T], -1)).quantize(8) for g in G]
    table = read_table((pictures, Y))
    assert np.array_equal(table.images, np.stack([np.asarray(one.convert("RGB")) for one in pictures]))


def test_pictures_in_memory_are_brought_to_a_size():
    pictures = [Image.fromarray(picture[: 4 + n % 2]) for n, picture in enumerate(G)]
    with pytest.raises(DataError, match="resize="):
        read_table((pictures, Y))
    assert read_table((pictures, Y), resize="stretch:6x6").image_shape == (6, 6, 1)


def test_a_data_set_that_knows_its_pictures_by_path_is_read(tmp_path):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    for place, picture in enumerate(PILLOW):
        picture.save(tmp_path / f"{place}.png")
    stored = [{"bytes": None, "path": str(tmp_path / f"{place}.png")} for place in range(N)]
    table = read_table(hugging(pa.table({"image": pa.array(stored, kind), "label": Y})))
    assert np.array_equal(table.images[..., 0], G)


@pytest.mark.parametrize(
    "source",
    [
        [G, np.array(Y)],
        ((G[:4], Y[:4]), (G[4:8], Y[4:8]), (G[8:], Y[8:])),
        ([G[0], G[1][:3]], [0, 1]),
        pd.DataFrame({"label": Y, "image": ["x", 1, None] * 4}),
        object(),
        iter([G]),
    ],
    ids=["list", "three parts", "uneven", "mixed column", "object", "iterator"],
)
def test_what_does_not_say_what_it_is_is_refused_with_what_would(source):
    with pytest.raises(TableTypeError, match="Expected:"):
        read_table(source)


@pytest.mark.parametrize(
    "source, told",
    [
        (pd.concat([FRAME, FRAME], axis=1), "two columns named 'pixel0'"),
        (pd.DataFrame({"label": [0, 1], "image": [G[0], G[1][:4]]}), "arrays of different sizes"),
        ((PILLOW, Y[:3]), "do not belong together"),
        ({"pictures": G, "labels": Y}, "holds no images"),
        ({"x": FRAME, "y": FRAME}, "not clear which parts"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(source, told):
    with pytest.raises(DataError, match=told):
        read_table(source)


def test_a_data_set_of_hugging_face_is_read():
    datasets = pytest.importorskip("datasets", exc_type=ImportError)
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
    whole = datasets.Dataset.from_dict({"image": PILLOW, "label": Y}, features=features)
    table = read_table(whole)
    assert np.array_equal(table.images[..., 0], G) and table.class_names == ("cat", "dog")
    parts = read_table(datasets.DatasetDict(train=whole.select(range(8)), test=whole.select(range(8, N))))
    assert parts.split.tolist() == ["train"] * 8 + ["test"] * 4 and np.array_equal(parts.images, table.images)


def test_tensors_of_pytorch_are_read():
    torch = pytest.importorskip("torch", exc_type=ImportError)
    images = torch.tensor(G[:, None]).float().requires_grad_(True)
    assert np.array_equal(read_table((images, torch.tensor(Y))).images[..., 0], G)
    whole = torch.utils.data.TensorDataset(torch.tensor(G), torch.tensor(Y))
    assert np.array_equal(read_table(whole).images[..., 0], G)


def test_tensors_of_tensorflow_are_read():
    tensorflow = pytest.importorskip("tensorflow", exc_type=ImportError)
    assert np.array_equal(read_table((tensorflow.constant(G), tensorflow.constant(Y))).images[..., 0], G)
