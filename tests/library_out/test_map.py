"""The map of a library: neighbours sound alike, and songs stay where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.library.rows import State
from fstmuse_core.library.song_map import SongMap, draw_map
from fstmuse_core.system.errors import FstMuseError
from tests.library_out.conftest import MODEL, Shelf, answer
from tests.library_out.test_similar import give

N_FEATURES = 16
RNG_SEED = 3


def put_songs(store: Shelf, kinds: list[int], first: int = 0) -> None:
    """Songs that sound like those of the same kind."""
    rng = np.random.default_rng(RNG_SEED + first)
    names = [f"song {first + n:03}.mp3" for n in range(len(kinds))]
    store.put(*names)
    store.hear(MODEL, {name: answer("Rock", 0.9) for name in names}, artist="A")
    for name, kind in zip(names, kinds, strict=True):
        sound = np.eye(N_FEATURES)[kind] + rng.normal(0.0, 0.08, N_FEATURES)
        give(store.library, name, sound.tolist())


def by_path(store: Shelf, drawn: SongMap) -> dict[str, npt.NDArray[np.float32]]:
    """Place of each file on the map by its name."""
    rows = {row.file_id: Path(row.path).name for row in store.library.rows(MODEL.sha256)}
    pairs = zip(drawn.file_ids.tolist(), drawn.places, strict=True)
    return {rows[file_id]: place for file_id, place in pairs}


def test_neighbours_on_the_map_sound_alike(library_store: Shelf) -> None:
    kinds = [n % 3 for n in range(36)]
    put_songs(library_store, kinds)

    drawn = draw_map(library_store.library)

    assert (len(drawn.file_ids), drawn.n_new, drawn.is_new) == (36, 36, True)
    away = np.linalg.norm(drawn.places[:, None] - drawn.places[None], axis=2)
    np.fill_diagonal(away, np.inf)
    nearest = np.argsort(away, axis=1)[:, :5]
    right = [kinds[other] == kinds[n] for n in range(36) for other in nearest[n]]
    assert np.mean(right) > 0.95  # a third by chance


def test_new_songs_find_places_and_the_old_ones_stay(library_store: Shelf) -> None:
    put_songs(library_store, [n % 3 for n in range(30)])
    before = by_path(library_store, draw_map(library_store.library))
    put_songs(library_store, [1] * 5, first=30)

    drawn = draw_map(library_store.library)

    after = by_path(library_store, drawn)
    assert (drawn.n_new, drawn.is_new) == (5, False)
    assert all(np.array_equal(after[name], place) for name, place in before.items())
    alike = np.array([before[f"song {n:03}.mp3"] for n in range(30) if n % 3 == 1])
    reach = np.linalg.norm(alike - alike.mean(axis=0), axis=1).max()
    for n in range(30, 35):
        assert np.linalg.norm(after[f"song {n:03}.mp3"] - alike.mean(axis=0)) < 1.2 * reach


def test_what_is_on_the_map_is_not_drawn_again(library_store: Shelf) -> None:
    put_songs(library_store, [n % 3 for n in range(12)])
    first = draw_map(library_store.library)

    again = draw_map(library_store.library)

    assert (again.n_new, again.is_new) == (0, False)
    assert np.array_equal(first.places, again.places)


def test_a_map_that_was_outgrown_is_drawn_anew(library_store: Shelf) -> None:
    put_songs(library_store, [0, 1, 2, 0])
    draw_map(library_store.library)
    put_songs(library_store, [n % 3 for n in range(20)], first=4)

    drawn = draw_map(library_store.library)

    assert (drawn.n_new, drawn.is_new) == (20, True)


def test_drawn_anew_it_lies_as_before(library_store: Shelf) -> None:
    put_songs(library_store, [n % 3 for n in range(30)])
    before = draw_map(library_store.library).places
    with library_store.library.writing() as connection:
        connection.execute("UPDATE places SET x = -y, y = x")  # turned by a quarter

    after = draw_map(library_store.library, anew=True).places

    turned = np.stack([-before[:, 1], before[:, 0]], axis=1)
    assert np.corrcoef(turned[:, 0], after[:, 0])[0, 1] > 0.9
    assert np.corrcoef(turned[:, 1], after[:, 1])[0, 1] > 0.9


@pytest.mark.parametrize("kinds", [[0], [0, 1], [0, 0, 0]])
def test_few_songs_have_places_too(kinds: list[int], library_store: Shelf) -> None:
    put_songs(library_store, kinds)

    drawn = draw_map(library_store.library)

    assert drawn.places.shape == (len(kinds), 2)
    assert np.isfinite(drawn.places).all()


def test_copies_of_one_sound_have_places(library_store: Shelf) -> None:
    names = [f"song {n}.mp3" for n in range(12)]
    library_store.put(*names)
    library_store.hear(MODEL, {name: answer("Rock", 0.9) for name in names}, artist="A")
    for name in names:
        give(library_store.library, name, [1.0, *[0.0] * (N_FEATURES - 1)])

    drawn = draw_map(library_store.library)

    assert np.isfinite(drawn.places).all()


def test_files_that_are_gone_are_not_on_it(library_store: Shelf) -> None:
    put_songs(library_store, [n % 3 for n in range(12)])
    draw_map(library_store.library)
    (gone,) = library_store.ids("song 003.mp3")
    with library_store.library.writing() as connection:
        connection.execute("UPDATE files SET state = ? WHERE id = ?", (State.GONE.value, gone))

    assert gone not in draw_map(library_store.library).file_ids


def test_a_library_that_nobody_listened_to_says_so(library_store: Shelf) -> None:
    library_store.put("song.mp3")

    with pytest.raises(FstMuseError, match="let a model listen"):
        draw_map(library_store.library)
