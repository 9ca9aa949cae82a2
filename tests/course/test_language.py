"""Course and page in Spanish: complete, compiled, spoken by every check; and notebooks that everybody can read."""

import gettext
import json
import re
import string
from itertools import pairwise

import pytest
from babel.messages.pofile import read_po
from typer.testing import CliRunner

from convscope import language
from convscope.cli._app import app
from convscope.course import ex
from convscope.course.exercises import catalogue
from convscope.course.messages import all_messages
from convscope.course.notebooks import find_lessons, lesson_notebook
from convscope.errors import UsageError
from convscope.language import CATALOGUES, Say, known_languages, speaking, spoken, use_language
from convscope.layers import kinds
from convscope.page._document import WORDS

LANGUAGES = [code for code in known_languages() if code != "en"]
SAME = {"# Fashion-MNIST", "## CNN Explainer", "# Pooling", "flatten", "{name}: {message}", "{layer}: {message}"}


def places(text):
    """List the places of a message, if it has any; a brace that is no place makes it plain text."""
    try:
        return sorted((name, form) for _, name, form, _ in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return []


def written(code):
    with (CATALOGUES / code / "LC_MESSAGES" / "course.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file, locale=code) if message.id}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_is_translated_and_none_is_left_over(code):
    found = written(code)
    assert set(found) == set(all_messages()), "make messages brings the catalogues up to date"
    assert [text for text, other in found.items() if not other.strip()] == []
    alike = {text for text, other in found.items() if text == other and not re.fullmatch(r"[\W\d]+|.*[\[(].*", text)}
    assert alike <= SAME


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_has_the_same_places_and_names(code):
    for text, other in written(code).items():
        if places(text) and all(name.isidentifier() for name, _ in places(text)):
            assert places(text) == places(other), text
        assert re.findall(r"`[^`]+`", text) == re.findall(r"`[^`]+`", other), text
        assert len(re.findall(r"^#+ ", text)) == len(re.findall(r"^#+ ", other)), text


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_compiled_catalogue_is_what_the_text_says(code):
    compiled = gettext.translation("course", CATALOGUES, languages=[code])
    assert {text: compiled.gettext(text) for text in written(code)} == written(code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_all_that_the_page_says_is_translated_in_every_form_with_its_places_tags_and_links(code):
    def marks(text):
        edges = [len(text) - len(text.lstrip()), len(text) - len(text.rstrip())]
        return edges, sorted(re.findall(r"\{\w+\}|</?\w+>|\]\(#\w+\)", text))

    with (CATALOGUES / code / "LC_MESSAGES" / "page.po").open("rb") as file:
        found = read_po(file, locale=code)
    said = {}
    for message in filter(lambda one: one.id, found):
        name, many = (message.id, message.id) if isinstance(message.id, str) else message.id
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert len(forms) == (1 if isinstance(message.id, str) else found.num_plurals), name
        assert [form for form in forms if not form.strip() or marks(form) != marks(many)] == [], name
        said[name] = message.string if isinstance(message.id, str) else forms
    assert {kind.words for kind in kinds().values()} <= set(said), "make messages brings the catalogues up to date"
    assert json.loads(WORDS.read_text("utf-8"))[code]["messages"] == said


ODD = [..., "x", "words of some length", 0, 1, 785, -3.5, [[1, 2], [3, 4]], [[0, 0], [0, 0]], [[1, 1]], [], {}, "3 x 3",
       [[1, 1], [-1, -1]], [[1, -1], [1, -1]], [[1, 0], [0, -1]], [[1], [2, 3]], float("nan"), (4, 4), list(range(7)),
       {"depend": "yes"}, {"default": [[1]]}, {"taller input": 9, "wider filter": 9}, lambda *given: 1,
       {"labels": [1], "predictions": [2]}, [[9] * 9] * 9, "y" * 30_000]  # fmt: skip


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_check_falls_back_to_english(code, monkeypatch):
    missing, known = set(), written(code)

    class Strict(gettext.NullTranslations):
        def gettext(self, text):
            missing.update({text} - set(known))
            return known.get(text, text)

    monkeypatch.setattr(language, "_catalogue", lambda chosen: Strict())
    with speaking(code):
        for name in catalogue.names():
            one = catalogue.get(name)
            answers = [*ODD, *([one.reference()] if one.reference else [])]
            results = [one.check(answer) for answer in answers]
            assert all(str(result) and "\\{" not in str(result) for result in results)
            for text in (one.hint(1), one.hint(2), one.solution(), spoken(one.title), spoken(one.prompt)):
                assert text
            one.run(...)
    assert missing == set()


def test_a_language_is_chosen_for_a_while_or_refused():
    with speaking("es"):
        assert str(ex.input_size.check(...)).startswith("○ Sin intentar.")
        assert "núcleo" in ex.two_channels.hint() and ex.two_channels.variant(3) is not None
    assert str(ex.input_size.check(...)).startswith("○ Not attempted.")
    with pytest.raises(UsageError, match="does not speak"):
        use_language("xx")


def test_the_commands_speak_it_too(tmp_path):
    def run(*words):
        return CliRunner().invoke(app, ["course", *map(str, words)], env={"CONVSCOPE_LANGUAGE": "es"})

    with speaking("es"):  # what the option sets is undone at the end
        assert "Desliza el núcleo" in run("show", "convolve_by_hand").stdout
        assert "Correcto" in run("check", "input_size", "784").stdout
        assert run("new", tmp_path / "curso").exit_code == 0
    notebook = json.loads((tmp_path / "curso" / "4_convolution.ipynb").read_text())
    assert "use_language('es')" in notebook["cells"][0]["source"]
    assert notebook["cells"][1]["source"].startswith("# Convolución")


def test_a_message_is_equal_to_itself_only():
    assert Say("{n} of {m}", n=1, m=2) == Say("{n} of {m}", n=1, m=2) != Say("{n} of {m}", n=1, m=3)
    assert len({Say("a {n}", n=[1]), Say("a {n}", n=[1])}) == 1


@pytest.mark.parametrize("code", ["en", *LANGUAGES])
@pytest.mark.parametrize("source", find_lessons(), ids=lambda path: path.stem)
def test_a_notebook_has_one_title_steady_headings_and_described_links(source, code):
    cells = lesson_notebook(source, language=code)["cells"]
    text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    levels = [len(found) for found in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for words, _ in re.findall(r"\[([^\]]+)\]\((http[^)]+)\)", text):
        assert len(words) > 4 and words.lower() not in ("here", "link", "this page", "aquí")
    assert "http" not in re.sub(r"\]\(http[^)]+\)", "", text)
    assert all(words.strip() for words in re.findall(r"!\[([^\]]*)\]", text))


def test_the_words_of_a_notebook_change_and_its_code_does_not():
    for source in find_lessons():
        english, spanish = (lesson_notebook(source, language=code)["cells"] for code in ("en", "es"))
        assert [cell["id"] for cell in english] == [cell["id"] for cell in spanish]
        for one, other in zip(english[1:], spanish[1:], strict=True):
            assert (one["source"] == other["source"]) == (
                one["cell_type"] == "code" or one["source"] in ("# Fashion-MNIST", "## CNN Explainer")
            )
