"""``fstmuse classify``: genres of files and folders."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from fstmuse_core.cli.common.console import SOME_FAILED, ProgressBar, about, say
from fstmuse_core.cli.common.output import check_writable, identity, open_text
from fstmuse_core.cli.common.param_types import ModelName, SomePath, Whole, cluster_option
from fstmuse_core.cli.common.param_types import shard as as_shard
from fstmuse_core.system.errors import AudioError, BundleError, FstMuseError
from fstmuse_core.system.isolated import MANY, FileWork, IsolatedWork, each_isolated, unexpected

if TYPE_CHECKING:
    from fstmuse_core.bundle.bundle import Bundle
    from fstmuse_core.classify.result import Classification
    from fstmuse_core.classify.runner import ClassifierRunner
    from fstmuse_core.cli.common.results import Choice, FileResult, ResultWriter

    Answer = Classification | FstMuseError

DEFAULT_MODEL = "fst-muse"
_FORMATS = ("table", "json", "jsonl", "csv")


@click.command(short_help="Say which genre sound files are.")
@click.argument("paths", nargs=-1, metavar="PATH...", type=SomePath())
@click.option(
    "--model",
    type=ModelName(),
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="NAME",
    help="A model's name (see: fstmuse models list) or its folder.",
)
@click.option(
    "--top",
    type=Whole(min=1),
    metavar="N",
    help="Only the N likeliest genres (default: 3 in a table, elsewhere all).",
)
@click.option(
    "--timeline",
    is_flag=True,
    help="Also every segment: rows of a table or CSV, 'segments' in JSON.",
)
@click.option(
    "--traits",
    is_flag=True,
    help="Also style, mood, era, voice and instruments, as a pre-trained tagger hears them.",
)
@click.option(
    "--measures",
    is_flag=True,
    help="Also tempo, key, loudness and energy; in JSON with how sure they are.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(_FORMATS),
    help="json is one array, jsonl one object a line (default: as FILE ends, else table).",
)
@click.option(
    "--output",
    "-o",
    type=SomePath(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write there. The old file is replaced once all is done; jsonl grows line by line.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with FILE, which is jsonl, after a kill; also of what your library knows, "
    "wherever it was moved, nothing is done twice.",
)
@click.option(
    "--shard",
    type=as_shard,
    metavar="K/N",
    help="Only part K of N, of about as many files each: for several machines, or at several "
    "times. See fstmuse library import.",
)
@click.option(
    "--stdin",
    "from_stdin",
    is_flag=True,
    help="Read paths of files from standard input, one a line or as JSON, and answer each at once "
    "with a line of JSON: for other programs.",
)
@cluster_option("Hear them")
def command(
    paths: tuple[str, ...],
    model: str,
    top: int | None,
    timeline: bool,
    traits: bool,
    measures: bool,
    layout: str | None,
    output: Path | None,
    resume: bool,
    shard: tuple[int, int] | None,
    from_stdin: bool,
    cluster: str | None,
) -> int:
    """Say which genre each PATH is: sound files, videos, or folders of them.

    Results come in the order given; the contents of folders by name. A file that fails is
    named on standard error, the others are still done, and the exit code is 1.
    """
    if bool(paths) == from_stdin:
        raise click.UsageError("name files or folders, or have them read with --stdin")
    target = None if output is None or str(output) == "-" else output
    layout = layout or _layout_of(target)
    check_writable(target, *paths)
    if resume and (target is None or layout != "jsonl"):
        raise click.UsageError("--resume goes on with a file: name it with --output FILE.jsonl")
    if measures and resume:
        raise click.UsageError("what your library knows has no measures; leave out --measures")
    if from_stdin and (resume or shard or cluster or target or layout not in ("table", "jsonl")):
        raise click.UsageError("--stdin answers in lines of JSON on standard output, and no more")

    from fstmuse_core.bundle.bundle import find_bundle
    from fstmuse_core.bundle.manifest import CLASSIFIER
    from fstmuse_core.classify.runner import ClassifierRunner
    from fstmuse_core.cli.common.results import Choice

    bundle = find_bundle(model)
    bundle.require_kind(CLASSIFIER)
    if traits and not bundle.manifest.tagger:
        raise click.UsageError(
            f"{bundle.manifest.title} stands on no tagger and hears no traits; leave out --traits"
        )
    choice = Choice(top, timeline, traits, measures)
    if from_stdin:
        return SOME_FAILED if _answer_stdin(bundle, choice) else 0
    found = of_shard(list(_find(paths)), shard)
    if resume and target is not None:
        failed = _resume(bundle, found, target, choice, cluster or "")
    else:
        with open_text(target, line_by_line=layout == "jsonl") as stream:
            writer = _writer(layout, stream, bundle, choice, found)
            kinds = {"with_sound": layout == "jsonl", "with_measures": measures}
            runner = ClassifierRunner(str(bundle.path), bundle.sha256, **kinds)
            failed = _classify_all(runner, found, writer, layout, cluster or "")
    return SOME_FAILED if failed else 0


def _layout_of(target: Path | None) -> str:
    suffix = "" if target is None else target.suffix.lower().removeprefix(".")
    return suffix if suffix in _FORMATS else "table"


def _resume(
    bundle: Bundle, found: Sequence[_Found], target: Path, choice: Choice, cluster: str
) -> int:
    from fstmuse_core.cli.common import resuming
    from fstmuse_core.cli.common.results import JsonLinesWriter
    from fstmuse_core.library.database import open_library

    with (
        open_library() as library,
        resuming.open_again(target, [path for path, _ in found], bundle, choice) as (stream, done),
    ):
        if library.notice:
            say(f"fstmuse: {library.notice}")
        rest = [item for item in found if item[0] not in done]
        files = {path: identity(path) for path in _sound(rest)}
        answers = resuming.answers(library, bundle, _sound(rest), cluster)
        writer = JsonLinesWriter(stream, bundle, choice, files)
        return _write_all(rest, answers, writer, ProgressBar(len(rest)))


_Found = tuple[str, AudioError | None]


def _find(paths: Sequence[str]) -> Iterator[_Found]:
    """Every file that is meant, and each folder that holds none or can't be read, with why."""
    for path in paths:
        if not os.path.isdir(path):
            yield path, None
            continue
        from fstmuse_core.audio.sound_files import find_audio_files

        errors: list[AudioError] = []
        is_empty = True
        for file in find_audio_files([path], errors.append):
            is_empty = False
            yield str(file), None
        yield from ((str(error.subject), error) for error in errors)
        if is_empty and not errors:
            yield path, AudioError(path, "there are no sound files in this folder", "name another")


def of_shard(found: Sequence[_Found], shard: tuple[int, int] | None) -> list[_Found]:
    """Those of a part, in the order given: every n-th by path, however the paths were named."""
    if shard is None:
        return list(found)
    part, count = shard
    by_path = sorted(range(len(found)), key=lambda index: os.fsencode(found[index][0]))
    return [found[index] for index in sorted(by_path[part - 1 :: count])]


def _writer(
    layout: str, stream: TextIO, bundle: Bundle, choice: Choice, found: Sequence[_Found]
) -> ResultWriter:
    if layout == "table":
        from fstmuse_core.cli.common.results import TableWriter, shown_name, width

        return TableWriter(
            stream, bundle, choice, max((width(shown_name(path)) for path, _ in found), default=0)
        )
    from fstmuse_core.cli.common.results import CsvWriter, JsonLinesWriter, JsonWriter

    if layout == "jsonl":
        files = {path: identity(path) for path in _sound(found)}
        return JsonLinesWriter(stream, bundle, choice, files)
    writers: dict[str, Callable[[TextIO, Bundle, Choice], ResultWriter]] = {
        "json": JsonWriter,
        "csv": CsvWriter,
    }
    return writers[layout](stream, bundle, choice)


def _classify_all(
    runner: ClassifierRunner,
    found: Sequence[_Found],
    writer: ResultWriter,
    layout: str,
    cluster: str,
) -> int:
    """Write a result for each file, in order, and return the number of those that failed."""
    bar = ProgressBar(len(found))
    answers = _answers(runner, _sound(found), bar.update_fraction, cluster)
    return _write_all(found, answers, writer, bar, speak_warnings=layout == "table")


def _answer_stdin(bundle: Bundle, choice: Choice) -> int:
    """Answer each line of standard input as it comes; return the number of files that failed."""
    from fstmuse_core.classify.runner import ClassifierRunner
    from fstmuse_core.cli.common.results import JsonLinesWriter

    kinds = {"with_sound": True, "with_measures": choice.measures}
    runner = ClassifierRunner(str(bundle.path), bundle.sha256, **kinds)
    bar, failed = ProgressBar(1), 0
    with (
        IsolatedWork(FileWork(runner.classify), str, spawn=True) as work,
        JsonLinesWriter(sys.stdout, bundle, choice) as writer,
    ):
        for line in sys.stdin.buffer:
            if path := _named_in(line.rstrip(b"\r\n")):
                answer = _checked(path, work.result(path))
                failed += _write(_result(path, answer), writer, bar, speak_warnings=False)
    return failed


def _named_in(line: bytes) -> str:
    """Path that a line holds: as it is, or as a JSON string, which may hold anything."""
    if line.startswith(b'"'):
        try:
            return str(json.loads(line))
        except ValueError:
            pass  # a file may be called so
    return os.fsdecode(line)


def _checked(path: str, result: Answer | OSError | MemoryError) -> Answer:
    if isinstance(result, BundleError):
        raise result
    return unexpected(path, result) if isinstance(result, OSError | MemoryError) else result


def _answers(
    runner: ClassifierRunner,
    paths: Sequence[str],
    on_fraction: Callable[[float], None],
    cluster: str,
) -> Iterator[Answer]:
    """Return a model's answers on files, in order; they raise ``BundleError`` if it is unusable.

    ``on_fraction`` is told how much of the file in work is done, where they are few.
    """

    def checked(index: int, result: Answer | OSError | MemoryError) -> Answer:
        return _checked(paths[index], result)

    work = FileWork(runner.classify)
    if len(paths) < MANY and not cluster:
        results = each_isolated(work, paths, str, on_fraction)
        return (checked(index, result) for index, result in enumerate(results))
    from fstmuse_core.cli.common.many_files import in_order

    pool = None
    if cluster and paths:
        from fstmuse_core.system.cluster import ClusterPool

        # The current folder of a worker is another.
        paths = [os.path.abspath(path) for path in paths]
        pool = ClusterPool(work, cluster, len(paths), trouble=runner.trouble, tell=_note)
    return in_order(paths, work, checked, cluster=pool)


def _note(sentence: str) -> None:
    say(f"fstmuse: {sentence}")


def _sound(found: Sequence[_Found]) -> list[str]:
    return [path for path, error in found if error is None]


def _write_all(
    found: Sequence[_Found],
    answers: Iterator[Answer],
    writer: ResultWriter,
    bar: ProgressBar,
    *,
    speak_warnings: bool = False,
) -> int:
    """Write the next of ``answers`` for each file; return the number of those that failed."""
    failed = 0
    with writer, bar:
        for index, (path, error) in enumerate(found):
            bar.update(index, os.path.basename(path))
            answer = next(answers) if error is None else error
            failed += _write(_result(path, answer), writer, bar, speak_warnings=speak_warnings)
    return failed


def _result(path: str, answer: Answer) -> FileResult:
    from fstmuse_core.cli.common.results import FileResult

    if isinstance(answer, FstMuseError):
        return FileResult(path, error=about(path, answer))
    return FileResult(path, answer)


def _write(
    result: FileResult, writer: ResultWriter, bar: ProgressBar, *, speak_warnings: bool
) -> bool:
    """Write a result and say what there is to say of it; return true if the file failed."""
    if result.error is not None or sys.stdout.isatty():
        bar.clear()
    writer.add(result)
    if result.error is not None:
        say(f"fstmuse: {result.error}")
    elif speak_warnings and result.classification is not None:
        for warning in result.classification.warnings:
            bar.clear()
            say(about(result.path, FstMuseError(result.path, warning)))
    return result.error is not None
