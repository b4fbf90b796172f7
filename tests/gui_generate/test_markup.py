"""The Generate tab shows foreign text as it is."""

from __future__ import annotations

from fstmuse_gui.shared.models import ModelInfo
from tests.gui.fakes import MODELS
from tests.gui.markup import HOSTILE, check_plain
from tests.gui_generate.conftest import MakeGenerateBench


def test_names_of_models_and_genres(make_bench: MakeGenerateBench) -> None:
    bench = make_bench([ModelInfo("toy-gan", HOSTILE, (HOSTILE, "R&B"))])
    judges = [ModelInfo(model.name, HOSTILE, model.genres) for model in MODELS]
    bench.presenter.offer_models(list(bench.presenter._models.offered.values()), judges)
    check_plain(bench.window, said=False)
    bench.form.blend.setCurrentIndex(1)
    for _ in range(2):
        bench.form.generate_button.click()
        bench.finish()
    bench.view.notice.say(HOSTILE)
    check_plain(bench.window)
    bench.form.generate_button.click()
    bench.fail(HOSTILE)
    check_plain(bench.window)
