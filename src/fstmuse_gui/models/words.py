"""Words for a model's origin, figures and facts."""

from __future__ import annotations

from datetime import datetime

from fstmuse_core.bundle.figures import GenreFigure, ModelFigures
from fstmuse_core.bundle.manifest import CLASSIFIER, TAGGER
from fstmuse_core.bundle.model_list import ModelDetails, ModelEntry, Origin
from fstmuse_core.system.wording import counted, sized
from fstmuse_gui.plain import percent, unbroken

GAP = "  \N{MIDDLE DOT}  "
FEW_ARTISTS = 5
_ORIGINS = {
    Origin.SHIPPED: "Came with FstMuse",
    Origin.OWN: "Your own",
    Origin.IMPORTED: "Imported",
    Origin.ELSEWHERE: "From a folder",
}
_CLAIM = "as its maker says"
_KINDS = {
    "classifier": "Names genres",
    "generator": "Makes music",
    "tagger": "Hears for classifiers",
}


def origin(entry: ModelEntry) -> str:
    """Origin of a model."""
    return _ORIGINS[entry.origin]


def purpose(entry: ModelEntry) -> str:
    """Purpose of a model."""
    return _KINDS.get(entry.kind, entry.kind)


def tab_for(entry: ModelEntry) -> str:
    """The tab in which a model is used."""
    return "Classify" if entry.kind == CLASSIFIER else "Generate"


def date_text(seconds: float) -> str:
    """A date; empty for none."""
    if seconds <= 0.0:
        return ""
    moment = datetime.fromtimestamp(seconds)
    return f"{moment.day} {moment:%b %Y}"


def list_line(entry: ModelEntry) -> str:
    """The second line of a row of the list."""
    if entry.trouble:
        return _in_trouble(entry)
    # All three are too much for a row; of what is no classifier the purpose says most.
    parts = [origin(entry) if entry.kind == CLASSIFIER else purpose(entry), _known(entry)]
    return GAP.join(part for part in parts if part)


def _in_trouble(entry: ModelEntry) -> str:
    return "Its tagger is missing" if entry.kind else "Damaged"


def _known(entry: ModelEntry) -> str:
    return counted(len(entry.genres), "tag" if entry.kind == TAGGER else "genre")


def summary_line(entry: ModelEntry) -> str:
    """The line below a model's title."""
    genres = _known(entry) if entry.genres else ""
    parts = [
        purpose(entry),
        genres,
        origin(entry),
        date_text(entry.made_at),
        sized(entry.size_bytes),
    ]
    return GAP.join(part for part in parts if part)


def accessible_text(entry: ModelEntry) -> str:
    """A row of the list for a screen reader."""
    known = f"knows {', '.join(entry.genres)}" if entry.genres else ""
    whose = "figures by its maker" if entry.is_claimed else ""
    about_it = [_in_trouble(entry)]
    if not entry.trouble:
        what = purpose(entry) if entry.kind != CLASSIFIER else ""
        about_it = [what, origin(entry), _known(entry)]
    when, size = date_text(entry.made_at), sized(entry.size_bytes)
    parts = [entry.title, *about_it, when, size, known, whose]
    return ", ".join(part for part in parts if part)


def facts(details: ModelDetails) -> list[tuple[str, str]]:
    """Labels and values for the table of facts."""
    entry = details.entry
    rows = [
        ("Name", entry.name),
        ("Tags" if entry.kind == TAGGER else "Genres", ", ".join(entry.genres)),
        ("Origin", _whence(details)),
        ("Made by", details.command),
        ("SHA-256", entry.sha256),
        ("Folder", str(entry.folder)),
    ]
    return [(label, value) for label, value in rows if value]


def _whence(details: ModelDetails) -> str:
    if not details.imported:
        return origin(details.entry)
    file, at = (str(details.imported.get(key) or "") for key in ("file", "at"))
    return f"Imported from {file or 'a file'}" + (f" on {at[:10]}" if at else "")


def accuracy_text(figures: ModelFigures) -> str:
    """Accuracy, as a count of few songs and in percent of many; a dash if unknown."""
    if figures.accuracy is None:
        return "\N{EN DASH}"
    share = figures.share
    return percent(figures.accuracy) if share is None else unbroken(share.number)


def accuracy_caption(figures: ModelFigures, name: str) -> str:
    """The name of that figure, with its interval."""
    share = figures.share
    return name if share is None else unbroken(f"{name}, {share.interval}")


def figure_label(name: str, entry: ModelEntry, gap: str = " ") -> str:
    """The name of a figure, marked as a claim where nothing of it was measured here."""
    return f"{name},{gap}{_CLAIM}" if entry.is_claimed else name


def unmeasured_note(details: ModelDetails) -> str:
    """Caution about the figures; empty if there is none."""
    if details.contradiction:
        return (
            f"Its figures contradict each other and are not shown: {details.contradiction}. "
            f"{details.claim}".strip()
        )
    if not details.claim:
        return ""
    name = details.entry.name
    return f"{details.claim} To measure it: fstmuse evaluate --model {name} --data MUSIC"


def sample_size(row: GenreFigure) -> str:
    """The songs and artists behind a genre's figure; empty if it is not about songs."""
    if not row.songs:
        return ""
    players = counted(row.artists, "artist") if row.artists else "artists unknown"
    return f"{counted(row.songs, 'song')}, {players}"


def is_thin(row: GenreFigure) -> bool:
    """True if so few artists stand behind a figure that one more could change it a lot."""
    return bool(row.songs) and 0 < row.artists < FEW_ARTISTS


def few_artists_note(rows: tuple[GenreFigure, ...]) -> str:
    """A sentence about genres that few artists stand behind; empty if there are none."""
    thin = [row.genre for row in rows if is_thin(row)]
    if not thin:
        return ""
    listed = thin[0] if len(thin) == 1 else f"{', '.join(thin[:-1])} and {thin[-1]}"
    rests = "rests" if len(thin) == 1 else "rest"
    return (
        f"{listed} {rests} on fewer than {FEW_ARTISTS} artists in the test: with other music the "
        "figure may be far off."
    )
