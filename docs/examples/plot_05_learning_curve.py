"""
Two networks while they learn
=============================

A plain network (MLP) and a convolutional one (CNN), epoch by epoch.
"""

from convscope import ImageClassifier, charts, load_dataset

digits = load_dataset("digits")
histories = {
    name: ImageClassifier(name, epochs=8, random_state=0)
    .fit(digits.data, digits.target)
    .history_
    for name in ("mlp", "cnn")
}
charts.learning_curve(histories)
