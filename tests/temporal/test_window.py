"""The window: the same pictures however a shot is divided, and nothing from beyond a cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from test_stabiliser import SIZE, film, moving, texture

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.temporal.options import StabiliserOptions
from nst_backend.temporal.stabiliser import StabilisedFrame
from nst_backend.temporal.window import WindowFrame, WindowStabiliser, stabilise_window

RADIUS = 3


def frame(number: int) -> WindowFrame:
    plate, styled = film(number)
    ids = np.full(SIZE, 7, np.uint32)
    return WindowFrame(
        number=number,
        styled=styled,
        plate=plate,
        motion=moving(2.0) if number else None,
        ids=ids,
        weight=np.ones(SIZE, np.float32),
    )


def run(frames: Iterable[WindowFrame], radius: int = RADIUS) -> dict[int, StabilisedFrame]:
    stabiliser, made = WindowStabiliser(radius=radius), []
    for entry in frames:
        made += stabiliser.push(entry)
    return dict(made + stabiliser.flush())


def test_chunks_are_the_whole_shot_bit_for_bit() -> None:
    whole = run(frame(number) for number in range(14))
    assert sorted(whole) == list(range(14))
    for first, last in ((0, 4), (5, 9), (10, 13)):
        chunk = run(frame(number) for number in range(max(0, first - RADIUS), min(13, last + RADIUS) + 1))
        for number in range(first, last + 1):
            np.testing.assert_array_equal(chunk[number].picture, whole[number].picture)
            np.testing.assert_array_equal(chunk[number].mask, whole[number].mask)


def test_the_stream_is_the_function_and_runs_are_equal() -> None:
    frames = [frame(number) for number in range(9)]
    streamed, again = run(frames), run(frames)
    for index in range(9):
        single = stabilise_window(frames, index, radius=RADIUS, options=StabiliserOptions())
        np.testing.assert_array_equal(streamed[index].picture, single.picture)
        np.testing.assert_array_equal(streamed[index].picture, again[index].picture)


def test_frames_come_out_as_soon_as_their_window_is_complete() -> None:
    stabiliser = WindowStabiliser(radius=2)
    out = [[number for number, _ in stabiliser.push(frame(n))] for n in range(5)]
    assert out == [[], [], [0], [1], [2]]
    assert [number for number, _ in stabiliser.flush()] == [3, 4]
    assert stabiliser.flush() == []


def test_flicker_is_damped_and_a_steady_film_is_left_alone() -> None:
    flickering = run(frame(number) for number in range(12))
    jumps = {"raw": 0.0, "made": 0.0}
    for number in range(4, 8):
        raw = film(number)[1], film(number - 1)[1]
        jumps["raw"] += float(np.square(raw[0][:, :-2] - raw[1][:, 2:])[:, 8:-8].mean())
        made = flickering[number].picture, flickering[number - 1].picture
        jumps["made"] += float(np.square(made[0][:, :-2] - made[1][:, 2:])[:, 8:-8].mean())
    assert jumps["made"] < 0.1 * jumps["raw"]
    still = [replace(frame(1), number=n, styled=texture(4), plate=texture(0), motion=moving()) for n in range(9)]
    for made_frame in run(still).values():
        assert np.abs(made_frame.picture - texture(4)).max() < 1e-5


@pytest.mark.parametrize("broken", ["cut", "jump", "motion"])
def test_nothing_crosses_a_break(broken: str) -> None:
    def entry(number: int) -> WindowFrame:
        made = frame(number)
        if number < 6:
            return made
        if broken == "cut":
            return replace(made, plate=1 - made.plate**3, styled=1 - made.styled)
        if broken == "jump":
            return replace(made, number=number + 5)
        return replace(made, motion=None) if number == 6 else made

    whole = run(entry(number) for number in range(12))
    parts = run(entry(n) for n in range(6)) | run(entry(n) for n in range(6, 12))
    assert sorted(whole) == sorted(parts)
    for number, made in parts.items():
        np.testing.assert_array_equal(whole[number].picture, made.picture)


def test_what_cannot_be_seen_elsewhere_is_the_painting() -> None:
    frames = [frame(number) for number in range(7)]
    other = np.full(SIZE, 7, np.uint32)
    other[20:40, 30:50] = 9
    frames[3] = replace(frames[3], ids=other)
    made = stabilise_window(frames, 3, radius=RADIUS, options=StabiliserOptions())
    np.testing.assert_array_equal(made.picture[20:40, 30:50], frames[3].styled[20:40, 30:50])
    assert not made.mask[20:40, 30:50].any()
    assert made.mask[50:60, 30:50].min() > 0.5


def test_alone_and_without_smoothing_a_frame_stands_as_painted() -> None:
    frames = [frame(number) for number in range(3)]
    for options, chosen, reason in (
        (StabiliserOptions(smoothing=0), frames, "smoothing"),
        (None, frames[1:2], "alone"),
    ):
        index = len(chosen) // 2
        made = stabilise_window(chosen, index, radius=2, options=options or StabiliserOptions())
        assert made.reset == reason
        np.testing.assert_array_equal(made.picture, chosen[index].styled)
    # Without vectors in the earlier frame only the past can be carried here.
    blind = [replace(f, motion=replace(f.motion, forward=None) if f.motion else None) for f in frames]
    assert stabilise_window(blind, 0, radius=2, options=StabiliserOptions()).reset == "alone"
    assert stabilise_window(blind, 2, radius=2, options=StabiliserOptions()).reset is None


def test_estimated_motion_counts_less() -> None:
    exact = [frame(number) for number in range(7)]
    rough = [replace(f, motion=moving(2.0, known=False)) for f in exact]
    masks = [
        stabilise_window(f, 3, radius=3, options=StabiliserOptions()).mask[30:40, 40:60].mean() for f in (exact, rough)
    ]
    assert 0.5 < masks[1] < masks[0] < 1


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(UsageError, match="radius 0"):
        WindowStabiliser(radius=0)
    with pytest.raises(UsageError, match="no frame at 4"):
        stabilise_window([frame(0)], 4, options=StabiliserOptions())
    with pytest.raises(InputError, match="painting"):
        stabilise_window([replace(frame(0), plate=texture(0, size=(9, 9)))], 0, options=StabiliserOptions())
