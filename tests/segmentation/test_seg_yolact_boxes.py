"""YOLACT's priors, its boxes and Fast NMS, against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nst_backend.image.boxes import Box
from nst_backend.segmentation.architectures.yolact import detections_of
from nst_backend.segmentation.yolact_boxes import decode, fast_nms, priors
from nst_backend.segmentation.yolact_network import SIDE, YolactOptions, YolactOutput, build_yolact


def encode(boxes: Tensor, around: Tensor) -> Tensor:
    """The inverse of decoding: SSD's regression targets with variances 0.1 and 0.2."""
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    return torch.cat(((centres - around[:, :2]) / around[:, 2:] / 0.1, (sizes / around[:, 2:]).log() / 0.2), 1)


def test_priors_are_those_that_the_networks_were_trained_with() -> None:
    expected = []
    for count, scale in zip((69, 35, 18, 9, 5), (24, 48, 96, 192, 384), strict=True):
        for row in range(count):
            for column in range(count):
                for aspect in (1, 1 / 2, 2):
                    width = scale * math.sqrt(aspect) / 550
                    expected.append(((column + 0.5) / count, (row + 0.5) / count, width, width))
    np.testing.assert_allclose(priors().numpy(), expected, rtol=1e-5)


def test_levels_of_the_network_are_those_of_the_priors() -> None:
    with torch.device("meta"):
        output = build_yolact(YolactOptions(backbone="resnet50"), 80).eval()(torch.zeros(2, 3, SIDE, SIDE))
    count = len(priors())
    assert [tuple(part.shape) for part in output] == [(2, count, 4), (2, count, 81), (2, count, 32), (2, 32, 138, 138)]


@given(st.integers(0, 2**31))
def test_boxes_come_back_from_their_offsets(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    around = priors()[torch.randint(len(priors()), (20,), generator=generator)]
    corner = torch.rand(20, 2, generator=generator) * 0.8
    boxes = torch.cat((corner, corner + 0.01 + torch.rand(20, 2, generator=generator) * 0.15), 1)
    torch.testing.assert_close(decode(encode(boxes, around), around), boxes, atol=1e-4, rtol=1e-4)


def overlap(one: list[float], other: list[float]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


def slow_fast_nms(boxes: list[list[float]], scores: list[list[float]], limit: float, most: int) -> set[tuple[int, int]]:
    """The paper's words: a box is removed if any better-scoring box of its class overlaps it, removed or not."""
    kept = set()
    for number, of_class in enumerate(scores):
        order = sorted(range(len(boxes)), key=lambda index: -of_class[index])[:most]
        for place, index in enumerate(order):
            if all(overlap(boxes[better], boxes[index]) <= limit for better in order[:place]):
                kept.add((number, index))
    return kept


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.integers(1, 40), st.integers(1, 4), st.integers(1, 50))
def test_fast_nms_keeps_what_the_definition_keeps(seed: int, count: int, classes: int, most: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator, dtype=torch.float64)
    boxes = torch.cat((corner, corner + 0.1 + torch.rand(count, 2, generator=generator, dtype=torch.float64)), 1)
    scores = torch.rand(classes, count, generator=generator, dtype=torch.float64)
    of_class, index = fast_nms(boxes, scores, overlap=0.5, most=most)
    assert set(zip(of_class.tolist(), index.tolist(), strict=True)) == slow_fast_nms(
        boxes.tolist(), scores.tolist(), 0.5, most
    )
    kept = scores[of_class, index]
    assert bool((kept[:-1] >= kept[1:]).all())


def test_a_removed_box_still_removes() -> None:
    # A overlaps B and B overlaps C, A and C do not: ordinary suppression would keep C.
    boxes = torch.tensor([[0.0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]])
    _, index = fast_nms(boxes, torch.tensor([[0.9, 0.8, 0.7]]), overlap=0.5)
    assert index.tolist() == [0]


@pytest.mark.parametrize("count", [0, 1])
def test_few_boxes_and_boxes_without_area_do_no_harm(count: int) -> None:
    classes, index = fast_nms(torch.zeros(count, 4), torch.full((3, count), 0.5))
    assert len(classes) == len(index) == 3 * count


# ---- from output to detections

PLATE = (270, 480)


def silent() -> YolactOutput:
    """The output of a network that sees nothing: certain of the background everywhere."""
    count = len(priors())
    logits = torch.zeros(count, 81)
    logits[:, 0] = 12.0
    return YolactOutput(torch.zeros(count, 4), logits, torch.zeros(count, 32), torch.zeros(32, 138, 138))


def say(output: YolactOutput, prior: int, number: int, box: tuple[float, float, float, float]) -> None:
    """Have a prior claim class ``number`` at ``box``, as parts of the picture."""
    output.offsets[prior] = encode(torch.tensor([box]), priors()[prior : prior + 1])[0]
    output.logits[prior] = torch.zeros(81)
    output.logits[prior, 1 + number] = 9.0


def test_a_mask_is_the_mix_of_its_prototypes_cut_at_its_box() -> None:
    output = silent()
    say(output, 5000, 0, (0.25, 0.5, 0.75, 0.9))
    # The first prototype is the left half, the second the lower half: left without lower stays.
    output.prototypes[0, :, :69] = 4.0
    output.prototypes[1, 69:] = 6.0
    output.prototypes[2] = 2.0
    output.coefficients[5000, :3] = torch.tensor([1.0, 0.0, -1.0])
    (found,) = detections_of(output, tuple("abc") * 26 + ("y", "z"), PLATE)
    assert found.label == "a"
    assert found.score > 0.95
    assert found.box == Box(135, 120, 243, 360)
    sigmoid = 1 / (1 + math.exp(-2.0))
    np.testing.assert_allclose(found.mask[:, :118], sigmoid, atol=1e-5)
    np.testing.assert_allclose(found.mask[:, 122:], 1 - sigmoid, atol=1e-5)
    output.coefficients[5000, 1] = -1.0
    (lower,) = detections_of(output, tuple("abc") * 26 + ("y", "z"), PLATE)
    # The first row lies between the halves.
    assert lower.mask[2:].max() < 1 / (1 + math.exp(4.0)) + 1e-3


def test_of_the_same_object_told_twice_the_surer_stays_and_labels_without_meaning_go() -> None:
    output = silent()
    say(output, 100, 7, (0.1, 0.1, 0.5, 0.5))
    say(output, 101, 7, (0.11, 0.1, 0.5, 0.5))
    output.logits[101, 8] = 8.0
    say(output, 102, 9, (0.6, 0.6, 0.9, 0.9))
    labels = tuple("" if number == 9 else str(number) for number in range(80))
    (found,) = detections_of(output, labels, PLATE)
    assert found.label == "7"
    assert found.box == Box(27, 48, 135, 240)
    assert detections_of(silent(), labels, PLATE) == []


def test_boxes_beyond_the_picture_and_without_area_make_no_fault() -> None:
    output = silent()
    say(output, 0, 0, (-0.5, -0.5, 0.1, 0.1))
    say(output, 1, 1, (1.2, 1.2, 1.5, 1.5))
    say(output, 2, 2, (0.5, 0.5, 0.5001, 0.5001))
    labels = tuple(map(str, range(80)))
    found = {detection.label: detection.box for detection in detections_of(output, labels, PLATE)}
    assert found == {"0": Box(0, 0, 27, 48), "2": Box(135, 240, 136, 241)}
