"""GA-2c. Whether the positions of the output depend on each other."""

from convscope.course.exercise import Exercise
from convscope.course.judges import choice

__all__ = ["EXERCISE"]

EXERCISE = Exercise(
    name="order_of_positions",
    number="GA-2c",
    title="Do positions depend on each other?",
    prompt="Does one number of the output depend on another number of the output? May the places be computed in any "
    "order? Give {'depend': 'yes' or 'no', 'any order': 'yes' or 'no'}.",
    judge=choice(
        {"depend": "no", "any order": "yes"},
        {
            (
                "depend",
                "yes",
            ): "To fill one place, which places of the output do you read? Windows overlap in the input.",
            ("any order", "no"): "Fill the grid from the bottom right: does any number change?",
        },
        "Each place reads the input only, so all of them may even be computed at once.",
    ),
    blank="{'depend': ..., 'any order': ...}",
    hints=(
        "To fill one place of the output, which places of the output do you read?",
        "Fill the grid from the bottom right: does any number change?",
    ),
    explanation="No; any order, even all at once. Neighbouring windows share pixels of the input, and that is "
    "not the "
    "same as one output depending on another.",
    reference=lambda: {"depend": "no", "any order": "yes"},
)
