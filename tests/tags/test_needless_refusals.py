"""Files that were once refused for no reason are written, and those that cannot be are foreseen."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import mutagen
import pytest

from fstmuse_core.tags import proof
from fstmuse_core.tags.batch import apply, undo
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.outcome import Fate
from tests.tags.conftest import noise, plan

Take = Callable[..., Path]
CASES = Path(__file__).parents[3] / "shared" / "cases"


def written_and_undone(path: Path, journal: Path) -> None:
    old = path.read_bytes()
    (change,) = plan([path])
    assert not change.skipped, change.skipped
    batch = apply([change], folder=journal)
    assert batch.outcomes[0].fate is Fate.WRITTEN, batch.outcomes[0].why
    assert open_tags(path).says(("Rock",))
    undo(batch.id, folder=journal)
    assert path.read_bytes() == old


def blank_frames() -> Iterator[tuple[int, bytes]]:
    """A blank frame of every kind, in every version and encoding."""
    names = {
        2: (b"TCO", b"TCM", b"COM", b"TXX", b"ULT", b"WXX"),
        3: (b"TCON", b"TCOM", b"COMM", b"TXXX", b"USLT", b"WXXX"),
    }
    for version in (2, 3, 4):
        for name in names[min(version, 3)]:
            for encoding in range(2 if version < 4 else 4):
                end = b"\0\0" if encoding in (1, 2) else b"\0"
                bom = b"\xff\xfe" if encoding == 1 else b""
                for text in (b"", end, bom, bom + end):
                    head = b"eng" if name[:3] in (b"COM", b"ULT", b"USL") else b""
                    described = bom + end if name[:1] != b"T" or b"X" in name else b""
                    yield version, frame(version, name, bytes([encoding]) + head + described + text)
            yield version, frame(version, name, b"")


def frame(version: int, name: bytes, body: bytes) -> bytes:
    if version == 2:
        return name + len(body).to_bytes(3, "big") + body
    return name + len(body).to_bytes(4, "big") + b"\0\0" + body


def test_blank_frames_of_every_kind(take: Take, journal: Path) -> None:
    path = take("bare.mp3")
    sound = path.read_bytes()
    for version in (2, 3, 4):
        blank = b"".join(data for v, data in blank_frames() if v == version)
        title = frame(version, b"TT2" if version == 2 else b"TIT2", b"\0Song")
        body = title + blank
        size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
        path.write_bytes(b"ID3" + bytes([version, 0, 0]) + size + body + sound)
        written_and_undone(path, journal)
    for version, blank in blank_frames():
        size = bytes(len(blank) >> shift & 0x7F for shift in (21, 14, 7, 0))
        path.write_bytes(b"ID3" + bytes([version, 0, 0]) + size + blank + sound)
        tags = open_tags(path)
        before = tags.rest()
        tags.change(("Rock",), "note")
        again = open_tags(path)
        assert (again.genres, again.rest()) == (("Rock",), before)


@pytest.mark.parametrize("codec", ["libmp3lame", "mp2"])
def test_streams_of_frames_without_a_header(tmp_path: Path, journal: Path, codec: str) -> None:
    import av

    path = tmp_path / ("song.mp3" if codec != "mp2" else "song.mp2")
    options = {"write_xing": "0", "id3v2_version": "0"} if codec != "mp2" else {}
    with av.open(str(path), "w", format=path.suffix[1:], options=options) as container:
        stream = container.add_stream(codec, rate=16_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 32_000
        # Long enough that a length guessed from the file's size moves with the tags.
        samples = noise(120.0, 16_000)
        frame = av.AudioFrame.from_ndarray(
            (samples * 32_767).astype("int16")[None] if codec == "mp2" else samples[None],
            format="s16" if codec == "mp2" else "fltp",
            layout="mono",
        )
        frame.sample_rate = 16_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    written_and_undone(path, journal)


@pytest.mark.parametrize(
    "name", ["blank_tcon.mp3", "comm_empty.mp3", "txxx.mp3", "m2_16k_noinfo.mp3", "sjis_tag.mp3"]
)
def test_files_of_the_cases(tmp_path: Path, journal: Path, name: str) -> None:
    if not CASES.is_dir():
        pytest.skip("the shared cases are not here")
    path = tmp_path / name
    path.write_bytes((CASES / name).read_bytes())
    written_and_undone(path, journal)


def test_a_fragmented_mp4_is_foreseen(tmp_path: Path) -> None:
    import av

    path = tmp_path / "song.m4a"
    flags = {"movflags": "frag_keyframe+empty_moov"}
    with av.open(str(path), "w", format="mp4", options=flags) as container:
        stream = container.add_stream("aac", rate=22_050, layout="mono")
        frame = av.AudioFrame.from_ndarray(noise()[None], format="fltp", layout="mono")
        frame.sample_rate = 22_050
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    assert "MP4 in fragments" in plan([path])[0].skipped


def test_every_link_of_a_chained_ogg_is_changed(take: Take, journal: Path) -> None:
    first, second = take("song.ogg"), take("song.opus")
    for path in (first, second):
        file = mutagen.File(path)
        file["genre"] = ["Polka"]
        file.save()
    chained = first.with_name("chained.ogg")
    chained.write_bytes(first.read_bytes() + second.read_bytes())
    open_tags(chained).change(("Rock",), "")
    assert b"Polka" not in chained.read_bytes()
    assert open_tags(chained).says(("Rock",))


def test_what_fails_when_writing_is_said_in_the_preview_in_the_same_words(
    take: Take, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = take("song.flac")
    (good,) = plan([path])
    data = path.read_bytes()

    def both() -> str:
        (change,) = plan([path])
        (outcome,) = apply([good], folder=journal).outcomes
        assert outcome.fate is Fate.FAILED
        assert outcome.why == change.skipped
        assert path.read_bytes() == data
        return change.skipped

    path.chmod(0o444)
    assert "read-only" in both()
    path.chmod(0o644)
    with monkeypatch.context() as patch:
        patch.setattr(proof, "_SPARE", 1 << 62)
        assert "the disk is full" in both()
    silent = take("song.wav")
    head = silent.read_bytes()[:44]
    silent.write_bytes(head[:40] + struct.pack("<I", 0) + bytes(999))
    assert "how long its parts are" in plan([silent])[0].skipped
    broken = take("song.ogg", "broken.ogg")
    broken.write_bytes(broken.read_bytes()[:3000] + bytes(3000))
    (change,) = plan([broken])
    assert change.skipped
