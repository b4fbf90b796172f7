"""Saving what belongs to the clip that is shown: results, pictures, sound."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QIODevice, QLineF, QObject, QPointF, QRectF, QSaveFile, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from fstmuse_core.classify.result import Classification
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import csv_rows
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.plain import percent, visible
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.background import FileSaver, new_paths, safe_file_name
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.theme import current_colours, genre_colour, scaled_font
from fstmuse_gui.widgets.axes import clock
from fstmuse_gui.widgets.region import Region
from fstmuse_gui.widgets.spectrogram_view import SpectrogramView

_MARGIN = 24.0
_GAP = 8.0
_BAR_WIDTH = 12.0
_TICK = 4.0
_DOT = 8.0
# Genres less likely than this are seen in the timeline as lines at most.
_LEAST = 0.005


@dataclass(frozen=True)
class Heading:
    """Words above the picture."""

    title: str
    answer: str
    about: str

    @classmethod
    def of(
        cls, title: str, model_title: str, result: Classification, part: str = "", shown: str = ""
    ) -> Heading:
        """Words about a result; ``part`` names its part of the clip, ``shown`` what lies over."""
        about = [clock(result.duration_s), f"heard by {model_title}", shown]
        named = f"{title}, {part}" if part else title
        told = "  \N{MIDDLE DOT}  ".join(word for word in about if word)
        return cls(visible(named), visible(result.verdict.sentence), visible(told))


def saved_picture(view: SpectrogramView, heading: Heading, result: Classification) -> QImage:
    """The spectrogram as seen, with all that is needed to read it without the window."""
    picture = view.picture()
    scale = picture.devicePixelRatio()
    inner = picture.deviceIndependentSize()
    fonts = _Fonts(view.font())
    side = _BAR_WIDTH + _TICK + _GAP + fonts.small.horizontalAdvance("\N{MINUS SIGN}100 dB")
    top = _MARGIN + fonts.title.lineSpacing() + 2 * fonts.plain.lineSpacing() + _GAP
    legend = _Legend(result, fonts.plain, inner.width() + side)
    width = inner.width() + side + 2 * _MARGIN
    height = top + inner.height() + _GAP + legend.height + _MARGIN
    image = QImage(round(width * scale), round(height * scale), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(current_colours().window))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_heading(painter, heading, fonts, QRectF(_MARGIN, _MARGIN, width - 2 * _MARGIN, top))
    painter.drawImage(QPointF(_MARGIN, top), picture)
    box = QRectF(view.picture_rect).translated(_MARGIN, top)
    box.setLeft(_MARGIN + inner.width() + _GAP)
    box.setWidth(_BAR_WIDTH)
    _draw_scale(painter, view, box, fonts.small)
    legend.draw(painter, QPointF(_MARGIN, top + inner.height() + _GAP))
    painter.end()
    return image


class _Fonts:
    def __init__(self, font: QFont) -> None:
        self.title_font = scaled_font(font, 1.4, QFont.Weight.DemiBold)
        self.plain_font, self.small_font = scaled_font(font, 1.0), scaled_font(font, 0.88)
        self.title = QFontMetricsF(self.title_font)
        self.plain = QFontMetricsF(self.plain_font)
        self.small = QFontMetricsF(self.small_font)


def _draw_heading(painter: QPainter, heading: Heading, fonts: _Fonts, box: QRectF) -> None:
    colours = current_colours()
    lines = (
        (heading.title, fonts.title_font, fonts.title, colours.text),
        (heading.answer, fonts.plain_font, fonts.plain, colours.text),
        (heading.about, fonts.plain_font, fonts.plain, colours.muted),
    )
    top = box.top()
    for text, font, metrics, colour in lines:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(QPointF(box.left(), top + metrics.ascent()), elided)
        top += metrics.lineSpacing()


def _draw_scale(
    painter: QPainter, view: SpectrogramView, box: QRectF, metrics: QFontMetricsF
) -> None:
    """Colours from the quietest that is told apart to the loudest, with their decibels."""
    table, top_db, range_db = view.level_colours
    levels = np.linspace(top_db, top_db - range_db, 256)
    column = table[np.clip(np.round(2 * (levels + 127.5)), 0, 255).astype(np.intp)]
    rows = np.ascontiguousarray(column[:, None, :].astype(np.uint8))
    bar = QImage(rows.data, 1, 256, 3, QImage.Format.Format_RGB888)
    painter.drawImage(box, bar)
    painter.setPen(QColor(current_colours().muted))
    painter.setFont(scaled_font(view.font(), 0.88))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = box.top() + share * box.height()
        painter.drawLine(QLineF(box.right() + 1, y, box.right() + _TICK, y))
        text = f"{top_db - share * range_db:.0f} dB".replace("-", "\N{MINUS SIGN}")
        ascent = metrics.ascent()
        base = min(max(y + ascent / 2 - 1, box.top() + ascent), box.bottom())
        painter.drawText(QPointF(box.right() + _TICK + 3, base), text)


class _Legend:
    """The genres of the timeline with their colours and chances, in as many lines as needed."""

    def __init__(self, result: Classification, metrics: QFontMetricsF, width: float) -> None:
        self._metrics = metrics
        self._placed: list[tuple[str, QPointF, str]] = []
        x, y = 0.0, 0.0
        for genre, chance in result.ranked():
            if chance < _LEAST and self._placed:
                break
            text = f"{visible(genre)} {percent(chance)}"
            needed = _DOT + _GAP + metrics.horizontalAdvance(text) + 2 * _GAP
            if x and x + needed > width:
                x, y = 0.0, y + metrics.lineSpacing()
            self._placed.append((genre, QPointF(x, y), text))
            x += needed
        self.height = y + metrics.lineSpacing()

    def draw(self, painter: QPainter, corner: QPointF) -> None:
        """Draw it with its upper left corner there."""
        colours = current_colours()
        for genre, place, text in self._placed:
            at = corner + place
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(genre_colour(genre, colours.is_dark))
            middle = at.y() + self._metrics.height() / 2
            painter.drawEllipse(QRectF(at.x(), middle - _DOT / 2, _DOT, _DOT))
            painter.setPen(QColor(colours.text))
            base = QPointF(at.x() + _DOT + _GAP, at.y() + self._metrics.ascent())
            painter.drawText(base, text)


_SOUNDS = "WAV (*.wav);;FLAC (*.flac);;Ogg Vorbis (*.ogg)"
_BEFORE = ("path", "model", "model_sha256", "duration_s", "verdict", "genre", "start_s", "end_s")


class SaveError(FstMuseError):
    """A file that cannot be written."""


def record_of(path: str, result: Classification, region: Region | None = None) -> dict[str, Any]:
    """The plain values of one result, with its timeline; ``region`` is what it answers to."""
    part = {} if region is None else {"region_s": list(region.part)}
    return {"path": path, **part, **result.to_dict(timeline=True)}


def as_json(path: str, result: Classification, region: Region | None = None) -> str:
    """One JSON object."""
    record = record_of(path, result, region)
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def as_csv(path: str, result: Classification, region: Region | None = None) -> str:
    """A header and a row for each segment; one row for a clip without segments."""
    record = record_of(path, result, region)
    record["warnings"] = "; ".join(result.warnings)
    text = io.StringIO()
    columns = (*_BEFORE, *result.genres, "warnings")
    write = csv_rows(text)
    write(columns)
    for part in record["segments"] or [record]:
        values = {**record, **part, **part["probabilities"]}
        write(values.get(column, "") for column in columns)
    return text.getvalue()


def write_text(path: str, text: str) -> None:
    """Put ``text`` in the file as UTF-8; raises SaveError."""
    with _SafeFile(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def write_picture(path: str, picture: QImage) -> None:
    """Put ``picture`` in the file as PNG; raises SaveError."""
    with _SafeFile(path) as file:
        # QImage.save takes PySide's str for the format where its stubs say bytes.
        if not picture.save(file, "PNG"):  # type: ignore[call-overload]
            raise SaveError(path, "the picture could not be written", "try another folder")


class _SafeFile:
    """The old file stays until the new one is complete and on the disk."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = QSaveFile(path)

    def __enter__(self) -> QSaveFile:
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            raise self._trouble()
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is not None:
            self._file.cancelWriting()
        elif not self._file.commit():
            raise self._trouble()

    def _trouble(self) -> SaveError:
        reason = f"it cannot be written ({self._file.errorString()})"
        return SaveError(self._path, reason, "choose another folder")


def write_take(path: str, take: Take) -> None:
    """Put a recording in the file, in the format of its suffix; raises AudioError."""
    from fstmuse_core.audio.reading import write_audio

    write_audio(path, *take.best)


class ClipSaver(FileSaver):
    """Asks where a clip's picture, result or recording goes, and writes it."""

    def __init__(
        self, view: ClassifyView, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(settings, parent)
        self._view = view
        # The region whose answer is shown in place of the clip's, and that answer.
        self.part: tuple[Region, Classification] | None = None

    def save_picture(self, clip: Clip) -> None:
        """The spectrogram as it is seen, with name, answer and scales, as PNG."""
        if clip.result is None:
            return
        region, result = self.part or (None, clip.result.classification)
        path = self._ask(clip, "Save the spectrogram", ".png", "PNG picture (*.png)", region)
        if path:
            page = self._view.clip_page
            part = region.name if region is not None else ""
            heading = Heading.of(clip.title, page.model_title, result, part, page.overlay)
            picture = saved_picture(page.spectrogram, heading, result)
            self._write(path, lambda: write_picture(path, picture))

    def save_json(self, clip: Clip) -> None:
        """The result with its timeline as JSON."""
        self._save_text(clip, "Save the result", ".json", "JSON (*.json)", as_json)

    def save_csv(self, clip: Clip) -> None:
        """The result as CSV, a row for each segment."""
        self._save_text(clip, "Save the result", ".csv", "CSV table (*.csv)", as_csv)

    def save_take(self, clip: Clip) -> None:
        """A recording as a sound file."""
        take = clip.take
        if take is None:
            return
        path = self._ask(clip, "Save the recording", ".wav", _SOUNDS)
        if not path:
            return

        def on_done() -> None:
            clip.is_saved, clip.saved_as = True, path

        self._write(path, lambda: write_take(path, take), on_done)

    def save_takes(self, clips: list[Clip]) -> bool:
        """Save recordings before the window closes; True if all of them lie in files now."""
        if len(clips) == 1:
            path = self._ask(clips[0], "Save the recording", ".wav", _SOUNDS)
            paths = [path] if path else []
        else:
            folder = self._view.ask_save_folder(self._suggest(""), "Save the recordings in")
            paths = new_paths(folder, [clip.title for clip in clips]) if folder else []
        try:
            for clip, path in zip(clips, paths, strict=False):
                assert clip.take is not None
                write_take(path, clip.take)
                clip.is_saved, clip.saved_as = True, path
        except FstMuseError as error:
            self.trouble.emit(str(error))
        return all(clip.is_saved for clip in clips)

    def _save_text(
        self, clip: Clip, title: str, suffix: str, kinds: str, form: Callable[..., str]
    ) -> None:
        if clip.result is None:
            return
        region, result = self.part or (None, clip.result.classification)
        path = self._ask(clip, title, suffix, kinds, region)
        if path:
            source = clip.path or clip.title
            self._write(path, lambda: write_text(path, form(source, result, region)))

    def save_all(
        self,
        clips: list[Clip],
        as_table: Callable[[list[Clip]], str],
        as_lines: Callable[[list[Clip]], str],
    ) -> None:
        """The results of several clips as CSV, or as JSON lines if the file is called so."""
        kinds = "CSV table (*.csv);;JSON lines (*.jsonl)"
        path = self._view.ask_save_path(
            "Export all results", self._suggest("FstMuse results.csv"), kinds
        )
        if path:
            path = path if Path(path).suffix else f"{path}.csv"
            form = as_lines if Path(path).suffix.lower() in (".jsonl", ".json") else as_table
            text = form(clips)
            self._write(path, lambda: write_text(path, text))

    def ask_region(self, clip: Clip, region: Region) -> str:
        """Ask where the sound of a region goes; empty if nowhere."""
        return self._ask(clip, "Save the region", ".wav", "WAV (*.wav)", region)

    def save_region(self, clip: Clip, region: Region, take: Take) -> None:
        """The region ``take`` of a recording as WAV."""
        path = self.ask_region(clip, region)
        if path:
            self._write(path, lambda: write_take(path, take))

    def _ask(
        self, clip: Clip, title: str, suffix: str, kinds: str, region: Region | None = None
    ) -> str:
        stem = Path(clip.path).stem if clip.path else clip.title
        if region is not None:
            stem = f"{stem} {region.name.replace(':', '.')}"
        suggestion = self._suggest((safe_file_name(stem) or "clip") + suffix)
        path = self._view.ask_save_path(title, suggestion, kinds)
        if path and not Path(path).suffix:
            path += suffix
        return path
