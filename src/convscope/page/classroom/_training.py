"""Trains one model for one learner, in a process group of its own: ``python -m ... FOLDER SLOT LIMITS``.

FOLDER holds ``request.json``; every line on stdout is one JSON object: a phase, then ``done`` or ``error``. When stdin
ends, the server has ended, and so does this whole group. A request to ``look`` ends once the table is read: what was
understood is told, and sixteen of its pictures are drawn into the folder.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from itertools import islice
from pathlib import Path
from typing import Any

from convscope.datasets import load_parts
from convscope.errors import ConvscopeError, TableError
from convscope.page.exhibit import Exhibit
from convscope.reading import LEGAL, reading_of, setting_text
from convscope.runs import Run
from convscope.runs.training_run import TrainedModel, save_training
from convscope.tables import Table, hash_tables, read_table
from convscope.tables.describe import describe
from convscope.tables.sixteen import draw_sixteen
from convscope.training import ImageClassifier, evaluate
from convscope.wording import Setting, Words

__all__ = ["look", "main"]

MOST_ROWS = 200_000
MOST_SHOWN = 40
"""Classes that are listed with their counts."""
NICE = 15


def main(folder: Path) -> None:
    """Train what the request says, and leave a run and the page's bundle in the folder."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    reading = reading_of(request.get("reading", {}))
    if request.get("look"):
        _tell({"done": look(read_table(request["path"], **reading), folder)})
        return
    train_rows, test_rows = load_parts(request["path"], progress=False, **reading)
    _refuse_many(len(train_rows) + len(test_rows))
    train_rows, test_rows = train_rows[: request["rows"]], test_rows[: request["rows"]]
    _tell({"phase": f"training on {len(train_rows):,} rows"})
    classifier = ImageClassifier(request["model"], epochs=request["epochs"], random_state=request["seed"])
    classifier.fit(train_rows)
    _tell({"phase": "measuring"})
    measured = evaluate(classifier, test_rows)
    facts = {
        "model": request["model"],
        "data": request["name"],
        "pixel_order": "original",
        "recipe": "fast",
        "seed": request["seed"],
        "n_train": len(train_rows),
        "n_test": len(test_rows),
    }
    seconds, data_hash = sum(classifier.history_.seconds), hash_tables(train_rows, test_rows)
    trained = TrainedModel(classifier, measured, facts, data_hash, seconds)
    run = Run(folder / "run")
    run.path.mkdir()
    save_training(run, trained)
    shown = Exhibit(classifier, test_rows, title=request["name"], facts={**facts, "accuracy": measured.accuracy})
    (folder / "bundle.part").write_bytes(shown.bundle())
    (folder / "bundle.part").replace(folder / "bundle")
    _tell({"done": {"accuracy": measured.accuracy, "n_test": len(test_rows), "epochs": int(classifier.n_iter_)}})


def look(table: Table, folder: Path) -> dict[str, Any]:
    """Say what was understood of a table, and draw some of its pictures."""
    _refuse_many(len(table))
    told = describe(table)
    counts = {name: dict(islice(told[name].items(), MOST_SHOWN)) for name in ("labels", "split")}
    is_drawn = table.image_shape is not None
    if is_drawn:
        draw_sixteen(table, folder / "sixteen.png")
    return {**told, **counts, "n_classes": len(told["labels"]), "drawn": is_drawn}


def _refuse_many(n_rows: int) -> None:
    if n_rows > MOST_ROWS:
        raise TableError(
            "the table has too many rows for a server that is shared.",
            received=f"{n_rows:,} rows",
            expected=f"at most {MOST_ROWS:,}",
            repair="upload a part of it",
        )


def _fields(error: ConvscopeError) -> dict[str, str]:
    """List the settings that an error names, the first with the value that it proposes: others are other ways."""
    texts = (text for text in (error.repair, error.expected) if isinstance(text, Words))
    settings = [part for text in texts for part in text.parts if isinstance(part, Setting) and part.name in LEGAL]
    first = {setting.name: setting_text(setting) for setting in settings[:1]}
    return dict.fromkeys((setting.name for setting in settings), "") | first


def _as_field(setting: Setting) -> str:
    """Name a setting as the page does: by its field."""
    if setting.name not in LEGAL:
        return str(setting)
    text = setting_text(setting)
    return f"the field \u201c{setting.name}\u201d" + (f": {text}" if text else "")


def _with_its_name(message: str, folder: Path) -> str:
    """Call a table what its owner called it: it is kept under another name."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    return message.replace(Path(request["path"]).name, request["name"])


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _end_with_server() -> None:
    """Wait for the end of stdin, which is the end of the server, however it came."""
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


def _limit(slot: int, cpu_s: int, file_bytes: int) -> None:
    """Leave the other cores, and every turn, to the pages."""
    import resource  # noqa: PLC0415  (there is none on Windows, where no class is served)

    os.nice(NICE)
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[-1 - slot % len(cores)]})
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    threading.Thread(target=_end_with_server, daemon=True).start()
    _limit(*map(int, sys.argv[2:5]))
    try:
        main(Path(sys.argv[1]))
    except ConvscopeError as error:
        _tell({"error": _with_its_name(error.said(_as_field), Path(sys.argv[1])), "fields": _fields(error)})
        sys.exit(1)
    except MemoryError:
        _tell({"error": "there was not enough memory for this model and table"})
        sys.exit(1)
