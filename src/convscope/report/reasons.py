"""Why a network made its surest mistakes: a few of them, each with pictures of what spoke for the wrong class."""

from __future__ import annotations

from typing import Any

from convscope.charts.reasons import reasons
from convscope.insights.grad_cam import grad_cam
from convscope.insights.integrated_gradients import integrated_gradients
from convscope.insights.mistakes import Mistake, mistakes
from convscope.insights.saliency import saliency
from convscope.records import Evaluation
from convscope.report.figures import figure, section
from convscope.tables import PixelTable
from convscope.tracing.layers import has_maps

__all__ = ["reasons_section"]

SHOWN = 3


def reasons_section(model: Any, evaluation: Evaluation, table: PixelTable) -> list[dict[str, Any]]:
    """Ask of the surest mistakes what spoke for the wrong answer; nothing where there is no mistake.

    Parameters
    ----------
    model : ImageClassifier
    evaluation : Evaluation
        Of the table's rows.
    table : PixelTable

    Returns
    -------
    sections : list of dict
        One for `write_report`, or none.
    """
    surest = mistakes(model, evaluation, n=SHOWN)
    if not surest:
        return []
    return [
        section(
            "Why it made these mistakes",
            "The surest mistakes, and what spoke for the wrong class: the contribution of each pixel to its score "
            "(integrated gradients, from a black picture), how steeply the score changes with each pixel (saliency), "
            "and where the last convolution sees it (Grad-CAM).",
            [_figure(model, table, one, place) for one, place in _with_places(surest, evaluation)],
            layout="whole",
        )
    ]


def _with_places(surest: list[Mistake], evaluation: Evaluation) -> list[tuple[Mistake, int]]:
    return [(one, int(evaluation.predictions[one.row])) for one in surest]


def _figure(model: Any, table: PixelTable, mistake: Mistake, place: int) -> dict[str, Any]:
    image, label = table.images[mistake.row], model.classes_[place]
    added, slopes = integrated_gradients(model, image, label=label), saliency(model, image, label=label)
    pictures: list[tuple[str, Any, str]] = [
        ("contributions", added.picture, "signed"),
        ("saliency", slopes.picture, "size"),
    ]
    if has_maps(model):
        cam = grad_cam(model, image, label=label)
        pictures.append((f"Grad-CAM of {cam.layer}", cam.picture, "size"))
    total = float(added.contributions.sum())
    caption = (
        f"Row {mistake.row}, labelled {mistake.label}, read as {mistake.prediction} with probability "
        f"{mistake.probability:.3f}. Score {added.score:.3f} = {added.baseline_score:.3f} for a black picture "
        f"+ {total:.3f} from the pixels; the sum misses by {added.completeness_error:.2%}."
    ).replace(" -", " \N{MINUS SIGN}")
    wide = reasons(image, pictures, label=mistake.prediction, per_line=4)
    return figure(wide, caption, narrow=reasons(image, pictures, label=mistake.prediction, per_line=2))
