"""Every chart of the collection keeps the same promises."""

import json

import altair as alt
import pytest
import vl_convert

from convscope import charts
from convscope.charts import text_twin


@pytest.fixture(params=charts.catalogue.names(), scope="module")
def chart(request):
    return request.param, charts.catalogue.module(request.param).example()


def test_a_chart_has_a_text_twin_that_is_also_its_description(chart):
    _, drawn = chart
    twin = text_twin(drawn)
    assert twin.sentence.endswith(".")
    assert drawn.to_dict()["description"] == twin.sentence
    assert twin.rows
    assert all(len(row) == len(twin.columns) for row in twin.rows)
    json.dumps(twin.rows, allow_nan=False)


def test_a_chart_becomes_png_and_svg_without_a_browser(chart, tmp_path):
    name, drawn = chart
    drawn.save(tmp_path / f"{name}.png")
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in vl_convert.vegalite_to_svg(drawn.to_dict())


def test_a_chart_has_a_title(chart):
    _, drawn = chart
    assert drawn.to_dict()["title"]["text"]


def test_charts_can_be_joined(chart):
    _, drawn = chart
    assert len((alt.vconcat() & drawn & drawn).to_dict()["vconcat"]) == 2


def test_no_chart_shows_a_hyphen_as_a_minus(chart):
    _, drawn = chart
    texts = [value for row in text_twin(drawn).rows for value in row if isinstance(value, str)]
    assert not any(text.startswith("-") for text in texts)


def test_a_chart_has_one_summary_line(chart):
    name, _ = chart
    assert charts.catalogue.summary(name).endswith(".")
