"""Numbers of a strip's frames, and which of them are finished, without Blender."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as some

FRAMES = some.integers(-5000, 5000)


@given(
    start=FRAMES, left=some.integers(-900, 900), length=some.integers(1, 500), moved=FRAMES, cut=some.integers(0, 500)
)
def test_moving_and_trimming_keep_the_numbers(
    pure_package: Callable[[str], ModuleType], start: int, left: int, length: int, moved: int, cut: int
) -> None:
    make = pure_package("sequencer.content").Content.on_timeline
    content = make(start, start + left, start + left + length)
    shown = start + left + length // 2
    elsewhere = make(start + moved, start + left + moved, start + left + length + moved)
    trimmed = make(start, start + left + cut, start + left + cut + length)
    assert content.number(shown) == elsewhere.number(shown + moved) == trimmed.number(shown)
    assert content.frame(content.number(shown)) == shown
    assert content.last - content.first + 1 == length


def test_handles_go_on_both_sides_and_not_below_zero(pure_package: Callable[[str], ModuleType]) -> None:
    content = pure_package("sequencer.content").Content.on_timeline(10, 12, 20)
    widened = content.with_handles(8)
    assert (widened.first, widened.last) == (content.first - 8, content.last + 8)
    errors = pure_package("contract.errors")
    for handles in (-1, 2000):
        with pytest.raises(errors.UsageError):
            content.with_handles(handles)


def test_the_ledger_holds_whole_frames_of_the_same_only(
    pure_package: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    ledger_of = pure_package("sequencer.ledger").Ledger
    frame = tmp_path / "plate.1001.png"
    # A PNG ends so.
    whole = b"pixels" + b"\0\0\0\0IEND\xaeB`\x82"
    with ledger_of(tmp_path) as ledger:
        assert not ledger.holds(frame, "a")
        with ledger.adding(frame, "a") as temporary:
            temporary.write_bytes(whole)
        with contextlib.suppress(KeyError), ledger.adding(tmp_path / "plate.1002.png", "a") as temporary:
            temporary.write_bytes(b"half")
            raise KeyError
    assert not (tmp_path / "plate.1002.png").exists()
    with (tmp_path / "plate.jsonl").open("a") as killed:
        killed.write('{"file": "plate.10')
    with ledger_of(tmp_path) as ledger:
        assert not list(tmp_path.glob(".part*"))
        assert ledger.holds(frame, "a")
        assert not ledger.holds(frame, "b")
        with ledger.adding(tmp_path / "plate.1003.png", "c") as temporary:
            temporary.write_bytes(whole)
        frame.write_bytes(b"cut")
        assert not ledger.holds(frame, "a")
    with ledger_of(tmp_path) as ledger:
        assert ledger.holds(tmp_path / "plate.1003.png", "c")


def test_a_render_that_wrote_nothing_is_told(pure_package: Callable[[str], ModuleType], tmp_path: Path) -> None:
    errors = pure_package("contract.errors")
    with (
        pure_package("sequencer.ledger").Ledger(tmp_path) as ledger,
        pytest.raises(errors.InputError),
        ledger.adding(tmp_path / "plate.1001.png", "a"),
    ):
        pass
