"""Files that a release needs beside the program: icons, checksums, package managers' manifests.

The version stands in ``src/fstmuse_core/__init__.py`` alone, what an app is called and opens in
``scripts/release``; everything else is made of them here.

Usage: python scripts/release_files.py check-tag v0.1.0
       python scripts/release_files.py version
       python scripts/release_files.py notes
       python scripts/release_files.py icons FOLDER
       python scripts/release_files.py manifests FOLDER OWNER/NAME
       python scripts/release_files.py core-requirements
"""

from __future__ import annotations

import configparser
import hashlib
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RELEASE = ROOT / "scripts" / "release"
# Names the app to desktops and stores; its files in scripts/release are called so.
APP_ID = "io.github.fstmuse.FstMuse"
# As the wheel has them.
APP_DATA = {
    "models": "fstmuse_core/_models",
    "assets/fstmuse.svg": "fstmuse_gui/_assets",
    "assets/style.qss": "fstmuse_gui/_assets",
    "assets/icons": "fstmuse_gui/_assets/icons",
    "LICENSE": ".",
    "NOTICE": ".",
}
# Where each file for the desktop goes below a prefix, such as /usr or ~/.local.
SHARE = {
    f"scripts/release/linux/{APP_ID}.desktop": f"applications/{APP_ID}.desktop",
    f"scripts/release/linux/{APP_ID}.metainfo.xml": f"metainfo/{APP_ID}.metainfo.xml",
    f"scripts/release/linux/{APP_ID}.xml": f"mime/packages/{APP_ID}.xml",
    "assets/fstmuse.svg": f"icons/hicolor/scalable/apps/{APP_ID}.svg",
}
COMPLETIONS = {
    "bash": "bash-completion/completions/fstmuse",
    "zsh": "zsh/site-functions/_fstmuse",
    "fish": "fish/vendor_completions.d/fstmuse.fish",
}
# One archive a system, as the release workflow names them.
ARCHIVES = {
    "linux": "fstmuse-{}-linux-x86_64.tar.xz",
    "macos": "fstmuse-{}-macos-arm64.zip",
    "windows": "fstmuse-{}-windows-x86_64.zip",
    "setup": "fstmuse-{}-windows-x86_64-setup.exe",
}
CHECKSUMS = "SHA256SUMS"
# What only deep trainings and the window take, with what comes along with it.
NOT_CORE = frozenset(
    """
    absl-py astunparse audioread cloudpickle decorator gast google-pasta grpcio h5py joblib keras
    lazy-loader libclang librosa llvmlite msgpack namex narwhals numba opt-einsum optree
    pooch pyqtgraph pyside6-essentials requests scikit-learn shiboken6 sounddevice tensorflow
    tensorflow-io tensorflow-io-gcs-filesystem termcolor urllib3 wheel wrapt
    """.split()
)
_MANIFESTS = ("winget", "homebrew")
_ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
_MICROPHONE = (
    "FstMuse records half a minute of music when you press Record, to say which genre it is. "
    "The recording stays on this computer."
)


def version() -> str:
    """Version of the program, from the one place where it stands."""
    text = (ROOT / "src" / "fstmuse_core" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


def tag_fault(tag: str) -> str:
    """Reason why a tag cannot be released; empty where it can.

    The tag, CITATION.cff, the store's list of releases and the changelog name the version.
    """
    ours = version()
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    metainfo = (RELEASE / "linux" / f"{APP_ID}.metainfo.xml").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    places = {
        "CITATION.cff": f"\nversion: {ours}\n" in citation,
        f"{APP_ID}.metainfo.xml": f'<release version="{ours}"' in metainfo,
        "CHANGELOG.md": re.search(rf"^## {re.escape(ours)}\b", changes, re.MULTILINE),
    }
    if tag != f"v{ours}":
        return f"the tag is {tag}, and the program's version {ours}; one of them is wrong"
    missing = [name for name, is_there in places.items() if not is_there]
    return f"{' and '.join(missing)} do not name version {ours}" if missing else ""


def release_notes() -> str:
    """Text of the changelog on this version."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.*)\n", changes, flags=re.MULTILINE)
    by_heading = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = (text for name, text in by_heading.items() if name.split()[0] == version())
    return next(found, "").strip() + "\n"


def write_icons(folder: Path) -> None:
    """Draw the one SVG as ``fstmuse.ico``, ``fstmuse.icns`` and a PNG of each size."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    images = {size: Image.open(io.BytesIO(_drawn(size))) for size in (*_ICON_SIZES, 1024)}
    for size in _ICON_SIZES:
        images[size].save(folder / f"fstmuse-{size}.png")
    others = list(images.values())
    sizes = [(size, size) for size in _ICON_SIZES if size <= 256]
    images[256].save(folder / "fstmuse.ico", append_images=others, sizes=sizes)
    images[1024].save(folder / "fstmuse.icns", append_images=others)


def _drawn(size: int) -> bytes:
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImage, QImageWriter, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(ROOT / "assets" / "fstmuse.svg")).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"PNG").write(image)
    return bytes(buffer.data().data())


def desktop_types() -> list[str]:
    """MIME types in the desktop entry: what the app says that it opens."""
    entry = configparser.ConfigParser(interpolation=None, strict=False)
    entry.read(RELEASE / "linux" / f"{APP_ID}.desktop", encoding="utf-8")
    return [name for name in entry["Desktop Entry"]["MimeType"].split(";") if name]


def info_plist() -> dict[str, Any]:
    """Facts that macOS is told of the app: what it opens, and what it wants the microphone for."""
    model = f"{APP_ID}.model"
    return {
        "CFBundleName": "FstMuse",
        "CFBundleDisplayName": "FstMuse",
        "CFBundleShortVersionString": version(),
        "LSApplicationCategoryType": "public.app-category.music",
        "LSMinimumSystemVersion": "14.0",
        "NSHighResolutionCapable": True,
        "NSMicrophoneUsageDescription": _MICROPHONE,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Music",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["public.audio", "public.movie", "public.folder"],
            },
            {
                "CFBundleTypeName": "FstMuse model",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Owner",
                "LSItemContentTypes": [model],
            },
        ],
        "UTExportedTypeDeclarations": [
            {
                "UTTypeIdentifier": model,
                "UTTypeDescription": "FstMuse model",
                "UTTypeConformsTo": ["public.data"],
                "UTTypeTagSpecification": {"public.filename-extension": ["fstmuse"]},
            }
        ],
    }


def write_share(prefix: Path) -> None:
    """Write what desktops, shells and man on Linux look for below ``prefix/share``."""
    share = prefix / "share"
    for source, place in SHARE.items():
        _write(share / place, (ROOT / source).read_bytes())
    _write(share / f"icons/hicolor/256x256/apps/{APP_ID}.png", _drawn(256))
    write_command_help(share)


def write_command_help(share: Path) -> None:
    """Write what shells and man look for in a folder such as ``/usr/share``."""
    import make_man_pages

    from fstmuse_core.cli.completion import completion_script
    from fstmuse_core.cli.program import program

    for shell, place in COMPLETIONS.items():
        _write(share / place, completion_script(shell).encode())
    for names, command in make_man_pages.commands(program):
        page = make_man_pages.page(names, command)
        _write(share / f"man/man1/{'-'.join(names)}.1", page.encode())


def _write(target: Path, contents: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(contents)


def write_manifests(folder: Path, repository: str) -> list[Path]:
    """Write the checksums of a release, and the manifests that hold them, beside its files.

    Parameters
    ----------
    folder : Path
        Holds the archives of all systems.
    repository : str
        ``owner/name`` on GitHub, from which they will be downloaded.

    Raises
    ------
    FileNotFoundError
        If an archive that a manifest names is not there.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != CHECKSUMS)
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    (folder / CHECKSUMS).write_text(lines, encoding="utf-8", newline="\n")
    values = {"VERSION": version(), "REPOSITORY": repository, "ID": APP_ID}
    for key, name in ARCHIVES.items():
        file = name.format(version())
        if file not in sums:
            raise FileNotFoundError(2, "an archive of the release is missing", file)
        values |= {f"FILE_{key.upper()}": file, f"SHA256_{key.upper()}": sums[file]}
    written = []
    for kind in _MANIFESTS:
        for template in sorted((RELEASE / kind).iterdir()):
            target = folder / kind / template.name
            target.parent.mkdir(exist_ok=True)
            target.write_text(filled(template, values), encoding="utf-8", newline="\n")
            written.append(target)
    return written


def core_requirements() -> str:
    """Locked packages of the command line alone, without window and TensorFlow."""
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^[a-z0-9].*\n(?: .*\n)*", text, re.MULTILINE)
    return "".join(entry for entry in entries if entry.split("==")[0] not in NOT_CORE)


def filled(template: Path, values: dict[str, str]) -> str:
    """Text of a template with a value for each ``@NAME@``; ``KeyError`` if one has none."""
    text = template.read_text(encoding="utf-8")
    return re.sub(r"@([A-Z0-9_]+)@", lambda match: values[match[1]], text)


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says."""
    match list(arguments):
        case ["check-tag", tag]:
            fault = tag_fault(tag)
            if fault:
                sys.exit(f"not released: {fault}")
            print(f"version {version()}")
        case ["version"]:
            print(version())
        case ["notes"]:
            print(release_notes(), end="")
        case ["icons", folder]:
            write_icons(Path(folder))
        case ["core-requirements"]:
            print(core_requirements(), end="")
        case ["manifests", folder, repository]:
            try:
                for path in write_manifests(Path(folder), repository):
                    print(path)
            except FileNotFoundError as error:
                sys.exit(f"{error.filename}: {error.strerror}; build it first")
        case _:
            sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
