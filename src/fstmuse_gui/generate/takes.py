"""Takes of this session, the two that are compared, and their playback and files."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.classify.result import Classification
from fstmuse_core.system.errors import AudioError, FstMuseError, one_line
from fstmuse_core.workers.protocol import MakeClip
from fstmuse_gui.generate.ruler import Section, describe, renewed_seeds
from fstmuse_gui.plain import percent
from fstmuse_gui.settings import OUTPUT_DEVICE, Settings
from fstmuse_gui.shared.background import FileSaver, new_paths, safe_file_name
from fstmuse_gui.shared.playback import PagePlayback
from fstmuse_gui.shared.tabs import Unsaved
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.player import Playing
from fstmuse_gui.widgets.file_list import Row, RowState
from fstmuse_gui.widgets.verdict import NOT_SURE

if TYPE_CHECKING:
    from fstmuse_core.generate.generator import GeneratedClip, Recipe
    from fstmuse_core.generate.groove import Groove
    from fstmuse_core.generate.like import LikedSong
    from fstmuse_gui.generate.view import GenerateView, TakePage

_GAP = " \N{MIDDLE DOT} "
_MOST_BYTES = 120
_numbers = itertools.count(1)


@dataclass(frozen=True)
class TakeRow(Row):
    """A take in the list; once it is done ``genre`` is the first classifier's.

    ``seed`` stands on the second line where tempo and form stand on the first.
    """

    is_judged: bool = False
    seed: str = ""

    def status(self) -> str:
        words = self._state_in_words()
        return f"{self.seed}{_GAP}{words}" if self.seed else words

    def _state_in_words(self) -> str:
        if self.state is RowState.DONE:
            words = f"Heard as {self.genre}" if self.genre else NOT_SURE
            return words if self.is_judged else "Not listened to"
        if self.state is RowState.FAILED:
            return "Could not be made"
        if self.state is RowState.WORKING:
            return f"Making {percent(self.progress)}" if self.progress > 0 else "Making"
        return str(self.state)


@dataclass(eq=False)
class Take:
    """One clip that was asked for, as far as it has come."""

    request: MakeClip
    key: int = field(default_factory=lambda: next(_numbers))
    state: RowState = RowState.WAITING
    progress: float = 0.0
    image: SpectrogramImage | None = None
    clip: GeneratedClip | None = None
    opinions: tuple[Classification, ...] | None = None
    sentence: str = ""
    # What it is made by; known before there is a sound.
    recipe: Recipe | None = None
    # Findings on the song that it is like.
    heard: LikedSong | None = None
    # A file of its own, to be dragged out of the window.
    file: Path | None = None
    is_saved: bool = False

    @property
    def title(self) -> str:
        """Title, such as "Rock with 30 % Jazz like song.mp3"."""
        found = self.heard.genre if self.heard is not None else ""
        genre, blend = self.request.genre or found, self.request.blend
        if not genre:
            return f"Music like {self.song}"
        other = f" with {percent(blend[1])} {blend[0]}" if blend and blend[1] else ""
        return f"{genre}{other}{f' like {self.song}' if self.song else ''}"

    @property
    def song(self) -> str:
        """Name of the song's file that it is to be like; empty if there is none."""
        return one_line(Path(self.request.like).name)

    @property
    def note(self) -> str:
        """Sentence on what of its song is not taken over; empty if nothing."""
        beat = self.request.beat
        has_tempo = beat is not None and beat.bpm is not None
        return "" if self.heard is None or has_tempo else self.heard.note

    @property
    def seconds(self) -> float:
        """Length; that of whole bars is known with the recipe."""
        return self.request.seconds if self.recipe is None else self.recipe.seconds

    @property
    def groove(self) -> Groove | None:
        """Tempo, bars and form of a take with a beat."""
        return None if self.recipe is None else self.recipe.groove

    @property
    def is_open(self) -> bool:
        """True while it waits or is being made."""
        return self.state in (RowState.WAITING, RowState.WORKING)

    @property
    def would_be_lost(self) -> bool:
        """True while its sound is in no file of the user's."""
        return self.clip is not None and not self.is_saved

    def row(self) -> TakeRow:
        """Row of the list."""
        result = self.opinions[0] if self.opinions else None
        seed = str(self.request.seed)
        how = describe(self.groove) if self.groove else seed
        stereo = ", stereo" if self.request.stereo else ""
        return TakeRow(
            key=self.key,
            title=f"{self.title}{_GAP}{how}{stereo}",
            seed=f"{seed}{renewed_seeds(self.groove)}" if self.groove else "",
            state=self.state,
            progress=self.progress,
            genre=result.verdict.genre if result is not None else None,
            probability=float(result.probabilities.max()) if result is not None else 0.0,
            sentence=self.sentence or self.note,
            is_judged=result is not None,
        )


class TakeStore:
    """Takes by their keys; one that was removed can be had back."""

    def __init__(self) -> None:
        self._takes: dict[int, Take] = {}
        self._removed: list[Take] = []

    def __iter__(self) -> Iterator[Take]:
        return iter(list(self._takes.values()))

    def __len__(self) -> int:
        return len(self._takes)

    def get(self, key: int | None) -> Take | None:
        """The take of this key, if it is there."""
        return None if key is None else self._takes.get(key)

    def add(self, take: Take) -> None:
        """Put a take at the end."""
        self._takes[take.key] = take

    def remove(self, key: int) -> None:
        """Take one away, to be had back by :meth:`restore`."""
        self._removed.append(self._takes.pop(key))

    @property
    def can_restore(self) -> bool:
        """True while a removed take can be restored."""
        return bool(self._removed)

    def restore(self) -> Take:
        """Put the take that was removed last at the end, and return it."""
        take = self._removed.pop()
        self.add(take)
        return take


class Pair:
    """A and B; a take that is neither takes the place of the one that is not shown."""

    def __init__(self, takes: TakeStore) -> None:
        self._takes = takes
        self._keys: list[int] = []
        self._shown: int | None = None

    def show(self, take: Take) -> None:
        """A take with sound is shown; it is one of the two from now on."""
        if take.clip is None:
            return
        if take.key not in self._keys:
            before = [key for key in self._keys if key == self._shown]
            self._keys = [*(before or self._keys[-1:]), take.key]
        self._shown = take.key

    def forget(self, key: int) -> None:
        """Forget a take that was removed."""
        self._keys = [known for known in self._keys if known != key]

    def holds(self, key: int) -> bool:
        """True if the take is one of two that are compared."""
        return len(self._keys) == 2 and key in self._keys

    def other(self, key: int | None) -> int | None:
        """The one of the two that ``key`` is not."""
        if key is None or not self.holds(key):
            return None
        return self._keys[1 - self._keys.index(key)]

    @property
    def takes(self) -> tuple[Take, Take] | None:
        """Both, if there are two."""
        found = [take for take in map(self._takes.get, self._keys) if take is not None]
        return (found[0], found[1]) if len(found) == 2 else None


class Playback(PagePlayback):
    """One take at a time; of two that are compared the second goes on where the first was."""

    def __init__(
        self, page: TakePage, player: Playing, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(page, player, parent)
        self._settings = settings
        self._is_loop = False

    def load(self, take: Take | None, *, keep_place: bool = False) -> None:
        """Have this take ready to play; nothing for None, or while it has no sound."""
        if take is None or take.clip is None:
            self._unload()
            return
        if take.key == self._key:
            self._page.set_position(self._player.position)
            return
        went_on = keep_place and self._key is not None and self._player.position > 0.0
        position, was_playing = self._player.position, self._player.state == "playing"
        self._key = take.key
        is_loop = take.groove is not None and take.groove.loop
        self._player.load_samples(take.clip.samples, take.clip.sample_rate, wraps=is_loop)
        self._loop = None
        self._page.set_position(0.0)
        self._is_loop = is_loop
        self.loop_all()
        if went_on and position < self._player.duration_s:
            self._player.seek(position)
            if was_playing:
                self.play()

    def loop_all(self) -> None:
        """Play a loop again and again from now on, and anything else to its end."""
        self.set_loop((0.0, self._player.duration_s) if self._is_loop else None)

    def play(self) -> None:
        """Play from where it stands."""
        if self._key is not None and self._player.state != "playing":
            self.toggle()

    def toggle(self) -> None:
        """Play or pause."""
        if self._key is not None:
            self._player.set_device(DeviceId.parse(self._settings.get(OUTPUT_DEVICE)))
            super().toggle()


class TakeSaver(FileSaver):
    """Asks where a take goes, writes it, and keeps takes ready to be dragged out."""

    def __init__(
        self, view: GenerateView, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(settings, parent)
        self._view = view
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def save(self, take: Take) -> None:
        """The sound with its recipe as WAV, FLAC or Ogg Vorbis."""
        clip = take.clip
        if clip is None:
            return
        path = self._view.ask_save_path(self._suggest(file_name(take)))
        if not path:
            return
        target = path if Path(path).suffix else f"{path}.wav"

        def write() -> None:
            from fstmuse_core.generate.generator import save_clip

            save_clip(target, clip)

        def on_done() -> None:
            take.is_saved = True

        self._write(target, write, on_done)

    def unsaved(self, takes: Iterable[Take]) -> Unsaved | None:
        """Takes that would be lost, and how they are saved."""
        lost = [take for take in takes if take.would_be_lost]
        names = tuple(file_name(take).removesuffix(".wav") for take in lost)
        return Unsaved("take", names, lambda: self.save_all(lost)) if lost else None

    def save_all(self, takes: Sequence[Take]) -> bool:
        """Save takes before the window closes; True if all of them lie in files now."""
        from fstmuse_core.generate.generator import save_clip

        names = [file_name(take) for take in takes]
        if len(takes) == 1:
            path = self._view.ask_save_path(self._suggest(names[0]))
            paths = [path if Path(path).suffix else f"{path}.wav"] if path else []
        else:
            folder = self._view.ask_save_folder(self._suggest(""), "Save the takes in")
            stems = [name.removesuffix(".wav") for name in names]
            paths = new_paths(folder, stems) if folder else []
        try:
            for take, path in zip(takes, paths, strict=False):
                if take.clip is not None:
                    save_clip(path, take.clip)
                    take.is_saved = True
        except (FstMuseError, OSError) as error:
            self.trouble.emit(str(error))
        return all(take.is_saved for take in takes)

    def copy_recipe(self, take: Take) -> None:
        """The recipe as JSON, on the clipboard."""
        if take.clip is not None:
            text = json.dumps(take.clip.recipe.to_dict(), indent=1)
            QGuiApplication.clipboard().setText(text)
            self.message.emit("Copied the recipe")

    def write_file(self, take: Take) -> None:
        """Write the take to a folder of the window's own, so that it can be dragged out."""
        clip = take.clip
        path = self._own_file(take, file_name(take))
        if clip is None or path is None:
            return

        def write() -> None:
            from fstmuse_core.generate.generator import save_clip

            path.parent.mkdir(exist_ok=True)
            save_clip(path, clip)

        def on_done(_result: object) -> None:
            take.file = path

        self._background.run(write, on_done, lambda _sentence: None)

    def write_section(self, take: Take, section: Section) -> Path | None:
        """Write a section of a take beside it, and return its file; None if that cannot be."""
        from fstmuse_core.generate.generator import save_part

        bars = f"{section.letter}, bar {section.first_bar}"
        path = self._own_file(take, f"{bars}, {file_name(take)}")
        if take.clip is None or path is None:
            return None
        try:
            path.parent.mkdir(exist_ok=True)
            save_part(path, take.clip, section.start_s, section.end_s)
        except (AudioError, OSError) as error:
            self.trouble.emit(str(error))
            return None
        return path

    def _own_file(self, take: Take, name: str) -> Path | None:
        """A file in a folder of the window's own."""
        try:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="fstmuse-takes-")
        except OSError:  # it is only that nothing can be dragged out
            return None
        return Path(self._folder.name) / f"{take.key}" / name

    def close(self) -> None:
        """Wait until all is written, and leave nothing behind."""
        super().close()
        if self._folder is not None:
            self._folder.cleanup()


def file_name(take: Take) -> str:
    """A name for a take's file, such as "Rock with 30 Jazz, seed 7.wav"."""
    plain = take.title.replace("\N{NO-BREAK SPACE}%", "")
    # A song's name may be as long as a file's can be.
    plain = plain.encode()[:_MOST_BYTES].decode(errors="ignore").strip()
    if take.groove is not None:
        plain = f"{plain}, {describe(take.groove)}{renewed_seeds(take.groove)}"
    plain += ", stereo" if take.request.stereo else ""
    return f"{safe_file_name(plain)}, seed {take.request.seed}.wav"
