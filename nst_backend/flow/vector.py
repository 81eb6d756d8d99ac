"""Motion from Blender's Vector pass: the one place that knows its convention.

The pass holds four channels in pixels, y up. X, Y is where the point was in the
*previous* frame minus where it is; Z, W is where it is minus where it will be
in the *next* frame. With y down, therefore::

    F(t→t−1) = ( X, −Y)   of frame t
    F(t→t+1) = (−Z,  W)   of frame t, so F(t−1→t) = (−Z, W) of frame t−1

They always mean the neighbouring frame, whatever the frame step of the render.
What the pass cannot be trusted with:

* Blender 4.5 writes zero where no surface was hit, even when the camera turns;
  5.2 writes the motion of something near, which is wrong as soon as the camera
  also travels. There the cameras tell; without them 5.2's is taken and 4.5's
  is estimated.
* With motion blur on, it is zero everywhere. Then all of it is estimated.
* It knows surfaces, not shadows, reflections or moving textures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..contract.errors import InputError, UsageError, nearest
from ..image.channels import all_finite, largest
from ..image.warp import BoolArray, FloatArray, inside, warp
from .camera import Camera, background_flow
from .chain import chain
from .consistency import erode, forward_backward
from .source import Display, FlowSource, Motion, MotionWarning

if TYPE_CHECKING:
    from ..media.plate import Frame

__all__ = ["VectorSource", "surface_hit", "vector_backward", "vector_forward"]

# Blender writes 1e10 as the depth of nothing; half-float files hold infinity or their largest value.
_FAR = 1e9
_HALF_MAX = 65504.0
# Fewer changed pixels than this are noise.
_FEW = 16


def vector_backward(frame: Frame, layer: str = "") -> FloatArray | None:
    """F(t→t−1) of frame t, ``(H, W, 2)`` in pixels, or None without a Vector pass."""
    return _pair(frame, layer, "X", "Y", (1, -1))


def vector_forward(frame: Frame, layer: str = "") -> FloatArray | None:
    """F(t→t+1) of frame t, ``(H, W, 2)`` in pixels, or None without a Vector pass."""
    return _pair(frame, layer, "Z", "W", (-1, 1))


def surface_hit(frame: Frame, layer: str = "") -> BoolArray:
    """Where any surface was rendered, ``(H, W)``: by Cryptomatte, else depth, else alpha, else everywhere."""
    prefix = f"{layer}." if layer else ""
    coverage = [
        pixels
        for name, pixels in frame.channels.items()
        if name.startswith(prefix) and "Crypto" in name and name.endswith("00.g")
    ]
    if coverage:
        # A Cryptomatte coverage of 0 in the first rank means that no id at all was seen.
        return np.asarray(np.any([pixels > 0 for pixels in coverage], axis=0))
    for name, pixels in frame.channels.items():
        if name.startswith(prefix) and name.endswith("Depth.Z"):
            return np.asarray((pixels < _FAR) & (pixels != _HALF_MAX))
    if frame.alpha is not None:
        return np.asarray(frame.alpha > 0)
    return np.ones(frame.rgb.shape[:2], np.bool_)


@dataclass(frozen=True, kw_only=True)
class VectorSource:
    """The Vector pass behind the flow protocol, with its gaps filled and said.

    ``display`` makes the display-referred picture on which emptiness is judged,
    ``fallback`` estimates what the pass does not hold, ``layer`` names the view
    layer of the passes, which may be another than the picture's (needed only
    where several have a Vector pass), ``cameras`` hold the shot's cameras by
    frame number.
    """

    display: Display
    fallback: FlowSource
    layer: str = ""
    cameras: Mapping[int, Camera] = field(default_factory=dict)

    def between(self, previous: Frame, current: Frame) -> Motion:
        """Exact motion between neighbouring frames, estimated motion with a warning otherwise.

        Raises :class:`InputError` where the sizes differ or several view layers
        have a Vector pass and none was named.
        """
        if previous.rgb.shape != current.rgb.shape:
            raise InputError(
                f"frames {previous.number} and {current.number} differ in size",
                remedy="render the whole shot at one size",
            )
        if current.number != previous.number + 1:
            return self._estimate(previous, current, _gap(previous, current))
        backward, forward = vector_backward(current, self.layer), vector_forward(previous, self.layer)
        if backward is None:
            return self._estimate(previous, current, _ABSENT)
        if forward is None:
            forward = np.full_like(backward, np.nan)
        return self._trusted(previous, current, backward, forward)

    def across(self, frames: Sequence[Frame]) -> Motion:
        """The motion from the first frame to the last of a run with none missing, composed.

        For plates of which only every n-th frame is stylised: the frames between
        are needed for their Vector pass alone.
        """
        if len(frames) < 2:
            raise UsageError("motion needs two frames", remedy="give the first, those between and the last")
        return chain([self.between(a, b) for a, b in pairwise(frames)])

    def _trusted(self, previous: Frame, current: Frame, backward: FloatArray, forward: FloatArray | None) -> Motion:
        hit, hit_before = surface_hit(current, self.layer), surface_hit(previous, self.layer)
        earlier, later = self.display(previous), self.display(current)
        changed = _changes(earlier, later)
        estimate: Motion | None = None
        if not np.any(backward[hit]) and (forward is None or not np.any(forward[hit_before])) and np.any(changed & hit):
            estimate = self.fallback.between(previous, current)
            if _explains(estimate.backward, earlier, later, changed & hit):
                return replace(estimate, warnings=(*estimate.warnings, _EMPTY))

        known = all_finite(backward)
        warnings: tuple[MotionWarning, ...] = ()
        if not (hit.all() and hit_before.all()):
            blank, blank_before = ~hit, ~hit_before
            fill = self._background(previous.number, current.number, (hit.shape[0], hit.shape[1]))
            if fill is None:
                # What Blender 5.2 wrote is good to about a pixel; zero says nothing.
                blank &= ~backward.any(axis=-1)
                blank_before &= True if forward is None else ~forward.any(axis=-1)
            # A background that does not change needs no motion; near objects it is they that change.
            if fill is None and np.count_nonzero(changed & erode(blank & blank_before, 11)) >= _FEW:
                estimate = estimate or self.fallback.between(previous, current)
                fill = estimate.backward, estimate.forward
                known &= ~blank
                warnings = (*estimate.warnings, _BACKGROUND)
            if fill is not None:
                backward = np.where(blank[..., None], fill[0], backward)
                if forward is not None and fill[1] is not None:
                    forward = np.where(blank_before[..., None], fill[1], forward)
        valid = inside(backward) if forward is None else forward_backward(backward, forward)
        if estimate is not None:
            valid &= known | estimate.valid
        return Motion(backward, forward, valid, known, "exact", warnings)

    def _background(self, before: int, now: int, size: tuple[int, int]) -> tuple[FloatArray, FloatArray | None] | None:
        """Both directions of the infinitely far background, from the cameras if they can tell."""
        if before not in self.cameras or now not in self.cameras:
            return None
        backward = background_flow(self.cameras[now], self.cameras[before], size)
        forward = background_flow(self.cameras[before], self.cameras[now], size)
        return (backward, forward) if np.isfinite(backward).any() else None

    def _estimate(self, previous: Frame, current: Frame, warning: MotionWarning) -> Motion:
        motion = self.fallback.between(previous, current)
        return replace(motion, warnings=(*motion.warnings, warning))


_EMPTY = MotionWarning(
    "vector-empty",
    "The Vector pass is empty while the picture moves, as Blender leaves it when motion blur is on",
    "switch motion blur off, or render a view layer without it and name it as plate.motion_layer; motion was estimated",
)
_ABSENT = MotionWarning(
    "vector-absent",
    "The plate has no Vector pass",
    "switch on the Vector pass of the view layer; motion was estimated from the pictures",
)
_BACKGROUND = MotionWarning(
    "background-estimated",
    "The Vector pass says nothing about the background, where no surface was hit",
    "give the shot's cameras (plate.cameras); the background's motion was estimated",
)


def _gap(previous: Frame, current: Frame) -> MotionWarning:
    return MotionWarning(
        "vector-gap",
        f"The Vector pass of frame {current.number} does not lead to frame {previous.number}",
        "give every frame of the shot, also where only some are stylised; motion was estimated",
    )


def _pair(frame: Frame, layer: str, x: str, y: str, signs: tuple[int, int]) -> FloatArray | None:
    names = [name[: -len("Vector.X")] for name in frame.channels if name == "Vector.X" or name.endswith(".Vector.X")]
    if layer:
        names = [name for name in names if name == f"{layer}."]
    if len(names) > 1:
        raise InputError(
            f"frame {frame.number} has a Vector pass in {len(names)} view layers",
            remedy=f"name one as plate.motion_layer, {nearest(layer, [name[:-1] for name in names])}",
        )
    if not names or f"{names[0]}Vector.{y}" not in frame.channels or f"{names[0]}Vector.{x}" not in frame.channels:
        return None
    parts = [sign * frame.channels[f"{names[0]}Vector.{c}"] for sign, c in zip(signs, (x, y), strict=True)]
    return np.stack(parts, axis=-1).astype(np.float32, copy=False)


def _box5(picture: FloatArray) -> FloatArray:
    return np.asarray(cv2.blur(picture, (5, 5)), dtype=np.float32)


def _changes(earlier: FloatArray, later: FloatArray) -> BoolArray:
    """Where two display-referred pictures differ by more than render noise does."""
    return np.asarray(largest(np.abs(_box5(later) - _box5(earlier))) > 0.04)


def _explains(flow: FloatArray, earlier: FloatArray, later: FloatArray, where: BoolArray) -> bool:
    """Whether motion, rather than a change of light, accounts for what changed ``where``."""
    if np.count_nonzero(where) < _FEW:
        return False
    still = np.abs(_box5(later) - _box5(earlier))[where].mean()
    moved = np.abs(_box5(later) - warp(_box5(earlier), flow))[where].mean()
    length = np.median(np.linalg.norm(flow[where], axis=-1))
    return bool(moved < 0.6 * still and length > 0.5)
