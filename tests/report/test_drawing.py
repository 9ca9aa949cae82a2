"""Drawings come from a process of their own, and where that cannot be from this one: they are the same."""

import pytest
import vl_convert

from convscope.report import drawing

BARS = {
    "mark": "bar",
    "data": {"values": [{"name": "ä\n7", "n": 3}, {"name": "b", "n": 5}]},
    "encoding": {"x": {"field": "name"}, "y": {"field": "n", "type": "quantitative"}},
}


@pytest.fixture
def drawer():
    found = drawing._Drawer()
    yield found
    found._close()


def test_the_other_process_draws_the_same(drawer):
    found = [drawer.draw(BARS) for _ in range(3)]
    assert {one.result() for one in found} == {vl_convert.vegalite_to_svg(BARS)}
    assert drawer._process.poll() is None


def test_without_it_the_drawing_is_made_here(drawer, monkeypatch):
    first = drawer.draw(BARS).result()
    drawer._process.kill()
    drawer._process.wait()
    assert drawer.draw(BARS).result() == first
    monkeypatch.setattr(drawing, "PROGRAM", drawing.PROGRAM.with_name("gone.py"))
    assert drawer.draw(BARS).result() == first


def test_what_is_no_chart_is_refused_and_the_next_one_drawn(drawer):
    with pytest.raises(ValueError, match=r"\S"):
        drawer.draw({"mark": "no such mark"}).result()
    assert drawer.draw(BARS).result().startswith("<svg")
    assert drawer._process.poll() is None
