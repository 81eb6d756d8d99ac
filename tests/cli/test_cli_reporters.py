"""What reporters say, and to whom."""

from __future__ import annotations

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from nst_backend.cli.reporters import (
    BarReporter,
    JsonReporter,
    LineReporter,
    OpenJDReporter,
    QuietReporter,
    make_reporter,
)
from nst_backend.contract.errors import InputError
from nst_backend.contract.event_lines import time_left
from nst_backend.contract.messages import Event, EventKind


def progress(done: int, total: int = 10, **more: object) -> Event:
    return Event(EventKind.PROGRESS, {"stage": "style", "done": done, "total": total, **more})


def warning(text: str = "the sky has no motion") -> Event:
    return Event(EventKind.WARNING, {"problem": text, "remedy": "export the cameras"})


class Streams:
    def __init__(self) -> None:
        self.output, self.errors = io.StringIO(), io.StringIO()

    @property
    def out(self) -> list[str]:
        return self.output.getvalue().splitlines()

    @property
    def err(self) -> list[str]:
        return self.errors.getvalue().splitlines()


def test_quiet_tells_each_warning_once_and_no_progress() -> None:
    streams = Streams()
    reporter = QuietReporter(output=streams.output, errors=streams.errors)
    for event in (progress(1), warning(), warning(), warning("another")):
        reporter.emit(event)
    assert streams.out == []
    assert [line.split(":")[1].strip() for line in streams.err] == ["warning", "warning"]
    assert "export the cameras" in streams.err[0]


def test_a_failed_frame_is_told_with_its_number() -> None:
    streams = Streams()
    reporter = QuietReporter(output=streams.output, errors=streams.errors)
    reporter.emit(Event(EventKind.ERROR, {"frame": 7, "problem": "it is torn", "remedy": "render it again"}))
    assert streams.err == ["nst: frame 7 failed, it is torn: render it again"]


def test_lines_come_every_few_seconds_with_the_time_left() -> None:
    now = 0.0
    streams = Streams()
    reporter = LineReporter(clock=lambda: now, output=streams.output, errors=streams.errors)
    for done in range(11):
        reporter.emit(progress(done, frame=done))
        now += 1.0
    assert streams.out == []
    assert streams.err[0] == "style 0/10, frame 0"
    assert streams.err[1] == "style 2/10, frame 2, about 8 s left"
    assert streams.err[-1] == "style 10/10, frame 10"
    assert len(streams.err) == 6


def test_json_is_one_object_a_line_and_errors_carry_the_exit_code() -> None:
    streams = Streams()
    reporter = JsonReporter(output=streams.output, errors=streams.errors)
    reporter.emit(progress(1, frame=4))
    reporter.emit(warning("a\nb"))
    reporter.fail(InputError("gone", remedy="look for it"))
    first, second, last = map(json.loads, streams.out)
    assert first == {"event": "progress", "stage": "style", "done": 1, "total": 10, "frame": 4}
    assert second["problem"] == "a\nb"
    assert last == {"event": "error", "kind": "input", "problem": "gone", "remedy": "look for it", "exit_code": 6}
    assert streams.err == []


def test_openjd_lines_are_those_of_the_specification() -> None:
    streams = Streams()
    reporter = OpenJDReporter(output=streams.output, errors=streams.errors)
    reporter.emit(progress(1, total=8, frame=4))
    reporter.fail(InputError("gone\naway", remedy="look for it"))
    assert streams.out == [
        "openjd_progress: 12.5",
        "openjd_status: style 1/8, frame 4",
        "openjd_fail: gone away: look for it",
    ]


def test_odd_counts_stay_within_a_hundred_percent() -> None:
    streams = Streams()
    reporter = OpenJDReporter(output=streams.output, errors=streams.errors)
    for event in (progress(12, total=10), progress(-1), progress(0, total=0), Event(EventKind.PROGRESS, {})):
        reporter.emit(event)
    percents = [float(line.split(": ")[1]) for line in streams.out if "progress" in line]
    assert percents == [100.0, 0.0, 0.0, 0.0]


def test_the_bar_shows_frames_and_keeps_warnings() -> None:
    pytest.importorskip("rich")
    streams = Streams()
    reporter = BarReporter(output=streams.output, errors=streams.errors)
    reporter.emit(progress(3, frame=41))
    reporter.emit(warning())
    reporter.emit(Event(EventKind.PROGRESS, {"stage": "mux", "done": 1, "total": 2}))
    reporter.close()
    assert streams.out == []
    assert "nst: warning: the sky has no motion: export the cameras" in streams.err


def test_without_a_terminal_the_bar_is_lines() -> None:
    assert type(make_reporter("bar")) is LineReporter
    assert type(make_reporter("none")) is QuietReporter


def test_cancelling_is_heard() -> None:
    reporter = QuietReporter()
    assert not reporter.cancelled()
    reporter.cancel()
    assert reporter.cancelled()


@pytest.mark.parametrize(
    ("done", "left", "seconds", "text"),
    [
        (0, 9, 5.0, ""),
        (9, 0, 5.0, ""),
        (1, 9, 1.0, "about 9 s left"),
        (1, 9, 0.001, "about 1 s left"),
        (10, 100, 60.0, "about 10 min left"),
        (1, 90, 240.0, "about 6.0 h left"),
    ],
)
def test_time_left(done: int, left: int, seconds: float, text: str) -> None:
    assert time_left(done, left, seconds) == text


class YieldingStream(io.StringIO):
    """Lets other threads go first at every write, as a full pipe does."""

    def write(self, text: str) -> int:
        time.sleep(0)
        return super().write(text)


def test_lines_of_several_threads_stay_whole() -> None:
    stream = YieldingStream()
    reporter = JsonReporter(output=stream, errors=io.StringIO())
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: reporter.emit(progress(number, 400)), range(400)))
    assert sorted(json.loads(line)["done"] for line in stream.getvalue().splitlines()) == list(range(400))
