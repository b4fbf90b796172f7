"""The ``fstmuse`` command: finds the sub-command, and turns what it raises into exit codes."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from fstmuse_core import __version__
from fstmuse_core.cli.common.console import (
    INTERRUPTED,
    PIPE_CLOSED,
    SOME_FAILED,
    WRONG_USE,
    prepare_streams,
    say,
)
from fstmuse_core.system.errors import BundleError, FstMuseError, one_line, visible
from fstmuse_core.system.native_libraries import mute_native_stderr, use_one_thread
from fstmuse_core.system.process_limits import is_out_of_memory, require_room

# Modules of this package, each with a click command called ``command``, and what --help says
# of them: they are imported only when they are run.
_COMMANDS = {
    "classify": "Say which genre sound files are, and how sure that is.",
    "library": "Add folders of music; list, export and compare what was heard in them.",
    "tag": "Write what was heard into genre tags, with a preview and an undo.",
    "correct": "Say which genre files really are, for a training to learn from.",
    "learn": "Make a model of your own from your corrections, in seconds.",
    "spectrogram": "Save a file's mel spectrogram as a picture or an array.",
    "generate": "Make new music of a genre.",
    "models": "List, show, rename, delete, export and import models.",
    "train": "Train a model on your own music.",
    "evaluate": "Measure a model on labelled music.",
    "compare": "Lay two models side by side.",
    "data": "Get data sets, check them, keep your corrections and the feature cache.",
    "doctor": "Check versions, sound devices and models; say what is missing.",
    "completion": "Print what lets bash, zsh or fish complete commands.",
    "gui": "Open the window (also without any command).",
}

_NO_MEMORY = (
    "there is not enough memory for it; close other programs, or raise the limit (ulimit -v)"
)
# Of a stream without a name; files are named by whoever writes them.
_WRITE_ERRORS = (errno.EBADF, errno.EFBIG, errno.EIO, errno.ENOSPC)


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name != "gui":
            # Some bring NumPy, whose OpenBLAS ends a process without room and without a word.
            require_room()
        module = importlib.import_module(f"fstmuse_core.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:  # as where it was closed
                sys.stdout.flush()
        except BrokenPipeError:  # here, since click's own answer to it is exit code 1
            _give_up_stdout()
            return PIPE_CLOSED
        return result

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="fstmuse", message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> int | None:
    """Listen to music: its mel spectrogram, its genre, and how sure that is.

    Without a command, the window opens. All work is done on this computer.

    Exit codes: 0 all done, 1 some file failed, 2 wrong use.
    """
    if context.invoked_subcommand is not None:
        if context.invoked_subcommand != "gui":  # whose own libraries may have to say why it fails
            mute_native_stderr()
        return None
    from fstmuse_core.cli.gui import open_window

    return open_window([])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``fstmuse`` and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of the process by default.
    """
    prepare_streams()
    use_one_thread()
    try:
        code = program.main(arguments, prog_name="fstmuse", standalone_mode=False)
    except click.ClickException as error:
        told = io.StringIO()  # it may name files, and a terminal obeys some characters
        error.show(told)
        print(visible(told.getvalue()), end="", file=sys.stderr, flush=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except FstMuseError as error:
        say(f"fstmuse: {error}")
        return WRONG_USE if isinstance(error, BundleError) else SOME_FAILED
    except OSError as error:  # of a disk or a device, which is for the user to mend
        say(f"fstmuse: {_NO_MEMORY if is_out_of_memory(error) else _told(error)}")
        return SOME_FAILED
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        say(f"fstmuse: {_NO_MEMORY}")
        return SOME_FAILED
    return int(code or 0)


def _told(error: OSError) -> str:
    why = error.strerror or str(error)
    if error.filename:
        return one_line(f"{error.filename}: {why}")
    if _stdout_fails() or error.errno in _WRITE_ERRORS:
        _give_up_stdout()
        return f"standard output cannot be written ({why}); send it elsewhere"
    return f"reading or writing failed ({why})"


def _stdout_fails() -> bool:
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _give_up_stdout() -> None:
    """Keep Python from complaining at its end that standard output takes nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
