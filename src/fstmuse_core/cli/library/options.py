"""Choice of library, model, files and genres; files left out as they are not what was scanned."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fstmuse_core.cli.classify import DEFAULT_MODEL
from fstmuse_core.cli.common.console import ProgressBar, say
from fstmuse_core.cli.common.param_types import KeyName, ModelName, SomePath, Span
from fstmuse_core.library.rows import KnownModel, State
from fstmuse_core.system.errors import BundleError, FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import LibraryRow
    from fstmuse_core.library.truth import Label


_Command = TypeVar("_Command", bound=Callable[..., Any])
_SHORTEST_HASH = 6

model_option = click.option(
    "--model",
    type=ModelName(),
    metavar="NAME",
    help="Whose answers: a model's name, or the beginning of its hash. By default that of the "
    "model that has heard most of the library.",
)
layout_option = click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json")),
    default="table",
    show_default=True,
)


@contextmanager
def opened_library(*, to_read: bool = False) -> Iterator[Library]:
    """The user's library; says so if its file had to be begun anew.

    With ``to_read`` it may lie where nothing can be written.
    """
    from fstmuse_core.library.database import open_library

    with open_library(to_read=to_read) as library:
        if library.notice:
            say(f"fstmuse: {library.notice}")
        yield library


def chosen_model(library: Library, name: str | None) -> KnownModel:
    """The model that is meant, which may have heard nothing yet.

    Raises
    ------
    BundleError
        If there is no such model, and the library remembers none either.
    """
    models = library.models()
    if name is None:
        if models:
            return max(models, key=lambda model: model.n_results)
        name = DEFAULT_MODEL
    try:
        current = _current(name)
    except BundleError:
        remembered = [model for model in models if _is_called(model, name)]
        if not remembered:
            raise
        return remembered[-1]
    return next((model for model in models if model.sha256 == current.sha256), current)


def _is_called(model: KnownModel, name: str) -> bool:
    starts = len(name) >= _SHORTEST_HASH and model.sha256.startswith(name.lower())
    return starts or model.name == name


def _current(name: str) -> KnownModel:
    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.bundle.manifest import CLASSIFIER

    bundle = find_bundle(name)
    bundle.require_kind(CLASSIFIER)
    manifest = bundle.manifest
    return KnownModel(bundle.sha256, bundle.name, manifest.title, tuple(manifest.genres), 0)


@dataclass(frozen=True)
class Choice:
    """Choice of files by folder, genre and state, and by what was measured and read of them."""

    folder: str | None
    genre: str | None
    state: str | None
    unsure: bool
    bpm: tuple[float, float] | None = None
    key: str | None = None
    loudness: tuple[float, float] | None = None
    mood: str | None = None
    style: str | None = None
    year: tuple[float, float] | None = None

    def rows(self, library: Library, model: KnownModel) -> list[LibraryRow]:
        """These, by their paths."""
        found = library.rows(model.sha256)
        if self.folder is not None:
            inside = os.path.normcase(os.path.join(os.path.abspath(self.folder), ""))
            found = [row for row in found if os.path.normcase(row.path).startswith(inside)]
            if not found:
                raise FstMuseError(
                    self.folder, "the library has no file in it", "add it: fstmuse library scan"
                )
        if self.state is not None:
            found = [row for row in found if row.state == self.state]
        if self.unsure:
            found = [
                row
                for row in found
                if row.state is State.DONE and not row.is_sure and row.review is None
            ]
        if self.genre is not None:
            found = _of_genre(found, self.genre)
        found = [row for row in found if self._fits(row)]
        return sorted(found, key=lambda row: row.path)

    def _fits(self, row: LibraryRow) -> bool:
        """True if a row has what is asked for of measures, mood, style and year."""
        spans = ((self.bpm, row.bpm), (self.loudness, row.loudness), (self.year, row.year or None))
        if any(s is not None and not (v is not None and s[0] <= v <= s[1]) for s, v in spans):
            return False
        for word, words in ((self.mood, row.mood), (self.style, row.style)):
            if word is not None and word.casefold() not in words.casefold().split(", "):
                return False
        return self.key is None or row.key == self.key


def _of_genre(rows: list[LibraryRow], name: str) -> list[LibraryRow]:
    from fstmuse_core.library.rows import said_genre
    from fstmuse_core.tags.genres import canonical_genre

    wanted = {name.casefold(), (canonical_genre(name) or name).casefold()}
    return [row for row in rows if (said_genre(row) or "").casefold() in wanted]


def choice_options(function: _Command) -> _Command:
    """The options that are a :class:`Choice`'s fields."""
    states = [state.value for state in State if state is not State.WORKING]
    for option in (
        click.option("--year", type=Span(), metavar="A-B", help="Only songs of these years."),
        click.option("--mood", metavar="WORD", help="Only what sounds so, such as calm."),
        click.option(
            "--style", metavar="NAME", help="Only what is of this style too: House, Hard Rock."
        ),
        click.option(
            "--loudness", type=Span(), metavar="A..B", help="Only so loud, in LUFS: -12..-8."
        ),
        click.option("--key", type=KeyName(), metavar="KEY", help="Only in this key: C, F#, Bbm."),
        click.option("--bpm", type=Span(), metavar="A-B", help="Only this tempo: 90-120."),
        click.option(
            "--not-sure", "unsure", is_flag=True, help="Only where the model is not sure."
        ),
        click.option("--state", type=click.Choice(states), help="Only files in this state."),
        click.option("--genre", metavar="NAME", help="Only what is said to be of this genre."),
        click.option("--folder", type=SomePath(), metavar="PATH", help="Only what lies in it."),
    ):
        function = option(function)
    return function


def label_options(function: _Command) -> _Command:
    """The options that :func:`chosen_labels` takes."""
    for option in (
        click.option(
            "--music-folder",
            type=SomePath(path_type=Path, file_okay=False),
            metavar="PATH",
            help='What "directory" is for beets; found out if it is not given.',
        ),
        click.option("--reviews", is_flag=True, help="Against what you accepted or corrected."),
        click.option(
            "--beets",
            type=SomePath(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Against the library.db of beets, which is only read.",
        ),
    ):
        function = option(function)
    return function


def chosen_labels(
    rows: Sequence[LibraryRow], beets: Path | None, reviews: bool, music_folder: Path | None
) -> list[Label]:
    """Labels from where the user wants them; by default from the files' own tags."""
    from fstmuse_core.library.truth import beets_labels, review_labels, tag_labels

    if beets is not None and reviews:
        raise click.UsageError("--beets and --reviews are two sources; give one")
    if beets is not None:
        return beets_labels(beets, [row.path for row in rows], music_folder=music_folder)
    if reviews:
        return review_labels(rows)
    with ProgressBar(len(rows)) as bar:
        return tag_labels(rows, progress=lambda done, _: bar.update(done, "tags"))


# Of a drive that is away thousands are.
_NAMED = 10


class StaleFiles:
    """Finds files that are no longer what the library knows, and names them at the end.

    Parameters
    ----------
    library : Library
    """

    def __init__(self, library: Library) -> None:
        from fstmuse_core.library.freshness import FileCheck

        self._check = FileCheck(library)
        self._faults: dict[str, str] = {}

    def is_current(self, row: LibraryRow) -> bool:
        """Look at a file; one that has changed or is gone is remembered."""
        fault = self._check.fault(row)
        if fault:
            self._faults[row.path] = fault
        return not fault

    def require(self, row: LibraryRow) -> None:
        """Raise ``FstMuseError`` if the file is not what was scanned."""
        from fstmuse_core.library.freshness import REMEDY

        if fault := self._check.fault(row):
            raise FstMuseError(row.path, fault, REMEDY)

    def tell(self) -> int:
        """Name those that were left out; how many they are."""
        from fstmuse_core.library.freshness import REMEDY

        for path, fault in list(self._faults.items())[:_NAMED]:
            say(f"fstmuse: {one_line(path)}: left out, {fault}; {REMEDY}")
        more = len(self._faults) - _NAMED
        if more > 0:
            say(f"fstmuse: {counted(more, 'more file')} left out, changed or gone; {REMEDY}")
        return len(self._faults)


@contextmanager
def left_out(library: Library) -> Iterator[StaleFiles]:
    """Find stale files in the block; they are named when it ends, also with an error."""
    stale = StaleFiles(library)
    try:
        yield stale
    finally:
        stale.tell()
