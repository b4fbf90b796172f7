"""``fstmuse data``: check and cache."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.cli import main
from fstmuse_core.datasets.cache import FeatureCache

from .conftest import write_clip

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Runs ``fstmuse data ...`` in this process; gives exit code, output and complaints."""
    monkeypatch.setenv("FSTMUSE_CACHE", str(tmp_path / "cache"))

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["data", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def sound_folders(genre_folders: Path) -> Path:
    """Five artists of each genre: enough to train on."""
    for genre, base in (("rock", 100), ("hip hop", 400)):
        for n in (3, 4):
            write_clip(genre_folders / genre / f"artist {n}" / "song.wav", pitch=base + 10 * n)
    return genre_folders


def test_check_reports_a_sound_data_set(data: Run, sound_folders: Path) -> None:
    code, out, err = data("check", sound_folders)

    assert code == 0
    assert err.endswith("--kind tags takes those in the files' tags\n")
    assert err.count("\n") == 1
    assert "10 usable clips, 2 genres" in out


def test_check_of_too_little_is_told_by_its_exit_code(data: Run, genre_folders: Path) -> None:
    code, out, _ = data("check", genre_folders)

    assert code == 1
    assert "Nothing can be trained on it: data set: 6 clips are too few" in out


def test_check_says_what_was_set_aside(data: Run, genre_folders: Path) -> None:
    (genre_folders / "rock" / "bad.mp3").write_bytes(b"no sound" * 90)

    code, out, _ = data("check", genre_folders, "--format", "json", "--processes", "1")

    assert code == 1
    (aside,) = json.loads(out)["set_aside"]
    assert Path(aside["path"]).name == "bad.mp3"


def test_check_writes_markdown(data: Run, sound_folders: Path, tmp_path: Path) -> None:
    code, out, _ = data(
        "check", sound_folders, "--format", "markdown", "--output", tmp_path / "report.md"
    )

    assert (code, out) == (0, "")
    assert "| Rock | 5 | 5 |" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_check_of_fma(data: Run, fma: Path) -> None:
    code, out, _ = data("check", fma)

    assert code == 1
    assert "(FMA): 7 usable clips" in out
    assert "001400.mp3: the file is missing" in out
    # "Punk" is in training and in validation.
    assert "On both sides of the official split: 1 artist and 0 duplicated sounds" in out


@pytest.mark.parametrize("arguments", [["nowhere"], ["empty"], ["empty", "--kind", "fma"]])
def test_check_of_nothing_is_one_line(data: Run, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "empty").mkdir()

    code, out, err = data("check", tmp_path / arguments[0], *arguments[1:])

    assert (code, out) == (1, "")
    assert err.startswith(f"fstmuse: {arguments[0]}: ")
    assert len(err.splitlines()) == 1


def test_check_of_one_genre_says_why_it_is_of_no_use(data: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "music" / "rock" / "a.wav")

    code, out, _ = data("check", tmp_path / "music")

    assert code == 1
    assert "all its clips (1) are Rock" in out


def test_cache_shows_its_size_and_is_emptied(
    data: Run, genre_folders: Path, tmp_path: Path
) -> None:
    with FeatureCache() as cache:
        cache.fill(sorted(genre_folders.rglob("*.wav")))

    code, out, _ = data("cache")
    assert code == 0
    assert out.startswith(f"{tmp_path / 'cache' / 'features'}: 6 clips, 0.3 MiB")

    code, out, _ = data("cache", "--clear")
    assert code == 0
    assert "features: 0 clips" in out
    assert "0.3 MiB were freed" in out
