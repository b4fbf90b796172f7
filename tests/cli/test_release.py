"""What a release is made of: one version, icons, desktop files, manifests and the README."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import plistlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
import yaml
from PIL import Image

from fstmuse_core import __version__
from fstmuse_gui.settings import DESKTOP_ID

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "scripts" / "release"


@pytest.fixture
def release_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import release_files

    yield release_files
    del sys.modules["release_files"]


def test_the_version_stands_in_one_place(release_files: ModuleType) -> None:
    assert release_files.version() == __version__
    assert release_files.tag_fault(f"v{__version__}") == ""


def test_the_notes_are_those_of_this_version(release_files: ModuleType) -> None:
    notes = release_files.release_notes()

    assert notes.startswith("- The window")
    assert "## " not in notes


def test_another_tag_or_a_place_that_was_forgotten_is_no_release(
    release_files: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "the tag is v9.9.9, and the program's version" in release_files.tag_fault("v9.9.9")

    monkeypatch.setattr(release_files, "version", lambda: "9.9.9")
    assert release_files.tag_fault("v9.9.9") == (
        "CITATION.cff and io.github.fstmuse.FstMuse.metainfo.xml and CHANGELOG.md "
        "do not name version 9.9.9"
    )


def test_icons_of_all_systems_come_from_the_one_drawing(
    release_files: ModuleType, tmp_path: Path
) -> None:
    release_files.write_icons(tmp_path)

    with Image.open(tmp_path / "fstmuse.ico") as icon:
        assert {16, 32, 48, 256} <= {size for size, _ in icon.info["sizes"]}
    with Image.open(tmp_path / "fstmuse.icns") as icon:
        assert (512, 512, 2) in icon.info["sizes"]
    with Image.open(tmp_path / "fstmuse-256.png") as icon:
        corner, middle = icon.getpixel((0, 0)), icon.getpixel((128, 60))
    assert isinstance(corner, tuple)
    assert isinstance(middle, tuple)
    assert (corner[3], middle[3]) == (0, 255)


def test_desktops_are_told_one_name_and_real_types(release_files: ModuleType) -> None:
    assert release_files.APP_ID == DESKTOP_ID
    entry = (RELEASE / "linux" / f"{DESKTOP_ID}.desktop").read_text()
    types = release_files.desktop_types()
    model = ElementTree.parse(RELEASE / "linux" / f"{DESKTOP_ID}.xml").getroot()[0]

    assert f"\nIcon={DESKTOP_ID}\n" in entry
    assert {"inode/directory", "audio/flac", "audio/mpeg"} <= set(types)
    assert model.attrib["type"] in types
    assert len(types) == len(set(types))


@pytest.mark.parametrize("program", ["appstreamcli", "desktop-file-validate"])
def test_stores_take_the_files(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    kind = ["validate", "--no-net"] if program == "appstreamcli" else []
    suffix = "metainfo.xml" if program == "appstreamcli" else "desktop"
    command = [program, *kind, str(RELEASE / "linux" / f"{DESKTOP_ID}.{suffix}")]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="this is for Linux")
def test_shells_and_man_find_what_the_app_brings(release_files: ModuleType, tmp_path: Path) -> None:
    shutil.copy(RELEASE / "linux" / "install.sh", tmp_path)
    release_files.write_share(tmp_path)
    home = tmp_path / "home"
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}

    subprocess.run([tmp_path / "install.sh"], env=environment, check=True, capture_output=True)

    share = home / ".local" / "share"
    assert "fstmuse" in (share / "bash-completion" / "completions" / "fstmuse").read_text()
    assert (share / "fish" / "vendor_completions.d" / "fstmuse.fish").is_file()
    assert ".SH SYNOPSIS" in (share / "man" / "man1" / "fstmuse-classify.1").read_text()
    command = [str(tmp_path / "install.sh"), "--remove"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    kept = {path.name for path in home.rglob("*") if path.is_file()}
    assert not any("fstmuse" in name.lower() for name in kept)


def test_a_desktop_learns_of_our_models(tmp_path: Path) -> None:
    if shutil.which("update-mime-database") is None:
        pytest.skip("update-mime-database is not installed")
    (tmp_path / "packages").mkdir()
    shutil.copy(RELEASE / "linux" / f"{DESKTOP_ID}.xml", tmp_path / "packages")

    subprocess.run(["update-mime-database", tmp_path], check=True, capture_output=True)

    assert "application/x-fstmuse-model:*.fstmuse" in (tmp_path / "globs").read_text()


def test_flatpak_reads_its_manifest(tmp_path: Path) -> None:
    manifest = RELEASE / "flatpak" / f"{DESKTOP_ID}.yaml"
    read = yaml.safe_load(manifest.read_text())

    assert read["id"] == DESKTOP_ID
    assert not any("network" in right for right in read["finish-args"])
    (source,) = read["modules"][-1]["sources"]
    # Written as seen from the manifest; scripts/build-app puts the app there.
    assert (manifest.parent / source["path"]).resolve() == ROOT / "dist" / "fstmuse"
    if shutil.which("flatpak-builder") is None:
        pytest.skip("flatpak-builder is not installed")
    command = ["flatpak-builder", "--show-manifest", str(manifest)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["command"] == "fstmuse"


def test_the_app_leaves_out_nothing_that_it_imports() -> None:
    spec = (RELEASE / "app.spec").read_text()
    found = re.search(r'^EXCLUDED = """(.*?)"""', spec, re.MULTILINE | re.DOTALL)
    assert found is not None
    excluded = set(found[1].split())
    source = ROOT / "src" / "fstmuse_core"
    # Deep trainings, which ask beforehand for what they take, and clusters, which say what lacks.
    left_out = {source / name for name in ("networks", "original", "training")}
    left_out |= {source / "system" / name for name in ("cluster.py", "cluster_work.py")}

    taken = {
        (name, file.name)
        for package in (source, ROOT / "src" / "fstmuse_gui")
        for file in package.rglob("*.py")
        if not left_out & {file, *file.parents}
        for name in _imported(file)
        if excluded & {name, name.partition(".")[0]}
    }

    assert not taken


def _imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_macos_is_told_why_there_is_a_microphone(release_files: ModuleType) -> None:
    read = plistlib.loads(plistlib.dumps(release_files.info_plist()))

    assert "stays on this computer" in read["NSMicrophoneUsageDescription"]
    assert read["CFBundleShortVersionString"] == __version__
    assert "public.folder" in read["CFBundleDocumentTypes"][0]["LSItemContentTypes"]


def test_manifests_hold_the_sums_of_what_lies_there(
    release_files: ModuleType, tmp_path: Path
) -> None:
    for number, name in enumerate(release_files.ARCHIVES.values()):
        (tmp_path / name.format(__version__)).write_bytes(bytes([number]))

    release_files.write_manifests(tmp_path, "owner/name")

    setup = release_files.ARCHIVES["setup"].format(__version__)
    digest = hashlib.sha256((tmp_path / setup).read_bytes()).hexdigest()
    winget = (tmp_path / "winget" / "FstMuse.FstMuse.installer.yaml").read_text()
    _winget_takes(tmp_path / "winget")
    assert f"/owner/name/releases/download/v{__version__}/{setup}" in winget
    assert f"InstallerSha256: {digest}" in winget
    cask = (tmp_path / "homebrew" / "fstmuse.rb").read_text()
    assert f'version "{__version__}"' in cask
    assert not re.search(r"@[A-Z0-9_]+@", winget + cask)
    sums = dict(
        line.split("  ")[::-1] for line in (tmp_path / "SHA256SUMS").read_text().splitlines()
    )
    assert sums[setup] == digest
    (tmp_path / setup).unlink()
    with pytest.raises(FileNotFoundError, match="an archive of the release is missing"):
        release_files.write_manifests(tmp_path, "owner/name")
    if shutil.which("ruby"):
        subprocess.run(
            ["ruby", "-c", tmp_path / "homebrew" / "fstmuse.rb"], check=True, capture_output=True
        )


def _winget_takes(folder: Path) -> None:
    """What winget's schemas 1.10.0 want: their names, types and lengths."""
    kinds = {path: yaml.safe_load(path.read_text()) for path in folder.iterdir()}
    assert {read["ManifestType"] for read in kinds.values()} == {
        "installer",
        "defaultLocale",
        "version",
    }
    for path, read in kinds.items():
        assert path.name.startswith(read["PackageIdentifier"])
        assert read["PackageVersion"] == __version__
        assert read["ManifestVersion"] == "1.10.0"
        if read["ManifestType"] == "installer":
            assert read["InstallerType"] == "inno"
            assert read["Scope"] in ("user", "machine")
            assert read["UpgradeBehavior"] in ("install", "uninstallPrevious", "deny")
            for installer in read["Installers"]:
                assert installer["Architecture"] in ("x64", "arm64")
                assert re.fullmatch("[0-9A-Fa-f]{64}", installer["InstallerSha256"])
        elif read["ManifestType"] == "defaultLocale":
            names = ("Publisher", "PackageName", "License", "ShortDescription", "PackageLocale")
            assert all(isinstance(read[name], str) for name in names)
            assert len(read["ShortDescription"]) <= 256
            assert len(read["Tags"]) <= 16
        else:
            assert read["DefaultLocale"] == "en-US"


@pytest.mark.parametrize("repository", ["", "owner/name"])
def test_the_readme_of_a_package_shows_its_pictures(
    repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", repository)
    command = [sys.executable, "-m", "hatchling", "metadata", "readme"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    relative = re.findall(r"\]\((?!https:)[^)]*\)", text)

    assert bool(relative) is not bool(repository)
    if repository:
        pictures = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
        start = f"https://raw.githubusercontent.com/owner/name/v{__version__}/"
        assert pictures
        for picture in pictures:
            assert picture.startswith(start)
            assert (ROOT / picture.removeprefix(start)).is_file()


def test_the_container_takes_all_but_window_and_tensorflow(release_files: ModuleType) -> None:
    names = {line.partition("==")[0] for line in release_files.core_requirements().splitlines()} - {
        ""
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=;]", entry)[0].lower() for entry in project["dependencies"]}

    assert wanted - names <= release_files.NOT_CORE
    assert "numpy" in names
    assert not names & release_files.NOT_CORE


def test_the_workflow_runs_what_there_is() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()

    for path in re.findall(r"(?:scripts|tests|requirements)/[\w./-]+\.\w+", text):
        assert (ROOT / path).exists(), path


def test_progress_tells_what_and_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from install_progress import InstallProgress

    lines = """\
Collecting numpy==2.4.6
  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.6 MB)
Collecting tensorflow==2.21.0
  Using cached tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl (572.4 MB)
Collecting six==1.17.0
  Downloading six-1.17.0-py2.py3-none-any.whl (11 kB)
Installing collected packages: six, numpy, tensorflow
"""
    told = {is_terminal: _told(InstallProgress, lines, is_terminal) for is_terminal in (0, 1)}

    assert told[0] == (
        "  2 of 3: tensorflow, 572 MB (17 MB so far)\n  unpacking 3 packages (589 MB)\n"
    )
    assert "1 of 3: numpy, 17 MB (0 MB so far)" in told[1]
    assert "3 of 3: six, 0 MB (589 MB so far)" in told[1]
    assert told[1].rstrip(" \r").endswith("unpacked 2 of 3 packages")
    assert "\n" not in told[1]


def _told(kind: type, lines: str, is_terminal: int) -> str:
    stream = io.StringIO()
    stream.isatty = lambda: bool(is_terminal)  # type: ignore[method-assign]
    progress = kind(3, stream)
    for line in lines.splitlines(keepends=True):
        progress.read(line)
    progress.unpacked(2)
    progress.close()
    return stream.getvalue()


def test_constraints_pin_what_pip_would_install(tmp_path: Path) -> None:
    # Without the network: what is installed here is what the constraints say.
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--quiet"]
    command += ["--no-build-isolation", "--report", str(tmp_path / "report.json")]
    command += ["--constraint", str(ROOT / "constraints.txt"), str(ROOT)]

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert [item["metadata"]["name"] for item in report["install"]] in (["fstmuse"], [])
