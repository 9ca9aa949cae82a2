"""Show why a trained network answers as it does, for one image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import vl_convert
from numpy.typing import NDArray

from convscope.charts import figure_html
from convscope.charts.reasons import reasons
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_lines, print_table
from convscope.cli._reading import SplitOption, reads_tables
from convscope.cli._runs import load_for_run, open_classifier
from convscope.errors import UsageError
from convscope.files import writing
from convscope.insights.grad_cam import GradCam, grad_cam
from convscope.insights.integrated_gradients import IntegratedGradients, integrated_gradients
from convscope.insights.occlusion import Occlusion, occlusion
from convscope.insights.saliency import Saliency, saliency
from convscope.reading import Reading
from convscope.tables import PixelTable, require
from convscope.tracing.layers import has_maps
from convscope.wording import visible_values

__all__ = ["why"]

PATCH = 5
KINDS = (".html", ".svg", ".png")


@reads_tables
def why(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or the name of a run.")],
    data: Annotated[str, typer.Option(help="A data set's name, or a path to a table; labels are not needed.")],
    row: Annotated[int, typer.Option(min=0, help="Which row of the table, counted from 0.")] = 0,
    split: SplitOption = None,
    about: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Explain this class. [default: the prediction]")
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Layer for Grad-CAM, e.g. base/conv5. [default: the last convolution]"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write pictures to this .html, .svg or .png file.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Overwrite an existing file.")] = False,
    *,
    reading: Reading,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Show which pixels support a class: saliency, contributions, Grad-CAM and a moving patch.

    Contributions add up to the score of the class, its value before softmax.
    """
    _check(output, force)
    classifier, record = open_classifier(run)
    rows = load_for_run(data, split, record, reading, progress=not quiet)
    table = require(rows, PixelTable, "reasons can be shown for images only.")
    image = _image(table, row)
    found: dict[str, Any] = {
        "saliency": saliency(classifier, image, label=about),
        "contributions": integrated_gradients(classifier, image, label=about),
        "occlusion": occlusion(classifier, image, label=about, size=min(PATCH, *image.shape[:2])),
    }
    if layer is not None or has_maps(classifier):
        found["grad_cam"] = grad_cam(classifier, image, layer=layer, label=about)
    told = {"run": run, "data": data, "split": split, "row": row, **_facts(table, row, found)}
    if output is not None:
        chart = reasons(image, _pictures(found, image.shape[:2]), label=told["class"])
        _write(chart, output)
        note(f"pictures: {output}")
    if json:
        print_json(told | {"output": str(output) if output else None})
        return
    _show(told)


def _check(output: Path | None, force: bool) -> None:
    if output is None:
        return
    if output.suffix not in KINDS:
        raise UsageError(
            "pictures are written as HTML, SVG or PNG.",
            received=str(output),
            expected=f"a name with {', '.join(KINDS)}",
        )
    if output.exists() and not force:
        raise UsageError(f"{output} exists.", repair="add --force to overwrite it, or choose another name")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {output.absolute().parent}.", repair="create it first, or choose another")


def _image(table: PixelTable, row: int) -> NDArray[Any]:
    if row >= len(table):
        raise UsageError(
            f"there is no row {row}.", received=f"--row {row}", expected=f"0 to {len(table) - 1} (counted from 0)"
        )
    return np.asarray(table.images[row])


def _facts(table: PixelTable, row: int, found: dict[str, Any]) -> dict[str, Any]:
    """Say in numbers what was found: the score, what adds up to it, and the strongest places."""
    slopes: Saliency = found["saliency"]
    added: IntegratedGradients = found["contributions"]
    patch: Occlusion = found["occlusion"]
    down, right = np.unravel_index(int(patch.drops.argmax()), patch.drops.shape)
    facts: dict[str, Any] = {
        "label": None if table.labels is None else str(table.labels[row]),
        "class": slopes.label,
        "probability": patch.probability,
        "score": slopes.score,
        "baseline_score": added.baseline_score,
        "contributions_sum": float(added.contributions.sum()),
        "completeness_error": added.completeness_error,
        "n_steps": added.n_steps,
        "steepest_pixel": _peak(slopes.picture),
        "largest_contribution": _peak(added.picture),
        "worst_patch": {
            "row": int(patch.corners[down, right, 0]),
            "column": int(patch.corners[down, right, 1]),
            "size": patch.size,
            "probability": float(patch.covered[down, right]),
        },
    }
    if "grad_cam" in found:
        cam: GradCam = found["grad_cam"]
        facts["grad_cam"] = {"layer": cam.layer, **_peak(cam.picture)}
    return facts


def _peak(values: NDArray[Any]) -> dict[str, Any]:
    row, column = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    return {"row": int(row), "column": int(column), "value": float(values[row, column])}


def _pictures(found: dict[str, Any], shape: tuple[int, ...]) -> list[tuple[str, NDArray[Any], str]]:
    pictures = [
        ("contributions", found["contributions"].picture, "signed"),
        ("saliency", found["saliency"].picture, "size"),
    ]
    if "grad_cam" in found:
        pictures.append((f"Grad-CAM of {found['grad_cam'].layer}", found["grad_cam"].picture, "size"))
    patch: Occlusion = found["occlusion"]
    pictures.append((f"drop under a {patch.size}×{patch.size} patch", patch.picture(shape), "signed"))
    return pictures


def _write(chart: Any, output: Path) -> None:
    heading = "<!doctype html><html lang='en'><meta charset='utf-8'><title>Why?</title>"
    with writing(output) as temporary:
        if output.suffix == ".html":
            temporary.write_text(heading + figure_html(chart), encoding="utf-8")
        elif output.suffix == ".svg":
            temporary.write_text(vl_convert.vegalite_to_svg(visible_values(chart.to_dict())), encoding="utf-8")
        else:
            temporary.write_bytes(vl_convert.vegalite_to_png(visible_values(chart.to_dict()), scale=2))


def _show(told: dict[str, Any]) -> None:
    is_label = "" if told["label"] is None else f", labelled {told['label']}"
    print_lines(
        f"row {told['row']}{is_label}: class {told['class']}, probability {told['probability']:.3f}",
        f"score {told['score']:.3f} = {told['baseline_score']:.3f} for a black image + "
        f"{told['contributions_sum']:.3f} from the pixels",
        f"(missed by {told['completeness_error']:.2%}, {told['n_steps']} steps)",
        "",
    )
    patch = told["worst_patch"]
    rows = [
        ["slope of the score", told["steepest_pixel"]["row"], told["steepest_pixel"]["column"],
         f"{told['steepest_pixel']['value']:.3g} per unit of intensity"],
        ["contribution", told["largest_contribution"]["row"], told["largest_contribution"]["column"],
         f"{told['largest_contribution']['value']:+.3f} of the score"],
    ]  # fmt: skip
    if "grad_cam" in told:
        cam = told["grad_cam"]
        rows.append([f"Grad-CAM of {cam['layer']}", cam["row"], cam["column"], f"{cam['value']:.3g}"])
    covered = f"probability {told['probability']:.3f} to {patch['probability']:.3f}"
    rows.append([f"{patch['size']}x{patch['size']} patch, upper left", patch["row"], patch["column"], covered])
    print_table(["strongest", "row", "column", "value"], rows)
