"""The user's own genres: which genre is a kind of which, and the only ones that are written.

A text of lines, as people edit it::

    # What is written instead; the last of a chain counts.
    House -> Electronic
    Hip-Hop -> Rap
    only Electronic, Rap, Rock
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from fstmuse_core.system.atomic_write import write_atomic
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.tags.genres import genre_key, genres_listed

EXAMPLE = """\
# What is written instead of a genre; the last one of a chain counts.
# House -> Electronic
# Hip-Hop -> Rap
# And the only ones that are written; without this line all are.
# only Electronic, Rap, Rock
"""
_ARROWS = ("->", "\N{RIGHTWARDS ARROW}", "=>")
_ONLY = "only"
_TITLE = "My genres"
_MOST_LETTERS = 200_000


@dataclass(frozen=True)
class MyGenres:
    """Map and whitelist of genres.

    Attributes
    ----------
    broader : mapping of str to str
        For the key of a genre, see :func:`~.genres.genre_key`, the name of the broader one.
    only : tuple of str
        Genres that may be written; empty for all.
    """

    broader: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.broader or self.only)

    def name(self, genre: str) -> str | None:
        """The name to write for a genre; ``None`` if it is not among the only ones.

        It is the first among these that the genre is or is a kind of, and without such a list
        the broadest.

        Examples
        --------
        >>> mine = parse_genres("House -> Electronic\\nonly Electronic")
        >>> mine.name("House"), mine.name("Rock")
        ('Electronic', None)
        """
        chain = [genre]
        while (broader := self.broader.get(genre_key(chain[-1]))) is not None:
            chain.append(broader)
        if not self.only:
            return chain[-1]
        names = {genre_key(name): name for name in self.only}
        return next((names[key] for one in chain if (key := genre_key(one)) in names), None)

    def scores(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Probabilities by the names to write: those of one name count together."""
        found: dict[str, float] = {}
        for genre, probability in scores.items():
            if (name := self.name(genre)) is not None:
                found[name] = found.get(name, 0.0) + probability
        return found


def parse_genres(text: str) -> MyGenres:
    """Read a map and whitelist.

    Raises
    ------
    FstMuseError
        If a line is neither, or a genre is a kind of itself; the line is named.
    """
    if len(text) > _MOST_LETTERS:
        raise FstMuseError(_TITLE, "the text is longer than any list of genres", "shorten it")
    broader: dict[str, str] = {}
    only: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#", 1)[0].strip()
        arrow = next((sign for sign in _ARROWS if sign in line), "")
        if arrow:
            kind, _, name = (part.strip() for part in line.partition(arrow))
            _require_names(number, kind, name)
            broader[genre_key(kind)] = _as_typed(name)
            _require_end(broader, kind, number)
        elif line.casefold().split(maxsplit=1)[:1] == [_ONLY]:
            names = [_as_typed(name) for name in genres_listed(line[len(_ONLY) :])]
            _require_names(number, *(names or [""]))
            only += names
        elif line:
            raise FstMuseError(
                f"{_TITLE}, line {number}",
                f"{one_line(line[:60])!r} says nothing",
                'write "House -> Electronic" or "only Rock, Jazz"',
            )
    return MyGenres(broader, tuple(dict.fromkeys(only)))


def _as_typed(name: str) -> str:
    """The name as the user has it, also where FstMuse calls that genre otherwise."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


def _require_names(number: int, *names: str) -> None:
    if not all(_as_typed(name) for name in names):
        raise FstMuseError(
            f"{_TITLE}, line {number}", "a name is missing", 'write "House -> Electronic"'
        )


def _require_end(broader: Mapping[str, str], kind: str, number: int) -> None:
    seen = {genre_key(kind)}
    name = broader.get(genre_key(kind))
    while name is not None:
        if genre_key(name) in seen:
            raise FstMuseError(
                f"{_TITLE}, line {number}",
                f"{one_line(kind)} would be a kind of itself",
                "take one of these lines out",
            )
        seen.add(genre_key(name))
        name = broader.get(genre_key(name))


def genres_file() -> Path:
    """Path of the user's own list; may not exist yet."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "my-genres.txt"


def read_text(path: Path | None = None) -> str:
    """Text of a list, of the user's own by default; empty if there is none.

    Raises
    ------
    FstMuseError
        If it cannot be read.
    """
    file = path or genres_file()
    try:
        return file.read_bytes()[: 4 * _MOST_LETTERS].decode("utf-8-sig")
    except FileNotFoundError:
        if path is None:
            return ""
        raise FstMuseError(path, "there is no such file", "name a list of genres") from None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise FstMuseError(file, f"it cannot be read ({why})", "save it as plain text") from error


def save_text(text: str) -> None:
    """Keep the user's own list; one that cannot be read raises ``FstMuseError``."""
    parse_genres(text)
    write_atomic(genres_file(), lambda stream: stream.write(text.encode()))
