"""The doctor of the core, in the words of the tab."""

from __future__ import annotations

import json

from fstmuse_core.datasets import doctor
from fstmuse_core.datasets.collection import merged
from fstmuse_core.datasets.report_text import as_markdown
from fstmuse_gui.train.survey import Ask, Report, SetCount, Tell, count, read_set


def check_files(sets: tuple[SetCount, ...], tell: Tell, cancelled: Ask) -> Report:
    """Listen to every file of these data sets, as if they were one.

    Raises
    ------
    FstMuseError
        If one of them is no data set any more.
    """
    found = [read_set(one.path, lambda _done, _of: None, cancelled, one.wanted) for one in sets]
    report = doctor.check_collection(merged(found), progress=tell, cancelled=cancelled)
    return Report(
        survey=count(sets, report.tracks),
        findings=_findings(report),
        set_aside=[f"{report.shown(aside.path)}: {aside.reason}" for aside in report.set_aside],
        exports={
            ".md": as_markdown(report),
            ".json": json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n",
        },
    )


def _findings(report: doctor.Report) -> list[str]:
    found = []
    if report.problem:
        found.append(f"Nothing can be trained on it: {report.problem}.")
    if report.duplicates:
        n = len(report.duplicates)
        found.append(
            f"{'One sound is' if n == 1 else f'{n} sounds are'} there more than once; "
            "copies are kept on one side of the test."
        )
    if report.leaks.official_artists:
        found.append(
            f"In the official split {report.leaks.official_artists} artists stand on both sides."
        )
    if report.warnings:
        n = len(report.warnings)
        found.append(f"{n} file{' is' if n == 1 else 's are'} damaged or clipped, and used anyway.")
    return found + [f"{note[:1].upper()}{note[1:].removesuffix('.')}." for note in report.notes]
