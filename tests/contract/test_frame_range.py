"""Frame ranges as text and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.contract.errors import UsageError
from nst_backend.contract.frames import FrameRange

numbers = st.sets(st.integers(-5000, 5000), min_size=1, max_size=60)


@given(numbers)
def test_text_round_trip(found: set[int]) -> None:
    frames = FrameRange.of(found)
    assert FrameRange.parse(str(frames)) == frames
    assert list(frames) == sorted(found)


@given(st.integers(-500, 500), st.integers(0, 200), st.integers(1, 20))
def test_a_stepped_run_is_one_part(first: int, count: int, step: int) -> None:
    text = str(FrameRange.of(range(first, first + count * step + 1, step)))
    assert count < 2 or text.count(",") == 0


@given(numbers)
def test_the_text_is_never_longer_than_the_list(found: set[int]) -> None:
    assert len(str(FrameRange.of(found))) <= len(",".join(map(str, sorted(found))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", [7]),
        ("1-4", [1, 2, 3, 4]),
        ("1-10x4", [1, 5, 9]),
        ("1-10:4", [1, 5, 9]),
        (" 3 , 1 - 2 ", [1, 2, 3]),
        ("-3--1", [-3, -2, -1]),
        ("1-3,2-4", [1, 2, 3, 4]),
    ],
)
def test_known_forms(text: str, expected: list[int]) -> None:
    assert list(FrameRange.parse(text)) == expected


@pytest.mark.parametrize("text", ["", "a", "1-", "4-1", "1-4x0", "1;2", "1-2-3", "1.5", "1-9999999999"])
def test_what_cannot_be_read_says_how_to_write_it(text: str) -> None:
    with pytest.raises(UsageError, match="--frames") as caught:
        FrameRange.parse(text, "--frames")
    assert caught.value.remedy


def test_a_huge_range_is_refused_before_it_is_made() -> None:
    with pytest.raises(UsageError, match="more than"):
        FrameRange.parse("1-999999999")


@given(numbers)
def test_runs_are_the_numbers_in_order(found: set[int]) -> None:
    runs = FrameRange.of(found).runs
    assert [number for run in runs for number in run] == sorted(found)
