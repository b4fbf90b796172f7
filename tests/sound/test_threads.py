from __future__ import annotations

import threading
from functools import partial

import pytest

from fstmuse_gui.sound.streams import CallThread, acquire_sound_thread, release_sound_thread


def test_calls_are_made_in_order_on_one_thread() -> None:
    thread = CallThread("test-calls")
    made: list[tuple[int, str]] = []

    def note(number: int) -> None:
        made.append((number, threading.current_thread().name))

    for number in range(20):
        thread.call(partial(note, number))
    assert thread.stop()
    assert made == [(number, "test-calls") for number in range(20)]


def test_a_failing_call_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    thread = CallThread("test-calls")
    done = threading.Event()
    thread.call(lambda: 1 / 0)  # type: ignore[arg-type]
    thread.call(done.set)
    assert done.wait(5.0)
    assert thread.stop()
    assert "ZeroDivisionError" in caplog.text


def test_idle_work_is_done_until_it_asks_to_be_left_alone() -> None:
    rounds = 0
    rested = threading.Event()

    def idle() -> float | None:
        nonlocal rounds
        rounds += 1
        if rounds < 5:
            return 0.0
        rested.set()
        return None

    thread = CallThread("test-idle", idle)
    assert rested.wait(5.0)
    assert thread.stop()
    assert rounds == 5


def test_the_sound_thread_is_shared_and_ends_with_its_last_user() -> None:
    first, second = acquire_sound_thread(), acquire_sound_thread()
    assert first is second
    release_sound_thread()
    done = threading.Event()
    first.call(done.set)
    assert done.wait(5.0)
    release_sound_thread()
    assert "fstmuse-sound" not in [thread.name for thread in threading.enumerate()]
