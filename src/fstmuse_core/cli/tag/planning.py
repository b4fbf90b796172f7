"""Genres to write, as the options say: from results on disk, or from the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fstmuse_core.cli.common.console import ProgressBar
from fstmuse_core.cli.common.param_types import Percent, SomePath, Whole
from fstmuse_core.cli.library.options import model_option
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json, typed
from fstmuse_core.system.wording import counted
from fstmuse_core.tags.extras import FIELDS
from fstmuse_core.tags.plan import FileGenres

if TYPE_CHECKING:
    from fstmuse_core.tags.plan import Change, FileGenres


_MOST_BYTES = 2**30
_HOW = "make one with: fstmuse classify FOLDER --output results.jsonl"


def read_results(file: Path) -> list[FileGenres]:
    """Read what was heard, file by file; of several results for a file the last counts.

    Takes JSON lines and JSON arrays. Paths are as they were given to ``fstmuse classify``, so
    relative ones count from the present folder. A last line that was cut off is left out.

    Raises
    ------
    FstMuseError
        If the file cannot be read, holds anything else, or results of several models.
    """
    try:
        text = read_regular(file, _MOST_BYTES).decode("utf-8")
    except OSError as error:
        raise FstMuseError(file, f"it cannot be read ({error.strerror})", _HOW) from error
    except UnicodeDecodeError as error:
        raise _not_results(file, "it is not text") from error
    whole = text.lstrip().startswith("[")
    found = {
        one.path: one for one in (_from_array(file, text) if whole else _from_lines(file, text))
    }
    if not found:
        raise FstMuseError(file, "there are no results in it", _HOW)
    models = {one.model_sha256: one.model for one in found.values()}
    if len(models) > 1:
        names = " and ".join(f"{name} ({sha256[:8]})" for sha256, name in models.items())
        raise FstMuseError(file, f"it holds results of several models: {names}", "use one for each")
    return list(found.values())


@dataclass(frozen=True)
class _Result:
    """Of what ``fstmuse classify`` says of a file, as much as its tags need."""

    path: str
    probabilities: dict[str, float] = field(default_factory=dict)
    genre: str | None = None
    model: str = ""
    model_sha256: str = ""


def _from_array(file: Path, text: str) -> list[FileGenres]:
    try:
        return [_file_genres(result) for result in typed(parse_json(text), list[_Result])]
    except ValueError as error:
        raise _not_results(file, "it is no list of results") from error


def _from_lines(file: Path, text: str) -> list[FileGenres]:
    found = []
    # Only this ends a line: what else may is part of some file's name.
    *lines, last = text.split("\n")
    for number, line in enumerate(lines, 1):
        try:
            found.append(_file_genres(typed(parse_json(line), _Result)))
        except ValueError as error:
            raise _not_results(file, f"line {number} is no result") from error
    if last and not found:
        raise _not_results(file, "line 1 is no result")
    return found


def _file_genres(result: _Result) -> FileGenres:
    if not all(0.0 <= p <= 1.0 for p in result.probabilities.values()):
        raise ValueError("a probability is none")
    return FileGenres(
        Path(result.path),
        result.probabilities,
        is_sure=result.genre is not None,
        model=result.model,
        model_sha256=result.model_sha256,
    )


def _not_results(file: Path, why: str) -> FstMuseError:
    return FstMuseError(file, f"these are no results of fstmuse classify ({why})", _HOW)


# Planning -----------------------------------------------------------------------------------

_Command = TypeVar("_Command", bound=Callable[..., Any])
_MODES = ("only-if-empty", "replace", "append")
_PERCENT = Percent()
_SEPARATORS = {"nul": "\0", ";": ";", "/": "/"}


class FieldNames(click.ParamType[tuple[str, ...]]):
    """Names of fields with commas between them."""

    name = "fields"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Convert a value, as :class:`click.ParamType` does."""
        names = value if isinstance(value, tuple) else tuple(str(value).lower().split(","))
        names = tuple(dict.fromkeys(name.strip() for name in names))
        known = ("genre", *FIELDS)
        for name in names:
            if name not in known:
                self.fail(f"{name!r} is no field; there are {', '.join(known)}", param, ctx)
        return names


def plan_options(function: _Command) -> _Command:
    """The argument and the options that :func:`planned` takes."""
    for option in (
        click.option(
            "--separator",
            type=click.Choice(list(_SEPARATORS)),
            default="nul",
            show_default=True,
            help="Between several genres in ID3v2.3, which has no sign of its own for it.",
        ),
        click.option(
            "--no-note",
            is_flag=True,
            help="Write no FSTMUSE_GENRE beside it (model and score), by which FstMuse knows its "
            "own genres from yours.",
        ),
        click.option(
            "--unsure", is_flag=True, help="Also the likeliest genre where the model is not sure."
        ),
        click.option(
            "--also-least",
            type=_PERCENT,
            default=25,
            show_default=True,
            metavar="PERCENT",
            help="How likely each further genre must be.",
        ),
        click.option(
            "--genres",
            type=Whole(min=1),
            default=1,
            show_default=True,
            metavar="N",
            help="At most so many genres a file.",
        ),
        click.option(
            "--least",
            type=_PERCENT,
            default=0,
            metavar="PERCENT",
            help="How likely the genre must be; what you said always counts.",
        ),
        click.option(
            "--mode",
            type=click.Choice(_MODES),
            default=_MODES[0],
            show_default=True,
            help="What becomes of genres that a file has; Unknown, Other and the like are none. "
            "All places in a file that name a genre (APEv2, RIFF INFO, ID3v1) are changed alike.",
        ),
        click.option(
            "--fields",
            type=FieldNames(),
            default="genre",
            show_default=True,
            metavar="NAMES",
            help="What to write, with commas between: genre, bpm, key, mood, gain (ReplayGain of "
            "the track), album-gain (of albums that were measured as a whole). "
            "Tempi and keys that are not sure only with --unsure; in other modes "
            "than replace what a file has stays.",
        ),
        click.option(
            "--by-album",
            is_flag=True,
            help="One genre for the songs of an album, where they agree; see: fstmuse library "
            "albums. What you said of a song stays.",
        ),
        click.option(
            "--my-genres",
            "mine",
            type=SomePath(path_type=Path, dir_okay=False),
            metavar="FILE",
            help='Your own names of genres and the only ones: lines such as "House -> Electronic" '
            'and "only Electronic, Rock". By default those of the window, if there are any.',
        ),
        click.option("--no-my-genres", is_flag=True, help="Genres as the model calls them."),
        click.option("--folder", type=SomePath(), metavar="PATH", help="Only what lies in it."),
        model_option,
        click.argument(
            "results",
            required=False,
            type=SomePath(path_type=Path, dir_okay=False),
            metavar="[RESULTS.jsonl]",
        ),
    ):
        function = option(function)
    return function


def planned(
    *,
    results: Path | None,
    model: str | None,
    folder: str | None,
    mode: str,
    least: float,
    genres: int,
    also_least: float,
    unsure: bool,
    no_note: bool,
    separator: str,
    fields: tuple[str, ...],
    by_album: bool,
    mine: Path | None,
    no_my_genres: bool,
) -> list[Change]:
    """The plan; raises ``FstMuseError`` if there is nothing to plan for."""
    from fstmuse_core.tags.isolated import isolated_looks
    from fstmuse_core.tags.my_genres import MyGenres, parse_genres, read_text
    from fstmuse_core.tags.plan import Mode, Policy, plan_changes

    if mine is not None and no_my_genres:
        raise click.UsageError("--my-genres and --no-my-genres say opposite things; give one")
    policy = Policy(
        mode=Mode(mode),
        at_least=least / 100,
        most=genres,
        also_at_least=also_least / 100,
        unsure=unsure,
        note=not no_note,
        separator=_SEPARATORS[separator],
        genres="genre" in fields,
        extras=tuple(name for name in fields if name != "genre"),
        mine=MyGenres() if no_my_genres else parse_genres(read_text(mine)),
    )
    if results is not None and (policy.extras or by_album):
        raise click.UsageError("results hold genres of songs only; the library knows the rest")
    if results is None:
        of_albums = "album-gain" in fields
        files = _from_library(model, folder, unsure, by_album, of_albums)
    else:
        files = _read(results, model, folder)
    with isolated_looks(spawn=len(files) > 1) as each, ProgressBar(len(files)) as bar:
        return plan_changes(
            files, policy, progress=lambda done, _: bar.update(done, "tags"), each=each
        )


def _read(results: Path, model: str | None, folder: str | None) -> list[FileGenres]:

    if model is not None:
        raise click.UsageError("--model is for the library; results are of one model already")
    files = read_results(results)
    if folder is None:
        return files
    inside = Path(folder).absolute()
    files = [file for file in files if inside in file.path.absolute().parents]
    if not files:
        raise FstMuseError(folder, "there are no results of files in it", "name another folder")
    return files


def _from_library(
    model: str | None, folder: str | None, unsure: bool, is_by_album: bool, of_albums: bool
) -> list[FileGenres]:
    from fstmuse_core.cli.library.options import Choice, chosen_model, opened_library
    from fstmuse_core.library.tagging import by_album, file_genres, find_albums

    with opened_library() as library:
        classifier = chosen_model(library, model)
        rows = Choice(folder, None, None, False).rows(library, classifier)
        files = file_genres(library, classifier, rows, unsure=unsure, of_albums=of_albums)
        if is_by_album:
            everything = library.rows(classifier.sha256)
            files = by_album(files, find_albums(library, classifier, everything))
    if not files:
        raise FstMuseError(
            "Your library",
            "nothing was heard in it yet",
            "see: fstmuse library --help, or name a file of results",
        )
    return files


def told(changes: list[Change]) -> str:
    """Sum up in one line how many files would be written, and how many would not."""
    kept = [change.skipped for change in changes if change.skipped]
    would = counted(len(changes) - len(kept), "file") + " to be written"
    return f"{would}, {len(kept):,} left as they are" if kept else would
