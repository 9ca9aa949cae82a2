"""Every experiment runs without being told anything, and can be told which data, how many rows, and to be quiet."""

import inspect

import pytest

from convscope.experiments import catalogue

TOLD = {"limit", "data_home", "verbose", "say"}


@pytest.mark.parametrize("name", catalogue.names())
def test_an_experiment_has_a_default_for_every_setting(name):
    parameters = inspect.signature(catalogue.get(name)).parameters
    settings = [one for one in parameters.values() if one.kind is not one.VAR_KEYWORD]
    assert settings[0].name == "data"
    assert all(one.default is not one.empty for one in settings)
    assert set(parameters) >= TOLD
    assert catalogue.summary(name).strip()
