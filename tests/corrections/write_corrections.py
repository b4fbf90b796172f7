"""Corrects songs over and over, a line for each, until it is ended.

python write_corrections.py FOLDER TIMES GENRE SONG...
"""

from __future__ import annotations

import sys
from pathlib import Path

from fstmuse_core.datasets.corrections.store import CorrectionStore
from tests.corrections.conftest import RATE, answer, tone


def main() -> None:
    folder, times, genre, *songs = sys.argv[1:]
    store = CorrectionStore(Path(folder))
    for number in range(int(times)):
        store.correct_file(Path(songs[number % len(songs)]), genre, answer())
        store.correct_take(tone(400 + number % 5), RATE, f"Take {number}", genre, answer())
        print(number, flush=True)


if __name__ == "__main__":
    main()
