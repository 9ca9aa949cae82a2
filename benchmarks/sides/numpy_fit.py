"""The NumPy engine on MNIST, recipe ``quick``: prints the processor seconds of the fit alone, compiled before."""

import json
import time

from convscope.datasets import load_parts
from convscope.training import ImageClassifier

train, test = load_parts("mnist")
ImageClassifier("cnn", recipe="quick", epochs=1).fit(train[:300])
began = time.process_time()
classifier = ImageClassifier("cnn", recipe="quick", random_state=0).fit(train)
took = time.process_time() - began
print(json.dumps({"cpu_seconds": took, "accuracies": [classifier.score(test)]}))
