"""What the set-up installs: pinned by hash, the same as the constraints, known faults asked for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
_PIN = re.compile(r"([a-z0-9-]+)==([0-9a-z.+]+)(?: ; ([^\\\n]+?))? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def entries(purpose: str) -> dict[str, list[str]]:
    """Lines of hashes by the line that names a package."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements" / f"{purpose}.txt").read_text("utf-8").splitlines():
        if line.startswith("    "):
            found[list(found)[-1]].append(line)
        elif not line.startswith("#"):
            found[line] = []
    return found


@pytest.fixture
def check_advisories(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import check_advisories

    yield check_advisories
    sys.modules.pop("check_advisories")


@pytest.mark.parametrize("purpose", ["run", "test"])
def test_every_package_is_pinned_with_hashes_and_no_place_is_named(purpose: str) -> None:
    locked = entries(purpose)

    assert len(locked) > 50
    for line, hashes in locked.items():
        assert _PIN.fullmatch(line), line
        assert hashes
        assert all(_HASH.fullmatch(text) for text in hashes), line


def test_the_locks_have_the_versions_of_the_constraints() -> None:
    constraints = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.split(";")[0].strip() for line in constraints if not line.startswith("#")}
    locked = {line.split(" ")[0] for line in entries("test")}
    of_the_set_up = {line.split(" ")[0] for line in entries("uv")}

    assert locked | of_the_set_up == pinned
    assert {line.split(" ")[0] for line in entries("run")} < locked


def test_what_builds_the_program_is_locked_for_running_too() -> None:
    assert any(line.startswith("hatchling==") for line in entries("run"))


def test_pip_refuses_a_package_whose_hash_is_another(tmp_path: Path) -> None:
    wheel = tmp_path / "polka-1.0-py3-none-any.whl"
    build_wheel(wheel)
    lock = tmp_path / "lock.txt"
    lock.write_text(f"polka==1.0 --hash=sha256:{'0' * 64}\n")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--isolated"]
    command += [f"--find-links={tmp_path}", "--require-hashes", "--only-binary=:all:"]

    done = subprocess.run([*command, "-r", str(lock)], capture_output=True, text=True)

    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_the_set_up_insists_on_hashes_and_builds_nothing_from_an_index(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import bootstrap

    commands: list[list[str]] = []

    def run(command: list[str], *_: Any) -> int:
        commands.append(command)
        return 0

    # Nothing is installed here: these tests run in that very environment.
    monkeypatch.setattr("install_progress.run_pip", run)
    monkeypatch.setattr(bootstrap, "find_uv", lambda: None)
    bootstrap.install("test")
    for name in ("bootstrap", "install_progress"):
        sys.modules.pop(name)

    packages, program = commands
    assert {"--require-hashes", "--only-binary=:all:"} <= set(packages)
    assert packages[-1] == str(ROOT / "requirements" / "test.txt")
    assert {"--no-deps", "--no-build-isolation", "--no-index"} <= set(program)


class _Service(BaseHTTPRequestHandler):
    answer: Any = None

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        names = [query["package"]["name"] for query in asked]
        results: Any = [{"vulns": [{"id": "X-1"}]} if n == "numpy" else {} for n in names]
        body = json.dumps({"results": results} if self.answer is None else self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[str]:
    """Address of a service that knows a fault of numpy."""
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_known_faults_are_named(
    check_advisories: ModuleType, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_advisories.main(service) == 1
    assert re.search(r"^numpy \S+: X-1$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize("answer", [[], {}, {"results": []}, {"results": 3}])
def test_an_answer_that_is_not_understood_is_no_answer(
    check_advisories: ModuleType,
    service: str,
    answer: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(_Service, "answer", answer)

    assert check_advisories.main(service) == 0
    assert capsys.readouterr().out.startswith("Skipped: ")


def test_without_the_service_one_line_says_so(
    check_advisories: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_advisories.main("http://127.0.0.1:9/") == 0
    out = capsys.readouterr().out
    assert out.startswith("Skipped: the advisory service did not answer (")
    assert out.count("\n") == 1


def build_wheel(path: Path) -> None:
    """Write a package that holds nothing."""
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        folder = "polka-1.0.dist-info"
        archive.writestr(f"{folder}/METADATA", "Metadata-Version: 2.1\nName: polka\nVersion: 1.0\n")
        archive.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{folder}/RECORD", "")
