from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from fstmuse_gui.sound.buffers import SampleRing


def column(values: np.ndarray | list[float]) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)[:, np.newaxis]


def test_samples_come_out_in_order_across_the_seam() -> None:
    ring = SampleRing(7)
    heard: list[float] = []
    for start in range(0, 30, 5):
        ring.write(column(np.arange(start, start + 5)))
        heard += ring.read()[:, 0].tolist()
    assert heard == list(range(30))
    assert ring.overruns == 0


def test_what_does_not_fit_is_dropped_and_counted() -> None:
    ring = SampleRing(4)
    assert ring.write(column([1, 2, 3])) == 3
    assert ring.write(column([4, 5, 6])) == 1
    assert ring.overruns == 2
    assert ring.read()[:, 0].tolist() == [1, 2, 3, 4]


def test_reading_into_a_longer_block_leaves_its_end_alone() -> None:
    ring = SampleRing(8, channels=2)
    ring.write(np.array([[1, 2], [3, 4]], dtype=np.float32))
    out = np.full((3, 2), -1, dtype=np.float32)
    assert ring.read_into(out) == 2
    assert out.tolist() == [[1, 2], [3, 4], [-1, -1]]


@pytest.mark.parametrize(("capacity", "channels"), [(0, 1), (4, 0)])
def test_an_impossible_ring_is_refused(capacity: int, channels: int) -> None:
    with pytest.raises(ValueError, match="holds nothing"):
        SampleRing(capacity, channels)


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Have the interpreter change threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("eager_threads")
def test_two_threads_lose_and_mix_up_nothing() -> None:
    ring = SampleRing(97)
    total = 10_000

    def produce() -> None:
        sent = 0
        while sent < total:
            block = column(np.arange(sent, min(total, sent + 31)))
            sent += ring.write(block[: ring.free])

    producer = threading.Thread(target=produce)
    producer.start()
    heard = [np.empty(0, dtype=np.float32)]
    while sum(map(len, heard)) < total:
        heard.append(ring.read()[:, 0])
    producer.join()
    np.testing.assert_array_equal(np.concatenate(heard), np.arange(total, dtype=np.float32))
