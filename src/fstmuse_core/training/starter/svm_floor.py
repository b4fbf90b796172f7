"""The floor to compare with: a support vector machine on MFCC statistics of whole clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.fft

from fstmuse_core.spectrogram import mel_to_decibels
from fstmuse_core.training.mels import MelArray

_N_MFCC = 20


def mfcc_statistics(mels: Sequence[MelArray]) -> npt.NDArray[np.float64]:
    """Mean and deviation of 20 MFCCs and of their first differences, shape ``(clips, 80)``."""
    rows = []
    for mel in mels:
        decibels = mel_to_decibels(mel.astype(np.float32))
        mfcc = scipy.fft.dct(decibels, norm="ortho", axis=-1)[:, :_N_MFCC]
        change = np.diff(mfcc, axis=0)
        rows.append(
            np.concatenate(
                [v.mean(axis=0) for v in (mfcc, change)] + [v.std(axis=0) for v in (mfcc, change)]
            )
        )
    return np.array(rows, dtype=np.float64)


def svm_predictions(
    train: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    test: npt.NDArray[np.float64],
) -> npt.NDArray[np.int64]:
    """Classes that an RBF machine with balanced class weights gives the test clips."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(C=10.0, class_weight="balanced"))
    machine.fit(train, labels)
    return np.asarray(machine.predict(test), dtype=np.int64)
