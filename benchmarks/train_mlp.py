"""The lab's MLP, beside the lab's own program in Keras on TensorFlow, which ends with a worse accuracy."""

from _training import against_the_document

if __name__ == "__main__":
    against_the_document("mlp", "MLP", recipe="fast", training=(8, 20), whole=(None, None), memory=3)
