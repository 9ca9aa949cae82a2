"""
Inside a pipeline
=================

Other scikit-learn steps may precede the classifier, and the probabilities of any estimator can be charted.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from convscope import ImageClassifier, charts, load_dataset
from convscope.records import Evaluation

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
network = ImageClassifier("points_mlp", epochs=30, random_state=0)
pipeline = make_pipeline(
    StandardScaler(), PCA(12, random_state=0), network
).fit(digits.data, digits.target)

probabilities = pipeline.predict_proba(test.data)
labels = np.searchsorted(network.classes_, test.target)
names = tuple(str(label) for label in network.classes_)
charts.confusion_matrix(
    Evaluation(labels, probabilities.argmax(axis=1), probabilities, names)
)
