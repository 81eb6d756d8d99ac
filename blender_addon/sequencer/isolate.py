"""The isolating Blender: renders a strip's own frames, and mattes for them, from a copy of the file, and ends.

``isolate_entry.py -- strip SPEC`` prints events of the contract as lines of JSON on stdout,
Blender's own talk goes to stderr. Frames appear whole or not at all; those that are
there and made of the same are not rendered again. Killing it loses nothing but the
frame at work.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import bpy

from ..contract.errors import UsageError
from ..contract.messages import FrameEvent, WarningEvent
from ..jobs.child_side import Speak, Steps, run_spec
from .content import Content
from .description import FrameDigests
from .isolation import PictureRenderer, is_opaque, isolate
from .ledger import Ledger
from .matte_frames import render_mattes
from .plan import CRYPTOMATTE_KINDS, Encoding, IsolateSpec, Plate, load_spec, save_plate
from .scene_passes import PassesRenderer, scene_size
from .strips import content_of, find_strip, renders_passes
from .versions import frame_name

__all__ = ["main"]

_PATTERNS: Mapping[Encoding, str] = {
    "display": "plate.####.png",
    "linear": "plate.####.exr",
    "passes": "passes.####.exr",
}
_PICTURE = "picture.####.exr"


def main(arguments: list[str]) -> int:
    """Render the plate that a spec asks for; the exit code is the contract's."""
    return run_spec(arguments, load_spec, _run)


class _Renderer(Protocol):
    encoding: Encoding
    size: tuple[int, ...]
    layer: str | None
    motion_layer: str | None
    matte_layer: str | None
    vector: bool
    fault: tuple[str, str] | None

    def key(self, frame: int) -> tuple[object, ...]: ...

    def render(self, frame: int, path: Path) -> None: ...

    def save_picture(self, path: Path) -> None: ...


def _run(spec: IsolateSpec, speak: Speak) -> dict[str, Any]:
    if set(spec.cryptomatte) - set(CRYPTOMATTE_KINDS) or spec.last < spec.first:
        raise UsageError("the spec asks for no frames, or for mattes that do not exist", remedy="make it anew")
    bpy.ops.wm.open_mainfile(filepath=spec.blend, load_ui=False, use_scripts=spec.scripts)
    scene = bpy.data.scenes.get(spec.scene)
    if scene is None:
        raise UsageError(f"there is no scene {spec.scene!r}", remedy="select the strip again")
    strip = find_strip(scene, spec.strip)
    window = bpy.context.window_manager.windows[0]
    content = content_of(strip)
    wanted = Content(content.start, spec.first, spec.last)
    frames = {number: wanted.frame(number) for number in range(spec.first, spec.last + 1)}
    told = Steps(spec.job, speak, total=len(frames) * (1 + len(spec.mattes)))
    folder = Path(spec.folder)
    size = scene_size(strip.scene) if renders_passes(strip) else (scene.render.resolution_x, scene.render.resolution_y)
    mattes = 0
    for source in spec.mattes:
        made = render_mattes(window, scene, source, frames, content=wanted, size=size, folder=folder)
        for number, anew in made:
            mattes += anew
            told.step("mattes", number)

    window.scene = scene
    # Animation reaches the strips of a scene only once its dependency graph is the active one.
    bpy.context.view_layer.update()
    isolate(scene, strip, range(wanted.frame(spec.first), wanted.frame(spec.last) + 1))

    renderer: _Renderer
    if renders_passes(strip):
        renderer = PassesRenderer(window, scene, strip, frames=tuple(frames.values()), cryptomatte=spec.cryptomatte)
    else:
        renderer = PictureRenderer(scene, strip)
    if renderer.fault is not None:
        speak(WarningEvent(job=spec.job, problem=renderer.fault[0], remedy=renderer.fault[1]))
    digests = FrameDigests(scene, strip, state=spec.state, encoding=renderer.encoding)

    plate = Plate(
        pattern=_PATTERNS[renderer.encoding],
        picture=_PICTURE if renderer.encoding == "passes" else _PATTERNS[renderer.encoding],
        first=spec.first,
        last=spec.last,
        width=renderer.size[0],
        height=renderer.size[1],
        encoding=renderer.encoding,
        layer=renderer.layer,
        motion_layer=renderer.motion_layer,
        matte_layer=renderer.matte_layer,
        vector=renderer.vector,
    )
    rendered = 0
    with Ledger(folder) as ledger:
        for number, frame in frames.items():
            scene.frame_set(frame)
            digest = digests.at(frame, *renderer.key(frame))
            path = folder / frame_name(plate.pattern, number)
            picture = folder / frame_name(plate.picture, number)
            if not (ledger.holds(path, digest) and ledger.holds(picture, digest)):
                with ledger.adding(path, digest) as temporary:
                    renderer.render(frame, temporary)
                if picture != path:
                    with ledger.adding(picture, digest) as temporary:
                        renderer.save_picture(temporary)
                rendered += 1
            if spec.opaque and not is_opaque(picture):
                raise UsageError(
                    f"{spec.strip!r} is transparent at frame {frame}, which a movie cannot hold",
                    remedy="choose Images as the format of the output and style it again",
                )
            speak(FrameEvent(job=spec.job, frame=number, path=str(path)))
            told.step("plate", number)
    save_plate(folder, plate)
    return {"rendered": rendered, "frames": len(frames), "mattes": mattes}
