"""The notebooks of the docs, and a recipe, run from the first line to the last."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core import GenreClassifier
from tests.conftest import make_music

NOTEBOOKS = Path(__file__).parents[2] / "docs" / "notebooks"
RATE = 22_050


def cells(name: str) -> list[str]:
    """Code of a notebook."""
    found = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


def run(name: str, folder: Path) -> str:
    """Output of a notebook's cells, run in a process of their own in a folder."""
    return run_code("\n\n".join(cells(name)), folder)


def run_code(code: str, folder: Path) -> str:
    """Output of Python code in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={
            **os.environ,
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONUTF8": "1",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_notebook_is_tested_and_holds_no_output() -> None:
    assert {file.name for file in NOTEBOOKS.iterdir()} == {"tour.ipynb", "own-folder.ipynb"}
    for file in NOTEBOOKS.iterdir():
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            assert cell["cell_type"] == "markdown" or cell["outputs"] == []


def test_the_tour_of_the_interface(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", make_music(12.0), RATE)

    told = run("tour.ipynb", tmp_path)

    assert "(264600,) (517, 128) 22050 512" in told
    assert "no such song.mp3: there is no such file" in told
    assert soundfile.info(tmp_path / "rock.wav").duration == pytest.approx(5.0, abs=0.1)


def test_training_on_a_folder(tmp_path: Path) -> None:
    for genre, speed in (("Slow", 0.5), ("Fast", 2.0)):
        (tmp_path / "Music" / genre).mkdir(parents=True)
        for number in range(6):
            band = make_music(5.0 * speed + 1.0, seed=number)
            at = np.arange(4 * RATE) * speed * (1.0 + 0.04 * number)
            sound = np.interp(at, np.arange(band.size), band).astype(np.float32)
            soundfile.write(tmp_path / "Music" / genre / f"{number}.wav", sound, RATE)

    told = run("own-folder.ipynb", tmp_path)

    assert told.startswith("Fast 6\nSlow 6\n")
    assert "('Fast', 'Slow')" in told
    assert "my-folder is done: of the test" in told
    assert list((tmp_path / "data").rglob("my-folder/model.json"))


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
def test_the_recipe_for_ray(tmp_path: Path) -> None:
    page = (NOTEBOOKS.parent / "machines.md").read_text(encoding="utf-8")
    recipe = page.split("```python\n")[1].split("```")[0]
    (tmp_path / "Music").mkdir()
    for number in range(3):
        soundfile.write(tmp_path / "Music" / f"{number}.wav", make_music(4.0, seed=number), RATE)
    (tmp_path / "Music" / "damaged.wav").write_bytes(b"nothing")

    told = [json.loads(line) for line in run_code(recipe, tmp_path).splitlines() if line[:1] == "{"]

    classifier = GenreClassifier.load("fst-muse")
    by_name = {Path(record["path"]).name: record for record in told}
    assert "error" in by_name.pop("damaged.wav")
    assert len(by_name) == 3
    for record in by_name.values():
        alone = classifier.classify_file(record["path"], with_sound=True).to_dict()
        assert record == {"path": record["path"], **alone}
