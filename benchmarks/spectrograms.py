"""The mel spectrogram of 30 s against librosa's and tensorflow-io's, in turns in one process."""

from __future__ import annotations

from benchmarks.rows import Row, python

_CODE = """
import json, statistics, time, warnings
import numpy as np
warnings.simplefilter("ignore")
import librosa
import tensorflow as tf
from fstmuse_core.original.networks import import_tensorflow_io, tfio_mel
from fstmuse_core.audio.spectrogram import mel_spectrogram

samples = np.random.default_rng(0).normal(size=30 * 22050).astype(np.float32) * 0.1
tfio = import_tensorflow_io()

@tf.function(jit_compile=False)
def tfio_graph(x):
    spectrogram = tfio.audio.spectrogram(x, nfft=2048, window=2048, stride=512)
    return tfio.audio.melscale(spectrogram, rate=22050, mels=128, fmin=0, fmax=8000)

tensor = tf.constant(samples)
basis = dict(sr=22050, n_fft=2048, hop_length=512, win_length=2048, center=False, power=1.0,
             n_mels=128, fmin=0.0, fmax=8000.0, htk=True, norm=None)
runs = {
    "ours": lambda: mel_spectrogram(samples),
    "librosa": lambda: librosa.feature.melspectrogram(y=samples, **basis),
    "tfio": lambda: tfio_mel(samples),
    "tfio in a graph": lambda: tfio_graph(tensor).numpy(),
}
times = {name: [] for name in runs}
for number in range(25):
    for name, run in runs.items():
        start = time.perf_counter()
        run()
        if number >= 5:
            times[name].append(time.perf_counter() - start)
print(json.dumps({name: statistics.median(values) * 1e3 for name, values in times.items()}))
"""


def measure(repeats: int) -> list[Row]:
    """Milliseconds of each and our ratio to the fastest other."""
    taken = python(_CODE)
    ours = taken.pop("ours")
    rows = [Row("mel spectrogram of 30 s", ours, "ms")]
    for name, value in taken.items():
        rows.append(Row(f"  {name}", value, "ms"))
        rows.append(Row(f"  times faster than {name}", value / ours, "x", 1.0, at_least=True))
    return rows
