"""The second run of the numeric tests chooses a kernel that this processor can run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
MULTIPLY = """
import numpy as np
from threadpoolctl import threadpool_info
print(float((np.ones((64, 64)) @ np.ones((64, 64))).sum()))
print(*(pool["architecture"] for pool in threadpool_info()))
"""

# Prints a digest of all that is computed of a clip: frames, patterns, speech, answer, sound.
DIGEST = """
import hashlib
import numpy as np
from fstmuse_core.classify import speech
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.inversion import invert_mel, spectral_convergence
from fstmuse_core.audio.features import pattern_statistics
from fstmuse_core.audio.spectrogram import mel_spectrogram
from tests.conftest import make_music

samples = make_music(15.0)
mel = mel_spectrogram(samples)
features = speech.segment_features(np.stack([mel[:128], mel[128:256]]))
answer = GenreClassifier.load("fst-muse").classify_samples(samples)
sound = invert_mel(mel, iterations=2)
found = hashlib.sha256()
for part in (
    mel,
    pattern_statistics(mel[:512]),
    np.float64(speech.score(features)),
    answer.timeline.probabilities,
    sound,
    np.float64(spectral_convergence(mel_spectrogram(sound)[: len(mel)], mel)),
):
    found.update(np.ascontiguousarray(part).tobytes())
print(found.hexdigest())
"""


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import blas_kernels

    if not blas_kernels.runnable_kernels():
        pytest.skip("NumPy runs on no OpenBLAS here, or not on an x86 processor")
    return blas_kernels


def test_every_kernel_on_the_list_runs_here(kernels: ModuleType) -> None:
    for kernel in kernels.runnable_kernels():
        environment = {**os.environ, "OPENBLAS_CORETYPE": kernel}
        done = subprocess.run(
            [sys.executable, "-c", MULTIPLY], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, kernel
        total, found = done.stdout.splitlines()
        assert float(total) == 64**3
        # Builds without a kernel of Zen's own run Haswell's, of which it is a copy.
        assert found.split()[0] in (kernel, "Haswell" if kernel == "Zen" else kernel)


@pytest.mark.parametrize(
    ("current", "runnable", "other"),
    [
        ("SkylakeX", ["SkylakeX", "Zen", "Haswell", "Nehalem"], "Haswell"),
        ("Zen", ["Zen", "Haswell", "Nehalem"], "Nehalem"),
        ("Haswell", ["Zen", "Haswell", "Nehalem"], "Nehalem"),
        ("Nehalem", ["Nehalem"], None),
        ("neoversen1", [], None),
    ],
)
def test_the_second_kernel_is_of_another_family(
    kernels: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    current: str,
    runnable: list[str],
    other: str | None,
) -> None:
    monkeypatch.setattr(kernels, "current_kernel", lambda: current)
    monkeypatch.setattr(kernels, "runnable_kernels", lambda: runnable)
    assert kernels.other_kernel() == other


def test_nothing_that_a_clip_goes_through_depends_on_the_kernel(kernels: ModuleType) -> None:
    """To the bit: no product is left to BLAS, whose kernels add up in different orders."""
    digests = set()
    runnable = kernels.runnable_kernels()
    for kernel in (runnable[0], runnable[-1]):
        environment = {**os.environ, "OPENBLAS_CORETYPE": kernel}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=environment,
            cwd=SCRIPTS.parent,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout.strip())
    assert len(digests) == 1
