"""The Library tab with 50,000 files: does the window stay smooth?"""

from __future__ import annotations

import os
from typing import Any

from benchmarks.rows import Row, python

_FILES = 50_000

# A library of made-up answers, and the real tab over it. A timer that fires every millisecond
# sees each gap between two turns of the event loop; the process's CPU time within the gap says
# how much of it was its own doing, on a machine that does other things too.
_SMOOTH = """
import json, random, statistics, sys, time
import numpy as np
from pathlib import Path
from tempfile import TemporaryDirectory
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from benchmarks.memory import megabytes_of_tree
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.library.database import open_library
from fstmuse_core.library.queue import register
from fstmuse_gui.workers.bridge import WorkerBridge
from fstmuse_core.library.catalogue import Column, Order
from fstmuse_core.library.song_map import SongMap
from fstmuse_gui.library.wiring import LibraryFactories
from fstmuse_gui.library.tab import LibraryTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController

COUNT = int(sys.argv[1])

class Nobody:
    # In the Classify worker's place, which has nothing to do here.
    def __init__(self, _told):
        pass

    def start(self):
        pass

    stop = start

def fill(library, folder):
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghilmnoprstu", k=rng.randint(3, 9))) for _ in range(3000)]
    bundle = find_bundle("fst-muse")
    genres = bundle.manifest.genres
    model, home = register(library, bundle), library.add_folder(folder)
    files, results, measured = [], [], []
    for number in range(COUNT):
        artist = f"{rng.choice(words)} {rng.choice(words)}"
        album, title = (" ".join(rng.choices(words, k=n)) for n in (2, 3))
        path = f"{folder}/{artist}/{album}/{number:05} {title}.mp3"
        is_classified = rng.random() < 0.9
        content = f"{number:064x}" if is_classified else None
        files.append((path.encode(), home.folder_id, 5_000_000, 1, "1", str(number), content,
                      title, artist, album, rng.choice(["", *genres]), rng.randint(1950, 2026),
                      rng.uniform(60, 500), rng.choice(["MP3", "FLAC"]), 320_000,
                      f"2026-01-{rng.randint(10, 30)}T00:00:00+00:00"))
        if is_classified:
            genre, sure = rng.choice(genres), rng.random()
            said = genre if sure > 0.5 else None
            results.append((content, model, genre, sure, said, f"{genre}, sure.", 200.0,
                            json.dumps({genre: sure}), "[]", "2026-01-01",
                            json.dumps([("mood", rng.choice(["calm", "happy", "sad"]), 1.2)])))
            measured.append((content, 1, rng.uniform(60, 200), rng.random(),
                             rng.choice(["C", "Am", "F#"]), rng.random(), rng.uniform(-30, -5),
                             1.0, rng.random()))
    with library.writing() as db:
        db.executemany("INSERT INTO files(path, folder_id, size, mtime_ns, device, inode, "
                       "content, title, artist, album, tag_genre, year, length, format, "
                       "bit_rate, added_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", files)
        db.executemany("INSERT INTO measures VALUES (?,?,?,?,?,?,?,?,?)", measured)
        db.executemany("INSERT INTO results(content, model_id, guess, confidence, genre, "
                       "verdict, seconds, scores, warnings, made_at, traits) "
                       "VALUES (?,?,?,?,?,?,?,?,?,?,?)", results)

app = QApplication([])
with TemporaryDirectory() as folder:
    place = Path(folder)
    (place / "music").mkdir()
    with open_library(place / "library.db") as library:
        fill(library, str(place / "music"))
    context = TabContext(Settings(place / "settings.ini"), WorkerBridge(Nobody))
    factories = LibraryFactories(opener=lambda: open_library(place / "library.db"))
    window = MainWindow(context, ThemeController(app), [lambda c: LibraryTab(c, factories)])
    window.resize(1440, 900)
    gaps, last = {}, [0.0, 0.0]
    doing = ["opening"]

    def beat():
        now = (time.perf_counter(), time.process_time())
        wall, cpu = (1e3 * (b - a) for a, b in zip(last, now))
        worst = gaps.setdefault(doing[0], [0.0, 0.0])
        gaps[doing[0]] = [max(worst[0], wall), max(worst[1], cpu)]
        last[:] = now

    heart = QTimer()
    heart.setInterval(1)
    heart.timeout.connect(beat)
    window.show()
    app.processEvents()
    wiring = window.tabs[0].wiring
    presenter, table, bar = wiring.presenter, wiring.view.table, wiring.view.filter_bar
    last[:] = (time.perf_counter(), time.process_time())
    heart.start()
    began = time.perf_counter()

    def scroll(n):
        scroller = table.verticalScrollBar()
        return lambda: scroller.setValue(n * 104729 % scroller.maximum())

    def choose(chooser, n):
        return lambda: (chooser.setCurrentIndex(n), chooser.activated.emit(n))

    steps = [("scrolling", scroll(n)) for n in range(60)]
    steps += [("scrolling", lambda n=n: table.verticalScrollBar().setValue(37 * n))
              for n in range(60)]
    steps += [("sorting", lambda c=c, d=d: presenter.sort(Order(c, d)))
              for c in Column for d in (False, True)]
    steps += [("sorting", lambda: presenter.sort_least_sure(True))]
    for word in ("a", "an", "ano", "anor", "an o", "an", "a", "", "zzzz",
                 "bpm:90-120 ano", "key:Am", ""):
        steps.append(("filtering", lambda w=word: (bar.search.setText(w), bar._at_once())))
    for chooser in (bar.standing, bar.confidence, bar.state):
        steps += [("filtering", choose(chooser, n)) for n in (1, 2, 3, 0)]
    steps += [("filtering", lambda g=g: wiring.view.sidebar.genre_chosen.emit(g))
              for g in ("Rock", "Jazz", "Not sure", "")]
    steps += [("choosing", table.selectAll), ("choosing", lambda: table.go_to_line(40_000)),
              ("choosing", lambda: presenter.reviewing.walk(1))]
    steps += [("choosing columns", lambda: table.set_columns(list(Column))),
              ("choosing columns", lambda: table.set_dense(True))]
    steps += [("scrolling all columns", scroll(n)) for n in range(30)]
    steps += [("choosing columns", lambda: table.set_columns([])),
              ("choosing columns", lambda: table.set_dense(False))]
    steps += [("reading all again", presenter.reload)]

    drawn = []

    def prepare():
        # In the place of the process that draws it; no work of the window's.
        ids = np.array([row.file_id for row in presenter.catalogue.rows], np.int64)
        rng = np.random.default_rng(0)
        middles = rng.normal(0.0, 0.5, (60, 2))
        places = middles[rng.integers(60, size=len(ids))] + rng.normal(0.0, 0.06, (len(ids), 2))
        drawn.append(SongMap(ids, places.astype(np.float32), len(ids), True))
        last[:] = (time.perf_counter(), time.process_time())

    dots, frames = wiring.view.map_pane.map, []

    def pan(n):
        begun = time.perf_counter(), time.process_time()
        dots._centre = dots._centre + (0.01 * (-1) ** (n // 8), 0.005)
        dots.zoom_by(1.02 if n % 16 < 8 else 1 / 1.02)
        dots.repaint()
        frames.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))

    wiring.map.update = lambda anew=False: None
    steps += [("", prepare), ("showing the map", wiring.view.filter_bar.map_button.click),
              ("showing the map", lambda: wiring.map._on_drawn(drawn[0]))]
    steps += [("moving the map", lambda n=n: pan(n)) for n in range(60)]
    steps += [("filtering the map", lambda g=g: wiring.view.sidebar.genre_chosen.emit(g))
              for g in ("Rock", "Jazz", "")]
    middle = lambda: dots.rect().adjusted(300, 200, -300, -200)
    steps += [("drawing around songs", lambda: wiring.map._on_drawn_around(dots.within(
        [middle().topLeft(), middle().topRight(), middle().bottomRight(), middle().bottomLeft()])))]

    def step():
        if not presenter._is_loaded or presenter._is_loading:
            return
        if not steps:
            app.quit()
            return
        # What went before has had its turn of the loop.
        doing[0], act = steps.pop(0)
        act()

    walk = QTimer()
    walk.setInterval(40)
    walk.timeout.connect(step)
    wiring.library_store.loaded.connect(lambda _l: ready.append(time.perf_counter() - began))
    ready = []
    walk.start()
    QTimer.singleShot(240_000, app.quit)
    app.exec()
    heart.stop(); walk.stop()
    memory = megabytes_of_tree()
    window.close()
wall, cpu = (statistics.median(times) for times in zip(*frames))
print(json.dumps({"gaps": gaps, "map_fps": 1 / wall, "map_cpu_ms": 1e3 * cpu,
                  "left": len(steps), "ready_s": ready[0], "memory_mib": memory}))
"""


def measure(_repeats: int) -> list[Row]:
    """The longest stall of the window's thread in each kind of use."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found: dict[str, Any] = python(_SMOOTH, str(_FILES), timeout_s=600.0)
    assert not found["left"], "not all was done"
    rows = [
        Row(
            f"longest stall while {what}, {_FILES:,} files",
            wall,
            "ms",
            # The tab is built and painted for the first time, once.
            None if what == "opening" else 50.0,
            note=f"{cpu:.0f} ms of it CPU",
        )
        for what, (wall, cpu) in found["gaps"].items()
        if what
    ]
    return [
        *rows,
        Row(
            f"map of {_FILES:,} songs, moved and zoomed",
            found["map_fps"],
            "frames/s",
            30.0,
            at_least=True,
            note=f"{found['map_cpu_ms']:.1f} ms of CPU a frame",
        ),
        Row(f"library of {_FILES:,} files on the screen", found["ready_s"], "s"),
        Row(f"memory, window with {_FILES:,} files", found["memory_mib"], "MiB", 700.0),
    ]
