"""What another model would change."""

from __future__ import annotations

import pytest

from fstmuse_core.library.disagreement import compare_library
from fstmuse_core.library.rows import State
from fstmuse_core.library.truth import Label
from fstmuse_core.system.significance import paired_test
from tests.library_out.conftest import MODEL, OTHER, make_row, unsure


def test_changes_are_counted_by_kind() -> None:
    first = [
        make_row("/same"),
        make_row("/renamed", confidence=0.6),
        make_row("/surely renamed", confidence=0.9),
        unsure("/now sure"),
        make_row("/now unsure"),
        unsure("/unsure of another guess"),
        make_row("/only a"),
    ]
    second = [
        make_row("/same", confidence=0.99),
        make_row("/renamed", genre="Jazz"),
        make_row("/surely renamed", genre="Jazz", confidence=0.9),
        make_row("/now sure", genre="Folk"),
        unsure("/now unsure"),
        unsure("/unsure of another guess", genre="Folk"),
        make_row("/only a", state=State.WAITING),
        make_row("/only b"),
    ]
    found = compare_library((MODEL, first), (OTHER, second))

    assert (found.both, found.only_a, found.only_b) == (6, 1, 1)
    assert (found.same, found.renamed, found.now_sure, found.now_unsure) == (2, 2, 1, 1)
    assert next(iter(found.pairs.items())) == (("Rock", "Jazz"), 2)
    assert found.pairs[None, "Folk"] == found.pairs["Rock", None] == 1
    assert [change.path for change in found.changes][:2] == ["/surely renamed", "/renamed"]
    assert found.labelled is None
    assert "Of 6 files that both have heard, 2 stay what they were (33 %)" in found.sentence(
        "first", "second"
    )


def test_labels_tell_which_is_right() -> None:
    names = [f"/{i}" for i in range(40)]
    first = [make_row(name, genre="Jazz", artist=f"Artist {i}") for i, name in enumerate(names)]
    second = [make_row(name) for name in names]
    # A copy of the first song is no other song, and a genre that one model lacks is no test.
    first += [make_row("/copy", genre="Jazz", content="/0"), make_row("/classical", genre="Jazz")]
    second += [make_row("/copy", content="/0"), make_row("/classical")]
    labels = [Label(name, ("rock",), ("Rock",)) for name in [*names, "/copy"]]
    labels.append(Label("/classical", ("opera",), ("Classical",)))

    test = compare_library((MODEL, first), (OTHER, second), labels).labelled

    assert test is not None
    assert (test.clips, test.only_a, test.only_b) == (40, 0, 40)
    assert test.is_clear
    assert (test.accuracy_a, test.accuracy_b) == (0.0, 1.0)


def test_one_artist_s_songs_prove_little() -> None:
    right = [True] * 30
    many = paired_test([False] * 30, right, [str(i) for i in range(30)])
    one = paired_test([False] * 20 + right[:10], right, ["a"] * 20 + ["b"] * 10)
    assert (many.low, many.high, many.is_clear) == (1.0, 1.0, True)
    assert one.p_value < 0.001
    assert not one.is_clear


def test_many_artists_are_drawn_in_parts() -> None:
    count = 900  # more than are drawn at once
    right = [i % 3 > 0 for i in range(count)]
    found = paired_test([False] * count, right, [str(i) for i in range(count)])
    assert found.low == pytest.approx(2 / 3 - 1.96 * (2 / 9 / count) ** 0.5, abs=0.004)
    assert found.high == pytest.approx(2 / 3 + 1.96 * (2 / 9 / count) ** 0.5, abs=0.004)


def test_nothing_in_common() -> None:
    found = compare_library((MODEL, []), (OTHER, [make_row()]))
    assert found.both == 0
    assert found.sentence("x", "y") == "There is no file yet that both x and y have heard."
