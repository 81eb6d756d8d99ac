"""Thumbnails and overlays show the object, where it is, however it lies in the frame."""

from __future__ import annotations

import numpy as np
import pytest

from nst_backend.image.boxes import Box
from nst_backend.pipeline.object_pictures import DIMMED, overlay, thumbnail


@pytest.mark.parametrize("box", [Box(10, 10, 30, 50), Box(0, 0, 4, 200), Box(99, 199, 100, 200), Box(0, 0, 100, 200)])
def test_a_thumbnail_shows_the_object_lit_in_its_middle(box: Box) -> None:
    picture = np.full((100, 200, 3), 0.8, np.float32)
    found = thumbnail(picture, box, np.ones((box.height, box.width), np.float32))
    assert found.shape == (96, 96, 3)
    # One of a single pixel fades into what is around it.
    assert found[46:50, 46:50].max() > 0.45
    assert found.min() < 0.8 * DIMMED + 0.05


def test_an_overlay_tints_the_object_alone() -> None:
    picture = np.full((100, 200, 3), 0.5, np.float32)
    matte = np.zeros((100, 200), np.float32)
    matte[40:90, 50:150] = 1.0
    found = overlay(picture, {3: matte}, {3: "person 3"})
    assert np.abs(found[60:80, 70:130] - 0.5).max() > 0.1
    assert np.abs(found[40:90, 160:] - 0.5).max() < 0.01
    assert np.abs(overlay(picture, {}, {}) - picture).max() < 0.01
