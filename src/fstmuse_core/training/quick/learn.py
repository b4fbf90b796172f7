"""Learning at once: the shipped model and all that its user has corrected and confirmed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    TAGGER_HEAD_NAME,
    Bundle,
    bundle_folders,
    find_bundle,
    load_bundle,
    user_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.manifest import CLASSIFIER, MANIFEST_NAME
from fstmuse_core.bundle.tagger import Tagger, find_tagger
from fstmuse_core.bundle.tagger_head import TaggerHead, tagger_head
from fstmuse_core.datasets.corrections.store import TITLE, corrections_folder
from fstmuse_core.datasets.corrections.tracks import read_corrections
from fstmuse_core.datasets.groups import connected_tracks, count_artists
from fstmuse_core.datasets.overlap import TRACKS_FILE, tracks_of_base
from fstmuse_core.datasets.track import Track
from fstmuse_core.runs.metrics import Learned
from fstmuse_core.system.errors import BundleError, FstMuseError
from fstmuse_core.system.wording import counted, listed
from fstmuse_core.training.data_split import Parts
from fstmuse_core.training.measure import Answers, measure
from fstmuse_core.training.metrics import Bools, Ints, probabilities
from fstmuse_core.training.quick.check_songs import Compared, anchors, compare
from fstmuse_core.training.quick.fitting import QuickData
from fstmuse_core.training.quick.packaging import learned_card, library_versions, tagged_manifest
from fstmuse_core.training.quick.personal import (
    FIRMER,
    FIRST,
    FIRST_OF_NEW,
    Firmness,
    Held,
    held_by,
    lean_on,
    tags_alone,
    with_genres,
)
from fstmuse_core.training.quick.rows import read_rows, same_recordings, under_two_names
from fstmuse_core.training.quick.session import FOLDS, MOST_GENRES, the_tagger
from fstmuse_core.training.record import track_list
from fstmuse_core.training.tagger_head import without_network
from fstmuse_core.training.tagger_rows import outputs_of

BASE = "fst-muse"
NAME, TITLE_OF_MODEL = "my-fst-muse", "my FstMuse"
# Songs that make a genre of it which the base does not name.
FEWEST_OF_NEW = 3
# In the record of a model: it was made here, and may be renewed.
LEARNED = "learned"

_FIRMER = (
    "What you said goes against much of what it knew, so that was held more firmly than usual."
)

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class _Prior:
    """Knowledge of before: the base, its head without a network, and the tagger."""

    bundle: Bundle
    head: TaggerHead | None
    tagger: Tagger

    @property
    def genres(self) -> tuple[str, ...]:
        return self.bundle.manifest.genres


def learn(
    tell: Tell = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    base: str = BASE,
) -> Learned:
    """Make or renew the user's own model from all corrections and confirmations.

    Parameters
    ----------
    tell : callable
        Told songs heard, and songs in all.
    cancelled : callable
        Asked several times a second; nothing is written then.
    base : str
        Model whose knowledge is kept.

    Raises
    ------
    FstMuseError
        If nothing has been corrected, nothing of it can be read, or a model of this name is
        there that was not made here.
    """
    begun = time.monotonic()
    _check_name()
    prior = _prior(base)
    try:
        found = read_corrections(corrections_folder(), cancelled=cancelled)
    except FstMuseError as error:
        raise _nothing(error.reason, error.remedy) from error
    paths = [track.path for track in found.tracks]
    rows = read_rows(paths, prior.tagger.sha256, tell, cancelled, named=set(paths))
    if cancelled() or not rows.is_complete:
        raise FstMuseError("learn", "it was cancelled; nothing has changed")
    set_aside = [*found.set_aside, *rows.set_aside]
    notes = [f"Left out is {file.path.name}: {file.reason}." for file in set_aside[:3]]
    if len(set_aside) > 3:
        notes.append(f"{len(set_aside) - 3} more files could not be used.")
    tracks = [track for track in found.tracks if track.path in rows.by_path]
    if not tracks:
        raise _nothing("no song of them can be learned from", " ".join(notes))
    sounds = same_recordings(
        [t.path for t in tracks], np.stack([rows.by_path[t.path] for t in tracks])
    )
    tracks, torn = _of_one_mind(tracks, sounds)
    tracks, new, few = _with_enough(tracks, prior.genres)
    if not tracks:
        said = " ".join([*notes, *torn, *few])
        raise _nothing("too few songs are left to learn from", said)
    data = QuickData(
        (*prior.genres, *new),
        tuple(tracks),
        np.stack([rows.by_path[track.path] for track in tracks]),
        prior.tagger.tags,
        sounds,
    )
    return _learned(prior, data, new, (*notes, *torn, *few), begun)


def _nothing(reason: str, remedy: str) -> FstMuseError:
    """Error where there is nothing to learn from; says that the model of before is still there."""
    return FstMuseError(TITLE, reason, ". ".join(filter(None, (remedy.rstrip("."), _former()))))


def _former() -> str:
    """Name of the user's model of before, and how to be rid of it; empty if there is none."""
    folder = bundle_folders().get(NAME)
    try:
        manifest = None if folder is None else load_bundle(folder).manifest
    except BundleError:
        return ""
    if folder is None or manifest is None or LEARNED not in manifest.training:
        return ""
    made = datetime.fromtimestamp((folder / MANIFEST_NAME).stat().st_mtime).astimezone()
    return (
        f"{TITLE_OF_MODEL} is still the one of {made:%Y-%m-%d %H:%M} and knows "
        f"{listed(manifest.genres, len(manifest.genres))}; fstmuse models delete {NAME} removes it"
    )


def _check_name() -> None:
    """Raise ``FstMuseError`` if a model of another making has the name."""
    folder = bundle_folders().get(NAME)
    try:
        if folder is None or LEARNED in load_bundle(folder).manifest.training:
            return
    except BundleError:
        return  # a damaged one is made anew
    raise FstMuseError(NAME, "a model of this name is there that learn has not made", "rename it")


def _prior(base: str) -> _Prior:
    bundle = find_bundle(base)
    bundle.require_kind(CLASSIFIER)
    head = tagger_head(bundle)
    if head is None:
        return _Prior(bundle, None, the_tagger())
    tagger = Tagger(find_tagger(bundle.manifest.tagger))
    head.check_tagger(len(tagger.tags), tagger.n_features)
    return _Prior(bundle, without_network(head), tagger)


def _of_one_mind(tracks: Sequence[Track], sounds: dict[Path, str]) -> tuple[list[Track], list[str]]:
    """Tracks without what was said before of the same recording, and sentences on those.

    Of what was said of it the newest holds, which stands last.
    """
    torn = under_two_names(tracks, sounds)
    gone = {t.path for group in torn for t in group if t.genre != group[-1].genre}
    said = [
        f"{listed([_as_said(track) for track in group], 4)} are the same recording: "
        f"{group[-1].genre} holds, which you said last."
        for group in torn
    ]
    return [track for track in tracks if track.path not in gone], said


def _as_said(track: Track) -> str:
    return f"{track.path.name} ({track.genre})"


def _with_enough(
    tracks: Sequence[Track], known: Sequence[str]
) -> tuple[list[Track], tuple[str, ...], list[str]]:
    """Tracks to learn from, genres that are new, and sentences on those with too few songs."""
    counts = Counter(track.genre for track in tracks if track.genre not in known)
    enough = sorted(genre for genre, count in counts.items() if count >= FEWEST_OF_NEW)
    new = tuple(enough[: MOST_GENRES - len(known)])
    said = [
        f"{genre} is not learned yet: {counted(count, 'song')} of it, {FEWEST_OF_NEW} are needed."
        for genre, count in counts.items()
        if count < FEWEST_OF_NEW
    ]
    if len(new) < len(enough):
        said.append(f"{listed(enough[len(new) :], 3)}: {MOST_GENRES} genres at most are learned.")
    return [track for track in tracks if track.genre in {*known, *new}], new, said


def _learned(
    prior: _Prior, data: QuickData, new: tuple[str, ...], notes: tuple[str, ...], begun: float
) -> Learned:
    limits = prior.bundle.manifest.thresholds
    outputs = outputs_of(data.rows, len(data.tags))
    head = prior.head or tags_alone(prior.genres, data.tags, data.rows)
    known = anchors(prior.tagger).rows
    wide = with_genres(head, prior.genres, new, data.tags, known if len(known) else data.rows)
    classes, held = data.classes, held_by(head, known, len(data.tags))
    before = np.array([prior.genres[i] for i in head.join_alone(outputs).logits.argmax(axis=1)])
    labels = np.array([track.genre for track in data.tracks])
    usual = FIRST if wide is head else FIRST_OF_NEW
    final, firmness, compared = _taught(prior, data, head, wide, held, usual)
    after = final.join_alone(outputs).logits.argmax(axis=1)
    answers, is_tested = _cross_validated(data, wide, limits.novelty, held, firmness)
    if firmness != usual:
        notes = (*notes, _FIRMER)
    learned = Learned(
        name=NAME,
        title=TITLE_OF_MODEL,
        sha256="",
        base=prior.bundle.manifest.title,
        songs=len(data.tracks),
        artists=count_artists(data.tracks),
        tested=int(is_tested.sum()),
        right_before=int((before == labels)[is_tested].sum()),
        right_after=int((answers.argmax(axis=1) == classes)[is_tested].sum()),
        known_before=int((before == labels).sum()),
        known=int((after == classes).sum()),
        new_genres=new,
        checked=compared.songs,
        changed=compared.changed,
        checked_before=compared.right_before,
        checked_after=compared.right_after,
        notes=notes,
    )
    metrics = _metrics(prior, data, answers, is_tested)
    sha256 = _write(prior, data, final, metrics, learned)
    return replace(learned, sha256=sha256, seconds=time.monotonic() - begun)


def _taught(
    prior: _Prior,
    data: QuickData,
    head: TaggerHead,
    wide: TaggerHead,
    held: Held,
    usual: Firmness,
) -> tuple[TaggerHead, Firmness, Compared]:
    """The head that has learned, how firmly the others are held, and what it changed.

    They are held more firmly until what was known is kept.
    """
    novelty = prior.bundle.manifest.thresholds.novelty
    for firmness in dict.fromkeys((usual, *FIRMER)):
        taught = lean_on(wide, data.rows, data.classes, len(data.tags), novelty, held, firmness)
        compared = compare(head, taught, prior.tagger, prior.genres, data.genres)
        if compared.is_kept:
            return taught, firmness, compared
    raise FstMuseError(
        TITLE,
        f"with what they teach, {compared.changed} of {compared.songs} songs that come along would "
        f"be answered otherwise, and {compared.right_after} rightly instead of "
        f"{compared.right_before}, so nothing was learned",
        f"{_former() or 'see what you said with fstmuse data corrections'}",
    )


def _cross_validated(
    data: QuickData, head: TaggerHead, novelty: float, held: Held, firmness: Firmness
) -> tuple[Any, Bools]:
    """Logits of each song by what has not learned from its artist, and where there are any."""
    logits = np.zeros((len(data.tracks), len(data.genres)))
    is_tested = np.zeros(len(data.tracks), dtype=np.bool_)
    if len(connected_tracks(data.tracks, data.sounds)) < 2:
        return logits, is_tested
    folds: Ints = data.folds(FOLDS, 0)
    for fold in range(int(folds.max()) + 1):
        here = folds == fold
        mine = data.rows[~here], data.classes[~here]
        taught = lean_on(head, *mine, len(data.tags), novelty, held, firmness)
        outputs = outputs_of(data.rows[here], len(data.tags))
        logits[here] = taught.join_alone(outputs).logits
        is_tested |= here
    return logits, is_tested


def _metrics(prior: _Prior, data: QuickData, logits: Any, is_tested: Bools) -> dict[str, Any]:
    if not is_tested.any():
        return {}
    chances = probabilities(logits[is_tested], prior.bundle.manifest.temperature)
    sure = chances.max(axis=1) >= prior.bundle.manifest.thresholds.confidence
    best = [data.genres[i] for i in chances.argmax(axis=1)]
    named = tuple(genre if is_sure else None for genre, is_sure in zip(best, sure, strict=True))
    tracks = tuple(t for t, tested in zip(data.tracks, is_tested, strict=True) if tested)
    return measure(Answers(data.genres, tracks, chances, named, ()))


def _write(
    prior: _Prior, data: QuickData, head: TaggerHead, metrics: dict[str, Any], learned: Learned
) -> str:
    base = prior.bundle.manifest
    manifest = replace(
        tagged_manifest(NAME, data.genres, prior.tagger.sha256, head),
        title=TITLE_OF_MODEL,
        temperature=base.temperature,
        thresholds=base.thresholds,
        training={
            "command": "fstmuse learn",
            LEARNED: {**learned.to_dict(), "base_sha256": prior.bundle.sha256},
            "clips": {"train": len(data.tracks)},
        },
        metrics=metrics,
        versions=library_versions(),
    )
    parts = Parts(data.genres, data.tracks, (), ())
    files = {
        TAGGER_HEAD_NAME: head.to_bytes(),
        CARD_NAME: learned_card(learned, data.genres, metrics).encode(),
        TRACKS_FILE: track_list(parts, tracks_of_base(prior.bundle)).encode(),
    }
    return write_bundle(user_models_folder() / NAME, manifest, files)
