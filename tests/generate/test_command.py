"""``fstmuse generate``: files with recipes, and clear words when that cannot be."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.reading import write_audio
from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.generate.generator import Blend, ClipGenerator, read_recipe

from .conftest import Run, in_another_process

SHORT = ("--seconds", "1.5", "--iterations", "3")


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_clip_with_its_recipe(generate: Run, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out.{suffix}"

    outcome = generate("--genre", "rock", "--seed", "7", "-o", target, *SHORT)

    assert (outcome.code, outcome.out, outcome.err) == (0, f"{target}: Rock, seed 7, 1.5 s\n", "")
    assert soundfile.info(target).duration == pytest.approx(1.5, abs=1e-3)
    recipe = read_recipe(target)
    assert (recipe.genre, recipe.seed, recipe.seconds, recipe.iterations) == ("Rock", 7, 1.5, 3)


def test_the_same_samples_in_two_processes_and_from_the_recipe(
    generator: ClipGenerator, tiny: Path, tmp_path: Path
) -> None:
    asked = ("--genre", "Rock", "--blend", "Jazz:0.3", "--seed", "7", "--seconds", "3")
    for name in ("one.wav", "two.wav"):
        in_another_process(*asked, "--model", tiny, "-o", tmp_path / name)
    again = tmp_path / "again.wav"
    in_another_process("--recipe", tmp_path / "one.wav", "--model", tiny, "-o", again)

    contents = {(tmp_path / name).read_bytes() for name in ("one.wav", "two.wav", "again.wav")}
    assert len(contents) == 1
    clip = generator.generate("Rock", 3.0, seed=7, blend=Blend("Jazz", 0.3))
    written, _ = soundfile.read(again, dtype="float32")
    np.testing.assert_allclose(written, clip.samples, atol=1.1 / 32768)


def test_several_clips_as_json(generate: Run, tmp_path: Path) -> None:
    outcome = generate(
        *("--genre", "Jazz", "--count", "3", "--seed", "5", "--json"),
        *("-o", tmp_path / "take.flac", *SHORT),
    )

    assert (outcome.code, outcome.err) == (0, "")
    records = outcome.json()
    names = ["take-1.flac", "take-2.flac", "take-3.flac"]
    assert [Path(record["path"]).name for record in records] == names
    assert [record["recipe"]["seed"] for record in records] == [5, 6, 7]
    for record in records:
        assert read_recipe(record["path"]).to_dict() == record["recipe"]
    first, second = (soundfile.read(record["path"])[0] for record in records[:2])
    assert not np.array_equal(first, second)


def test_names_and_seeds_of_its_own(
    generate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert generate("--genre", "Hip-Hop", *SHORT).code == 0
    files = sorted(tmp_path.glob("hip-hop-*.wav"))
    assert len(files) == 2
    assert [file.stem for file in files] == [f"hip-hop-{read_recipe(f).seed}" for f in files]


def test_a_clip_that_nobody_named_replaces_no_other(
    generate: Run, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rock-7.wav").write_text("my own")

    asked = ("--genre", "Rock", "--seed", "7", "--count", "2", *SHORT)
    assert generate(*asked).out.startswith("rock-7-2.wav: Rock, seed 7")
    assert generate("--recipe", "rock-7-2.wav", "--model", tiny).code == 0

    assert (tmp_path / "rock-7.wav").read_text() == "my own"
    names = ["rock-7-2.wav", "rock-7-3.wav", "rock-7.wav", "rock-8.wav"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_the_examples_of_the_help_are_of_genres_that_the_model_knows(generate: Run) -> None:
    text = generate("--help").out

    examples = re.findall(r"(\S+):0\.3", text)
    known = find_bundle("toy-gan").manifest.genres
    assert len(examples) == 2
    assert set(examples) <= set(known)


def test_no_tensorflow_is_loaded(tiny: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from fstmuse_core.cli import main\n"
        f"code = main(['generate', '--genre', 'Rock', '--seconds', '1', '--model', {str(tiny)!r},"
        f" '-o', {str(tmp_path / 'out.wav')!r}])\n"
        "assert not {'tensorflow', 'keras', 'librosa'} & set(sys.modules)\n"
        "raise SystemExit(code)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)


# Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--genre", "polka"), "'polka': the model does not know this genre; it knows Rock, Jazz"),
        (("--genre", "Rock", "--blend", "polka:0.2"), "it knows Rock, Jazz, Hip-Hop"),
        (("--genre", "Rock", "--blend", "rock:0.2"), "the blend: Rock is the genre already"),
        (("--genre", "Rock", "--blend", "Jazz:1.2"), "the blend: 1.2 of Jazz is no share"),
        (("--genre", "Rock", "--blend", "Jazz:x"), "the blend: 'Jazz:x' is not understood"),
        (("--genre", "Rock", "--seconds", "0"), "the length: 0 s cannot be made; 1 to 600 s can"),
        (("--genre", "Rock", "--seconds", "-1"), "the length: -1 s cannot be made"),
        (("--genre", "Rock", "--seconds", "10000"), "the length: 10000 s cannot be made"),
        (("--genre", "Rock", "--seed", "-1"), "the seed: -1 is out of range; use a number from 0"),
        (("--genre", "Rock", "--seed", "9" * 30), "is out of range; use a number from 0 to 2147"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_line(
    generate: Run, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    outcome = generate(*options, "-o", tmp_path / "out.wav")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1
    assert words in outcome.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--genre", "--like"])
def test_a_recipe_and_another_wish_are_told_apart(generate: Run, option: str) -> None:
    outcome = generate(option, "Rock", "--recipe", "old.wav")
    assert outcome.code == 2
    assert f"--recipe has its own settings; leave out {option}" in outcome.err


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--genre", "Rock", "--recipe", "old.wav"),
        ("--genre", "Rock", "--seed", "seven"),
        ("--genre", "Rock", "--seconds", "long"),
        ("--genre", "Rock", "--count", "0"),
        ("--genre", "Rock", "-o", "out.mp3"),
        ("--genre", "Rock", "-o", "nowhere/out.wav"),
        ("--recipe", "old.wav", "--seconds", "2"),
        ("--recipe", "old.wav", "--seed", "3", "-o", "new.wav"),
        ("--recipe", "old.wav", "--count", "1"),
        ("--recipe", "old.wav", "--iterations", "32"),
        ("--recipe", "old.wav", "--blend", "Jazz:0.3"),
    ],
)
def test_wrong_use(
    generate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = generate(*options)
    assert outcome.code == 2
    assert "Error: " in outcome.err
    assert not list(tmp_path.iterdir())


def test_what_a_recipe_holds_itself_is_named(generate: Run) -> None:
    outcome = generate("--recipe", "old.wav", "--seed", "3", "--blend", "Jazz")
    assert outcome.err.endswith("Error: --recipe has its own settings; leave out --blend, --seed\n")


def test_a_clip_is_not_made_again_in_its_own_place(
    generate: Run, tiny: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.wav"
    generate("--genre", "Rock", "-o", clip, *SHORT)
    before = clip.read_bytes()

    outcome = generate("--recipe", clip, "--model", tiny, "-o", clip)

    assert outcome.code == 2
    assert "would be lost" in outcome.err
    assert clip.read_bytes() == before


def test_models_that_make_no_music(generate: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.wav"
    classifier = generate("--genre", "Rock", "--model", "fst-muse", "-o", target)
    unknown = generate("--genre", "Rock", "--model", "no-gan", "-o", target)
    assert classifier.code == unknown.code == 2
    assert "it is a classifier, which names genres; name a model that is a gen" in classifier.err
    assert "no-gan: there is no model by that name" in unknown.err
    assert not target.exists()


@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_may_not_be_written(generate: Run, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    outcome = generate("--genre", "Rock", "-o", folder / "out.wav", *SHORT)
    assert outcome.code == 2
    assert "may not be written to" in outcome.err


def full_disk(handle: int) -> None:
    raise OSError(28, "No space left on device")


def denied(**options: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("function", "failure", "words"),
    [
        ("os.fsync", full_disk, "No space left on device"),
        ("tempfile.mkstemp", denied, "Permission denied"),
    ],
)
def test_a_disk_that_is_full_or_locked_leaves_what_was_there(
    generate: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    failure: Callable[..., None],
    words: str,
) -> None:
    target = tmp_path / "out.wav"
    target.write_text("old")
    monkeypatch.setattr(function, failure)

    outcome = generate("--genre", "Rock", "-o", target, *SHORT)

    assert outcome.code == 1
    assert outcome.err == (
        f"fstmuse: {target}: it cannot be written ({words}); choose another folder\n"
    )
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.wav"]


def test_files_without_a_sound_recipe(generate: Run, tmp_path: Path, tiny: Path) -> None:
    def complaint(name: str) -> str:
        outcome = generate("--recipe", tmp_path / name, "--model", tiny, "-o", tmp_path / "new.wav")
        assert outcome.code == 2
        assert len(outcome.err.splitlines()) == 1
        return outcome.err

    def write(name: str, comment: str) -> str:
        write_audio(tmp_path / name, np.zeros(9), 22_050, texts={"comment": comment})
        return name

    good = json.loads(
        generate("--genre", "Rock", "--json", "-o", tmp_path / "good.wav", *SHORT).out
    )[0]["recipe"]
    write_audio(tmp_path / "plain.wav", np.zeros(9), 22_050)
    (tmp_path / "poem.wav").write_text("no sound")
    assert "gone.wav: it cannot be read (No such file" in complaint("gone.wav")
    assert "poem.wav: it is no sound file that could hold a recipe" in complaint("poem.wav")
    assert "plain.wav: there is no recipe in it" in complaint("plain.wav")
    assert "song.wav: there is no recipe" in complaint(write("song.wav", "my song"))
    assert "list.wav: there is no recipe" in complaint(write("list.wav", "[1]"))
    assert "new2.wav: its recipe has format version 5" in complaint(
        write("new2.wav", json.dumps({**good, "format_version": 5}))
    )
    assert "part.wav: its recipe is damaged ('seed' is missing)" in complaint(
        write("part.wav", json.dumps({k: v for k, v in good.items() if k != "seed"}))
    )
    assert "its recipe is damaged" in complaint(
        write("odd.wav", json.dumps({**good, "blend": ["Jazz"]}))
    )
    for change, why in (
        ({"seed": "5"}, "Expected `int`, got `str` - at `$.seed`"),
        ({"seconds": True}, "Expected `float`, got `bool` - at `$.seconds`"),
        ({"blend": ["Jazz", "half"]}, "Expected `float`, got `str`"),
        ({"genre": None}, "Expected `str`, got `null` - at `$.genre`"),
    ):
        assert f"its recipe is damaged ({why}" in complaint(
            write("type.wav", json.dumps(good | change))
        )
    assert "the length: 1e+09 s" in complaint(
        write("long.wav", json.dumps({**good, "seconds": 1e9}))
    )
    assert not (tmp_path / "new.wav").exists()


def test_a_recipe_of_a_model_that_has_changed(
    generate: Run, tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fstmuse_core.bundle.bundle.shipped_models_folder", lambda: tiny.parent)
    first, second = tmp_path / "first.wav", tmp_path / "second.wav"
    recipe = json.loads(generate("--genre", "Rock", "--json", "-o", first, *SHORT).out)[0]["recipe"]
    comment = json.dumps({**recipe, "model_sha256": "0" * 64})
    write_audio(first, np.zeros(9), 22_050, texts={"comment": comment})

    refused = generate("--recipe", first, "-o", second)
    assert refused.code == 2
    assert "the clip was made with another one (000000000000)" in refused.err
    assert not second.exists()
    assert generate("--recipe", first, "--model", tiny, "-o", second).code == 0


def test_a_recipe_of_another_version_is_made_with_a_word_about_it(
    generate: Run, tmp_path: Path, tiny: Path
) -> None:
    old, new = tmp_path / "old.wav", tmp_path / "new.wav"
    recipe = json.loads(generate("--genre", "Rock", "--json", "-o", old, *SHORT).out)[0]["recipe"]
    comment = json.dumps({**recipe, "version": "0.0.1"})
    write_audio(old, np.zeros(9), 22_050, texts={"comment": comment})

    outcome = generate("--recipe", old, "--model", tiny, "-o", new)

    assert outcome.code == 0
    assert "was made with FstMuse 0.0.1" in outcome.err
    assert read_recipe(new).to_dict() == recipe
