"""Twenty steps of 128 images of the lab's CNN with Adam, beside plain PyTorch and Keras' own loops."""

from measure import BACKENDS, OURS, Worker, compare, report

SIDES = {
    "PyTorch, float32": (BACKENDS, "torch_step", {}, 1.2, 2),
    "PyTorch, bfloat16": (BACKENDS, "torch_step_bfloat16", {}, 0.7, 1),
    "Keras on JAX": (OURS, "keras_step", {"KERAS_BACKEND": "jax"}, None, None),
    "Keras on TensorFlow": (BACKENDS, "keras_step", {"KERAS_BACKEND": "tensorflow"}, None, None),
}

if __name__ == "__main__":
    lines = []
    for name, (python, action, environment, least, aim) in SIDES.items():
        with (
            Worker(OURS, "convscope_actions.py", "step") as ours,
            Worker(python, "keras_actions.py", action, **environment) as other,
        ):
            names, claim = ("the fast loop, float32", name), f"20 training steps against {name}"
            lines.append(compare(claim, ours, other, names=names, pairs=7, warm_up=2, least=least, aim=aim))
    report(*lines)
