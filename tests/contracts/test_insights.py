"""Every insight asks a question of a model, by a function named like its file."""

import inspect

import pytest

from convscope.insights import catalogue


@pytest.mark.parametrize("name", catalogue.names())
def test_an_insight_is_a_function_of_a_model_named_like_its_file(name):
    asked = catalogue.get(name)
    first, second, *others = inspect.signature(asked).parameters.values()
    assert (asked.__name__, first.name) == (name, "model")
    assert second.default is second.empty
    assert all(one.default is not one.empty for one in others if one.kind is one.KEYWORD_ONLY)
    assert catalogue.summary(name).endswith((".", "?"))
