"""``fstmuse completion``: words that a shell completes."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")
# As click derives it from the program's name.
_VARIABLE = "_FSTMUSE_COMPLETE"


@click.command(short_help="Print what lets a shell complete commands.")
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> int:
    """Print the script that lets SHELL complete commands, options, files and names of models.

    \b
    bash: fstmuse completion bash > ~/.local/share/bash-completion/completions/fstmuse
    zsh:  fstmuse completion zsh > _fstmuse, in a folder that $fpath names
    fish: fstmuse completion fish > ~/.config/fish/completions/fstmuse.fish
    """
    click.echo(completion_script(shell))
    return 0


def completion_script(shell: str) -> str:
    """Script that lets a shell, "bash", "zsh" or "fish", complete commands."""
    from fstmuse_core.cli.program import program

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(program, {}, "fstmuse", _VARIABLE)
    return script.source_template % script.source_vars()
