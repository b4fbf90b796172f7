"""Training in several processes: the same model as one process makes."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import WEIGHTS_NAME, load_bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training import group
from fstmuse_core.training.group import Member, member_of
from fstmuse_core.training.settings import settings_from
from tests.training_system.conftest import Event, Home, fstmuse

needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="jax is not installed: pip install jax"
)
# All of one shape, so that JAX compiles once for all of them.
WORDS = ["train", "--model=toy-model", "--batch-size=16", "--events=-", "--learning-rate=0.001"]
WORDS += ["--genres=Folk,Hip-Hop,Rock"]


def trained(home: Home, *words: str, code: int = 0) -> list[Event]:
    """Events of a training in processes of its own, on JAX."""
    done = subprocess.run(
        fstmuse(*WORDS, *words),
        env={**home.environment, "KERAS_BACKEND": "jax"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def weights(events: list[Event]) -> Any:
    return np.load(load_bundle(events[-1]["bundle"]).path / WEIGHTS_NAME)


@needs_jax
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_train_what_one_does(home: Home, tones: Path) -> None:
    words = ("--epochs=2", "--data", str(tones))
    one = trained(home, *words, "--out=one")
    two = trained(home, *words, "--out=two", "--processes=2")

    losses = [
        [(e["loss"], e["val_loss"]) for e in events if e["event"] == "epoch"]
        for events in (one, two)
    ]
    assert len(losses[0]) == 2
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3)
    alone, together = weights(one), weights(two)
    assert set(alone.files) == set(together.files)
    for name in alone.files:
        np.testing.assert_allclose(together[name], alone[name], rtol=0.0, atol=2e-3, err_msg=name)
    # It is a model like any other, and one run was kept of it.
    song = tones / "Rock-0.wav"
    answers = [
        GenreClassifier(load_bundle(events[-1]["bundle"])).classify_file(song).probabilities
        for events in (one, two)
    ]
    np.testing.assert_allclose(answers[1], answers[0], atol=5e-3)
    assert len(list((home.folder / "data").rglob("run.json"))) == 2


@needs_jax
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stop_is_heeded_by_all_and_the_run_goes_on(home: Home, tones: Path) -> None:
    words = ["--epochs=40", "--data", str(tones), "--out=two", "--processes=2"]
    command = fstmuse(*WORDS, *words)
    events = []
    with subprocess.Popen(
        command, env=home.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for line in run.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "epoch":
                run.stdin.write("stop\n")
                run.stdin.flush()
    assert run.returncode == 0
    done = events[-1]
    assert done["event"] == "done"
    assert done["stopped_early"]
    n_done = sum(event["event"] == "epoch" for event in events)
    assert n_done < 40


@needs_jax
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_process_that_dies_ends_the_training_which_goes_on(home: Home, tones: Path) -> None:
    command = fstmuse(*WORDS, "--epochs=40", "--data", str(tones), "--out=two", "--processes=2")
    with subprocess.Popen(
        command,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        name = ""
        for line in run.stdout:
            event = json.loads(line)
            name = event.get("run") or name
            if event["event"] == "epoch":
                os.kill(_follower(run.pid), signal.SIGKILL)
                break
        _, said = run.communicate()
    assert run.returncode == 1
    assert "has ended" in said
    assert "--resume" in said
    assert name

    # Alone, by what was kept, and only as far as it takes to see that it is taken up.
    events = []
    with subprocess.Popen(
        fstmuse("train", "--resume", name, "--events=-"),
        env={**home.environment, "KERAS_BACKEND": "jax"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as again:
        assert again.stdout is not None
        for line in again.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "started":
                again.kill()
                break
    assert events[-1]["resumed_from_epoch"] >= 1


def _follower(pid: int) -> int:
    import psutil

    for child in psutil.Process(pid).children():
        words = child.cmdline()
        if words[words.index("--rank") + 1] == "1":
            return int(child.pid)
    raise AssertionError("no second process")


def test_a_batch_is_shared_in_order() -> None:
    batch = np.arange(12), np.arange(12) * 2
    shares = [Member("host:1", rank, 3).share(batch) for rank in range(3)]
    for which in (0, 1):
        np.testing.assert_array_equal(np.concatenate([s[which] for s in shares]), batch[which])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"batch_size": 9},
            "--batch-size: 9 crops cannot be shared evenly by 2 processes; take 8",
        ),
        (
            {"model": "toy-gan"},
            "toy-gan: it is trained by one process; leave out --processes and --coordinator",
        ),
        (
            {"design": "quick"},
            "--design quick: it is trained by one process; leave out --processes and --coordinator",
        ),
    ],
)
def test_what_cannot_be_shared_is_refused(options: dict[str, Any], said: str) -> None:
    settings = settings_from({"data": ["music"], **options})
    with pytest.raises(FstMuseError) as refused:
        Member("127.0.0.1:9", 0, 2).require(settings)
    assert str(refused.value) == said


@pytest.mark.parametrize("wrong", ["--quick", "--batch-size=9"])
def test_what_cannot_be_shared_is_said_once(home: Home, tones: Path, wrong: str) -> None:
    words = fstmuse("train", wrong, "--data", str(tones), "--out=x", "--processes=2")
    done = subprocess.run(words, env=home.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("host", 0, 2), "--coordinator: 'host' is no address; write host:port of rank 0"),
        (("host:99999", 0, 2), "--coordinator: 'host:99999' is no address; write"),
        (("127.0.0.1:9", None, 2), "--coordinator: --rank is missing; each host takes --rank R"),
        (("127.0.0.1:9", 0, None), "--coordinator: --hosts is missing; each host takes"),
        (("127.0.0.1:9", 2, 2), "--rank: 2 of 2 hosts cannot be; count from 0 to 1"),
        (("no.such.host.invalid:9", 0, 2), "--coordinator: no.such.host.invalid is not known here"),
    ],
)
def test_values_that_make_no_sense_are_refused(
    values: tuple[str, int | None, int | None], said: str
) -> None:
    with pytest.raises(FstMuseError) as refused:
        member_of(*values)
    assert str(refused.value).startswith(said)


def test_without_jax_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FstMuseError, match=r"needs JAX, which is not installed; pip install jax"):
        group.require_jax()
