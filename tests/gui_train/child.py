"""A child that fills its run's folder as ``fstmuse train`` does, as the test wants it to.

The first argument is a scenario; the rest are those of the real program, which it ignores.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

from fstmuse_core.runs.events import EVENTS_FILE
from fstmuse_core.runs.store import RUN_FILE, TrainingLock, read_request, runs_folder

START = {
    "run": "r1",
    "folder": "/runs/r1",
    "model": "toy-model",
    "design": "ours",
    "genres": ["Folk", "Rock"],
    "clips": {"train": 8, "validation": 2, "test": 2},
    "artists": {"train": 4, "validation": 1, "test": 1},
    "epochs": 2,
    "resumed_from_epoch": 0,
}
EPOCH = {
    "epoch": 1,
    "epochs": 2,
    "loss": 0.7,
    "accuracy": 0.5,
    "val_loss": 0.6,
    "val_accuracy": 0.5,
    "learning_rate": 0.001,
    "confusion": [[1, 0], [1, 0]],
    "seconds_left": 3.0,
    "is_best": True,
}
METRICS = {
    "accuracy": 0.5,
    "macro_f1": 0.33,
    "recall": {"Folk": 1.0, "Rock": 0.0},
    "songs": {"Folk": 1, "Rock": 1},
    "artists": {"Folk": 1, "Rock": 1},
    "confusion": [[1, 0], [1, 0]],
    "temperature": 1.0,
    "ece": 0.1,
    "reliability": [[0.6, 0.5, 2]],
}
DONE = {
    "name": "mine",
    "bundle": "/models/mine",
    "stopped_early": False,
    "seconds": 4.0,
    "metrics": METRICS,
    "card": "/models/mine/CARD.md",
    "figures": [],
    "resumable": False,
}


# What a test puts into the folder for the child to come to its end.
END = "end"


def say(folder: Path, event: str, /, **values: object) -> None:
    with (folder / EVENTS_FILE).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"event": event, **values}) + "\n")


def wait_for_word(folder: Path) -> str:
    word = ""
    while not word and not (folder / END).exists():
        time.sleep(0.02)
        word = read_request(folder)
    if "HEARD" in os.environ:
        Path(os.environ["HEARD"]).write_text(word)
    return word


def main(scenario: str) -> int:
    if scenario == "refused":
        print("fstmuse: training: r0 is being trained already; stop it", file=sys.stderr)
        print("a library says good-bye", file=sys.stderr)
        return 1
    if scenario == "deaf":
        time.sleep(60)
    if scenario == "late":
        time.sleep(1)
    folder = runs_folder() / "r1"
    with TrainingLock("r1"):
        folder.mkdir(exist_ok=True)
        (folder / RUN_FILE).write_text("{}")
        if scenario == "late":
            return 0 if wait_for_word(folder) == "stop" else 3
        return train(scenario, folder)


def train(scenario: str, folder: Path) -> int:
    say(folder, "preparing", stage="reading", done=1, total=2)
    if scenario == "discarded":
        print("note: of something", file=sys.stderr)
        print("fstmuse: music: none of its 3 files can be used", file=sys.stderr)
        shutil.rmtree(folder)
        return 1
    say(folder, "started", **{**START, "folder": str(folder)})
    say(folder, "epoch", **EPOCH)
    if scenario == "garbage":
        with (folder / EVENTS_FILE).open("ab") as stream:
            stream.write(b'\x00\xff{not json\n[]\nnull\n{}\n{"event": "nonsense"}\n')
            stream.write(b'{"event": "progress", "epoch": "x"}\n')
    elif scenario == "dies":
        (folder / "checkpoint" / "epoch-1").mkdir(parents=True)
        os._exit(9)
    elif scenario == "diverges":
        say(folder, "epoch", **{**EPOCH, "epoch": 2, "loss": float("nan"), "val_loss": None})
        sentence = "learning rate: 10 made the loss NaN"
        say(folder, "failed", sentence=sentence, run="r1", resumable=True)
        return 1
    elif scenario == "listens":
        word = wait_for_word(folder)
        if word == "cancel":
            shutil.rmtree(folder)
            return 130
        say(folder, "done", **{**DONE, "stopped_early": word == "stop"})
        return 0
    say(folder, "done", **DONE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
