"""Run the numeric tests once more on another BLAS kernel.

OpenBLAS has kernels for each kind of processor, and they round differently and start threads for
different sizes. What passes on one machine may fail on the next, so the tests marked ``numeric``
run on a second kernel that this processor can run. Started by ``scripts/test``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

# The instructions that a kernel needs, by the levels that NumPy names too; the fastest first.
# Sandybridge needs less than the third level, but no name that NumPy knows says how much.
KERNELS = {
    "SkylakeX": "X86_V4",
    "Zen": "X86_V3",
    "Haswell": "X86_V3",
    "Sandybridge": "X86_V3",
    "Nehalem": "X86_V2",
}
# Most kernels of these processors are the same code.
_LIKE_HASWELL = {"Haswell", "Zen", "Excavator"}


def runnable_kernels() -> list[str]:
    """Names for ``OPENBLAS_CORETYPE`` that this processor can run, the fastest first.

    None where NumPy runs on no OpenBLAS, or not on an x86 processor.
    """
    import numpy

    if not current_kernel():
        return []
    config: Any = numpy.show_config(mode="dicts")
    found = config["SIMD Extensions"]
    levels = {*found.get("baseline", ()), *found.get("found", ())}
    return [name for name, level in KERNELS.items() if level in levels]


def current_kernel() -> str:
    """The kernel that OpenBLAS has chosen here, or an empty string where there is none."""
    import numpy
    from threadpoolctl import threadpool_info

    assert numpy.__version__  # it is NumPy that loads OpenBLAS
    found = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
    return str(found[0].get("architecture", "")) if found else ""


def other_kernel() -> str | None:
    """A kernel of another family than the current one, or ``None`` if there is none."""
    current = current_kernel()
    family = _LIKE_HASWELL if current in _LIKE_HASWELL else {current}
    wanted = ("Haswell", "Nehalem")
    return next((k for k in wanted if k in runnable_kernels() and k not in family), None)


def main() -> int:
    """Run pytest on the other kernel; its exit code."""
    kernel = other_kernel()
    if kernel is None:
        print("skipped: this processor, or its BLAS, has no second kernel", file=sys.stderr)
        return 0
    print(f"{current_kernel() or 'no'} kernel before, {kernel} now", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "numeric", *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, "OPENBLAS_CORETYPE": kernel}).returncode


if __name__ == "__main__":
    sys.exit(main())
