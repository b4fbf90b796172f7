"""Name of the program, and the folder of its pictures."""

from __future__ import annotations

from pathlib import Path

APP_NAME = "FstMuse"
APP_ID = "fstmuse"
ORGANISATION = "FstMuse"
TAGLINE = "Hears a piece of music and says which genre it is, and how sure it is."


def assets_folder() -> Path:
    """Icons and style sheets: inside the wheel, or at the top of a checkout."""
    packaged = Path(__file__).parent / "_assets"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "assets"


def app_icon_path() -> Path:
    """The program's icon, an SVG."""
    return assets_folder() / "fstmuse.svg"
