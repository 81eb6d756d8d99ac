"""Frame numbers become paths and come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.media.sequence import FramePattern, find_pattern, gaps, is_pattern, require_frames, runs


@pytest.mark.parametrize(
    ("pattern", "number", "name"),
    [
        ("shot.####.exr", 7, "shot.0007.exr"),
        ("shot.%04d.exr", 7, "shot.0007.exr"),
        ("shot_%d.png", 7, "shot_7.png"),
        ("####", 12, "0012"),
        ("a##b.png", 12345, "a12345b.png"),
        ("shot.####.exr", -3, "shot.-0003.exr"),
        ("100%_####.png", 1, "100%_0001.png"),
    ],
)
def test_paths(tmp_path: Path, pattern: str, number: int, name: str) -> None:
    assert FramePattern.parse(tmp_path / pattern).path(number) == tmp_path / name


@pytest.mark.parametrize(
    "pattern", ["shot.exr", "a##_b##.exr", "shots####/shot.exr", "%s.exr", "%04d_####.exr", "a\0####"]
)
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        FramePattern.parse(pattern)
    assert caught.value.remedy


def test_the_form_of_a_pattern() -> None:
    assert is_pattern("a.####.exr")
    assert is_pattern("a.%04d.exr")
    assert not is_pattern("a.0001.exr")
    assert str(FramePattern.parse("x/shot.%04d.exr")) == str(Path("x/shot.####.exr"))


@given(st.sets(st.integers(-20000, 20000), min_size=1, max_size=12), st.integers(1, 6))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_discovered(tmp_path: Path, numbers: set[int], digits: int) -> None:
    folder = tmp_path / "_".join(map(str, sorted(numbers)[:3])) / str(digits)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    pattern = FramePattern.parse(folder / ("s(1).+" + "#" * digits + ".exr"))
    for number in numbers:
        pattern.path(number).touch()
    (folder / "s(1).+x.exr").touch()
    (folder / "other.0001.exr").touch()
    (folder / f".s(1).+{'1' * digits}.exr").touch()
    assert pattern.discover() == tuple(sorted(numbers))


def test_longer_numbers_are_no_frames_of_shorter_padding(tmp_path: Path) -> None:
    (tmp_path / "a.00007.exr").touch()
    (tmp_path / "a.0008.exr").touch()
    (tmp_path / "a.10000.exr").touch()
    assert FramePattern.parse(tmp_path / "a.####.exr").discover() == (8, 10000)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file matches"):
        FramePattern.parse(tmp_path / "a.####.exr").discover()
    with pytest.raises(InputError, match="does not exist"):
        FramePattern.parse(tmp_path / "none" / "a.####.exr").discover()


def test_the_sequence_in_a_folder(tmp_path: Path) -> None:
    for number in (1, 2, 11):
        (tmp_path / f"shot-{number:04d}.png").touch()
    (tmp_path / "readme.txt").touch()
    pattern = find_pattern(tmp_path, [".png"])
    assert pattern.discover() == (1, 2, 11)
    assert pattern.path(3) == tmp_path / "shot-0003.png"
    (tmp_path / "mask.0001.png").touch()
    with pytest.raises(UsageError, match="several"):
        find_pattern(tmp_path, [".png"])
    with pytest.raises(InputError, match="no numbered"):
        find_pattern(tmp_path, [".exr"])


@given(st.sets(st.integers(-50, 50), max_size=30))
def test_runs_name_exactly_the_numbers(numbers: set[int]) -> None:
    ordered = sorted(numbers)
    named: list[int] = []
    for run in filter(None, runs(ordered).split(",")):
        span, _, step = run.partition("x")
        dash = span.find("-", 1)
        first, last = (int(span), int(span)) if dash < 0 else (int(span[:dash]), int(span[dash + 1 :]))
        named.extend(range(first, last + 1, int(step or 1)))
    assert named == ordered


def test_gaps_follow_the_step() -> None:
    assert gaps((1, 2, 3)) == ()
    assert gaps((1, 2, 5)) == (3, 4)
    assert gaps((1, 3, 5, 9)) == (7,)
    assert gaps((4,)) == ()


def test_missing_frames_are_listed() -> None:
    require_frames([1, 2], (1, 2, 3), "the plate")
    with pytest.raises(InputError, match=r"the plate lacks frames 4-6,9: .*1-3"):
        require_frames([1, 4, 5, 6, 9], (1, 2, 3), "the plate")
