"""Predict 10,000 images, beside `keras.Model.predict` with its defaults on TensorFlow."""

from measure import BACKENDS, OURS, Worker, compare, report

if __name__ == "__main__":
    with (
        Worker(OURS, "convscope_actions.py", "predict") as ours,
        Worker(BACKENDS, "keras_actions.py", "predict", KERAS_BACKEND="tensorflow") as other,
    ):
        names = ("convscope", "keras.Model.predict on TensorFlow")
        report(compare("predict 10,000 images", ours, other, names=names, pairs=7, warm_up=2, least=2, aim=5))
