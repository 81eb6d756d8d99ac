"""A Style node's plate, rendered in a Blender of its own from a copy of the file.

What the picture input reads is led to the scene's output, so that one multilayer EXR
a frame holds it beside the passes of its view layer. Frames appear whole or not at all; those that are
there and made of the same are not rendered again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import bpy

from ... import compat
from ...contract.errors import InputError, UsageError
from ...contract.messages import FrameEvent, WarningEvent
from ...data_layer import blurs
from ...jobs.child_side import Speak, Steps, run_spec
from ...sequencer.content import FIRST_NUMBER, Content
from ...sequencer.ledger import Ledger
from ...sequencer.matte_frames import render_mattes
from ...sequencer.plan import MATTES_FOLDER, MatteSource, Plate, save_plate
from ...sequencer.scene_passes import scene_size
from ...sequencer.versions import frame_name
from ..style_node.mask_inputs import MASK_PATTERN, mask_folder, mask_socket
from .plan import CaptureSpec, load_capture
from .tree import lead_out

__all__ = ["main"]

_PATTERN = "passes.####.exr"
_COMPOSITE = "Composite"
_NO_MOTION = (
    "the scene renders motion blur, with which Blender writes no motion",
    "add a data layer without blur in the node's Motion, or let the motion be estimated from the picture",
)


def main(arguments: list[str]) -> int:
    """Render the plate that a spec asks for; the exit code is the contract's."""
    return run_spec(arguments, load_capture, _run)


def _run(spec: CaptureSpec, speak: Speak) -> Mapping[str, Any]:
    if spec.last < spec.first:
        raise UsageError("the spec asks for no frames", remedy="make it anew")
    bpy.ops.wm.open_mainfile(filepath=spec.blend, load_ui=False, use_scripts=spec.scripts)
    scene = bpy.data.scenes.get(spec.scene)
    tree = compat.compositor_tree(scene) if scene is not None else None
    node = tree.nodes.get(spec.node) if tree is not None else None
    if scene is None or tree is None or node is None:
        raise UsageError(f"there is no node {spec.node!r} in {spec.scene!r}", remedy="select the node again")
    window = bpy.context.window_manager.windows[0]
    window.scene = scene
    folder, numbers = Path(spec.folder), range(spec.first, spec.last + 1)
    told = Steps(spec.job, speak, total=len(numbers) * (1 + len(spec.mattes)))
    mattes = 0
    for source in spec.mattes:
        own = _content(scene, source, numbers)
        made = render_mattes(
            window,
            scene,
            source,
            {number: number for number in numbers},
            content=own,
            size=scene_size(scene),
            folder=folder,
        )
        for number, anew in made:
            mattes += anew
            told.step("mattes", number)

    with _Masks(spec, folder) as masks:
        vector = _prepare(scene, tree, node, spec, masks)
        if spec.capture.layer is not None and not vector:
            speak(WarningEvent(job=spec.job, problem=_NO_MOTION[0], remedy=_NO_MOTION[1]))
        plate = _plate(scene, spec, vector=vector)
        rendered = 0
        for number, anew in _frames(scene, spec, plate, masks):
            rendered += anew
            speak(FrameEvent(job=spec.job, frame=number, path=str(folder / frame_name(_PATTERN, number))))
            told.step("plate", number)
    save_plate(folder, plate)
    return {"rendered": rendered, "frames": len(numbers), "mattes": mattes}


def _plate(scene: bpy.types.Scene, spec: CaptureSpec, *, vector: bool) -> Plate:
    width, height = scene_size(scene)
    return Plate(
        pattern=_PATTERN,
        picture=_PATTERN,
        first=spec.first,
        last=spec.last,
        width=width,
        height=height,
        encoding="passes",
        layer=_COMPOSITE if spec.capture.linked else spec.capture.layer,
        motion_layer=spec.capture.motion_layer or (spec.capture.layer if spec.capture.linked else None),
        matte_layer=spec.capture.layer if spec.capture.linked else None,
        vector=vector,
    )


def _frames(scene: bpy.types.Scene, spec: CaptureSpec, plate: Plate, masks: _Masks) -> Iterator[tuple[int, bool]]:
    """Render each frame that is not there; its number, and whether it was made anew."""
    folder = Path(spec.folder)
    made_of = [list(compat.BLENDER_VERSION), plate.width, plate.height, spec.state, spec.capture.linked, plate.layers]
    with Ledger(folder) as ledger:
        for number in range(spec.first, spec.last + 1):
            digest = hashlib.sha256(repr((made_of, number, sorted(spec.cryptomatte))).encode()).hexdigest()[:32]
            path = folder / frame_name(_PATTERN, number)
            anew = not (ledger.holds(path, digest) and masks.there(number, digest))
            if anew:
                scene.frame_set(number)
                with ledger.adding(path, digest) as temporary:
                    scene.render.filepath = str(temporary)
                    bpy.ops.render.render(write_still=True)
                masks.keep(number, digest)
            yield number, anew


def _content(scene: bpy.types.Scene, source: MatteSource, numbers: range) -> Content:
    """Where a matte begins: a mask at its own first frame, as the compositor shows it, a movie with the scene."""
    mask = bpy.data.masks.get(source.name) if source.kind == "mask" else None
    start = scene.frame_start if mask is None else mask.frame_start
    return Content(start, FIRST_NUMBER + numbers[0] - start, FIRST_NUMBER + numbers[-1] - start)


def _prepare(
    scene: bpy.types.Scene, tree: bpy.types.NodeTree, node: bpy.types.Node, spec: CaptureSpec, masks: _Masks
) -> bool:
    """Let the scene's render be the plate; whether its Vector pass is the motion."""
    render = scene.render
    render.use_sequencer = False
    render.use_file_extension = False
    render.use_multiview = False
    render.use_border = False
    render.use_stamp = False
    compat.set_file_format(render.image_settings, "OPEN_EXR_MULTILAYER")
    render.image_settings.color_depth = "32"
    render.image_settings.exr_codec = "ZIP"
    render.use_compositing = spec.capture.linked
    if spec.capture.linked:
        for number, source in lead_out(scene, tree, node, layer=spec.capture.layer, masks=spec.capture.masks).items():
            masks.write(tree, number, source)
    layer = scene.view_layers.get(spec.capture.layer or "")
    if spec.capture.layer is None:
        return False
    if layer is None:
        raise UsageError(f"there is no view layer {spec.capture.layer!r}", remedy="link another to the node")
    for kind in spec.cryptomatte:
        setattr(layer, f"use_pass_cryptomatte_{kind}", True)
    motion = scene.view_layers.get(spec.capture.motion_layer or "", layer)
    motion.use_pass_z = motion.use_pass_vector = True
    return not blurs(scene, motion)


class _Masks:
    """The pictures of a node's Mask inputs, written by the compositor of each frame and kept beside the plate."""

    def __init__(self, spec: CaptureSpec, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._scratch = Path(self._open.enter_context(TemporaryDirectory(prefix="masks-", dir=Path(spec.blend).parent)))
        self._ledgers: dict[int, Ledger] = {}

    def __enter__(self) -> _Masks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def write(self, tree: bpy.types.NodeTree, number: int, source: bpy.types.NodeSocket) -> None:
        """Let the compositor write an input's picture."""
        compat.new_file_output(tree, source, self._scratch, f"{number}_")
        ledger = Ledger(self._folder / MATTES_FOLDER / mask_folder(number))
        self._ledgers[number] = self._open.enter_context(ledger)

    def there(self, frame: int, digest: str) -> bool:
        """Whether all masks of a frame were written, of the same."""
        return all(ledger.holds(self._file(number, frame), digest) for number, ledger in self._ledgers.items())

    def keep(self, frame: int, digest: str) -> None:
        """Take over what the compositor wrote for a frame."""
        for number, ledger in self._ledgers.items():
            written = sorted(self._scratch.glob(f"{number}_*"))
            if not written:
                raise InputError(
                    f"Blender wrote no {mask_socket(number)}",
                    remedy="link a picture to it, for a number or a colour is none, and check the disk's space",
                )
            with ledger.adding(self._file(number, frame), digest) as temporary:
                shutil.move(written[-1], temporary)

    def _file(self, number: int, frame: int) -> Path:
        return self._folder / MATTES_FOLDER / mask_folder(number) / frame_name(MASK_PATTERN, frame)
