"""Motion estimated from the pictures by dense inverse search.

T. Kroeger, R. Timofte, D. Dai, L. Van Gool, "Fast optical flow using dense
inverse search", ECCV 2016, in OpenCV's implementation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np

from ..contract.errors import InputError
from ..image.channels import finite
from ..image.warp import FloatArray, inside
from .consistency import erode, forward_backward, smooth_motion
from .source import Display, Motion

if TYPE_CHECKING:
    from ..media.plate import Frame

__all__ = ["DisSource", "Preset", "dis_flow", "estimated_motion"]

Preset = Literal["ultrafast", "fast", "medium"]

_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
# The coarsest scale must still hold a few of the 8 x 8 patches.
_SMALLEST_SIDE = 32


def dis_flow(source: FloatArray, target: FloatArray, *, preset: Preset = "medium") -> FloatArray:
    """F(source→target), ``(H, W, 2)`` in pixels, of two display-referred pictures ``(H, W, 3)`` in 0..1.

    Raises :class:`InputError` where the sizes differ.
    """
    if source.shape != target.shape:
        raise InputError(
            f"the frames differ in size ({source.shape[1]} x {source.shape[0]} and "
            f"{target.shape[1]} x {target.shape[0]})",
            remedy="give frames of one size, or split the shot where the size changes",
        )
    height, width = source.shape[:2]
    below, right = max(0, _SMALLEST_SIDE - height), max(0, _SMALLEST_SIDE - width)
    pair = [
        cv2.copyMakeBorder(_luma8(picture), 0, below, 0, right, cv2.BORDER_REPLICATE) for picture in (source, target)
    ]
    # The stubs of OpenCV 5 leave DIS out.
    search: Any = cv2.DISOpticalFlow_create(_PRESETS[preset])  # type: ignore[attr-defined, unused-ignore]
    flow = search.calc(pair[0], pair[1], None)
    return np.ascontiguousarray(flow[:height, :width], dtype=np.float32)


def estimated_motion(backward: FloatArray, forward: FloatArray) -> Motion:
    """A :class:`Motion` of two estimated fields, with the masks that estimated flow needs.

    Valid is what passes the forward-backward and the motion-boundary test and
    has no failing pixel within 2 px: with the 3 x 3 that stabiliser and score
    take off every mask that is Ruder's 7 x 7 minimum.
    """
    trusted = forward_backward(backward, forward) & smooth_motion(backward)
    valid = erode(trusted, 5) & inside(backward)
    return Motion(backward, forward, valid, np.zeros(valid.shape, np.bool_), "estimated")


@dataclass(frozen=True, kw_only=True)
class DisSource:
    """Dense inverse search in both directions, behind the flow protocol."""

    display: Display
    preset: Preset = "medium"

    def between(self, previous: Frame, current: Frame) -> Motion:
        """Estimated motion; ``known`` is False everywhere."""
        earlier, later = self.display(previous), self.display(current)
        return estimated_motion(
            dis_flow(later, earlier, preset=self.preset), dis_flow(earlier, later, preset=self.preset)
        )


def _luma8(picture: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    luma = finite(picture) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return np.asarray(np.rint(np.clip(luma, 0, 1) * 255), dtype=np.uint8)
