"""Real shots, with a network that is wrong in known ways."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from track_shots import agreement, laid, only

from benchmarks.emulated_network import EmulatedNetwork, coarse_mask
from nst_backend.flow.dis import dis_flow, estimated_motion
from nst_backend.flow.source import Motion
from nst_backend.metrics.mattes import boundary_f
from nst_backend.segmentation.following import follow
from nst_backend.segmentation.refining import refine

SEQUENCES = ("car-shadow", "dance-twirl", "dog", "horsejump-high", "kite-surf")


class Footage:
    """The first frames of a sequence."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            pytest.skip(f"the sequence {folder.name} is absent")
        self._frames, self._masks = (sorted((folder / part).iterdir()) for part in ("frames", "masks"))
        self.picture, self.mask, self.motion = cache(self._picture), cache(self._mask), cache(self._motion)

    def _picture(self, number: int) -> np.ndarray:
        return cv2.imread(str(self._frames[number]))[..., ::-1].astype(np.float32) / 255

    def _mask(self, number: int) -> np.ndarray:
        return (cv2.imread(str(self._masks[number]), cv2.IMREAD_GRAYSCALE) > 127).astype(np.float32)

    def _motion(self, earlier: int, later: int) -> Motion:
        before, after = self.picture(earlier), self.picture(later)
        return estimated_motion(dis_flow(after, before), dis_flow(before, after))


@pytest.mark.parametrize("name", SEQUENCES)
def test_refined_masks_fit_better(shared_data: Path, name: str) -> None:
    footage = Footage(shared_data / "footage" / "davis" / name)
    scores = []
    for number in (5, 15, 25, 35):
        truth = footage.mask(number)
        seen = coarse_mask(truth, np.random.default_rng(number))
        assert seen is not None
        before, after = (laid(matte, truth.shape) for matte in (seen, refine(footage.picture(number), *seen)))
        scores.append([(agreement(matte, truth), boundary_f(matte, truth)) for matte in (before, after)])
    (iou, outline), (refined_iou, refined_outline) = np.mean(scores, axis=0)
    assert refined_iou >= iou
    assert refined_outline >= outline


@pytest.mark.parametrize("name", ["dog", "car-shadow"])
def test_a_real_thing_is_one_object_whatever_the_network_misses(shared_data: Path, name: str) -> None:
    footage = Footage(shared_data / "footage" / "davis" / name)
    # The third frame is missed in any case.
    network = EmulatedNetwork(lambda number: {} if number == 3 else {"object": footage.mask(number)}, seed=20)
    quiet = lambda *told: None  # noqa: E731
    found = follow(range(7), picture=footage.picture, segmenter=network, motion=footage.motion, progress=quiet)
    thing = only(found)
    assert (thing.first, thing.last, thing.frames) == (0, 6, 7)
    for number, mattes in found.mattes(picture=footage.picture, motion=footage.motion, progress=quiet):
        truth = footage.mask(number)
        assert agreement(laid(mattes[1], truth.shape), truth) > 0.85, number


def test_a_cut_between_real_shots_begins_new_objects(shared_data: Path) -> None:
    # Of all pairs of these sequences this changes least.
    shots = [Footage(shared_data / "footage" / "davis" / name) for name in ("dance-twirl", "dog")]

    def of(number: int) -> tuple[Footage, int]:
        return shots[number // 3], 20 + number % 3

    def picture(number: int) -> np.ndarray:
        footage, at = of(number)
        return cv2.resize(footage.picture(at), (427, 240), interpolation=cv2.INTER_AREA)

    def mask(number: int) -> np.ndarray:
        footage, at = of(number)
        return cv2.resize(footage.mask(at), (427, 240), interpolation=cv2.INTER_AREA)

    def motion(earlier: int, later: int) -> Motion:
        before, after = picture(earlier), picture(later)
        return estimated_motion(dis_flow(after, before), dis_flow(before, after))

    network = EmulatedNetwork(lambda number: {"object": mask(number)}, missed=0, invented=0)
    found = follow(range(6), picture=picture, segmenter=network, motion=motion, progress=lambda *told: None)
    assert [(entry.first, entry.last) for entry in found.objects] == [(0, 2), (3, 5)]
