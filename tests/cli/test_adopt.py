"""`convscope export` in every form, and `convscope adopt`: a model goes out and comes in again."""

import json
import shutil
from importlib import import_module

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

from convscope import load_dataset
from convscope.cli._app import app
from convscope.training import ImageClassifier


def ask(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    result = ask("train", "digits", "--limit", "200", "--epochs", "2", "--out", folder, "--quiet")
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def accuracy(run):
    return json.loads(ask("evaluate", run, "digits", "--json").stdout)["accuracy"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "words"), [("m.zip", []), ("m.keras", ["--trust"])])
def test_a_model_goes_out_and_comes_in_again_with_the_same_accuracy(run, accuracy, tmp_path, name, words):
    told = ask("export", run, tmp_path / name, "--json")
    assert told.exit_code == 0, told.output
    adopted = ask("adopt", tmp_path / name, "digits", "--out", tmp_path / "run", "--json", *words)
    assert adopted.exit_code == 0, adopted.output
    assert json.loads(adopted.stdout)["accuracy"] == pytest.approx(accuracy)
    again = ask("evaluate", tmp_path / "run", "digits", "--json")
    assert json.loads(again.stdout)["accuracy"] == pytest.approx(accuracy)


@pytest.mark.slow
@pytest.mark.parametrize(("low", "is_told"), [(1.1, True), (0.0, False)])
def test_only_a_low_accuracy_asks_for_the_range_of_the_pixels(run, tmp_path, monkeypatch, low, is_told):
    monkeypatch.setattr(import_module("convscope.cli.adopt"), "LOW_ACCURACY", low)
    ask("export", run, tmp_path / "m.keras")
    done = ask("adopt", tmp_path / "m.keras", "digits", "--trust", "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    assert ("see --pixel-scale" in " ".join(done.stderr.split())) == is_told


def test_an_onnx_file_gives_the_probabilities_of_the_run(run, tmp_path):
    told = json.loads(ask("export", run, tmp_path / "m.onnx", "--json").stdout)
    assert told["form"] == "onnx" and told["checked"] and told["largest_difference"] <= 1e-5
    pixels = load_dataset("digits", split="test").images.reshape(-1, 64).astype(np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    found = session.run(None, {"pixels": pixels})[0]
    np.testing.assert_allclose(found, ImageClassifier.load(run / "model").predict_proba(pixels), atol=1e-5)


def test_a_keras_file_without_trust_and_files_that_can_run_code_are_refused_with_code_3(tmp_path):
    for name, message in (("m.keras", "--trust"), ("m.h5", "HDF5"), ("m.pt", "PyTorch"), ("m.joblib", "joblib")):
        (tmp_path / name).write_bytes(b"\x80\x04N.")
        refused = ask("adopt", tmp_path / name, "digits", "--out", tmp_path / "run")
        assert refused.exit_code == 3 and message in refused.stderr and "Traceback" not in refused.output
    assert not (tmp_path / "run").exists()


def test_a_model_that_does_not_fit_the_table_is_refused(run, tmp_path):
    ask("export", run, tmp_path / "m.zip")
    table = tmp_path / "wide.csv"
    table.write_text(
        "class," + ",".join(f"{r}x{c}" for r in (1, 2) for c in (1, 2)) + "\n" + "1,1,2,3,4\n2,3,4,5,6\n" * 5
    )
    refused = ask("adopt", tmp_path / "m.zip", table, "--out", tmp_path / "run")
    assert refused.exit_code == 3 and not (tmp_path / "run").exists()


def test_a_file_is_not_written_over_and_its_name_must_fit(run, tmp_path):
    (tmp_path / "m.onnx").write_text("mine")
    assert ask("export", run, tmp_path / "m.onnx").exit_code == 2
    assert (tmp_path / "m.onnx").read_text() == "mine"
    assert ask("export", run, tmp_path / "m.model", "--to", "keras").exit_code == 2
    assert ask("export", run, tmp_path / "m.onnx", "--force").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.onnx"]


def test_weights_that_are_not_finite_are_used_on_request_with_a_warning(run, tmp_path):
    import hashlib

    folder = shutil.copytree(run, tmp_path / "run")
    weights = folder / "model" / "weights.safetensors"
    arrays = load_file(weights)
    last = max(arrays)
    save_file(arrays | {last: np.full_like(arrays[last], np.nan)}, weights)
    manifest = json.loads((folder / "model" / "manifest.json").read_text())
    manifest["sha256"]["weights.safetensors"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / "model" / "manifest.json").write_text(json.dumps(manifest))
    refused = ask("evaluate", folder, "digits")
    assert refused.exit_code == 3 and "--allow-nonfinite" in refused.stderr
    taken = ask("evaluate", folder, "digits", "--allow-nonfinite")
    assert taken.exit_code == 0 and "NaN or infinite" in taken.stderr, taken.output
    for form in ([], ["--json"]):
        taken = ask("predict", folder, "digits", "--allow-nonfinite", *form)
        assert taken.exit_code == 0 and "Traceback" not in taken.output
