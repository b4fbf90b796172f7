"""The plug-in for beets, in beets itself where that is at hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.audio.reading import SAMPLE_RATE
from fstmuse_core.library.truth import beets_labels
from fstmuse_core.tags.formats import open_tags
from tests.conftest import make_music

PLUGINS = Path(__file__).parents[2] / "src" / "beetsplug"
# Stands for "fstmuse classify": beets is tested here, no model.
_ANSWERS = """\
import json, sys
print(*sys.argv[1:], file=open(LOG, "a"))
for line in sys.stdin:
    path = json.loads(line)
    print("", path, file=open(LOG, "a"))
    name = path.replace("\\\\", "/").rsplit("/", 1)[1]
    record = {"path": path, "model": "fst-muse", "model_sha256": "abcdef0123456789"}
    if "song" in name.lower():
        named = {"3": "Jazz", "4": "Folk", "rap": "Hip-Hop"}
        genre = next((named[part] for part in named if part in name), "Rock")
        record |= {"genre": genre, "probabilities": {genre: 0.8, "Pop": 0.2}}
    elif "quiet" in name.lower():
        record |= {"genre": None, "verdict": "Not sure: silence", "probabilities": {"Pop": 1.0}}
    elif "crash" in name.lower():
        sys.exit("fstmuse: it fell over")
    else:
        record["error"] = "it is damaged"
    print(json.dumps(record), flush=True)
"""


def beets_python() -> str:
    """A Python that has beets: this one, or the one that ``FSTMUSE_TEST_BEETS`` names."""
    return os.environ.get("FSTMUSE_TEST_BEETS", sys.executable)


@pytest.fixture(scope="module", autouse=True)
def beets_is_there() -> None:
    found = subprocess.run([beets_python(), "-c", "import beets"], capture_output=True)
    if found.returncode:
        pytest.skip("beets is not installed, and FSTMUSE_TEST_BEETS names no Python that has it")


class Beets:
    """Beets with a library, a music folder and our plug-in."""

    def __init__(self, home: Path, command: str, more: str = "") -> None:
        self.home = home
        self.database = home / "library.db"
        self.music = home / "music"
        self.log = home / "log.txt"
        (home / "config.yaml").write_text(
            f"directory: {self.music}\nlibrary: {self.database}\n"
            f"plugins: fstmuse\npluginpath: {PLUGINS}\n"
            "import: {copy: yes, write: yes, duplicate_action: keep}\n"
            f"paths: {{default: $album/$title}}\nfstmuse: {{command: '{command}'{more}}}\n"
        )

    def __call__(self, *arguments: str | Path) -> str:
        done = subprocess.run(
            [beets_python(), "-m", "beets", *map(str, arguments)],
            capture_output=True,
            env={**os.environ, "BEETSDIR": str(self.home), "PYTHONUTF8": "1"},
            timeout=120,
        )
        said = done.stdout.decode() + done.stderr.decode()
        return said if done.returncode == 0 else f"failed: {said}"

    def starts(self) -> list[str]:
        """Command lines that the program was started with."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if not line.startswith(" ")]

    def asked(self) -> list[str]:
        """Paths that it was asked about."""
        return [line for line in self.log.read_text().splitlines() if line.startswith(" ")]

    def listed(self, *query: str) -> list[str]:
        """Title, genre and score of each track that is asked for."""
        return sorted(self("ls", "-f", "$title: $genres, $fstmuse_score", *query).splitlines())


@pytest.fixture
def beets(tmp_path: Path) -> Beets:
    script = tmp_path / "answers.py"
    log = tmp_path / "log.txt"
    script.write_text(f"LOG = {str(log)!r}\n{_ANSWERS}")
    return Beets(tmp_path, f"{sys.executable} {script}", ", genres: {Folk: Roots}")


@pytest.fixture
def album(make_file: Callable[..., Path], tmp_path: Path) -> Path:
    """An album of five tracks; one of them has a genre already."""
    import mutagen

    (tmp_path / "new").mkdir()
    short = np.ascontiguousarray(make_music(1.0))
    for name in ("Song 1", "Song 2", "Song 3", "quiet", "tagged"):
        path = make_file(f"new/{name}.flac", samples=short, rate=SAMPLE_RATE)
        file = mutagen.File(path)
        assert file is not None
        file["title"], file["album"], file["artist"] = name, "Album", "Anna"
        if name == "tagged":
            file["genre"] = "Polka"
        file.save()
    return tmp_path / "new"


def test_import_names_what_has_no_genre(beets: Beets, album: Path) -> None:
    beets("import", "-qA", album)

    assert beets.starts() == ["classify --stdin --model fst-muse"]
    assert len(beets.asked()) == 4
    assert beets.listed() == [
        "Song 1: Rock, 0.8",
        "Song 2: Rock, 0.8",
        "Song 3: Jazz, 0.8",
        "quiet: , $fstmuse_score",
        "tagged: Polka, $fstmuse_score",
    ]
    assert beets("ls", "-a", "-f", "$genres").strip() == "Rock"
    song = beets.music / "Album" / "Song 3.flac"
    assert open_tags(song).genres == ()  # beets leaves the tags be of what is imported as it is
    beets("write")
    assert open_tags(song).genres == ("Jazz",)
    assert beets.listed("fstmuse_score:0.9..") == []

    # What it named is its own opinion, and no truth to hold it against.
    paths = [str(path) for path in beets.music.rglob("*.flac")]
    assert [one.names for one in beets_labels(beets.database, paths)] == [("Polka",)]


def test_the_command_leaves_genres_be_unless_forced(beets: Beets, album: Path) -> None:
    beets("import", "-qA", album)
    beets.log.unlink()

    beets("fstmuse", "-p", "-f", "title:tagged")
    assert beets.listed("title:tagged") == ["tagged: Polka, $fstmuse_score"]
    beets("fstmuse")
    beets("modify", "-y", "title:Song 3", "genres=Folk")
    beets("fstmuse", "title:Song")
    assert beets.listed("title:Song 3") == ["Song 3: Folk, 0.8"]
    beets("fstmuse", "-f", "title:Song 3")
    assert beets.listed("title:Song 3") == ["Song 3: Jazz, 0.8"]
    assert len(beets.starts()) == len(beets.asked()) == 3


def test_one_process_serves_a_whole_import(beets: Beets, album: Path) -> None:
    for number in range(3):
        (album.parent / "albums").mkdir(exist_ok=True)
        shutil.copytree(album, album.parent / "albums" / f"album {number}")

    beets("import", "-qA", album.parent / "albums")

    assert len(beets.starts()) == 1
    assert len(beets.asked()) == 12


def test_genres_are_spelt_as_in_the_library_or_as_configured(beets: Beets, album: Path) -> None:
    (album / "quiet.flac").rename(album / "song rap.flac")
    (album / "Song 2.flac").rename(album / "song 4.flac")
    beets("import", "-qA", album / "tagged.flac")
    beets("modify", "-y", "title:tagged", "genres=hip hop")

    beets("import", "-qA", album)

    assert beets.listed("title:Song") == [
        "Song 1: Rock, 0.8",
        "Song 2: Roots, 0.8",
        "Song 3: Jazz, 0.8",
    ]
    assert "quiet: hip hop, 0.8" in beets.listed()


def test_a_program_that_ends_is_said_and_stops_no_import(beets: Beets, album: Path) -> None:
    (album / "quiet.flac").rename(album / "crash.flac")

    said = beets("import", "-qA", album)

    assert "fstmuse: it fell over" in said
    assert "Traceback" not in said
    assert len(beets.listed()) == 5


@pytest.mark.slow
def test_the_real_program_answers_beets(tmp_path: Path, music_file: Path) -> None:
    (tmp_path / "real").mkdir()
    shutil.copy(music_file, tmp_path / "real" / "music.wav")
    beets = Beets(tmp_path, f"{sys.executable} -m fstmuse_core.cli")
    command = [sys.executable, "-m", "fstmuse_core.cli", "classify", "--format", "json"]
    told = subprocess.run([*command, str(music_file)], capture_output=True, check=True)
    (answer,) = json.loads(told.stdout)

    said = beets("-v", "import", "-qA", tmp_path / "real")

    if answer["genre"] is None:
        assert answer["verdict"] in said
    else:
        (found,) = beets("ls", "-f", "$genres, $fstmuse_score").splitlines()
        assert found == f"{answer['genre']}, {answer['probabilities'][answer['genre']]:.1f}"


def test_a_missing_program_is_said_and_stops_no_import(tmp_path: Path, album: Path) -> None:
    beets = Beets(tmp_path, "nowhere-to-be-found")
    assert "nowhere-to-be-found cannot be started" in beets("import", "-qA", album)
    assert len(beets.listed()) == 5

    said = beets("fstmuse")
    assert said.startswith("failed: error: fstmuse: nowhere-to-be-found cannot be started")
    assert "Traceback" not in said
