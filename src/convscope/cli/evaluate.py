"""Measure a run's accuracy on labelled rows."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import typer

from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_lines, print_table
from convscope.cli._reading import SplitOption, reads_tables
from convscope.cli._runs import load_for_run, open_classifier
from convscope.reading import Reading
from convscope.records import Evaluation
from convscope.runs import find_run
from convscope.runs.trained_rows import find_trained
from convscope.training import evaluate as measure

__all__ = ["evaluate"]


@reads_tables
def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or the name of a run.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data set's name, or a path to a labelled table.")],
    split: SplitOption = None,
    allow_nonfinite: Annotated[
        bool, typer.Option("--allow-nonfinite", help="Open a model with NaN or infinite weights, with a warning.")
    ] = False,
    *,
    reading: Reading,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Measure a run's accuracy: overall, and per class."""
    classifier, record = open_classifier(run, allow_nonfinite=allow_nonfinite)
    table = load_for_run(data, split, record, reading, progress=not quiet, tests=True)
    for text in table.notes:
        note(text)
    found = measure(classifier, table)
    trained = find_trained(find_run(run), table)
    n_trained, new = (None, None) if trained is None else (int(trained.sum()), found.of_rows(~trained))
    counts = found.confusion_matrix
    fair = _measures(new if n_trained and new is not None else found)  # what was trained on tests nothing
    recalls = [
        float(right / total) if total else None
        for right, total in zip(np.diag(counts), counts.sum(axis=1), strict=True)
    ]
    per_class = [
        {"class": name, "n_rows": int(total), "n_correct": int(right), "accuracy": recall}
        for name, total, right, recall in zip(
            found.class_names, counts.sum(axis=1), np.diag(counts), recalls, strict=True
        )
    ]
    if json:
        print_json(
            {
                "run": str(run),
                "data": data,
                "accuracy": fair["accuracy"],
                "interval": fair["interval"],
                "n_rows": found.n_rows,
                "n_mistakes": len(found.mistakes()),
                "n_trained_on": n_trained,
                "new": None if new is None else _measures(new),
                "classes": per_class,
                "confusion_matrix": counts.tolist(),
            }
        )
        return
    print_table(
        ["class", "rows", "correct", "accuracy"],
        [list(row.values()) for row in per_class]
        + [["all", found.n_rows, found.n_rows - len(found.mistakes()), found.accuracy]],
    )
    if fair["interval"] is not None:
        low, high = fair["interval"]
        note(f"95% interval {low:.4f} to {high:.4f}" + " of the new rows" * bool(n_trained))
    if trained is None or new is None:
        note("it is not known whether the run was trained on some of these rows: it kept no record of them")
    elif n_trained:
        known = found.of_rows(trained)
        print_lines(
            "",
            f"The run was trained on {n_trained:,} of these {found.n_rows:,} rows; those are not a fair test.",
        )
        print_table(
            ["of these", "rows", "correct", "accuracy"],
            [
                [name, part.n_rows, part.n_rows - len(part.mistakes()), part.accuracy if part.n_rows else None]
                for name, part in (("trained on", known), ("new", new))
            ],
        )


def _measures(part: Evaluation) -> dict[str, Any]:
    """Measure some of the rows, of which there may be none."""
    known = part.n_rows > 0
    return {
        "n_rows": part.n_rows,
        "accuracy": part.accuracy if known else None,
        "interval": list(part.accuracy_interval) if known else None,
    }
