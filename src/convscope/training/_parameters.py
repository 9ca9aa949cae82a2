"""``model__NAME`` parameters, cloning and pickling: what scikit-learn asks of a classifier that holds a model."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from inspect import Parameter
from typing import Any, Self

from sklearn.base import BaseEstimator, clone

from convscope.backend import keras
from convscope.errors import UsageError, did_you_mean
from convscope.training._builders import PackedModel, builder_parameters

__all__ = ["BuilderParameters"]

PREFIX = "model__"
VAR_KEYWORD = "model_parameters"  # scikit-learn passes the signature's names, this one among them


class BuilderParameters(BaseEstimator):  # type: ignore[misc]
    """An estimator whose parameter ``model`` brings parameters of its own, named ``model__NAME``."""

    model: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """List the parameters, the builder's own as ``model__NAME``."""
        own: dict[str, Any] = super().get_params(deep=False)
        defaults = {
            PREFIX + name: default
            for name, default in builder_parameters(self.model).items()
            if default is not Parameter.empty
        }
        return own | defaults | {PREFIX + name: value for name, value in self._builder_settings().items()}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name, the builder's own as ``model__NAME``.

        Raises
        ------
        UsageError
            Neither the classifier nor the model's builder takes such a parameter; it is a ValueError too.
        """
        own = {name: value for name, value in parameters.items() if not _is_builder_s(name)}
        self._check_names(own)
        super().set_params(**own)
        self._store({name: value for name, value in parameters.items() if name not in own})
        self._check_names(parameters)
        return self

    def __sklearn_clone__(self) -> Self:
        """Clone what was given; a Keras model is shared, because `fit` never changes it."""
        parameters = {
            name: value if isinstance(value, keras.Model) else clone(value, safe=False)
            for name, value in self.get_params(deep=False).items()
            if name in vars(self)  # the builder's defaults stay the builder's
        }
        found = type(self)(**parameters)
        if hasattr(self, "_metadata_request"):
            found._metadata_request = deepcopy(self._metadata_request)
        return found

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in super().__getstate__().items() if name not in ("_trainer", "_loop")}
        return {
            name: PackedModel.of(value) if isinstance(value, keras.Model) else value for name, value in state.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(
            {name: value.unpack() if isinstance(value, PackedModel) else value for name, value in state.items()}
        )

    def _store(self, parameters: dict[str, Any]) -> None:
        """Keep what differs from the builder's defaults, and judge nothing: `fit` does."""
        defaults = builder_parameters(self.model)
        for name, value in parameters.items():
            if hasattr(self, name) or defaults.get(name.removeprefix(PREFIX), ...) is not value:
                setattr(self, name, value)

    def _builder_settings(self) -> dict[str, Any]:
        return {name.removeprefix(PREFIX): value for name, value in vars(self).items() if name.startswith(PREFIX)}

    def _check_names(self, names: Iterable[str]) -> None:
        """Refuse what neither the classifier nor the model's builder knows."""
        known = [*self._get_param_names(), *(PREFIX + name for name in builder_parameters(self.model))]
        for name in names:
            if name not in known and name != VAR_KEYWORD:
                raise UsageError(
                    f"Invalid parameter {name!r} for {type(self).__name__} with model {self.model!r}.",
                    received=name,
                    expected=did_you_mean(name, known),
                )


def _is_builder_s(name: str) -> bool:
    return name.startswith(PREFIX) or name == VAR_KEYWORD
