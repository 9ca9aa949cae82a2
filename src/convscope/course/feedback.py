"""What goes back to students: a page each, with nothing active in it, and Gradescope's ``results.json``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from convscope.course.exercises import catalogue
from convscope.course.grades import Grade, judged_exercises, scored_exercises, text_exercises
from convscope.course.result import Result, Status
from convscope.files import write_json, write_text
from convscope.language import Say, chosen_language, spoken
from convscope.wording import shown_in_html, visible

__all__ = ["feedback_page", "file_name_of", "gradescope_results", "write_feedback", "write_gradescope"]

PAGE = """\
<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
body { overflow-wrap: anywhere }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-bottom: 0 } p { margin: .2rem 0 }
section { border-top: 1px solid #8886; padding: .6rem 0 } .number { color: #777; font-weight: normal }
blockquote { margin: .4rem 0; padding-left: 1rem; border-left: 3px solid #8886; white-space: pre-wrap }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
<p>{{ points }}</p>
{% if problem %}<p><strong>{{ unread }}</strong> {{ problem }}</p>{% endif %}
{% for part in parts %}
<section>
<h2>{{ part.title }} <span class="number">{{ part.number }}</span></h2>
<p><strong>{{ part.word }}</strong> {{ part.message }}</p>
{% if part.text %}<blockquote>{{ part.text }}</blockquote>{% endif %}
</section>
{% endfor %}
</main>
</body>
</html>
"""
TEMPLATE = Environment(
    autoescape=True, finalize=shown_in_html, undefined=StrictUndefined, trim_blocks=True
).from_string(PAGE)
UNREAD = "A person reads this."


def feedback_page(grade: Grade) -> str:
    """Write a student's results as one page of HTML: no script, no link, no picture; everything in it is escaped."""
    judged = [exercise.name for exercise in judged_exercises() if exercise.name in grade.results]
    parts = [_part(name, grade.results[name]) for name in judged]
    for exercise in text_exercises():
        if exercise.name in grade.texts:
            read = _part(exercise.name, Result(exercise.name, Status.recorded, spoken(UNREAD)))
            parts.append({**read, "text": grade.texts[exercise.name]})
    name = " ".join(grade.name.split())
    return TEMPLATE.render(
        title=name,
        language=chosen_language(),
        points=Say("{n} of {most} points.", n=grade.points, most=len(scored_exercises())),
        unread=spoken("A file could not be read."),
        problem=grade.problem,
        parts=parts,
    )


def _part(name: str, result: Result) -> dict[str, Any]:
    exercise = catalogue.get(name)
    title = spoken(exercise.title)
    return {"title": title, "number": exercise.number, "word": result.word, "message": result.message, "text": ""}


def gradescope_results(grade: Grade) -> dict[str, Any]:
    """Give a student's results in the form of Gradescope's ``results.json``.

    Returns
    -------
    results : dict
        ``score``, ``output`` and ``tests``; a test has a score of 0 or 1, and tells why.
    """
    tests = []
    for exercise in scored_exercises():
        result = grade.results.get(exercise.name, Result(exercise.name, Status.unattempted, ""))
        tests.append(
            {
                "number": exercise.number,
                "name": spoken(exercise.title),
                "score": int(bool(result)),
                "max_score": 1,
                "status": "passed" if result else "failed",
                "output": visible(str(result), keep="\n"),
                "output_format": "text",
                "visibility": "visible",
            }
        )
    return {"score": grade.points, "output": visible(grade.problem), "output_format": "text", "tests": tests}


def file_name_of(submission: str) -> str:
    """Make a file name of a submission's path: letters, digits and dashes, and never the same for two.

    Examples
    --------
    >>> file_name_of("ada/../lab.ipynb")
    'ada-lab-ipynb-ef4ea8df'
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", submission).strip("-")[:80]
    return f"{plain}-{hashlib.sha256(submission.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}".lstrip("-")


def write_feedback(folder: Path, grades: Iterable[Grade]) -> list[Path]:
    """Write one page for each submission."""
    folder.mkdir(exist_ok=True)
    written = []
    for grade in grades:
        path = folder / f"{file_name_of(grade.name)}.html"
        write_text(path, feedback_page(grade))
        written.append(path)
    return written


def write_gradescope(folder: Path, grades: list[Grade]) -> list[Path]:
    """Write ``results.json``: of one submission into the folder itself, of several into a folder for each."""
    folder.mkdir(exist_ok=True)
    written = []
    for grade in grades:
        place = folder if len(grades) == 1 else folder / file_name_of(grade.name)
        place.mkdir(exist_ok=True)
        write_json(place / "results.json", gradescope_results(grade))
        written.append(place / "results.json")
    return written
