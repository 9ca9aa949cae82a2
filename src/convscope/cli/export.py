"""Export a run as one file: a page that opens offline, or the model for another program."""

from __future__ import annotations

import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from convscope.cli._exhibits import exhibit_run
from convscope.cli._output import JsonFlag, QuietFlag, note, print_json, print_lines
from convscope.cli._reading import SplitOption, reads_tables
from convscope.cli._runs import open_classifier
from convscope.errors import MissingExtraError, ModelError, UsageError
from convscope.files import write_text, writing
from convscope.installing import install_line
from convscope.modelfiles.keras_file import write_keras_file
from convscope.modelfiles.modelfile import read_model
from convscope.page.export import page_html
from convscope.reading import Reading
from convscope.runs import open_run
from convscope.training import ImageClassifier

__all__ = ["export"]

LARGE = 5_000_000
SUFFIXES = {".html": "html", ".htm": "html", ".keras": "keras", ".onnx": "onnx", ".zip": "zip"}
CHECKED_ROWS = 32
AGREES = 1e-5


class Form(StrEnum):
    """What can be written."""

    html = "html"
    keras = "keras"
    onnx = "onnx"
    zip = "zip"


@reads_tables
def export(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or the name of a run.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
    to: Annotated[
        Form | None,
        typer.Option(
            help="html: a page that opens offline; keras or onnx: the model for other programs; "
            "zip: a model file that contains no code. [default: by the suffix of FILE, else html]",
            show_default=False,
        ),
    ] = None,
    data: Annotated[str | None, typer.Option(help="Data to show. [default: the run's own data]")] = None,
    split: SplitOption = None,
    images: Annotated[int, typer.Option(min=1, help="How many images the page contains.")] = 30,
    teach: Annotated[
        bool, typer.Option("--teach", help="Let the page train networks on the reader's own pictures, too.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
    *,
    reading: Reading,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Export a run as one file: a page that opens offline, or the model as .zip, .keras or .onnx."""
    if file.is_dir() or (file.exists() and not force):
        raise UsageError(
            f"{file} already exists.", repair="choose another name" + ("" if file.is_dir() else ", or add --force")
        )
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}.", repair="create it first, or choose another one")
    form = to or Form(SUFFIXES.get(file.suffix.lower(), "html"))
    if form is Form.keras and file.suffix.lower() != ".keras":
        raise UsageError(
            f"{file} does not end in .keras, and Keras reads only such files.", repair=f"name it {file.stem}.keras"
        )
    if teach and form is not Form.html:
        raise UsageError("--teach belongs to a page.", repair="leave it out, or write a .html file")
    if form is Form.html:
        write_text(file, page_html(exhibit_run(run, data, split, reading, progress=not quiet), images, teach=teach))
        told: dict[str, Any] = {"images": images}
    else:
        told = WRITERS[form](run, file)
    size = file.stat().st_size
    if json:
        print_json({"file": str(file), "bytes": size, "form": form.value, **told})
        return
    print_lines(f"{file}: {size / 1e6:.2f} MB")
    if form is Form.html and size > LARGE:
        note("This is a large file; fewer images (--images) or a smaller network make it smaller.")
    if "largest_difference" in told:
        note(f"onnxruntime agrees to within {told['largest_difference']:.1g} on {CHECKED_ROWS} random images.")


def _write_keras(run: str, file: Path) -> dict[str, Any]:
    classifier, _ = open_classifier(run)
    write_keras_file(file, classifier.model_)
    return {"pixel_scale": classifier.pixel_scale_}


def _write_zip(run: str, file: Path) -> dict[str, Any]:
    classifier, _ = open_classifier(run)
    made = file.with_name(f".{file.name}.{np.random.default_rng().integers(1 << 62):x}.zip")
    try:
        classifier.save(made)
        made.replace(file)
    finally:
        made.unlink(missing_ok=True)
    return {"classes": classifier.classes_.tolist()}


def _write_onnx(run: str, file: Path) -> dict[str, Any]:
    if importlib.util.find_spec("onnx") is None:
        raise MissingExtraError("the package onnx is not installed.", repair=install_line("onnx"))
    from convscope.modelfiles.onnx_file import onnx_model  # noqa: PLC0415  (onnx is an extra)

    classifier, _ = open_classifier(run)
    content = onnx_model(read_model(open_run(run).model_path)).SerializeToString()
    told = _compared(content, classifier)
    with writing(file) as temporary:
        temporary.write_bytes(content)
    return told


def _compared(content: bytes, classifier: ImageClassifier) -> dict[str, Any]:
    """Compare with onnxruntime, if installed, on random images; nothing is written if it disagrees."""
    if importlib.util.find_spec("onnxruntime") is None:
        return {"checked": False}
    import onnxruntime  # noqa: PLC0415  (it is no dependency; only a check)

    pixels = np.random.default_rng(0).uniform(0, classifier.pixel_scale_, (CHECKED_ROWS, classifier.n_features_in_))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: pixels.astype(np.float32)})[0]
    named = getattr(classifier, "feature_names_in_", None)
    rows = pixels.astype(np.float32)
    expected = classifier.predict_proba(rows if named is None else pd.DataFrame(rows, columns=named))
    largest = float(np.abs(found - expected).max())
    if not largest <= AGREES:
        raise ModelError(
            "onnxruntime computes other numbers than this model, so the file is not written.",
            received=f"a difference of {largest:.2g}",
            expected=f"at most {AGREES:g}",
            repair="export it as keras or zip",
        )
    return {"checked": True, "largest_difference": largest}


WRITERS = {Form.keras: _write_keras, Form.onnx: _write_onnx, Form.zip: _write_zip}
