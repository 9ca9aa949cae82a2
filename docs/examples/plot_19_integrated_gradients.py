"""
Contributions that add up
=========================

Integrated gradients give each pixel its part of the score.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.insights import integrated_gradients

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier("mlp", random_state=0).fit(
    digits.data, digits.target
)
found = integrated_gradients(classifier, test.images[15])
print(f"contributions {found.contributions.sum():.3f}")
print(f"missing {found.completeness_error:.4f} of the score")
charts.reasons(
    test.images[15],
    [("contribution", found.contributions[..., 0], "signed")],
    label=found.label,
)
