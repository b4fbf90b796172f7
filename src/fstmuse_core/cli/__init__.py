"""The command line: ``fstmuse`` and its sub-commands, one file each."""

from fstmuse_core.cli.program import main

__all__ = ["main"]
