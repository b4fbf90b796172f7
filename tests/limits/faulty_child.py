"""Child processes that do what broken decoders do; a module, so that they find it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fstmuse_core.system.child_process import start_child
from fstmuse_core.system.process_limits import Limits, heartbeat


def say_and_wait(connection: Connection) -> None:
    """Say that it is up, then wait for ever."""
    connection.send("up")
    signal.pause()


def hold_the_interpreter(connection: Connection) -> None:
    """Hang in native code that lets no other thread of Python run."""
    connection.send("up")
    ctypes.PyDLL(None).pause()


def take_a_gibibyte(connection: Connection) -> None:
    """Say what becomes of a request for more memory than a child may have."""
    try:
        bytearray(2**30)
    except MemoryError:
        connection.send("MemoryError")


def misbehave(path: str) -> None:
    """Do what the beginning of a file's name says."""
    name = Path(path).name
    if name.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    elif name.startswith("abort"):
        os.abort()
    elif name.startswith("hang"):
        ctypes.PyDLL(None).pause()
    elif name.startswith("stop"):
        os.kill(os.getpid(), signal.SIGSTOP)
    elif name.startswith("spin"):
        while True:
            pass
    elif name.startswith("eat"):
        hold = []
        while True:
            hold.append(bytearray(2**27))


def misbehave_and_tell(path: str, library_file: str) -> None:
    """Do what the file's name says; the file that :func:`looked_at` reads says so beforehand."""
    Path(library_file).with_name("looked-at").write_text(Path(path).name, encoding="utf-8")
    misbehave(path)


def looked_at(library_file: Path) -> str:
    """Name of the file that a child with a broken library turned to last."""
    told = library_file.with_name("looked-at")
    return told.read_text(encoding="utf-8") if told.exists() else ""


def break_decoder() -> None:
    """Have every sound file that is opened from now on misbehave."""
    from fstmuse_core.audio.reading import AudioStream

    opened: Any = AudioStream.__init__

    def open_or_break(self: Any, path: Any, **options: Any) -> None:
        misbehave(os.fspath(path))
        opened(self, path, **options)

    patch.object(AudioStream, "__init__", open_or_break).start()

    import soundfile

    opened_by_libsndfile = soundfile.SoundFile.__init__

    def open_file_or_break(self: Any, file: Any, *arguments: Any, **options: Any) -> None:
        name = getattr(file, "name", "")
        if isinstance(name, int) and sys.platform == "linux":
            name = os.readlink(f"/proc/self/fd/{name}")
        misbehave(str(name))
        opened_by_libsndfile(self, file, *arguments, **options)

    patch.object(soundfile.SoundFile, "__init__", open_file_or_break).start()

    from fstmuse_core.audio import sound_files

    opened_by_ffmpeg: Any = vars(sound_files)["open_container"]

    def open_container_or_break(part: Any) -> Any:
        misbehave(str(part.path))
        return opened_by_ffmpeg(part)

    patch.object(sound_files, "open_container", open_container_or_break).start()


def break_proof() -> None:
    """Have every file misbehave when the sound of its new version is compared with it.

    One whose name goes on with "-early" does so when it is looked at before.
    """
    from fstmuse_core.tags import plan, replacement
    from fstmuse_core.tags.proof import foresee, prove

    def foresee_or_break(target: Path, *arguments: Any) -> None:
        if "-early" in target.name:
            misbehave(str(target))
        foresee(target, *arguments)

    patch.object(plan, "foresee", foresee_or_break).start()

    def prove_or_break(target: Path, *arguments: Any) -> None:
        misbehave(str(target))
        prove(target, *arguments)

    patch.object(replacement, "prove", prove_or_break).start()


def serve_with_broken_decoder(connection: Connection, warm_model: str | None = None) -> None:
    """Classify like the window's worker."""
    from fstmuse_core.workers.tasks.classify import serve

    break_decoder()
    serve(connection, warm_model)


def serve_with_broken_listening(connection: Connection, warm_model: str | None = None) -> None:
    """Make sound like the window's worker; a file called "long" takes four seconds' work."""
    from fstmuse_core.workers.tasks import sound

    def hear(path: str, **_: Any) -> str:
        misbehave(path)
        while path == "long" and time.process_time() < 4.0 + begun:
            heartbeat(10.0)
        return path

    begun = time.process_time()
    patch.object(sound, "resynthesize_file", hear).start()
    sound.serve(connection, warm_model)


def feed_with_broken_decoder(connection: Connection) -> None:
    """Read files for the player."""
    from fstmuse_core.workers.playback import _feed

    break_decoder()
    _feed(connection)


def serve_with_broken_tags(connection: Connection, library_file: str) -> None:
    """Do the window's library work; misbehave itself with a copy made and not yet in place."""
    from fstmuse_core.tags import batch
    from fstmuse_core.tags.replacement import put_in_place
    from fstmuse_core.workers.tasks.library import serve

    def break_or_put(copy: Path, target: Path, *arguments: Any) -> None:
        misbehave_and_tell(str(target), library_file)
        put_in_place(copy, target, *arguments)

    patch.object(batch, "put_in_place", break_or_put).start()
    serve(connection, library_file)


def serve_with_broken_preview(connection: Connection, library_file: str) -> None:
    """Do the window's library work; misbehave itself while it lists what to look at."""
    from fstmuse_core.library import tagging
    from fstmuse_core.workers.tasks.library import serve

    def break_listing(
        _library: object, _model: object, rows: list[Any], **_options: object
    ) -> list[Any]:
        for row in rows:
            misbehave_and_tell(row.path, library_file)
        return []

    patch.object(tagging, "file_genres", break_listing).start()
    serve(connection, library_file)


def serve_with_strict_limits(connection: Connection, library_file: str) -> None:
    """Do the window's library work; a decoder that hangs is given up after two seconds."""
    from fstmuse_core.tags import isolated
    from fstmuse_core.workers.tasks.library import serve

    strict = Limits(idle_s=2.0)
    for name in ("isolated_looks", "isolated_versions"):
        patch.object(isolated, name, partial(getattr(isolated, name), limits=strict)).start()
    serve(connection, library_file)


def serve_with_broken_folders(connection: Connection, library_file: str) -> None:
    """Do the window's library work; a folder misbehaves when it is looked into."""
    from fstmuse_core.workers.tasks.library import serve

    listed = os.scandir

    def list_or_break(folder: Any) -> Any:
        misbehave_and_tell(os.fspath(folder), library_file)
        return listed(folder)

    patch.object(os, "scandir", list_or_break).start()
    serve(connection, library_file)


def work(path: str) -> str:
    """Do for a pool what the file's name says; otherwise give it back."""
    misbehave(path)
    return path


def pid_of(path: str) -> int:
    """Do what the file's name says; otherwise give the number of the process."""
    misbehave(path)
    return os.getpid()


def _start_and_wait(how: str) -> None:
    target = say_and_wait if how == "stopped" else globals()[how]
    process, connection = start_child(target)
    connection.recv()
    assert process.pid
    if how == "stopped":
        os.kill(process.pid, signal.SIGSTOP)
    print(process.pid, flush=True)
    signal.pause()


if __name__ == "__main__":
    _start_and_wait(sys.argv[1])
