"""Playback of a file whose decoder hangs ends with a sentence, and the next file plays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fstmuse_core.workers import playback as feed_module
from fstmuse_core.workers.playback import LIMITS, AudioFeed, FeedBlock
from tests.limits import faulty_child

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of signals")
STRICT = replace(LIMITS, cpu_s=3, idle_s=3)


@pytest.fixture
def feed() -> Iterator[AudioFeed]:
    feed = AudioFeed(faulty_child.feed_with_broken_decoder, STRICT)
    yield feed
    feed.stop()


def next_block(feed: AudioFeed) -> FeedBlock:
    while (block := feed.read(0.1)) is None:
        pass
    return block


@pytest.mark.parametrize("fault", ["hang", "stop", "spin"])
def test_a_decoder_that_hangs_is_told_once(fault: str, feed: AudioFeed, music_file: Path) -> None:
    hung = feed.open(f"{fault}.wav", start_s=0.0, sample_rate=22_050)

    block = next_block(feed)

    assert (block.stream, block.end) == (hung, True)
    assert block.error
    assert block.error.startswith("playback stopped: ")
    assert block.error.endswith("given up; press play to try again")
    assert feed.read(0.0) is None
    played = feed.open(str(music_file), start_s=0.0, sample_rate=22_050)
    block = next_block(feed)
    assert (block.stream, block.error, len(block.samples) > 0) == (played, None, True)


def test_another_file_does_not_wait_for_one_that_hangs(
    monkeypatch: pytest.MonkeyPatch, music_file: Path
) -> None:
    monkeypatch.setattr(feed_module, "_PATIENCE_S", 0.0)
    feed = AudioFeed(faulty_child.feed_with_broken_decoder)
    try:
        feed.open("hang.wav", start_s=0.0, sample_rate=22_050)
        assert feed._process is not None
        hung = psutil.Process(feed._process.pid)
        assert feed.read(0.1) is None

        played = feed.open(str(music_file), start_s=0.0, sample_rate=22_050)

        assert not hung.is_running()
        block = next_block(feed)
        assert (block.stream, block.error) == (played, None)
    finally:
        feed.stop()


def test_a_reader_that_pauses_is_not_waited_for(feed: AudioFeed, music_file: Path) -> None:
    feed.open(str(music_file), start_s=0.0, sample_rate=22_050)
    while not (block := next_block(feed)).end:
        assert block.error is None
    for _ in range(40):  # more than the limit, were it counted
        assert feed.read(0.1) is None
