"""B-q2. The channels of the first convolution that CNN Explainer shows."""

from convscope.course.exercise import Exercise
from convscope.course.judges import number

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="explainer_channels",
    number="B-q2",
    title="Channels of the first convolution",
    prompt="How many output channels has the layer conv_1_1 on the page CNN Explainer?",
    judge=number(
        10,
        {3: "Those are the channels that come in.", 30: "Those are the small kernels: one for each pair of channels."},
        "Count the boxes in the second column.",
    ),
    hints=("Count the boxes in the second column.", "One box for each output channel."),
    explanation="10: one feature map for each.",
    reference=lambda: 10,
)
