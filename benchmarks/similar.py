"""Similar songs: how fast, and how well.

``python -m benchmarks --only similar`` measures a library of made-up embeddings. How well is
measured on labelled music: ``python -m benchmarks.similar MUSIC... --collections cc cc2`` asks of
each song which of its five nearest, by other artists, have its genre; MFCC statistics of the same
songs are the floor.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from benchmarks.rows import Row
from fstmuse_core.datasets.duplicates import same_recordings
from fstmuse_core.library.database import Library, open_library
from fstmuse_core.library.scan import FoundFile, note_files
from fstmuse_core.library.similar import SongFinder, SongIndex, journey, load_index
from fstmuse_core.library.song_map import draw_map
from fstmuse_core.library.sounds import StoredSound, keep_sound, register_tagger

Floats = npt.NDArray[np.floating]
_N_FEATURES, _N_TAGS = 712, 100
_SIZES = (50_000, 100_000)
_NEAREST = 5
_ASKED = 20


def measure(repeats: int) -> list[Row]:
    """Rows for libraries of 50,000 and 100,000 songs."""
    return [*(row for size in _SIZES for row in _library(size, repeats)), *_copies()]


def _copies() -> list[Row]:
    """Rows for the search for copies; the fingerprints are those of songs of two minutes."""
    size, rng = _SIZES[0], np.random.default_rng(0)
    prints = {n: rng.integers(0, 2**32, 1720, dtype=np.uint32) for n in range(size)}
    prints[size] = prints[0] ^ (rng.random(1720) < 0.5).astype(np.uint32)
    begun = time.perf_counter()
    pairs = same_recordings(prints)
    taken = time.perf_counter() - begun
    assert [(pair.first, pair.second) for pair in pairs] == [(0, size)]
    return [Row(f"copies among {size:,} songs, fingerprints made up", taken, "s")]


def _library(size: int, repeats: int) -> list[Row]:
    with TemporaryDirectory() as folder, open_library(Path(folder) / "library.db") as library:
        before, after = _fill(library, size)
        begun = time.perf_counter()
        index = load_index(library)
        loaded = time.perf_counter() - begun
        rows = library.rows("no model")
        finder = SongFinder(index, rows)
        rng = np.random.default_rng(1)
        chosen = rng.integers(size, size=(max(3, repeats), 2))
        search = _median(lambda a, _: index.nearest(index.units[a], _ASKED), chosen)
        begun = time.process_time()
        for a in chosen[:, 0].tolist():
            index.nearest(index.units[a], _ASKED)
        busy = (time.process_time() - begun) / len(chosen)
        both = _median(
            lambda a, _: finder.near([index.units[a]], _ASKED, without=[rows[a]]),
            chosen,
        )
        drawing, adding = _mapped(library)
        way = _median(lambda a, b: journey(finder, rows[a], rows[b], 12), chosen)
    name = f"{size:,} songs"
    return [
        Row(f"similar songs: database of {name}, more a song", (after - before) / size, "bytes"),
        Row(f"  {name} loaded", loaded, "s", 2.0),
        Row(f"  {_ASKED} nearest of {name}, once loaded", 1000 * search, "ms", 50.0),
        Row("  processor time of that", 1000 * busy, "ms"),
        Row("  with their files", 1000 * both, "ms"),
        Row(f"  journey of 12 of {name}", 1000 * way, "ms"),
        Row(f"  map of {name} drawn, processor time", drawing, "s"),
        Row("  100 more find their places, processor time", adding, "s"),
    ]


def _fill(library: Library, size: int) -> tuple[int, int]:
    """Put songs with made-up embeddings in; bytes of the database without and with them."""
    note_files(library, (FoundFile(f"/{n}.mp3", 1, 1, "1", str(n)) for n in range(size)))
    with library.writing() as connection:
        connection.execute("INSERT INTO folders(path, added_at) VALUES (x'2f', '')")
        connection.execute("UPDATE files SET folder_id = 1, content = inode, artist = inode % 997")
    before = _bytes(library)
    rng = np.random.default_rng(0)
    with library.writing() as connection:
        tagger = register_tagger(connection, "made up")
        for n in range(size):
            values = rng.normal(size=_N_FEATURES + _N_TAGS).astype("<f2")
            embedding, logits = values[:_N_FEATURES].tobytes(), values[_N_FEATURES:].tobytes()
            keep_sound(connection, str(n), tagger, StoredSound(embedding, logits, "[]", b""))
    return before, _bytes(library)


def _mapped(library: Library) -> tuple[float, float]:
    """Seconds of processor time for the map, and for 100 songs that are added to it."""
    begun = time.process_time()
    draw_map(library)
    drawing = time.process_time() - begun
    with library.writing() as connection:
        connection.execute(
            "DELETE FROM places WHERE content IN "
            "(SELECT content FROM places WHERE NOT is_anchor ORDER BY content LIMIT 100)"
        )
    begun = time.process_time()
    draw_map(library)
    return drawing, time.process_time() - begun


def _bytes(library: Library) -> int:
    with library.reading() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages * size)


def _median(work: Callable[[int, int], object], chosen: npt.NDArray[np.integer]) -> float:
    taken = []
    for a, b in chosen.tolist():
        begun = time.perf_counter()
        work(a, b)
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken))


# -- how well ------------------------------------------------------------------------------


def shares(units: Floats, genres: list[str], artists: list[str]) -> npt.NDArray[np.float64]:
    """Share of the five nearest songs by other artists with the same genre, for each song."""
    cosines = units @ units.T
    names, kinds = np.array(artists), np.array(genres)
    found = []
    for place, near in enumerate(cosines):
        others = np.flatnonzero(names != names[place])
        nearest = others[np.argsort(-near[others], kind="stable")[:_NEAREST]]
        found.append(float((kinds[nearest] == kinds[place]).mean()))
    return np.array(found)


def main(arguments: list[str] | None = None) -> int:
    """Measure on labelled music, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("music", nargs="+", type=Path, help="Folders with a manifest.csv.")
    parser.add_argument("--collections", nargs="*", help="Only songs of these.")
    parser.add_argument("--cache", type=Path, help="Where the tagger's rows are kept.")
    options = parser.parse_args(arguments)
    songs = _songs(options.music, options.collections)
    genres = [song["genre"] for song in songs]
    artists = [song["artist"] or song["path"] for song in songs]
    paths = [Path(song["path"]) for song in songs]
    for name, rows in _descriptions(paths, options.cache).items():
        found = shares(SongIndex("", artists, rows).units.astype(np.float64), genres, artists)
        by_genre = [found[np.array(genres) == genre].mean() for genre in sorted(set(genres))]
        print(f"{name:<34} {found.mean():.3f}  mean of genres {np.mean(by_genre):.3f}")
    kinds, names = np.array(genres), np.array(artists)
    chance = np.mean(
        [(kinds[names != a] == g).mean() for g, a in zip(genres, artists, strict=True)]
    )
    print(f"{len(songs)} songs, {len(set(genres))} genres; by chance {chance:.3f}")
    return 0


def _songs(folders: list[Path], collections: list[str] | None) -> list[dict[str, str]]:
    songs = []
    for folder in folders:
        with (folder / "manifest.csv").open(encoding="utf-8", newline="") as stream:
            for song in csv.DictReader(stream):
                if not collections or song["collection"] in collections:
                    songs.append({**song, "path": str(folder / song["path"])})
    return songs


def _descriptions(paths: list[Path], cache: Path | None) -> dict[str, Floats]:
    from fstmuse_core.audio.reading import SAMPLE_RATE, load_audio
    from fstmuse_core.audio.spectrogram import mel_spectrogram
    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.bundle.tagger import Tagger
    from fstmuse_core.training.starter.cross_validation import mfcc_statistics
    from fstmuse_core.training.tagger_rows import tagger_rows

    rows = tagger_rows(paths, Tagger(find_bundle("tagger")), cache=cache)
    embedding, tags = rows[:, :-_N_TAGS], rows[:, -_N_TAGS:]
    # As much of each song as the tagger hears.
    mfcc = mfcc_statistics(
        [
            mel_spectrogram(load_audio(path)[: 180 * SAMPLE_RATE]).astype(np.float16)
            for path in paths
        ]
    )
    return {
        "MFCC statistics, standardised": _standard(mfcc),
        "embedding (in use)": embedding,
        "embedding, centred": embedding - embedding.mean(axis=0),
        "embedding, standardised": _standard(embedding),
        "embedding, 64 whitened components": _whitened(embedding, 64),
        "tags, standardised": _standard(tags),
    }


def _standard(rows: Floats) -> Floats:
    return np.asarray((rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-6))


def _whitened(rows: Floats, count: int) -> Floats:
    u, _, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    return np.asarray(u[:, :count], dtype=np.float64)


if __name__ == "__main__":
    sys.exit(main())
