"""
A patch over the picture
========================

If the patch hides something important, the probability of the answer falls.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.insights import occlusion

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
classifier = ImageClassifier("mlp", random_state=0).fit(
    digits.data, digits.target
)
found = occlusion(classifier, test.images[15], size=3)
charts.reasons(
    test.images[15],
    [("probability lost", found.picture((8, 8)), "signed")],
    label=found.label,
)
