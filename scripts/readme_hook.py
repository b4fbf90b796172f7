"""Hook that hatchling calls for the README: its links as a package index can follow them.

In a checkout they are relative, as the forge shows them; where the build knows the repository,
from ``GITHUB_REPOSITORY`` (owner/name), they lead to it at the version that is built.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

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


def with_absolute_links(text: str, repository: str, ref: str) -> str:
    """Markdown whose relative links and pictures lead to a repository's files at a tag."""
    files = f"https://github.com/{repository}/blob/{ref}/"
    pictures = f"https://raw.githubusercontent.com/{repository}/{ref}/"
    return _LINK.sub(
        lambda link: f"{link[1]}[{link[2]}]({pictures if link[1] else files}{link[3]})", text
    )
