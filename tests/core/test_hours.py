"""Hours of sound in less than a gibibyte of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import shipped_models_folder

from ..conftest import make_music

RATE = 8000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("hours", [2, pytest.param(10, marks=pytest.mark.long)])
def test_hours_of_sound_stay_under_a_gibibyte(tmp_path: Path, hours: int) -> None:
    path = tmp_path / "hours.wav"
    minute = make_music(60.0, rate=RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, subtype="PCM_U8") as file:
        for _ in range(hours * 60):
            file.write(minute)
    script = (
        "import json, resource, sys\n"
        "from fstmuse_core.classify.classifier import GenreClassifier\n"
        "from fstmuse_core.audio.images import ImageBuilder\n"
        "from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG\n"
        "image = ImageBuilder(DEFAULT_CONFIG)\n"
        "classifier = GenreClassifier.load(sys.argv[1])\n"
        "answer = classifier.classify_file(sys.argv[2], with_activation=True, on_mel=image.add)\n"
        "shown = {'duration_s': answer.duration_s, 'segments': len(answer.timeline),\n"
        "    'columns': len(image.build().levels), 'total': float(answer.probabilities.sum()),\n"
        "    'map': answer.activation.values.shape[1]}\n"
        # Linux hands the parent's peak down in ru_maxrss; VmHWM is the process' own.
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "if sys.platform == 'linux':\n"
        "    status = open('/proc/self/status').read()\n"
        "    peak = int(status.split('VmHWM:')[1].split()[0])\n"
        "print(json.dumps({**shown, 'peak_kib': peak}))\n"
    )
    model = str(shipped_models_folder() / "fst-muse")
    done = subprocess.run(
        [sys.executable, "-c", script, model, str(path)], capture_output=True, text=True, check=True
    )
    seen = json.loads(done.stdout)
    assert seen["duration_s"] == pytest.approx(hours * 3600, abs=0.1)
    assert seen["segments"] == pytest.approx(hours * 3600 * 22_050 / 512 / 64, rel=1e-3)
    assert seen["columns"] <= 2 * 8192
    assert seen["map"] <= 10_000
    assert seen["total"] == pytest.approx(1.0, abs=1e-4)
    peak = seen["peak_kib"] * (1 if sys.platform == "darwin" else 1024)
    assert peak < 2**30
    assert np.isfinite(peak)
