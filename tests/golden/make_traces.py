"""Write traces.npz: every number of three small models, as Keras on TensorFlow gives them.

Run from the root of the project, in an environment with TensorFlow (``make backends`` makes one)::

    KERAS_BACKEND=tensorflow .venv-backends/bin/python tests/golden/make_traces.py
"""

import importlib.util
import json
from pathlib import Path

import numpy as np

from convscope.backend import backend_name, keras
from convscope.engine.graph import read_graph
from convscope.engine.lowering import settings_of
from convscope.runs.environment import package_versions
from convscope.tracing import record_trace

HERE = Path(__file__).parent
SEED = 7


def load_zoo():
    spec = importlib.util.spec_from_file_location("zoo", HERE.parent / "tracing" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    assert backend_name() == "tensorflow", "the golden numbers are TensorFlow's"
    zoo = load_zoo()
    arrays, layers = {}, {}
    for name, build in zoo.ZOO.items():
        model, shape = build()
        zoo.with_random_weights(model, SEED)
        image = np.random.default_rng(SEED).normal(size=shape).astype(np.float32)
        trace = record_trace(model, image)
        calls = {call.name: call for call in read_graph(model).calls}
        arrays[f"{name}/input"] = trace.inputs["input"]
        layers[name] = []
        for layer in trace.layers:
            key = f"{name}/{layer.name}"
            arrays |= {f"{key}|{role}": values for role, values in layer.weights.items()}
            arrays[f"{key}|pre_activation"], arrays[f"{key}|activation"] = layer.pre_activation, layer.activation
            layers[name].append(
                {
                    "name": layer.name,
                    "kind": layer.kind,
                    "inputs": list(layer.inputs),
                    "settings": layer.graph and settings_of(calls[layer.name], activation=bool(layer.function)),
                    "weights": list(layer.weights),
                    "function": layer.function,
                    "n_parameters": layer.n_parameters,
                }
            )
    about = {
        "command": "KERAS_BACKEND=tensorflow .venv-backends/bin/python tests/golden/make_traces.py",
        "seed": SEED,
        "versions": {**package_versions(), "keras": keras.__version__},
        "layers": layers,
    }
    np.savez_compressed(HERE / "traces.npz", about=np.array(json.dumps(about)), **arrays)


if __name__ == "__main__":
    main()
