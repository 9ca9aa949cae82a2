"""JSON lines are read a megabyte at a time; what is said of them does not depend on where a part ends."""

import json

import numpy as np
import pytest

from convscope.errors import TableError
from convscope.tables import read_table

N, SIDE = 900, 20
PIXELS = np.random.default_rng(0).integers(0, 256, (N, SIDE * SIDE))  # three parts and more


def save(folder, rows):
    path = folder / "t.jsonl"
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in rows))
    assert path.stat().st_size > 1 << 20
    return path


def rows(**more):
    return [{"label": row % 3, "image": PIXELS[row].tolist(), **more} for row in range(N)]


def test_numbers_of_several_parts_are_one_table(tmp_path):
    table = read_table(save(tmp_path, rows()))
    assert table.pixels.dtype == np.uint8
    assert np.array_equal(table.pixels, PIXELS)
    assert table.labels.tolist() == [row % 3 for row in range(N)]


def test_types_may_change_from_part_to_part(tmp_path):
    changed = rows()
    changed[-1]["image"][7] = 0.5
    changed[-2]["label"] = 300  # no byte
    table = read_table(save(tmp_path, changed))
    expected = PIXELS.astype(np.float32)
    expected[-1, 7] = 0.5
    assert np.array_equal(table.pixels, expected)
    assert table.labels.tolist() == [row["label"] for row in changed]


def test_a_column_may_begin_late_and_stand_elsewhere(tmp_path):
    late = [{"image": row["image"], "label": row["label"], "split": "train"} for row in rows()]
    early = [{"label": row["label"], "image": row["image"]} for row in rows()]
    with pytest.raises(TableError, match=r"row 1 of t\.jsonl"):
        read_table(save(tmp_path, [*early, *late]))
    table = read_table(save(tmp_path, [*early, *late]), drop="split")
    assert np.array_equal(table.pixels, np.concatenate([PIXELS, PIXELS]))


def test_what_looks_like_a_date_is_text(tmp_path):
    table = read_table(save(tmp_path, rows(when="2020-01-01")), label="when", drop="label")
    assert set(table.labels.tolist()) == {"2020-01-01"}


@pytest.mark.parametrize("row", [1, N // 2, N - 1])
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"label": 1, "image": [1, 2, 3]}, "row {} of t.jsonl has a list of another size"),
        ({"label": 1, "image": None}, "row {} of t.jsonl has no value"),
        ({"image": PIXELS[0].tolist()}, "row {} of t.jsonl has no (label|value)"),
        ('{"label": 1, "image": [1, }\n', "in row {}"),
        ('{"label": 1, "image": "none"}\n', "in row {}|incompatible types"),
    ],
)
def test_a_row_is_named_wherever_it_lies(tmp_path, row, damage, told):
    damaged = rows()
    damaged[row] = damage
    with pytest.raises(TableError, match=told.format(row + 1)):
        read_table(save(tmp_path, damaged))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (json.dumps({f"pixel{place}": 1 for place in range(2000)}) + "\n" + "{}\n" * 300_000, "far more"),
        ("".join(f'{{"a{place}": 1}}\n' for place in range(60_000)), "far more"),
        ('{"image": ' + "[" * 500_000 + "]" * 500_000 + "}\n", "nested too deeply"),
        ('{"a": "]]]]", "b":' * 100_000 + "1" + "}" * 100_000 + "\n", "nested too deeply"),
        ('{"a": "\\"", "b":' * 100_000 + "1" + "}" * 100_000 + "\n", "nested too deeply"),
        ('{"image": [' + "1, " * 4_000_000 + "1]}\n", "longer than any row"),
    ],
    ids=["empty", "names", "lists", "brackets in texts", "quotes in texts", "line"],
)
def test_a_bomb_is_refused_before_it_takes_memory(tmp_path, text, told, within_cpu_seconds):
    (tmp_path / "t.jsonl").write_text(text)
    with within_cpu_seconds(2), pytest.raises(TableError, match=told):
        read_table(tmp_path / "t.jsonl")
