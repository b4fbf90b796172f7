"""The Train tab shows foreign text as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fstmuse_core.datasets.survey import GenreCount
from fstmuse_core.runs.events import Failed, Warned
from fstmuse_gui.train.form.choices import Base
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.results.presenter import PastRun
from tests.gui.markup import HOSTILE, check_plain
from tests.gui_train.conftest import MakeTrainBench
from tests.gui_train.fakes import make_bases, make_done, make_progress, make_started, make_survey


def test_folders_genres_runs_and_errors(make_bench: MakeTrainBench) -> None:
    bases = [*make_bases(), Base("theirs", HOSTILE, "toy-model", (HOSTILE,))]
    bench = make_bench(bases=lambda: bases)
    bench.runs.append(PastRun(RunRow(HOSTILE, HOSTILE, HOSTILE, "done"), Path("/r"), True))
    bench.learn_from(f"/music/{HOSTILE}")
    survey = make_survey(f"/music/{HOSTILE}")
    counts = (GenreCount(HOSTILE, 12, 3), *survey.genres)
    survey = replace(survey, genres=counts, why_set_aside=HOSTILE)
    bench.view.data_page.show_report(survey, [HOSTILE], [HOSTILE])
    bench.view.form.chips.show_genres(counts, {HOSTILE})
    bench.view.notice.say(HOSTILE)
    check_plain(bench.window)
    bench.view.form.chips.show_genres(survey.genres[1:], {"Rock", "Jazz"})
    bench.train(make_started(f"/runs/{HOSTILE}"), Warned(HOSTILE), make_progress(1))
    check_plain(bench.window)
    bench.tell(replace(make_done(name=HOSTILE)))
    check_plain(bench.window)
    bench.presenter.train()
    bench.tell(make_started(), Failed(HOSTILE))
    check_plain(bench.window)
