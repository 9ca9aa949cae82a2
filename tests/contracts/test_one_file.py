"""A kind of layer is one Python file: in a copy of the package, the file alone makes it known everywhere."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = '''
"""Doubling: every number twice as large."""

from convscope.layers._kind import REQUIRED, Example, layer_kind


@layer_kind(
    "Doubling", words="doubles", settings={"units": REQUIRED}, examples=[Example("Doubling", ((3,),), {"units": 2})]
)
def doubling(making, settings, x):
    """Weigh, and double."""
    kernel = making.weight("kernel", x.shape[0], settings["units"])
    return x.contract("i,io->o", kernel, part="sum").plus(factors=(2.0,), part="doubled")
'''
ASK = """
import json
from pathlib import Path
import numpy as np
import convscope
from convscope.layers import kinds
from convscope.primitives import Pass
from convscope.modelfiles.onnx_writer import GraphWriter
from convscope.modelfiles.architecture import plan
from convscope.modelfiles.onnx_file import write_layers
from generate import layers as table

config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [
    {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 3]}},
    {"module": "keras.layers", "class_name": "Doubling", "config": {"name": "mine", "units": 2}},
]}}
found, kernel = plan(config), np.ones((3, 2), np.float32)
values, backs = found.graph.forward([np.ones((1, 3), np.float32), kernel], Pass(True))
slopes = found.graph.backward({found.graph.outputs[0]: np.ones((1, 2), np.float32)}, backs)
out = GraphWriter()
write_layers(out, found, [kernel], "image")
table.write(Path("reference"))
row = Path("reference/layers.rst").read_text().split("``Doubling``")[1].split("* - ")[0]
print(json.dumps({
    "where": convscope.__file__,
    "words": kinds()["Doubling"].words,
    "weights": [str(weight) for weight in found.weights],
    "value": values[found.graph.outputs[0]].tolist(),
    "slope": slopes[1].tolist(),
    "onnx": [node.op_type for node in out.nodes.values()],
    "row": [cell.strip() for cell in row.split("  - ")[1:]],
}))
"""


def test_one_file_adds_a_kind_of_layer_everywhere(tmp_path):
    package = shutil.copytree(
        ROOT / "src" / "convscope", tmp_path / "convscope", ignore=shutil.ignore_patterns("__pycache__")
    )
    (package / "layers" / "doubling.py").write_text(FILE.lstrip())
    (tmp_path / "ask.py").write_text(ASK)
    shutil.copytree(ROOT / "docs" / "generate", tmp_path / "generate")
    answer = subprocess.run(
        [sys.executable, "ask.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert not answer.returncode, answer.stderr
    found = json.loads(answer.stdout.splitlines()[-1])
    assert Path(found["where"]).parent == package
    assert found["words"] == "doubles"
    assert found["weights"] == ["the kernel of layer mine (Doubling)"]
    assert found["value"] == [[6.0, 6.0]]
    assert found["slope"] == [[2.0, 2.0]] * 3
    assert found["onnx"] == ["MatMul", "Mul"]
    assert found["row"] == ["doubles", "add, contract", *["yes"] * 5]
