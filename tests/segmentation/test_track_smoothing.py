"""Mattes are steadier than what the network said, and lag behind nothing."""

from __future__ import annotations

import numpy as np
import pytest
from track_shots import Shot, Thing, everything, followed, mattes, seen, straight

from nst_backend.image.boxes import Box
from nst_backend.metrics.mattes import matte_flicker
from nst_backend.segmentation.detection import Detection
from nst_backend.segmentation.options import FollowOptions
from nst_backend.segmentation.steadying import exclusive

BALL = Thing("ball", straight((40, 30), (1, 4)), (40, 40), (0.8, 0.2, 0.15))
STILL, STEADY = FollowOptions(refine=False, smoothing=0), FollowOptions(refine=False)


def nervous(shot: Shot, frame: int) -> list[Detection]:
    """A network whose outline is off by a pixel or two, otherwise in each frame."""
    found = seen(shot.masks(frame)["ball"])
    margin = [0, 2, 1, 3, 0, 1][frame % 6]
    mask = found.mask.copy()
    mask[:margin], mask[:, :margin] = 0, 0
    return [Detection(label="thing", score=0.9, box=found.box, mask=mask)]


def flicker(shot: Shot, options: FollowOptions) -> float:
    every = mattes(shot, followed(shot, lambda frame: nervous(shot, frame), options=options))
    values = [
        matte_flicker(every[frame][1], every[frame - 1][1], shot.motion(frame - 1, frame))
        for frame in range(1, shot.length)
    ]
    return float(np.mean([value for value in values if value is not None]))


def test_an_edge_that_flickers_is_steadied() -> None:
    shot = Shot([BALL], 12)
    assert flicker(shot, STEADY) < 0.6 * flicker(shot, STILL)


def test_a_matte_that_is_right_stays_as_it_is() -> None:
    shot = Shot([BALL], 8)
    for frame, objects in mattes(shot, followed(shot, options=STEADY)).items():
        np.testing.assert_allclose(objects[1], shot.masks(frame)["ball"], atol=1e-3)


def test_nothing_trails_where_a_thing_comes_out_from_behind_another() -> None:
    wall = Thing("wall", straight((48, 20), (0, 0)), (90, 60), (0.2, 0.7, 0.2), round=False)
    shot = Shot([Thing("ball", straight((40, 30), (0, 6)), (30, 30), BALL.colour), wall], 12)
    found = followed(shot, options=STEADY)
    for frame, objects in mattes(shot, found).items():
        truth = list(shot.masks(frame).values())
        for matte in objects.values():
            assert min(np.abs(matte - mask).max() for mask in truth) < 0.01, frame


def test_a_cut_is_not_smoothed_over() -> None:
    shot = Shot([BALL], 10, cut=5)

    def halved(frame: int) -> list[Detection]:
        found = seen(shot.masks(frame)["ball"])
        if frame >= 5:
            found.mask[:20] = 0
        return [found]

    for frame, objects in mattes(shot, followed(shot, halved, options=STEADY)).items():
        (matte,) = objects.values()
        expected = halved(frame)[0]
        np.testing.assert_allclose(matte[expected.box.slices], expected.mask, atol=1e-3)


def test_without_smoothing_and_refining_the_masks_are_those_of_the_network() -> None:
    shot = Shot([BALL], 6)
    for frame, objects in mattes(shot, followed(shot, lambda at: nervous(shot, at), options=STILL)).items():
        (told,) = nervous(shot, frame)
        np.testing.assert_array_equal(objects[1][told.box.slices], told.mask)


def test_no_more_than_the_neighbours_are_held() -> None:
    shot = Shot([BALL], 30)
    found = followed(shot, everything(shot))
    asked: list[int] = []

    def picture(number: int) -> np.ndarray:
        asked.append(number)
        return shot.picture(number)

    every = found.mattes(picture=picture, motion=shot.motion, progress=lambda *told: None)
    for number, _ in every:
        assert len(asked) <= number + 4


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_what_comes_first_takes_its_pixels(order: tuple[int, int]) -> None:
    one, other = (Box(0, 0, 4, 4), np.full((4, 4), 0.7, np.float32)), (Box(0, 2, 4, 6), np.ones((4, 4), np.float32))
    shared = exclusive({1: one, 2: other}, order, (4, 6))
    first, second = shared[order[0]][1], shared[order[1]][1]
    assert first.max() == pytest.approx(0.7 if order[0] == 1 else 1)
    assert second.sum() == pytest.approx(8 * 0.7 if order[1] == 1 else 8 + 8 * 0.3, rel=1e-5)
