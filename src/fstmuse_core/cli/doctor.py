"""``fstmuse doctor``: what is there, what is missing, and how to get it."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import click

from fstmuse_core import __version__
from fstmuse_core.cli.console import print_safe
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.probes import (
    Finding,
    check_libraries,
    check_models,
    check_sound,
    check_training,
    check_window,
)

_MARKS = {True: "ok", False: "MISSING", None: "note"}


@click.command(short_help="Check versions, sound devices and models.")
def command() -> int:
    """Check versions, sound devices and models, and say what is missing and how to get it.

    The exit code is 0 if everything that is needed works; notes do not count.
    """
    print_safe(f"FstMuse {__version__}, Python {platform.python_version()}, {platform.platform()}")
    problems = 0
    for title, findings in _sections():
        print_safe(f"\n{title}")
        for finding in findings:
            problems += finding.fine is False
            print_safe(f"  {_MARKS[finding.fine]:<8} {finding.text}", flush=True)
            if finding.remedy:
                print_safe(f"           {finding.remedy}")
    print_safe(f"\n{_summary(problems)}")
    return SOME_FAILED if problems else 0


def _sections() -> Iterator[tuple[str, Iterator[Finding]]]:
    yield "Libraries", check_libraries()
    yield "Models", check_models()
    yield "Sound devices", check_sound()
    yield "Window", check_window()
    yield "Training", check_training()


def _summary(problems: int) -> str:
    if problems:
        return f"{problems} problem{'s' if problems > 1 else ''}, each with its remedy above."
    return "Everything that is needed is there."
