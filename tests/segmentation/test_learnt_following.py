"""From plate to mattes with a network that has learnt: each character is found, and stays the same through the shot."""

from __future__ import annotations

import numpy as np
import pytest
from blenders import find_blender
from learnt_shot import learnt_segmenter, recipe, rendered_shot, truth

from nst_backend.flow.dis import dis_flow, estimated_motion
from nst_backend.flow.source import Motion
from nst_backend.segmentation.following import follow

pytestmark = [pytest.mark.blender("5.2"), pytest.mark.slow]


def test_each_character_keeps_one_id_through_the_shot() -> None:
    shot = truth(rendered_shot(find_blender("5.2")))
    # Every character is in sight throughout, in the order of their names.
    (labels,) = {example.labels for example in shot}

    def motion(earlier: int, later: int) -> Motion:
        one, other = shot[earlier].display, shot[later].display
        return estimated_motion(dis_flow(other, one), dis_flow(one, other))

    def picture(frame: int) -> np.ndarray:
        return shot[frame].display

    found = follow(
        range(len(shot)), picture=picture, segmenter=learnt_segmenter(), motion=motion, progress=lambda *told: None
    )
    names = {entry.id: entry.label for entry in found.objects}
    ids: list[set[int]] = [set() for _ in labels]
    overlaps: list[list[float]] = [[] for _ in labels]
    for frame, mattes in found.mattes(picture=picture, motion=motion, progress=lambda *told: None):
        masks = {}
        for identity, (box, coverage) in mattes.items():
            masks[identity] = np.zeros(shot[frame].ignored.shape, np.bool_)
            masks[identity][box.slices] = coverage >= 0.5
        for number, wanted in enumerate(shot[frame].masks):
            overlap, best = max(((mask & wanted).sum() / (mask | wanted).sum(), entry) for entry, mask in masks.items())
            overlaps[number].append(float(overlap))
            ids[number] |= {best} if overlap >= 0.5 else set()
    assert [len(entry) for entry in ids] == [1] * len(labels), ids
    assert len(set.union(*ids)) == len(labels)
    assert [names[next(iter(entry))] for entry in ids] == [recipe().labels[label] for label in labels]
    assert np.mean(overlaps) >= 0.8, [np.mean(entry) for entry in overlaps]
