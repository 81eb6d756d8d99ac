"""A scene strip's scene rendered with mattes, depth and motion, at the moments that the strip shows.

For a throwaway copy of the file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import bpy

from .. import compat
from ..contract.errors import InputError
from ..data_layer import blurs, make_data_layer, may_have_data_layer
from .plan import Encoding

__all__ = ["PassesRenderer", "plate_layers", "scene_size"]


_SMALLEST = 16
"""Pixels a side of a picture that nobody looks at."""


def scene_size(scene: bpy.types.Scene) -> tuple[int, int]:
    """Width and height of a scene's render."""
    render = scene.render
    part = render.resolution_percentage
    return render.resolution_x * part // 100, render.resolution_y * part // 100


@dataclass(frozen=True)
class Moment:
    """A scene's time: a frame, and a part of one."""

    frame: int
    subframe: float


class PassesRenderer:
    """Renders the scene of an isolated scene strip into multilayer EXRs, by the scene's own settings."""

    encoding: ClassVar[Encoding] = "passes"

    def __init__(
        self,
        window: bpy.types.Window,
        scene: bpy.types.Scene,
        strip: bpy.types.Strip,
        *,
        frames: Sequence[int],
        cryptomatte: Iterable[str],
    ) -> None:
        self._window = window
        self._scene = scene
        self._target = strip.scene
        shown = _moments(scene, strip, frames)
        self._moments = dict(zip(frames, shown, strict=True))
        self.layer: str | None = _shown_layer(strip)
        self._layers = plate_layers(strip)
        self.fault = _motion_fault(strip, shown)
        self.vector = self.fault is None
        source = _source_layer(strip)
        self.matte_layer = source.name if source is not None and source.name != self.layer else None
        self.motion_layer = self.matte_layer
        _switch_on(strip, cryptomatte)
        if source is not None and _has_data_layer(self._target, source):
            self.motion_layer = make_data_layer(self._target, source).name
        self.size = scene_size(self._target)

    def key(self, frame: int) -> tuple[object, ...]:
        """What determines the picture at a timeline frame beside the strip's description."""
        moment = self._moments[frame]
        return moment.frame, moment.subframe, *self._layers

    def render(self, frame: int, path: Path) -> None:
        """Write the passes that the strip shows at a timeline frame.

        The scene is made the window's: a still of any other scene is rendered at the window's frame.
        """
        moment = self._moments[frame]
        self._window.scene = self._target
        try:
            self._target.frame_set(moment.frame, subframe=moment.subframe)
            self._target.render.filepath = str(path)
            bpy.ops.render.render(write_still=True)
        finally:
            self._window.scene = self._scene

    def save_picture(self, path: Path) -> None:
        """Write the picture of the frame that was rendered last, as a plain EXR with alpha."""
        settings = self._target.render.image_settings
        _write_floats(settings, "OPEN_EXR")
        settings.color_mode = "RGBA"
        bpy.data.images["Render Result"].save_render(str(path), scene=self._target)
        _write_floats(settings, "OPEN_EXR_MULTILAYER")


def _moments(scene: bpy.types.Scene, strip: bpy.types.Strip, frames: Iterable[int]) -> list[Moment]:
    """What the isolated ``strip`` asks of its scene at each timeline frame.

    The sequencer itself is asked: trims, reverse, strobe and retiming have no
    formula that Python could read.
    """
    target = strip.scene
    found: list[Moment] = []
    render = scene.render
    size = (render.resolution_x, render.resolution_y)
    with _recording_engine(target) as heard:
        render.resolution_x = render.resolution_y = _SMALLEST
        for frame in frames:
            heard.clear()
            strip.invalidate_cache("RAW")
            scene.frame_set(frame)
            bpy.ops.render.render()
            if not heard:
                raise InputError(
                    f"the strip {strip.name!r} shows no frame of its scene at {frame}", remedy="trim it there"
                )
            found.append(heard[-1])
    render.resolution_x, render.resolution_y = size
    return found


@contextmanager
def _recording_engine(target: bpy.types.Scene) -> Iterator[list[Moment]]:
    """Renders of ``target`` note their time and draw nothing."""
    heard: list[Moment] = []

    class RecordingEngine(bpy.types.RenderEngine):
        bl_idname = "BRUSHPASS_RECORDING"
        bl_label = "Brushpass Recording"
        bl_use_postprocess = True  # Without it Blender never calls an engine that has no passes.

        def render(self, depsgraph: bpy.types.Depsgraph) -> None:
            scene = depsgraph.scene
            heard.append(Moment(scene.frame_current, scene.frame_subframe))

    engine = target.render.engine
    compositing = target.render.use_compositing
    bpy.utils.register_class(RecordingEngine)
    try:
        target.render.engine = RecordingEngine.bl_idname  # type: ignore[assignment]
        target.render.use_compositing = False
        yield heard
    finally:
        target.render.engine = engine
        target.render.use_compositing = compositing
        bpy.utils.unregister_class(RecordingEngine)


def _switch_on(strip: bpy.types.Strip, cryptomatte: Iterable[str]) -> None:
    """Switch on what regions and the stabiliser read, and write it in full precision without loss."""
    target = strip.scene
    if strip.scene_camera is not None:
        target.camera = strip.scene_camera
    chosen = compat.strip_view_layer(strip)
    for layer in target.view_layers:
        if chosen is not None:
            layer.use = layer.name == chosen
        layer.use_pass_z = True
        layer.use_pass_vector = True
        for kind in cryptomatte:
            setattr(layer, f"use_pass_cryptomatte_{kind}", True)
    render = target.render
    render.use_sequencer = False
    render.use_file_extension = False
    _write_floats(render.image_settings, "OPEN_EXR_MULTILAYER")


def _write_floats(settings: bpy.types.ImageFormatSettings, file_format: compat.FileFormat) -> None:
    compat.set_file_format(settings, file_format)
    settings.color_depth = "32"
    settings.exr_codec = "ZIP"


def plate_layers(strip: bpy.types.Strip) -> tuple[str, ...]:
    """What of its layers determines a plate of a scene strip: the picture's, and that there is one for motion alone."""
    source = _source_layer(strip)
    beside = source is not None and _has_data_layer(strip.scene, source)
    return (_shown_layer(strip), "data layer") if beside else (_shown_layer(strip),)


def _shown_layer(strip: bpy.types.Strip) -> str:
    """The layer of the EXR that holds the picture which the strip shows."""
    if strip.scene.render.use_compositing and compat.composites(strip.scene):
        return "Composite"
    return _used_layers(strip)[0].name


def _source_layer(strip: bpy.types.Strip) -> bpy.types.ViewLayer | None:
    """The view layer that has the mattes and the motion of the picture; None where several are composited."""
    used = _used_layers(strip)
    composited = strip.scene.render.use_compositing and compat.composites(strip.scene)
    return None if composited and len(used) > 1 else used[0]


def _used_layers(strip: bpy.types.Strip) -> list[bpy.types.ViewLayer]:
    """The view layers that a strip renders, but for those without a picture, such as a Style node's data layer."""
    chosen = compat.strip_view_layer(strip)
    if chosen is not None:
        return [strip.scene.view_layers[chosen]]
    used = [layer for layer in strip.scene.view_layers if layer.use]
    return [layer for layer in used if layer.use_pass_combined] or used


def _has_data_layer(target: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bool:
    return blurs(target, layer) and may_have_data_layer(target)


def _motion_fault(strip: bpy.types.Strip, shown: list[Moment]) -> tuple[str, str] | None:
    """Why the Vector pass is not the motion from frame to frame, and what to do; None where it is."""
    target = strip.scene
    layer = _source_layer(strip) or _used_layers(strip)[0]
    if blurs(target, layer) and not may_have_data_layer(target):
        return (
            f"the scene {target.name!r} renders motion blur, with which only Cycles writes motion",
            "switch motion blur off, or let the motion be estimated from the picture",
        )
    if target.render.engine == "BLENDER_WORKBENCH":
        return (
            "Workbench renders neither motion nor mattes",
            "render the scene with Cycles or EEVEE, or use mattes from files",
        )
    steps = {
        (after.frame - before.frame, after.subframe - before.subframe) for before, after in itertools.pairwise(shown)
    }
    if steps - {(1, 0.0)}:
        return (
            f"the strip {strip.name!r} does not show its scene frame by frame",
            "the motion is estimated from the picture; style the scene strip without retiming for exact motion",
        )
    return None
