"""A child that speaks the protocol of ``fstmuse train`` as the test wants it to.

The first argument is a scenario; the rest are those of the real program, which it ignores.
"""

from __future__ import annotations

import json
import os
import sys
import time

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


def say(event: str, **values: object) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


def wait_for_word() -> str:
    word = sys.stdin.readline().strip()
    if "HEARD" in os.environ:
        with open(os.environ["HEARD"], "w") as stream:
            stream.write(word)
    return word


def main(scenario: str) -> int:
    if scenario == "refused":
        print("fstmuse: training: r0 is being trained already; stop it", file=sys.stderr)
        return 1
    if scenario == "deaf":
        time.sleep(60)
    say("preparing", stage="reading", done=1, total=2)
    say("started", **START)
    say("epoch", **EPOCH)
    if scenario == "garbage":
        print("\x00\xff{not json\n[]\nnull\n{}\n" + '{"event": "nonsense"}', flush=True)
        print('{"event": "progress", "epoch": "x"}', flush=True)
    elif scenario == "dies":
        os._exit(9)
    elif scenario == "diverges":
        say("epoch", **{**EPOCH, "epoch": 2, "loss": float("nan"), "val_loss": None})
        say("failed", sentence="learning rate: 10 made the loss NaN", run="r1", resumable=True)
        return 1
    elif scenario in ("listens", "goes on"):
        word = wait_for_word()
        if word == "cancel":
            say("cancelled", run="r1")
            return 130
        say("done", **{**DONE, "stopped_early": word == "stop"})
        return 0
    say("done", **DONE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
