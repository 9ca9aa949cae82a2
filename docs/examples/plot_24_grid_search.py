"""
A grid search
=============

``ImageClassifier`` is a scikit-learn classifier, so scikit-learn's search works with it directly.
"""

from sklearn.model_selection import GridSearchCV

from convscope import ImageClassifier, charts, load_dataset

digits = load_dataset("digits")
grid = {"model__units": [4, 16, 64], "epochs": [2, 6]}
search = GridSearchCV(ImageClassifier("mlp", random_state=0), grid, cv=2)
search.fit(digits.data, digits.target)
tried = zip(
    search.cv_results_["params"],
    search.cv_results_["mean_test_score"],
    strict=True,
)
charts.parallel_coordinates(
    [
        {"parameters": settings, "accuracy": accuracy}
        for settings, accuracy in tried
    ]
)
