"""One image with every activation of every layer, beside what Keras takes for its answer alone, on TensorFlow."""

from measure import BACKENDS, OURS, Worker, compare, report

GOALS = {"predict_one": ("predict", 100, 300), "predict_on_batch": ("predict_on_batch", 3, 6)}

if __name__ == "__main__":
    lines = []
    for action, (called, least, aim) in GOALS.items():
        with (
            Worker(OURS, "convscope_actions.py", "trace") as ours,
            Worker(BACKENDS, "keras_actions.py", action, KERAS_BACKEND="tensorflow") as other,
        ):
            names = ("tracing.recorder", f"keras.Model.{called} on TensorFlow")
            claim = f"every activation of one image against {called}"
            lines.append(compare(claim, ours, other, names=names, pairs=9, warm_up=2, least=least, aim=aim))
    report(*lines)
