"""The report's own figures of convolution and pooling say what the arithmetic says."""

import pytest

from convscope.experiments._worked_examples import work_examples
from convscope.report.figures import finished
from convscope.report.worked import worked_sections


@pytest.fixture(scope="module")
def sections():
    return worked_sections(work_examples())


def figures(sections):
    return {shown["title"]: shown for part in sections for shown in part["figures"]}


def column(shown, name):
    return [row[shown["columns"].index(name)] for row in shown["rows"]]


@pytest.mark.parametrize(
    ("title", "sums"),
    [
        ("Strides of 1: every place", ["2", "2", "3", "1", "2", "1", "1", "1", "0"]),
        ("Strides of 2: every other place", ["2", "3", "1", "0"]),
    ],
)
def test_the_frames_list_every_sum(sections, title, sums):
    shown = figures(sections)[title]
    assert column(shown, "sum") == sums
    for products, total in zip(column(shown, "products"), sums, strict=True):
        assert sum(int(part) for part in products.split(" + ")) == int(total)


def test_pooling_keeps_the_largest_of_each_window(sections):
    shown = figures(sections)[""]
    assert column(shown, "value") == ["1", "1", "1", "0"]


def test_each_figure_is_a_picture_with_words_and_a_table(sections):
    for shown in figures(sections).values():
        assert finished(shown["svg"]).startswith("<svg")
        assert shown["caption"].endswith(".")
        assert shown["rows"]


def test_every_example_stands_beside_keras(sections):
    examples = sections[-1]["examples"]
    assert len(examples) == len(work_examples())
    assert all(example["actual"] == example["keras"] for example in examples)


def test_numbers_in_bright_cells_keep_their_ink_on_a_dark_page(sections):
    svg = finished(figures(sections)["Strides of 1: every place"]["svg"])
    inks = {text.split('fill="')[1][:7] for text in svg.split("<text")[1:] if ">1</text>" in text}
    assert inks
    assert "#1b1c1f" not in inks, "the dark page turns this ink light"
