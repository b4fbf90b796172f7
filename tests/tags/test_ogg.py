"""Ogg: streams that follow each other, long comments, and FLAC in it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import mutagen
import numpy as np
from mutagen.ogg import OggPage

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.tags.batch import apply, undo
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.outcome import Fate
from fstmuse_core.tags.spans import audio_digest
from tests.tags.conftest import plan
from tests.tags.layouts import flac_parts

Take = Callable[..., Path]
GENRES: tuple[list[str], ...] = (["Polka"], ["Unknown"], ["Rock", "X"], ["Rock"], [])


def test_random_chains_are_written_and_given_back(take: Take, journal: Path) -> None:
    for seed in range(12):
        chance = random.Random(seed)
        path = take("song.ogg", "chain.ogg")
        data = b"".join(link(take, chance) for _ in range(chance.choice((1, 2, 3))))
        path.write_bytes(data)
        sound = load_audio(path)
        (change,) = plan([path])
        if change.skipped:
            assert change.skipped == "it says so already"
            continue
        batch = apply([change], folder=journal)
        assert batch.outcomes[0].fate is Fate.WRITTEN, (seed, batch.outcomes[0].why)
        assert np.array_equal(load_audio(path), sound)
        assert open_tags(path).says(("Rock",))
        assert mutagen.File(path)["title"] == ["Söng"]
        undo(batch.id, folder=journal)
        assert path.read_bytes() == data


def link(take: Take, chance: random.Random) -> bytes:
    path = take(chance.choice(("song.ogg", "song.opus")))
    file = mutagen.File(path)
    file["genre"], file["title"] = chance.choice(GENRES), ["Söng"]
    file["comment"] = ["x" * chance.choice((0, 1, 300, 70_000))]
    file.save(padding=lambda _: chance.choice((0, 10, 3000)))
    return path.read_bytes()


def test_flac_in_ogg(take: Take) -> None:
    blocks, frames = flac_parts(take("song.flac").read_bytes())
    information = next(body for kind, body in blocks if kind == 0)
    comments = b"\4\0\0\0test\2\0\0\0" + b"\x0b\0\0\0genre=Polka" + b"\x0a\0\0\0TITLE=Song"
    first = b"\x7fFLAC\1\0\0\1fLaC\0" + len(information).to_bytes(3, "big") + information
    second = b"\x84" + len(comments).to_bytes(3, "big") + comments
    path = take("song.ogg", "flac.ogg")
    head = OggPage.from_packets([first])
    head[0].serial, head[0].first = 7, True
    rest = OggPage.from_packets([second, frames], sequence=1)
    for page in rest:
        page.serial = 7
    path.write_bytes(b"".join(page.write() for page in (*head, *rest)))
    before, digest = open_tags(path).rest(), audio_digest(path)
    assert open_tags(path).genres == ("Polka",)
    open_tags(path).change(("Rock", "x" * 9000), "note")
    again = open_tags(path)
    assert (again.genres, again.provenance) == (("Rock", "x" * 9000), "note")
    assert (again.rest(), audio_digest(path)) == (before, digest)
    assert mutagen.File(path)["title"] == ["Song"]
