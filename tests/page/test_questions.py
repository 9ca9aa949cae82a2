"""What the page may ask: one list for Python, the server, the notebook and the page's types."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from convscope.errors import UsageError
from convscope.page import questions
from convscope.page.question import Behind

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_s_list_is_python_s():
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "questions.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.FILE.read_text(encoding="utf-8") == tool.questions_file(), "run make page"


@pytest.mark.parametrize("name", questions.catalogue.names())
def test_every_word_of_a_question_stands_in_its_path(name):
    asked = questions.catalogue.get(name)
    assert all(f"{{{word}}}" in asked.path for word in asked.words)
    assert asked.path.count("{") == len(asked.words)
    assert asked.method == "POST" or asked.body is None


def test_an_unknown_question_is_an_error():
    with pytest.raises(UsageError, match="no question named 'valeus'"):
        questions.catalogue.get("valeus")


@pytest.mark.parametrize("row", [-1, "3", None, True, 1.5])
def test_a_word_of_another_type_is_an_error(row):
    with pytest.raises(UsageError, match="no such row"):
        questions.catalogue.get("row").ask(Behind(None), {"row": row})


def test_an_order_that_no_training_takes_is_an_error():
    film = SimpleNamespace(order=lambda _: pytest.fail("it was given"))
    with pytest.raises(UsageError, match="no such order"):
        questions.catalogue.get("training").ask(Behind(None, film), {"order": "__init__"})


@pytest.mark.parametrize("name", ["film", "training", "four", "train_four"])
def test_what_no_host_has_is_told(name):
    given = {"since": 0, "order": "stop", "rows": 1000}
    with pytest.raises(UsageError):
        questions.catalogue.get(name).ask(Behind(None), given)


def test_a_body_that_is_too_large_is_refused():
    exhibit = SimpleNamespace(picture_shape=(2, 2, 1), values=lambda pixels: pixels.tobytes())
    values = questions.catalogue.get("values")
    assert values.ask(Behind(exhibit), {}, bytes(16)) == bytes(16)
    with pytest.raises(UsageError, match="a picture has at most 16 bytes"):
        values.ask(Behind(exhibit), {}, bytes(17))
