"""Outlines go with the object that they surround; the background must not keep them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from test_stabiliser import moving, texture

from nst_backend.flow.source import Motion
from nst_backend.temporal.context import context_limit, plate_cells, separation
from nst_backend.temporal.options import StabiliserOptions
from nst_backend.temporal.stabiliser import Stabiliser

SIZE = (120, 200)
SPEED = 4


def disc(number: int) -> np.ndarray:
    """The matte of a disc that moves to the right by whole pixels."""
    matte = np.zeros(SIZE, np.uint8)
    cv2.circle(matte, (40 + SPEED * number, 60), 20, 1, -1)
    return matte.astype(bool)


def plate(number: int, contrast: float = 0.5) -> np.ndarray:
    return np.where(disc(number)[..., None], np.float32(0.25 + contrast), np.float32(0.25)).repeat(3, -1)


def motion(number: int) -> Motion:
    now, before = disc(number), disc(number - 1)
    backward = np.zeros((*SIZE, 2), np.float32)
    backward[now, 0] = -SPEED
    return Motion(backward, -shifted(number - 1), np.asarray(now | ~before), np.ones(SIZE, bool), "exact")


def shifted(number: int) -> np.ndarray:
    """The backward flow of a disc that moves from here."""
    flow = np.zeros((*SIZE, 2), np.float32)
    flow[disc(number), 0] = -SPEED
    return flow


def painted(number: int) -> np.ndarray:
    """A flat background with a dark outline three pixels wide around the disc, as networks paint it."""
    outside = cv2.distanceTransform(1 - disc(number).astype(np.uint8), cv2.DIST_L2, 5)
    outline = (outside >= 1) & (outside <= 4)
    return np.where(outline[..., None], np.float32(0.1), np.float32(0.6)).repeat(3, -1)


def left_behind(options: StabiliserOptions) -> float:
    """The worst mark in the background where the disc has been."""
    stabiliser = Stabiliser(options)
    for number in range(16):
        ids = disc(number).astype(np.uint32)
        frame = stabiliser.step(painted(number), plate(number), motion(number) if number else None, ids, number)
    near = cv2.dilate(disc(15).astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    return float(np.abs(frame.picture - painted(15))[~near].max())


def limited(plate: np.ndarray, before: np.ndarray, motion: Motion) -> np.ndarray:
    options = StabiliserOptions()
    return context_limit(plate_cells(plate, options), plate_cells(before, options), motion, options)


def test_outlines_do_not_stay_in_the_background() -> None:
    assert left_behind(StabiliserOptions(trail=1000)) > 0.3
    assert left_behind(StabiliserOptions()) < 0.05


def test_only_the_side_that_is_left_is_limited() -> None:
    limit = limited(plate(5), plate(4), motion(5))
    centre = 40 + SPEED * 5
    assert limit[60, centre - 24] < 0.2
    assert limit[60, centre + 24] == 1
    assert limit[60, 10] == 1
    assert limit[10, 190] == 1


def test_without_contrast_there_is_no_outline_to_leave_behind() -> None:
    flat = limited(plate(5, 0.002), plate(4, 0.002), motion(5))
    assert flat.min() > 0.6


@pytest.mark.parametrize("lines", [180, 540])
def test_a_pan_and_a_slow_zoom_keep_their_history(lines: int) -> None:
    size = (lines, lines)
    picture = texture(0, lines / 60, size)
    assert limited(picture, picture, moving(7, -3, size)).min() == 1
    away = np.stack(np.meshgrid(np.arange(lines), np.arange(lines)), axis=-1).astype(np.float32) - lines / 2
    zoom = replace(moving(size=size), backward=away * np.float32(0.001), forward=-away * np.float32(0.001))
    assert limited(picture, picture, zoom).min() > 0.9


def test_the_limit_looks_alike_at_any_resolution() -> None:
    def scene(scale: int) -> np.ndarray:
        def large(array: np.ndarray) -> np.ndarray:
            return np.repeat(np.repeat(array, scale, 0), scale, 1)

        there = np.ones((SIZE[0] * scale, SIZE[1] * scale), bool)
        flow = large(motion(5).backward) * np.float32(scale)
        return limited(large(plate(5)), large(plate(4)), Motion(flow, None, there, there, "exact"))

    small, large = scene(1), scene(4)
    assert np.abs(cv2.resize(large, SIZE[::-1], interpolation=cv2.INTER_AREA) - small).mean() < 0.03


def test_separation_is_the_mean_outward_motion() -> None:
    field = np.random.default_rng(3).normal(0, 1, (41, 41, 2)).astype(np.float32)
    sigma = 4.0
    found = separation(field, np.ones((41, 41), np.float32), sigma)[20, 20]
    y, x = np.mgrid[-20:21, -20:21].astype(np.float64)
    weight = np.exp(-(x * x + y * y) / (2 * sigma * sigma))
    expected = (weight * (field[..., 0] * x + field[..., 1] * y)).sum() / weight.sum() / sigma
    assert found == pytest.approx(expected, abs=0.01)
    assert abs(expected) > 0.02


def test_unknown_vectors_do_not_separate() -> None:
    unknown = moving(5, size=(60, 60))
    unknown.backward[20:30, 20:30] = np.nan
    picture = texture(0, size=(60, 60))
    assert limited(picture, picture, unknown).min() > 0.999
