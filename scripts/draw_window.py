"""Take the pictures of the window that README and docs show, of real songs.

    python scripts/draw_window.py MUSIC OUT_FOLDER

MUSIC is a folder of songs, three at least. The window has settings and a library of its own,
which go away; without a screen say ``QT_QPA_PLATFORM=offscreen:configfile=tests/screen.json``,
which has room for it. It makes
``classify-dark.png``, ``why-light.png``, ``generate-light.png`` and ``library-light.png``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from PIL import Image

_SIZE, _WITH_COLUMNS = (1280, 800), (1480, 800)
_CLIPS = 6
_PATIENCE_S = 600.0
_COLOURS, _FLAT = 256, 48


def main(arguments: list[str] | None = None) -> int:
    """Open the window, wait for its answers and write the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("music", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = folder
        _draw(options.music, options.out, Path(folder))
    return 0


def _draw(music: Path, out: Path, folder: Path) -> None:
    # After the user's folders have been set apart.
    from PySide6.QtWidgets import QApplication

    from fstmuse_core.audio.sound_files import find_audio_files
    from fstmuse_core.library.catalogue import Column
    from fstmuse_gui.classify.tab import ClassifyTab
    from fstmuse_gui.generate.tab import GenerateTab
    from fstmuse_gui.library.tab import LibraryTab
    from fstmuse_gui.settings import Settings
    from fstmuse_gui.start import open_window

    app = QApplication([])
    window = open_window(app, Settings(folder / "settings.ini"))
    window.resize(*_SIZE)
    window.choose_theme("dark")
    classify = next(tab for tab in window.tabs if isinstance(tab, ClassifyTab))
    library = next(tab for tab in window.tabs if isinstance(tab, LibraryTab))
    generate = next(tab for tab in window.tabs if isinstance(tab, GenerateTab))
    songs = [str(path) for path in find_audio_files([music])]
    step = max(1, len(songs) // _CLIPS)
    classify.open_paths(songs[::step][:_CLIPS])

    def picture(name: str) -> None:
        _wait(app, lambda: False, 1.0)
        window.toast.hide()
        file = out / f"{name}.png"
        window.grab().toImage().save(str(file))
        _of_few_colours(Image.open(file).convert("RGB")).save(file, optimize=True)

    clips = classify.presenter.clips
    _wait(app, lambda: len(clips) > 0 and all(clip.result is not None for clip in clips))
    surest = max(clips, key=lambda clip: clip.row().probability * (clip.row().genre is not None))
    classify.view.sidebar.list.select(surest.key)
    picture("classify-dark")
    window.choose_theme("light")
    classify.presenter.display.set_why(True)
    picture("why-light")
    window._show_tab(GenerateTab.title)
    presenter, form = generate.presenter, generate.view.form
    form.genre.setCurrentText("Electronic")
    form.seed.setValue(7)
    form.beat.bpm.setValue(124)
    form.beat.bars.setValue(16)
    form.beat.form.setCurrentIndex(form.beat.form.findData("AABA"))
    form.beat.loop.setChecked(True)
    presenter.generate()
    _wait(app, lambda: presenter.shown is not None and presenter.shown.opinions is not None)
    presenter.playback.pause()
    # Where nothing can be heard it says so.
    generate.view.notice.hide()
    picture("generate-light")
    # Else it would be asked for when the window closes.
    presenter.remove(form.takes.current_key)
    window.resize(*_WITH_COLUMNS)
    window._show_tab(LibraryTab.title)
    library.open_paths([str(music)])
    view = library.wiring.view
    columns = (Column.TITLE, Column.ARTIST, Column.GENRE, Column.SURE, Column.STYLE)
    view.table.set_columns(columns)
    store = library.wiring.presenter
    _wait(app, lambda: store.catalogue.n_answered >= len(songs))
    view.table.selectRow(min(9, len(songs) - 1))
    picture("library-light")
    window.close()


def _of_few_colours(picture: Image.Image) -> Image.Image:
    """The picture with the flat colours as they are: a spectrogram would take all for itself."""
    found = picture.getcolors(picture.width * picture.height)
    counts = sorted(cast("list[tuple[int, tuple[int, int, int]]]", found), reverse=True)
    flat = [channel for _count, colour in counts[:_FLAT] for channel in colour]
    rest = picture.quantize(_COLOURS - _FLAT, Image.Quantize.FASTOCTREE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*flat, *rest])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _wait(app: object, is_there: Callable[[], bool], limit_s: float = _PATIENCE_S) -> None:
    from PySide6.QtWidgets import QApplication

    ends = time.monotonic() + limit_s
    while not is_there() and time.monotonic() < ends:
        QApplication.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
