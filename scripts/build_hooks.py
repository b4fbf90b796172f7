"""Hooks that hatchling calls: the README of the packages, and man pages and completion of a wheel.

In a checkout the README's links are relative, as the forge shows them; where the build knows the
repository, from ``GITHUB_REPOSITORY`` (owner/name), they lead to it at the version that is built.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


class ReadmeHook(MetadataHookInterface):
    """Fills in the field ``readme``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the README; hatchling has read all else from pyproject.toml."""
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        repository = os.environ.get("GITHUB_REPOSITORY", "")
        if repository:
            sys.path.insert(0, str(root / "scripts"))
            from release_files import version

            text = with_absolute_links(text, repository, f"v{version()}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


class ShareHook(BuildHookInterface[Any]):
    """Lays what shells and man look for below the prefix that a wheel is installed to."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files from the commands themselves; a checkout's own install has none."""
        self._folder = Path(tempfile.mkdtemp(prefix="fstmuse-share-"))
        if version == "editable":
            return
        sys.path[:0] = [str(Path(self.root) / name) for name in ("scripts", "src")]
        from release_files import write_command_help

        write_command_help(self._folder)
        build_data["shared_data"][str(self._folder)] = "share"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the files again."""
        shutil.rmtree(self._folder)


def with_absolute_links(text: str, repository: str, ref: str) -> str:
    """Markdown whose relative links and pictures lead to a repository's files at a tag."""
    files = f"https://github.com/{repository}/blob/{ref}/"
    pictures = f"https://raw.githubusercontent.com/{repository}/{ref}/"
    return _LINK.sub(
        lambda link: f"{link[1]}[{link[2]}]({pictures if link[1] else files}{link[3]})", text
    )
