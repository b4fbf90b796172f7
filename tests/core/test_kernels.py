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
