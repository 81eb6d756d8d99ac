"""Judging detections: every object counts, at its pixels, and so does what is no object."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nst_backend.image.boxes import Box
from nst_backend.segmentation.detection import Detection, Picture
from nst_backend.training.segmenters.examples import Example
from nst_backend.training.segmenters.measure import judge, judge_picture

LABELS = ("hero", "car")
HERO, CAR = Box(0, 0, 10, 10), Box(20, 20, 30, 40)
SMALL = Box(35, 0, 39, 4)


def example() -> Example:
    masks = np.zeros((2, 40, 60), np.bool_)
    ignored = np.zeros((40, 60), np.bool_)
    masks[0][HERO.slices] = masks[1][CAR.slices] = ignored[SMALL.slices] = True
    return Example(name="boxes", picture=np.zeros((40, 60, 3), np.uint8), labels=(0, 1), masks=masks, ignored=ignored)


def found(label: str, box: Box, score: float = 0.9) -> Detection:
    return Detection(label=label, score=score, box=box, mask=np.ones((box.height, box.width), np.float32))


class Says:
    """A segmenter that says what it is told to."""

    classes = LABELS
    instances = True

    def __init__(self, *detections: Detection) -> None:
        self.detections = list(detections)

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        return [self.detections for _ in pictures]


def test_the_truth_itself_is_perfect() -> None:
    judged = judge(Says(found("hero", HERO), found("car", CAR)), [example()] * 2, LABELS)
    assert (judged.mean_iou, judged.detected, judged.false_positives) == (1.0, 1.0, 0.0)
    assert (judged.objects, judged.frames) == (4, 2)


def test_nothing_found_is_nothing() -> None:
    judged = judge(Says(), [example()], LABELS)
    assert (judged.mean_iou, judged.detected, judged.false_positives) == (0.0, 0.0, 0.0)


def test_what_is_missed_counts_nothing_towards_the_mean() -> None:
    assert judge(Says(found("hero", HERO)), [example()], LABELS).mean_iou == 0.5


def test_overlap_is_that_of_the_masks() -> None:
    half = found("hero", Box(0, 0, 10, 5))
    assert judge_picture([half], example(), LABELS) == ([0.5, 0.0], 0)
    soft = Detection(
        label="hero", score=0.9, box=HERO, mask=np.repeat([[0.6], [0.4]], 5, 0).repeat(10, 1).astype(np.float32)
    )
    assert judge_picture([soft], example(), LABELS) == ([0.5, 0.0], 0)


def test_another_label_finds_nothing_and_is_false() -> None:
    assert judge_picture([found("car", HERO)], example(), LABELS) == ([0.0, 0.0], 1)


def test_a_second_detection_of_one_object_is_false() -> None:
    assert judge_picture([found("hero", Box(0, 0, 10, 9)), found("hero", HERO)], example(), LABELS) == ([1.0, 0.0], 1)


def test_what_is_faint_is_not_judged() -> None:
    judged = judge(Says(found("hero", HERO, 0.4)), [example()], LABELS)
    assert (judged.detected, judged.false_positives) == (0.0, 0.0)


@pytest.mark.parametrize(("box", "wrong"), [(SMALL, 0), (Box(30, 0, 39, 8), 1)])
def test_what_lies_on_something_too_small_to_judge_is_not_false(box: Box, wrong: int) -> None:
    assert judge_picture([found("car", box)], example(), LABELS) == ([0.0, 0.0], wrong)
