"""The lab's CNN to 0.9791 or better, beside the lab's own program in Keras on TensorFlow: training, and all of it."""

from _training import against_the_document

if __name__ == "__main__":
    against_the_document("cnn", "CNN to 0.9791 or better", recipe="quick", training=(12, 30), whole=(7, 15), memory=3)
