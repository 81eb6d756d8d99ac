"""The window: the same pictures however a shot is divided, and nothing from beyond a cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from test_stabiliser import SIZE, film, moving, texture

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.temporal.options import StabiliserOptions
from nst_backend.temporal.stabiliser import StabilisedFrame
from nst_backend.temporal.window import Together, WindowFrame, WindowPainting, WindowStabiliser

RADIUS = 3


@dataclass
class Shot:
    """Frames and their paintings, and a record of what was looked at and painted."""

    frames: dict[int, WindowFrame]
    paintings: dict[int, WindowPainting]
    looked: list[int] = field(default_factory=list)
    painted: list[int] = field(default_factory=list)

    def look(self, number: int) -> WindowFrame | None:
        self.looked.append(number)
        return self.frames.get(number)

    def paint(self, number: int) -> WindowPainting | None:
        self.painted.append(number)
        return self.paintings.get(number)

    def part(self, numbers: Iterable[int]) -> Shot:
        there = [number for number in numbers if number in self.frames]
        return Shot({n: self.frames[n] for n in there}, {n: self.paintings[n] for n in there})

    def change(self, number: int, **parts: Any) -> None:
        self.frames[number] = replace(self.frames[number], **parts)

    def steadied(
        self, numbers: Sequence[int], radius: int = RADIUS, together: Together = map, **options: Any
    ) -> Mapping[int, StabilisedFrame | None]:
        made = StabiliserOptions(**options)
        stabiliser = WindowStabiliser(self.look, self.paint, made, radius=radius, together=together)
        return {number: stabiliser.frame(number) for number in numbers}


def shot(count: int) -> Shot:
    frames, paintings = {}, {}
    for number in range(count):
        plate, styled = film(number)
        ids = np.full(SIZE, 7, np.uint32)
        motion = moving(2.0) if number else None
        frames[number] = WindowFrame(number=number, plate=plate, motion=motion, ids=ids)
        paintings[number] = WindowPainting(styled, np.ones(SIZE, np.float32))
    return Shot(frames, paintings)


def same(one: StabilisedFrame | None, other: StabilisedFrame | None) -> None:
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.picture, other.picture)
    np.testing.assert_array_equal(one.mask, other.mask)
    assert one.reset == other.reset


def test_chunks_are_the_whole_shot_bit_for_bit() -> None:
    whole = shot(14).steadied(range(14))
    for first, last in ((0, 0), (0, 4), (5, 9), (10, 13)):
        # Frames farther away are not even there.
        chunk = shot(14).part(range(first - RADIUS, last + RADIUS + 1)).steadied(range(first, last + 1))
        for number in range(first, last + 1):
            same(chunk[number], whole[number])


def test_both_sides_at_a_time_are_the_same_pictures() -> None:
    apart = shot(8).steadied(range(8))
    with ThreadPoolExecutor(2) as sides:
        together = shot(8).steadied(range(8), together=sides.map)
    for number, made in apart.items():
        same(together[number], made)


def test_frames_here_and_there_are_those_of_the_whole_shot() -> None:
    whole, some = shot(16).steadied(range(16)), shot(16)
    picked = some.steadied((1, 2, 9, 15))
    for number, made in picked.items():
        same(made, whole[number])
    assert sorted(some.painted) == [*range(16)]
    few = shot(16)
    few.steadied((1, 14))
    assert sorted(few.painted) == [*range(5), *range(11, 16)]


def test_each_frame_is_looked_at_and_painted_once_in_its_time() -> None:
    film_ = shot(12)
    stabiliser = WindowStabiliser(film_.look, film_.paint, radius=2)
    reached = []
    for number in range(12):
        stabiliser.frame(number)
        reached.append(max(film_.painted))
    assert reached == [*range(2, 12), 11, 11], "no painting waits longer than its window needs"
    assert film_.looked == sorted(set(film_.looked))
    assert sorted(film_.painted) == list(range(12))


def test_the_range_of_strokes_goes_with_its_frame() -> None:
    """Of the frames around, two pictures each at most are made and kept: to be read between pixels, and without grain.

    What a frame's neighbours are clipped to, where halves part, is two more.
    """
    import tracemalloc

    film_ = shot(8)
    parting = np.zeros((*SIZE, 2), np.float32)
    parting[:, : SIZE[1] // 2, 0], parting[:, SIZE[1] // 2 :, 0] = 3.0, -3.0
    for number in range(1, 8):
        film_.change(number, motion=replace(moving(2.0), backward=parting, forward=None))
    stabiliser = WindowStabiliser(film_.look, film_.paint, radius=2)
    tracemalloc.start()
    try:
        for number in range(6):
            stabiliser.frame(number)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 5 * 2.2 * film_.frames[0].plate.nbytes


def test_no_frame_is_held_once_its_last_window_has_passed() -> None:
    import gc
    import weakref

    alive: list[weakref.ref[np.ndarray]] = []
    film_ = shot(1)

    def look(number: int) -> WindowFrame:
        plate = film_.frames[0].plate.copy()
        alive.append(weakref.ref(plate))
        return WindowFrame(number=number, plate=plate, motion=moving())

    stabiliser = WindowStabiliser(look, lambda _: film_.paintings[0], radius=2)
    for number in range(9):
        stabiliser.frame(number)
        gc.collect()
        assert sum(plate() is not None for plate in alive) <= 5


def test_flicker_is_damped_and_a_steady_film_is_left_alone() -> None:
    flickering = shot(12).steadied(range(12))
    jumps = {"raw": 0.0, "made": 0.0}
    for number in range(4, 8):
        raw = film(number)[1], film(number - 1)[1]
        jumps["raw"] += float(np.square(raw[0][:, :-2] - raw[1][:, 2:])[:, 8:-8].mean())
        now, before = flickering[number], flickering[number - 1]
        assert now is not None
        assert before is not None
        jumps["made"] += float(np.square(now.picture[:, :-2] - before.picture[:, 2:])[:, 8:-8].mean())
    assert jumps["made"] < 0.1 * jumps["raw"]
    still = shot(9)
    for number in range(9):
        still.change(number, plate=texture(0), motion=moving())
        still.paintings[number] = WindowPainting(texture(4))
    for made in still.steadied(range(9)).values():
        assert made is not None
        assert np.abs(made.picture - texture(4)).max() < 1e-5


@pytest.mark.parametrize("broken", ["cut", "missing", "motion", "painting"])
def test_nothing_crosses_a_break(broken: str) -> None:
    def broken_film() -> Shot:
        made = shot(13)
        if broken == "cut":
            for number in range(6, 13):
                made.change(number, plate=1 - made.frames[number].plate ** 3)
                made.paintings[number] = WindowPainting(1 - made.paintings[number].styled)
        elif broken == "missing":
            del made.frames[6]
        elif broken == "motion":
            made.change(6, motion=None)
        else:
            del made.paintings[6]
        return made

    second = 7 if broken in ("missing", "painting") else 6
    whole = broken_film().steadied(range(13))
    parts = [(range(6), broken_film().part(range(6))), (range(second, 13), broken_film().part(range(second, 13)))]
    for numbers, part in parts:
        for number, made in part.steadied(numbers).items():
            same(made, whole[number])
    if second == 7:
        assert whole[6] is None
    if broken == "painting":
        return
    before = broken_film()
    before.steadied(range(6))
    assert sorted(before.painted) == list(range(6)), "what lies beyond is not painted"
    after = broken_film()
    after.steadied(range(second, 13))
    assert min(after.painted) == second


def test_what_cannot_be_seen_elsewhere_is_the_painting() -> None:
    film_ = shot(7)
    other = np.full(SIZE, 7, np.uint32)
    other[20:40, 30:50] = 9
    film_.change(3, ids=other)
    made = film_.steadied([3])[3]
    assert made is not None
    np.testing.assert_array_equal(made.picture[20:40, 30:50], film_.paintings[3].styled[20:40, 30:50])
    assert not made.mask[20:40, 30:50].any()
    assert made.mask[50:60, 30:50].min() > 0.5


def test_alone_and_without_smoothing_a_frame_stands_as_painted() -> None:
    for options, numbers, reason in (({"smoothing": 0}, range(3), "smoothing"), ({}, range(1, 2), "alone")):
        film_ = shot(3).part(numbers)
        made = film_.steadied([1], **options)[1]
        assert made is not None
        assert made.reset == reason
        np.testing.assert_array_equal(made.picture, film_.paintings[1].styled)
        assert film_.painted == [1]
    # Without vectors in the earlier frame only the past can be carried here.
    blind = shot(3)
    for number in (1, 2):
        blind.change(number, motion=replace(moving(2.0), forward=None))
    made = blind.steadied([0, 2])
    assert [frame.reset for frame in made.values() if frame is not None] == ["alone", None]


def test_estimated_motion_counts_less() -> None:
    masks = []
    for known in (True, False):
        film_ = shot(7)
        for number in range(1, 7):
            film_.change(number, motion=moving(2.0, known=known))
        made = film_.steadied([3])[3]
        assert made is not None
        masks.append(made.mask[30:40, 40:60].mean())
    assert 0.5 < masks[1] < masks[0] < 1


def test_only_every_nth_frame_is_a_shot_as_well() -> None:
    film_, apart = shot(6), Shot({}, {})
    for number in range(6):
        apart.frames[10 + 5 * number] = replace(film_.frames[number], number=10 + 5 * number)
        apart.paintings[10 + 5 * number] = film_.paintings[number]
    whole = film_.steadied(range(6))
    for number, made in apart.steadied(range(10, 40, 5), step=5).items():
        same(made, whole[(number - 10) // 5])


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(UsageError, match="radius 0"):
        shot(1).steadied([0], radius=0)
    with pytest.raises(UsageError, match="ascending"):
        shot(3).steadied([1, 0])
    wrong = shot(1)
    wrong.change(0, plate=texture(0, size=(9, 9)))
    with pytest.raises(InputError, match="painting"):
        wrong.steadied([0])
    assert shot(2).steadied([5])[5] is None
