"""
What a small shift does
=======================

Pictures moved by one pixel, or turned left to right: how many predictions stay?
Mean and 95 % interval over three seeds.
"""

from convscope import ImageClassifier, charts, load_dataset
from convscope.insights import equivariance
from convscope.training.intervals import mean_interval

digits, test = load_dataset("digits"), load_dataset("digits", split="test")
rows = []
for name in ("linear", "mlp"):
    stayed = []
    for seed in range(3):
        classifier = ImageClassifier(name, random_state=seed).fit(
            digits.data, digits.target
        )
        found = equivariance(
            classifier,
            test.images[:200],
            transforms=("shift", "flip"),
            shift=(1, 1),
        )
        stayed.append([answer["agreement"] for answer in found.predictions])
    for transform, values in zip(
        ("shift", "flip"), zip(*stayed, strict=True), strict=True
    ):
        mean, low, high = mean_interval(values)
        rows.append(
            {
                "model": name,
                "transform": transform,
                "agreement": mean,
                "low": low,
                "high": high,
            }
        )
charts.equivariance_comparison(rows)
