"""The files for Windows: the installer's script, and what it does to PATH."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fstmuse_core.audio.sound_files import AUDIO_SUFFIXES

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "scripts" / "release"
SCRIPT = (RELEASE / "windows" / "fstmuse.iss").read_text()


def test_windows_opens_with_it_only_what_it_reads() -> None:
    named = set(re.findall(r'SupportedTypes"; .*ValueName: "(\.\w+)"', SCRIPT))

    assert named
    assert named <= AUDIO_SUFFIXES


def test_its_programs_are_those_that_the_app_has() -> None:
    spec = (RELEASE / "app.spec").read_text()
    started = set(re.findall(r"\{app\}\\([\w-]+)\.exe", SCRIPT))

    assert started <= set(re.findall(r'program\("([\w-]+)"', spec))
    assert (ROOT / "LICENSE").is_file()
    assert r"{#Root}\LICENSE" in SCRIPT


# Inno Setup's own names, for Free Pascal: the registry is one value, "-" where there is none.
_PATH_PROGRAM = """
program PathOfWindows;
{$mode delphi}
uses SysUtils;
type
  TSetupStep = (ssInstall, ssPostInstall, ssDone);
  TUninstallStep = (usUninstall, usPostUninstall, usDone);
const
  HKLM = 1;
  HKCU = 2;
var
  Stored: String;
function IsAdminInstallMode: Boolean; begin Result := ParamStr(3) = 'all'; end;
function WizardIsTaskSelected(Name: String): Boolean; begin Result := Name = ParamStr(2); end;
function ExpandConstant(Text: String): String; begin Result := 'C:\\Apps\\FstMuse'; end;
function RemoveBackslash(Text: String): String;
begin
  Result := ExcludeTrailingPathDelimiter(StringReplace(Text, '\\', '/', [rfReplaceAll]));
end;
function RegQueryStringValue(Root: Integer; Key, Name: String; var Value: String): Boolean;
begin
  Result := Stored <> '-';
  if Result then Value := Stored;
end;
procedure RegDeleteValue(Root: Integer; Key, Name: String); begin Stored := '-'; end;
procedure RegWriteExpandStringValue(Root: Integer; Key, Name, Value: String);
begin
  Stored := Value;
end;
@CODE@
begin
  Stored := ParamStr(1);
  CurStepChanged(ssInstall);
  CurStepChanged(ssPostInstall);
  WriteLn(Stored);
  CurUninstallStepChanged(usUninstall);
  CurUninstallStepChanged(usPostUninstall);
  WriteLn(Stored);
  WriteLn(PathRoot, ' ', PathKey);
end.
"""
_OURS = "C:\\Apps\\FstMuse"


@pytest.fixture(scope="module")
def path_of_windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that does to a PATH what the installer and then its uninstaller do."""
    if shutil.which("fpc") is None:
        pytest.skip("Free Pascal is not installed")
    folder = tmp_path_factory.mktemp("pascal")
    (folder / "path.pas").write_text(_PATH_PROGRAM.replace("@CODE@", SCRIPT.split("[Code]")[1]))
    subprocess.run(["fpc", "-v0", "path.pas"], cwd=folder, check=True, capture_output=True)
    return folder / "path"


@pytest.mark.parametrize(
    ("before", "installed", "removed"),
    [
        ("-", _OURS, "-"),
        ("C:\\A;%B%", f"C:\\A;%B%;{_OURS}", "C:\\A;%B%"),
        ("C:\\A;;D:\\;", f"C:\\A;;D:\\;{_OURS}", "C:\\A;;D:\\"),
        ("c:\\apps\\fstmuse\\;C:\\A", f"C:\\A;{_OURS}", "C:\\A"),
        (f"C:\\A;{_OURS}2", f"C:\\A;{_OURS}2;{_OURS}", f"C:\\A;{_OURS}2"),
    ],
)
def test_windows_path_is_left_as_it_was(
    path_of_windows: Path, before: str, installed: str, removed: str
) -> None:
    for scope, place in (("", "2 Environment"), ("all", "1 SYSTEM\\CurrentControlSet")):
        told = subprocess.run(
            [path_of_windows, before, "path", scope], capture_output=True, text=True, check=True
        ).stdout.splitlines()

        assert told[:2] == [installed, removed]
        assert told[2].startswith(place)


def test_windows_path_that_was_not_asked_for_is_not_touched(path_of_windows: Path) -> None:
    told = subprocess.run(
        [path_of_windows, "C:\\A;;D:\\;", "", ""], capture_output=True, text=True, check=True
    )

    assert told.stdout.splitlines()[:2] == ["C:\\A;;D:\\;"] * 2
