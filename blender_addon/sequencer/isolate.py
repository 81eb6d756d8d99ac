"""The isolating Blender: renders a strip's own frames, and mattes for them, from a copy of the file, and ends.

``isolate_entry.py -- SPEC`` prints events of the contract as lines of JSON on stdout,
Blender's own talk goes to stderr. Frames appear whole or not at all; those that are
there and made of the same are not rendered again. Killing it loses nothing but the
frame at work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO, Protocol

import bpy

from ..contract.errors import ExitCode, InputError, NstError, UsageError, as_fault
from ..contract.messages import DoneEvent, ErrorEvent, FrameEvent, ProgressEvent, ServiceEvent, WarningEvent
from ..contract.wire import encode_message
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
    speak = _speaker()
    job = ""
    try:
        if len(arguments) != 1:
            raise UsageError("the isolating Blender takes one spec", remedy="give its path")
        spec = load_spec(Path(arguments[0]))
        job = spec.job
        speak(DoneEvent(job=job, summary=_run(spec, speak)))
    except Exception as error:
        fault = as_fault(error)
        if fault is None:
            fault = _rendering_fault(error)
        if fault is None:
            raise
        speak(ErrorEvent(job=job, kind=fault.kind, problem=fault.problem, remedy=fault.remedy))
        return int(fault.exit_code)
    return int(ExitCode.DONE)


def _speaker() -> Callable[[ServiceEvent], None]:
    """Keep stdout for events: whatever else prints there, C libraries too, is sent to stderr."""
    sys.stdout.flush()
    stream: BinaryIO = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def speak(event: ServiceEvent) -> None:
        stream.write(encode_message(event))

    return speak


def _rendering_fault(error: Exception) -> NstError | None:
    """Blender reports a failed render or load as a RuntimeError that starts with ``Error``."""
    if isinstance(error, RuntimeError) and str(error).startswith("Error"):
        return InputError(str(error).removeprefix("Error:").strip().rstrip("."), remedy="render the scene to see why")
    return None


class _Renderer(Protocol):
    encoding: Encoding
    size: tuple[int, ...]
    layer: str | None
    vector: bool
    fault: tuple[str, str] | None

    def key(self, frame: int) -> tuple[object, ...]: ...

    def render(self, frame: int, path: Path) -> None: ...

    def save_picture(self, path: Path) -> None: ...


class _Progress:
    """Tells of each step of a run: a matte, a frame of the plate."""

    def __init__(self, job: str, speak: Callable[[ServiceEvent], None], *, total: int) -> None:
        self._job = job
        self._speak = speak
        self._total = total
        self._done = 0
        self._last = perf_counter()

    def step(self, stage: str, number: int) -> None:
        """One more, of the frame ``number``."""
        self._done += 1
        started, self._last = self._last, perf_counter()
        seconds = round(self._last - started, 4)
        self._speak(
            ProgressEvent(job=self._job, stage=stage, done=self._done, total=self._total, frame=number, seconds=seconds)
        )


def _run(spec: IsolateSpec, speak: Callable[[ServiceEvent], None]) -> dict[str, Any]:
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
    told = _Progress(spec.job, speak, total=len(frames) * (1 + len(spec.mattes)))
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
