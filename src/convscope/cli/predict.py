"""Predict labels and probabilities for the rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from convscope.cli._output import JsonFlag, QuietFlag, note, print_csv, print_json
from convscope.cli._reading import SplitOption, reads_tables
from convscope.cli._runs import load_for_run, open_classifier, tell_trained
from convscope.errors import UsageError
from convscope.files import writing
from convscope.reading import Reading

__all__ = ["predict"]


@reads_tables
def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or the name of a run.")],
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A data set's name, or a path to a table; labels are not needed.")
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A .csv or .parquet file.")] = None,
    split: SplitOption = None,
    force: Annotated[bool, typer.Option(help="Overwrite an existing file.")] = False,
    allow_nonfinite: Annotated[
        bool, typer.Option("--allow-nonfinite", help="Open a model with NaN or infinite weights, with a warning.")
    ] = False,
    *,
    reading: Reading,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Predict each row's label, with one probability per class.

    Without -o, the table is printed as CSV: row, prediction, probability, then one column per class.
    """
    _check(output, force)
    classifier, record = open_classifier(run, allow_nonfinite=allow_nonfinite)
    table = load_for_run(data, split, record, reading, progress=not quiet)
    n_trained = tell_trained(run, table)
    probabilities = classifier.predict_proba(table)
    best = probabilities.argmax(axis=1)
    frame = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in classifier.classes_])
    frame.insert(0, "probability", probabilities.max(axis=1))
    frame.insert(0, "prediction", classifier.classes_[best])
    frame.insert(0, "row", range(len(frame)))
    if output is not None:
        _write(frame, output)
        note(f"{len(frame):,} predictions in {output}")
    if json:
        print_json(
            {
                "run": str(run),
                "data": data,
                "n_rows": len(frame),
                "n_trained_on": n_trained,
                "output": str(output) if output else None,
                "predictions": frame.to_dict("records") if output is None else None,
            }
        )
    elif output is None:
        print_csv(frame)


def _check(output: Path | None, force: bool) -> None:
    if output is None:
        return
    if output.suffix not in (".csv", ".parquet"):
        raise UsageError(
            "predictions are written as CSV or Parquet.",
            received=str(output),
            expected="a file named .csv or .parquet",
        )
    if output.exists() and not force:
        raise UsageError(f"{output} exists.", repair="add --force to overwrite it, or choose another name")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {output.absolute().parent}.", repair="create it first, or choose another")


def _write(frame: pd.DataFrame, output: Path) -> None:
    with writing(output) as temporary:
        if output.suffix == ".csv":
            frame.to_csv(temporary, index=False, lineterminator="\n")
        else:
            frame.to_parquet(temporary, index=False)
