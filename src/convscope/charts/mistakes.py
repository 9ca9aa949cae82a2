"""What a classifier gets wrong: test images with label, prediction and probability."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from convscope.charts._examples import tiny_evaluation, tiny_table
from convscope.charts._pictures import grey_picture
from convscope.charts._theme import FONT, INK, QUIET, bare, inline, title
from convscope.charts._twin import with_twin
from convscope.errors import ShapeError
from convscope.records import Evaluation
from convscope.tables import PixelTable

__all__ = ["example", "mistakes"]

TILE, GAP, CAPTION = 104, 14, 60


def mistakes(evaluation: Evaluation, table: PixelTable, *, n_images: int = 8, per_line: int = 8) -> alt.LayerChart:
    """Draw the mistakes that the classifier was surest about.

    Parameters
    ----------
    evaluation : Evaluation
        Of the rows of ``table``, in order.
    table : PixelTable
        The images that were predicted.
    n_images : int
        How many to show at most.
    per_line : int
        Images in a line.

    Returns
    -------
    chart : altair.LayerChart

    Raises
    ------
    ShapeError
        The evaluation is of another table.

    Examples
    --------
    >>> import numpy as np
    >>> from convscope import charts, images_to_table
    >>> from convscope.records import Evaluation
    >>> table = images_to_table(np.zeros((2, 3, 3), np.uint8), ["no", "yes"])
    >>> probabilities = np.array([[0.9, 0.1], [0.7, 0.3]])
    >>> measured = Evaluation(np.array([0, 1]), probabilities.argmax(axis=1), probabilities, ("no", "yes"))
    >>> charts.text_twin(charts.mistakes(measured, table)).sentence
    '1 of 2 images are misread; shown: the surest 1.'
    """
    if evaluation.n_rows != len(table):
        raise ShapeError(
            "the evaluation does not belong to this table.",
            received=f"{evaluation.n_rows:,} predictions, {len(table):,} images",
            expected="one prediction per image",
        )
    wrong = evaluation.surest_mistakes()
    brightest = 255.0 if table.pixels.dtype == np.uint8 else float(table.pixels.max(initial=1))
    cells = [
        _cell(evaluation, table, int(row), place=place, per_line=per_line, brightest=brightest)
        for place, row in enumerate(wrong[:n_images])
    ]
    n_lines = max(1, -(-len(cells) // per_line))
    width, height = min(per_line, max(1, len(cells))) * (TILE + GAP) - GAP, n_lines * (TILE + CAPTION)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False))
    y_scale = alt.Scale(domain=[height, 0], nice=False)
    base = alt.Chart(inline(cells))
    pictures = base.mark_image(width=TILE, height=TILE, smooth=False, align="left", baseline="top").encode(
        x=x,
        y=alt.Y("y:Q", axis=None, scale=y_scale),
        url=alt.Url("url:N"),
        tooltip=[alt.Tooltip(f"{name}:N") for name in ("row", "label", "prediction", "probability")],
    )
    captions = [
        base.mark_text(align="left", baseline="top", font=FONT, fontSize=12, color=colour, dy=down).encode(
            x=x, y=alt.Y("below:Q", axis=None, scale=y_scale), text=field
        )
        for colour, down, field in ((INK, 4, "is:N"), (INK, 20, "read:N"), (QUIET, 36, "sureness:N"))
    ]
    sentence = f"{len(wrong):,} of {evaluation.n_rows:,} images are misread; shown: the surest {len(cells)}."
    chart: Any = alt.layer(
        pictures, *captions, width=width, height=height, view=bare(), title=title("What it gets wrong", sentence)
    )
    columns = ["row", "label", "prediction", "probability"]
    return with_twin(chart, sentence, columns, [[cell[name] for name in columns] for cell in cells])


def example() -> Any:
    """Draw the two mistakes among the tiny images."""
    return mistakes(tiny_evaluation(), tiny_table())


def _cell(
    evaluation: Evaluation, table: PixelTable, row: int, place: int, per_line: int, brightest: float
) -> dict[str, Any]:
    names, prediction = evaluation.class_names, int(evaluation.predictions[row])
    probability = float(evaluation.probabilities[row, prediction])
    label = names[int(evaluation.labels[row])]
    top = (place // per_line) * (TILE + CAPTION)
    return {
        "x": (place % per_line) * (TILE + GAP),
        "y": top,
        "below": top + TILE,
        "url": grey_picture(table.images[row], brightest),
        "row": row,
        "label": label,
        "prediction": names[prediction],
        "probability": round(probability, 3),
        "is": f"is {label}",
        "read": f"read as {names[prediction]}",
        "sureness": f"{probability:.3f} · row {row}",
    }
