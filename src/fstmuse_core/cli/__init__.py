"""The command line: ``fstmuse`` and its sub-commands, one file each."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``fstmuse`` and return its exit code; see :func:`fstmuse_core.cli.program.main`."""
    try:
        from fstmuse_core.cli import program
    except (MemoryError, ImportError, OSError) as error:
        from fstmuse_core.system.process_limits import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        sys.stderr.write("fstmuse: there is not enough memory to start; raise the limit\n")
        return 1
    return program.main(arguments)


__all__ = ["main"]
