"""``fstmuse gui``: hand over to the window."""

from __future__ import annotations

import importlib

import click

from fstmuse_core.cli.common.console import SOME_FAILED, say


def open_window(arguments: list[str]) -> int:
    """Run the window with its arguments until it is closed; its exit code."""
    try:
        # By its name: the core does not know the window.
        window = importlib.import_module("fstmuse_gui.app")
    except ImportError as error:
        say(f"fstmuse: the window cannot be opened ({error}); run fstmuse doctor to see why")
        return SOME_FAILED
    return int(window.main(arguments))


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--smoke-test",
    is_flag=True,
    help="Open, classify a clip made up on the spot, print a line of JSON and end.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(smoke_test: bool, arguments: tuple[str, ...]) -> int:
    """Open the window, with sound files if any are named."""
    return open_window([*(["--smoke-test"] if smoke_test else []), *arguments])
