"""``fstmuse learn``: the user's own model, from all that was corrected and confirmed."""

from __future__ import annotations

import importlib
import json

import click

from fstmuse_core.cli.common.console import print_safe, say


@click.command(short_help="Learn from your corrections, in seconds.")
@click.option(
    "--format", "layout", type=click.Choice(("text", "json")), default="text", show_default=True
)
def command(layout: str) -> int:
    """Make "my FstMuse" anew from all that you have corrected or confirmed.

    It is FstMuse, what it knew is kept, and it learns what you said with fstmuse correct or in the
    window: of three songs or more also genres that FstMuse does not know. It takes a second or
    two, and some tenths of a second for each song that was not heard before. Use it as any other:
    fstmuse classify song.mp3 --model my-fst-muse

    Exit codes: 0 done, 1 nothing can be learned, 2 wrong use.
    """
    # By its name: the rest of the command line does not load what trains.
    learn = importlib.import_module("fstmuse_core.training.quick.learn").learn
    learned = learn(_tell)
    if layout == "json":
        print_safe(json.dumps(learned.to_dict(), indent=1, ensure_ascii=False))
        return 0
    for sentence in learned.sentences():
        print_safe(sentence)
    say(f"made in {learned.seconds:.1f} s; use it with --model {learned.name}")
    return 0


def _tell(done: int, total: int) -> None:
    if done and (done % 25 == 0 or done == total):
        say(f"heard {done} of {total}")
