"""The lab's result as the dictionary that the template renders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from convscope import charts
from convscope.records import Evaluation, ExperimentResult
from convscope.report.figures import figure, layer_list, section
from convscope.report.reasons import reasons_section
from convscope.report.words import data_name, headline, lead, model_name, origin, rows_by_order, shuffling_cost
from convscope.report.worked import worked_sections
from convscope.tables import PixelTable

__all__ = ["summarize_lab"]

SHOWN_ROWS = (0, 4, 15)
SCALE_LOW = 0.85
FIRST_ROWS = 2_000
NOUNS = {"fashion_mnist": "clothes", "shapes": "shapes"}


def summarize_lab(result: ExperimentResult) -> dict[str, Any]:
    """Turn the lab's result into text, numbers and finished pictures.

    Parameters
    ----------
    result : ExperimentResult
        From the experiment ``the_lab``.

    Returns
    -------
    summary : dict
        For `write_report`.

    Examples
    --------
    >>> from convscope import run_experiment
    >>> summarize_lab(run_experiment("the_lab", data="digits", limit=60))["title"]
    'Two networks, two orders of pixels'
    """
    settings, data = result.settings, result.settings["data"]
    by_order = rows_by_order(result)
    names = dict.fromkeys(data_name(row["data"]) for row in result.findings["images"])
    return {
        "title": headline(by_order),
        "lead": lead(by_order),
        "answer": {"question": "What did shuffling cost?", "text": shuffling_cost(by_order)},
        "facts": [", ".join(names), f"recipe {settings['recipe']}", f"seed {settings['seed']}", settings["date"]],
        "headline": _headline_table(result),
        "sections": [
            _mistakes(result, "cnn", data),
            *_reasons(result, "cnn", data),
            _confusion_and_layers(result, data),
            _review(result),
            _pictures(result),
            _gallery_of_classes(result.exhibits["train_table"], "Some images of each class"),
            _first_layers(result, data),
            _learning(result, data),
            *worked_sections(result.findings["examples"]),
            *_others(result),
            _comparison(result),
        ],
        "origins": [origin(entry) for entry in result.findings["origins"]],
        "notes": list(result.notes),
        "repeat": _repeat(settings),
    }


def _headline_table(result: ExperimentResult) -> dict[str, Any]:
    rows = result.findings["images"]
    known = [value for row in rows for value in (row["interval"][0], row["document"]) if value is not None]
    low = min(SCALE_LOW, np.floor(min(known) * 20) / 20)

    def place(value: float | None) -> float | None:
        return None if value is None else round(100 * (value - low) / (1 - low), 2)

    return {
        "rows": [
            {
                "model": model_name(row["model"]),
                "data": data_name(row["data"]),
                "pixel_order": row["pixel_order"],
                "n_parameters": f"{row['n_parameters']:,}",
                "accuracy": f"{row['accuracy']:.4f}",
                "interval": f"{row['interval'][0]:.4f}–{row['interval'][1]:.4f}",
                "document": "–" if row["document"] is None else f"{row['document']:.4f}",
                "seconds": f"{row['seconds']:.1f}",
                "at": place(row["accuracy"]),
                "low_at": place(row["interval"][0]),
                "high_at": place(row["interval"][1]),
                "document_at": place(row["document"]),
            }
            for row in rows
        ],
        "note": f"Scale {low:.2f} to 1.00; accuracy on {_test_images(rows)}, its 95 % interval as a bar.",
        "compared": any(row["document"] is not None for row in rows),
        "why_alone": _why_alone(result),
    }


def _test_images(rows: list[dict[str, Any]]) -> str:
    counts = {data_name(row["data"]): row["n_test"] for row in rows}
    if len(set(counts.values())) == 1:
        return f"{rows[0]['n_test']:,} test images"
    return "test images: " + ", ".join(f"{count:,} of {name}" for name, count in counts.items())


def _why_alone(result: ExperimentResult) -> str:
    """Say why a row has no figure of the document beside it."""
    if all(row["document"] is not None for row in result.findings["images"]):
        return ""
    if result.settings["limit"] is not None:
        return (
            f"A quick look at {result.settings['limit']:,} rows cannot be compared with the document's figures, "
            "which are of all 60,000 training and 10,000 test images."
        )
    return "The document's figures are for all of MNIST and Fashion-MNIST; other data cannot be compared with them."


def _mistakes(result: ExperimentResult, model: str, data: str) -> dict[str, Any]:
    evaluation = result.exhibits["evaluations"][model, data, "original"]
    table = result.exhibits["test_table"]
    return section(
        "What it gets wrong",
        f"Test images that the {model_name(model)} reads wrongly, the surest first. Below each: the label, what it was "
        "read as, the probability, and its row in the test table.",
        [_gallery(evaluation, table)],
        layout="whole",
    )


def _reasons(result: ExperimentResult, model: str, data: str) -> list[dict[str, Any]]:
    key = (model, data, "original")
    exhibits = result.exhibits
    return reasons_section(exhibits["classifiers"][key], exhibits["evaluations"][key], exhibits["test_table"])


def _gallery(evaluation: Evaluation, table: PixelTable) -> dict[str, Any]:
    return figure(charts.mistakes(evaluation, table), narrow=charts.mistakes(evaluation, table, per_line=3))


def _confusion_and_layers(result: ExperimentResult, data: str) -> dict[str, Any]:
    layers = next(entry["layers"] for entry in result.findings["layers"] if entry["model"] == "cnn")
    return section(
        "",
        "",
        [
            figure(
                charts.confusion_matrix(result.exhibits["evaluations"]["cnn", data, "original"]),
                title="Which classes it confuses",
                text="Rows are the labels, columns the predictions; the diagonal is left out so that the mistakes can "
                "be seen.",
            ),
            layer_list(
                layers,
                title="What the network is made of",
                text="Each shape follows from the one above; each count is (window · channels in + bias) · channels "
                "out.",
            ),
        ],
        layout="pair",
    )


def _comparison(result: ExperimentResult) -> dict[str, Any]:
    return section(
        "All image models on one scale",
        "The table at the top as a chart, drawn to the width that the numbers need.",
        [
            figure(
                charts.accuracy_comparison(
                    [{**row, "data": data_name(row["data"])} for row in result.findings["images"]]
                )
            )
        ],
    )


def _review(result: ExperimentResult) -> dict[str, Any]:
    rows = {row["name"]: row for row in result.findings["points"]}
    figures = [
        figure(
            charts.decision_region(
                result.exhibits["points_table"], shown["grid"], shown["grid_probability"], name=name
            ),
            f"{name}: accuracy {rows[name]['accuracy']:.3f} on {rows[name]['n_test']} test points, "
            f"{rows[name]['n_parameters']} parameters.",
        )
        for name, shown in result.exhibits["points"].items()
    ]
    return section(
        "Review: what hidden layers add",
        "Three models of the same points. The background is the probability of each class; the dots are the training "
        "points. A linear model has a straight border; hidden layers bend it.",
        figures,
    )


def _pictures(result: ExperimentResult) -> dict[str, Any]:
    table = result.exhibits["train_table"]
    rows = [row for row in SHOWN_ROWS if row < len(table)]
    drawn = [
        figure(charts.image(table, row, pixel_order=order), f"Row {row}, pixels {order}.")
        for order in ("original", "shuffled")
        for row in rows
    ]
    return section(
        "Images as tables",
        "A row of the table is a picture; here are rows "
        f"{', '.join(map(str, rows))} of the training table, unchanged and with all pixels shuffled in the same way.",
        drawn,
    )


def _gallery_of_classes(table: PixelTable, title: str) -> dict[str, Any]:
    rows = table[: min(len(table), FIRST_ROWS)]
    wide, narrow = charts.image_grid(rows, per_class=15), charts.image_grid(rows, per_class=5)
    return section(title, "", [figure(wide, narrow=narrow)], layout="whole")


def _first_layers(result: ExperimentResult, data: str) -> dict[str, Any]:
    classifiers: Mapping[Any, Any] = result.exhibits["classifiers"]
    cnn, mlp = (classifiers[model, data, "original"] for model in ("cnn", "mlp"))
    return section(
        "What the first layer learned",
        "Blue weights look for ink, orange ones against it. The CNN's kernels see a few neighbours at a time and are "
        "used at every place; each unit of the MLP weighs every pixel of the picture.",
        [
            figure(charts.kernels(_first_weights(cnn))),
            figure(charts.kernels(_first_weights(mlp), image_shape=mlp.image_shape_, most=16)),
        ],
    )


def _first_weights(classifier: Any) -> Any:
    return next(layer.get_weights()[0] for layer in classifier.model_.layers if layer.get_weights())


def _learning(result: ExperimentResult, data: str) -> dict[str, Any]:
    histories = {
        f"{model_name(model)} {order}": history
        for (model, of, order), history in result.exhibits["histories"].items()
        if of == data
    }
    return section(
        "How it learned",
        "Accuracy and loss on the training images, epoch by epoch.",
        [figure(charts.learning_curve(histories, measure)) for measure in ("accuracy", "loss")],
    )


def _others(result: ExperimentResult) -> list[dict[str, Any]]:
    table = result.exhibits["other_table"]
    if table is None:
        return []
    row = result.findings["images"][-1]
    data, noun = row["data"], NOUNS[row["data"]]
    evaluation = result.exhibits["evaluations"]["cnn", data, "original"]
    return [
        section(
            f"The same network on {noun}",
            f"{data_name(data)}, ten kinds, {row['n_train']:,} images to train on: accuracy {row['accuracy']:.4f}.",
            [
                figure(charts.confusion_matrix(evaluation), title=f"Which {noun} it confuses"),
                figure(
                    charts.image_grid(table[: min(len(table), FIRST_ROWS)], per_class=5),
                    title=f"Some {noun} of each class",
                ),
            ],
        ),
        section(f"{noun.capitalize()} it gets wrong", "", [_gallery(evaluation, table)], layout="whole"),
    ]


def _repeat(settings: Mapping[str, Any]) -> dict[str, Any]:
    versions = ", ".join(f"{name} {version}" for name, version in settings["versions"].items())
    return {"command": settings["command"], "details": f"Backend {settings['backend']}. {versions}."}
