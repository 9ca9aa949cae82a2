"""What a network is made of: layers, shapes, parameters, and the sum behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from convscope.charts._theme import FONT, INK, LINE, QUIET, bare, inline, title
from convscope.charts._twin import with_twin

__all__ = ["example", "layer_table"]

LINE_HEIGHT = 26
COLUMNS: tuple[tuple[str, int, Any], ...] = (
    ("layer", 0, "left"),
    ("shape", 150, "left"),
    ("parameters", 330, "right"),
    ("how", 350, "left"),
)
WIDTH = 620


def layer_table(layers: Sequence[Mapping[str, Any]]) -> alt.LayerChart:
    """Draw a table of layers.

    Parameters
    ----------
    layers : sequence of mappings
        As ``tracing.list_layers`` gives them: ``name``, ``output_shape``, ``n_parameters``, ``arithmetic``.

    Returns
    -------
    chart : altair.LayerChart

    Examples
    --------
    >>> from convscope import charts, models
    >>> from convscope.tracing import list_layers
    >>> charts.text_twin(charts.layer_table(list_layers(models.cnn((32, 32, 3), 5)))).sentence
    '7 layers, 30,917 parameters.'
    """
    total = sum(int(layer["n_parameters"]) for layer in layers)
    rows = [
        [
            layer["name"],
            " × ".join(f"{side:,}" for side in layer["output_shape"]),
            f"{layer['n_parameters']:,}",
            layer["arithmetic"],
        ]
        for layer in layers
    ]
    lines = [[name for name, _, _ in COLUMNS], *rows, ["total", "", f"{total:,}", ""]]
    cells = [
        {
            "text": text,
            "x": x,
            "line": line,
            "column": name,
            "bold": line == len(lines) - 1,
            "quiet": line == 0 or name == "how",
        }
        for line, texts in enumerate(lines)
        for text, (name, x, _) in zip(texts, COLUMNS, strict=True)
    ]
    y_scale = alt.Scale(domain=[len(lines) - 0.5, -0.5], nice=False)
    y = alt.Y("line:Q", axis=None, scale=y_scale)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, WIDTH], nice=False))
    base = alt.Chart(inline(cells))
    texts = [
        base.transform_filter(f"datum.column == '{name}'")
        .mark_text(align=align, font=FONT, fontSize=12)
        .encode(x=x, y=y, text=alt.Text("text:N"), color=alt.condition("datum.quiet", alt.value(QUIET), alt.value(INK)))
        for name, _, align in COLUMNS
    ]
    rules = alt.Chart(inline([{"line": line + 0.5} for line in range(len(lines))])).mark_rule(color=LINE).encode(y=y)
    sentence = f"{len(rows)} layers, {total:,} parameters."
    chart: Any = alt.layer(
        rules,
        *texts,
        width=WIDTH,
        height=LINE_HEIGHT * len(lines),
        view=bare(),
        title=title("What the network is made of", sentence),
    )
    return with_twin(chart, sentence, [name for name, _, _ in COLUMNS], [*rows, ["total", "", f"{total:,}", ""]])


def example() -> Any:
    """Draw two layers."""
    return layer_table(
        [
            {"name": "conv2d", "output_shape": [30, 30, 16], "n_parameters": 448, "arithmetic": "(3·3·3 + 1)·16"},
            {"name": "flatten", "output_shape": [14400], "n_parameters": 0, "arithmetic": "30·30·16"},
        ]
    )
