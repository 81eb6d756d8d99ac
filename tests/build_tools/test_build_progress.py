"""Progress: readable, with the time left, and quiet off a terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_tools.progress import Bar, format_bar, format_duration, time_left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (8.4, "8 s"), (59.6, "1 min 00 s"), (65, "1 min 05 s"), (3599.7, "1 h 00 min"), (7380, "2 h 03 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_time_left_follows_the_pace() -> None:
    assert time_left(0, 10, 5.0) is None
    assert time_left(5, 10, 5.0) == pytest.approx(5.0)
    assert time_left(10, 10, 5.0) == 0.0


@given(total=st.integers(1, 10_000), done=st.integers(0, 12_000))
def test_a_bar_keeps_its_width(total: int, done: int) -> None:
    bar = format_bar("x", done, total, None).split(" ")[1]
    assert len(bar) == len(format_bar("x", 0, total, None).split(" ")[1])
    assert (set(bar) == {"█"}) == (done >= total)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_off_a_terminal_lines_are_few() -> None:
    stream, clock = io.StringIO(), Clock()
    with Bar("frames", 100, stream=stream, clock=clock) as bar:
        for done in range(1, 101):
            clock.now += 1.0
            bar.update(done)
    printed = stream.getvalue().splitlines()
    assert len(printed) == 8
    assert "\r" not in stream.getvalue()
    assert "85 s" not in printed[1]
    assert printed[1].endswith("15/100, 1 min 25 s left")
    assert printed[-1].endswith("100/100")


def test_on_a_terminal_one_line_is_rewritten_whole() -> None:
    stream, clock = Terminal(), Clock()
    with Bar("frames", 3, stream=stream, clock=clock) as bar:
        clock.now += 500.0
        bar.update(1)
        bar.update(3)
    first, *updates = stream.getvalue().rstrip("\n").split("\r")
    assert first == ""
    assert stream.getvalue().endswith("\n")
    # A shorter text covers the longer one before it.
    assert len(updates[2]) >= len(updates[1].rstrip())


def test_what_was_there_before_does_not_quicken_the_pace() -> None:
    stream, clock = Terminal(), Clock()
    with Bar("frames", 20, already=18, stream=stream, clock=clock) as bar:
        clock.now += 30.0
        bar.update(19)
    assert "19/20, 30 s left" in stream.getvalue()


def test_a_poor_encoding_does_not_end_the_work() -> None:
    raw = io.BytesIO()
    with Bar("frames", 2, stream=io.TextIOWrapper(raw, encoding="ascii", write_through=True)) as bar:
        bar.update(2)
    assert b"2/2" in raw.getvalue()
