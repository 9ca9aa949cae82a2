"""Data sets, models, insights and experiments, each from its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convscope import datasets, experiments, insights, models
from generate.markup import about, block, heading, table, words, write_page

__all__ = ["write"]

SHAPE, N_CLASSES = (32, 32, 3), 5


def write(folder: Path) -> None:
    """Write one page for each collection."""
    write_page(
        folder / "datasets.rst",
        heading("Data sets"),
        "``load_dataset(NAME)`` and every command that asks for DATA take these names, or a path.\n",
        *(_dataset(name, datasets.catalogue.get(name)) for name in datasets.catalogue.names()),
    )
    write_page(
        folder / "models.rst",
        heading("Models"),
        f"Each is a function that builds an uncompiled ``keras.Model``. Parameters are counted for colour images of\n"
        f"{' × '.join(map(str, SHAPE[:2]))} pixels and {N_CLASSES} classes, or for points and two.\n",
        *(_function(models, name) + _layers(name) for name in models.catalogue.names()),
    )
    write_page(
        folder / "insights.rst",
        heading("Insights"),
        "Questions to a trained model: functions of ``convscope.insights``.\n",
        *(_function(insights, name) for name in insights.catalogue.names()),
    )
    write_page(
        folder / "experiments.rst",
        heading("Experiments"),
        "``run_experiment(NAME, ...)`` runs one; a name's arguments are those of its function.\n",
        *(_function(experiments, name) for name in experiments.catalogue.names()),
    )


def _function(package: Any, name: str) -> str:
    text = about(package.catalogue.module(name))
    return f"{heading(name, '-')}\n{text}\n\n" + block(f"autofunction:: {package.__name__}.{name}")


def _dataset(name: str, found: Any) -> str:
    facts = {
        "kind": found.kind,
        "shape": " × ".join(map(str, found.shape)),
        "classes": ", ".join(found.class_names),
        "source": getattr(found, "source", ""),
        "licence": getattr(found, "licence", ""),
        "files": ", ".join(f"``{file.place}``" for file in found.files),
    }
    rows = [f":{key}: {value if key == 'files' else words(value)}" for key, value in facts.items() if value]
    text = about(datasets.catalogue.module(name))
    return f"{heading(name, '-')}\n{text}\n\n" + "\n".join(rows) + "\n"


def _layers(name: str) -> str:
    build = models.catalogue.get(name)
    model = build((2,), 2) if name.startswith("points") or name == "linear" else build(SHAPE, N_CLASSES)
    rows = [
        (words(layer.name), type(layer).__name__, words(layer.output.shape[1:]), f"{layer.count_params():,}")
        for layer in model.layers
    ]
    return table(("layer", "kind", "output", "parameters"), [*rows, ("all", "", "", f"{model.count_params():,}")])
