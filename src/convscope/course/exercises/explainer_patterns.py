"""B-q3. The patterns that channels answer."""

from convscope.course.exercise import Exercise
from convscope.course.judges import words

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="explainer_patterns",
    number="B-q3",
    title="What the maps answer",
    prompt="Look at the maps of the first and of a later layer. What kinds of patterns do they answer?",
    judge=words(),
    blank='"..."',
    hints=("Compare the first convolution with the last.", "Which maps light up for two different pictures?"),
    explanation="First edges and patches of colour; later textures and parts of things.",
    kind="text",
    rubric="Names edges or colours for the first layers, and something larger for later ones.",
    reference=lambda: "edges and colours first, textures later",
)
