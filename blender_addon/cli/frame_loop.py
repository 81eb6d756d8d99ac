"""Frames rendered by Blender's own animation, run by run, and told as they are written."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..compositor.bridge import failing, last_render
from ..compositor.style_node.trees import style_nodes
from ..contract.errors import CancelledByUser, ExitCode, FramesFailed, NstError, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind
from ..findings import retold
from .interrupts import Interrupts
from .telling import Teller

__all__ = ["FrameLoop"]

_FILE_OUTPUT = "CompositorNodeOutputFile"


class FrameLoop:
    """Renders ``frames`` of a scene to its output.

    ``preroll`` frames before each run are rendered and not written. Raises :class:`UsageError` for
    frames that cannot become one movie.
    """

    def __init__(self, scene: bpy.types.Scene, frames: FrameRange, teller: Teller, *, preroll: int) -> None:
        self._scene = scene
        self._frames = frames
        self._teller = teller
        self._preroll = preroll
        self._shot_begins = scene.frame_start
        self._stage = "render"
        self._done = 0
        self._written: set[int] = set()
        self._unfinished: Path | None = None
        self._started = time.monotonic()
        self.interrupts = Interrupts(self._cancel)
        """Within it a signal ends the process, with what was written before."""
        if self._movie and len(frames.runs) > 1:
            raise UsageError(
                f"a movie is written in one go, and --frames is {frames}", remedy="give one range, or render images"
            )

    @property
    def _movie(self) -> bool:
        return bool(self._scene.render.is_movie_format)

    def run(self) -> dict[str, Any]:
        """Render; returns what became of the frames.

        Raises :class:`FramesFailed` where Blender did not write all of them.
        """
        rolls = [self._before(run[0]) for run in self._frames.runs]
        self._total = len(self._frames) + sum(map(len, rolls))
        skipped: list[int] = []
        with self._listening():
            for run, before in zip(self._frames.runs, rolls, strict=True):
                self._roll(before)
                skipped += self._render(run)
        return {
            "scene": self._scene.name,
            "frames": len(self._written),
            "skipped": len(skipped),
            "seconds": round(time.monotonic() - self._started, 3),
        }

    def _before(self, first: int) -> range:
        """The frames to be rendered before a run; none from before the shot begins."""
        begin = first - self._preroll
        return range(max(begin, self._shot_begins) if first >= self._shot_begins else begin, first)

    def _roll(self, frames: range) -> None:
        """Render what comes before a run, for the stabiliser's memory."""
        if not frames:
            return
        tree = compat.compositor_tree(self._scene)
        outputs = [node for node in tree.nodes if node.bl_idname == _FILE_OUTPUT and not node.mute] if tree else []
        self._stage = "preroll"
        try:
            for node in outputs:
                # Their files are those of another chunk.
                node.mute = True
            for frame in frames:
                self._scene.frame_set(frame)
                self._ask_blender(self._render_still)
                self._step(frame)
        finally:
            self._stage = "render"
            for node in outputs:
                node.mute = False

    def _render_still(self) -> bool:
        return bpy.ops.render.render(scene=self._scene.name) == {"FINISHED"}

    def _render(self, run: range) -> list[int]:
        """Render a run; returns the frames that were there already."""
        scene = self._scene
        replaced = scene.render.use_overwrite or self._movie
        kept = [] if replaced else [frame for frame in run if self._path(frame).exists()]
        self._ask_blender(partial(compat.render_animation, scene, run))
        for frame in kept:
            if frame not in self._written:
                self._step(frame)
        missing = [frame for frame in run if frame not in self._written and frame not in kept]
        if missing:
            raise FramesFailed(
                f"Blender did not write {FrameRange.of(missing)} of {FrameRange.of(run)}", remedy="see what it said"
            )
        return kept

    def _ask_blender(self, render: Callable[[], bool]) -> None:
        try:
            finished = render()
        except RuntimeError as error:
            text = str(error).partition("\n")[0].removeprefix("Error:").strip().rstrip(".")
            raise FramesFailed(f"Blender stopped rendering, {text}", remedy="see what it said before") from error
        finally:
            self.interrupts.release()
        if not finished:
            raise CancelledByUser("the render was cancelled", remedy="finished frames are kept")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        handlers: dict[str, Callable[..., None]] = {
            "render_pre": self._begin_frame,
            "render_stats": self._note,
            "render_post": self._about_to_write,
            "render_write": self._wrote,
        }
        for name, handler in handlers.items():
            getattr(bpy.app.handlers, name).append(handler)
        failing.last_words.append(self._failed)
        try:
            yield
        finally:
            failing.last_words.remove(self._failed)
            for name, handler in handlers.items():
                getattr(bpy.app.handlers, name).remove(handler)

    # ---- what Blender tells, in the order in which it does

    def _begin_frame(self, scene: bpy.types.Scene, *_arguments: object) -> None:
        self.interrupts.release()
        if scene == self._scene:
            self._unfinished = self._path(scene.frame_current)

    def _note(self, text: str, *_arguments: object) -> None:
        # Output nodes write while the frame is composited.
        if bpy.app.translations.pgettext_rpt("Compositing") in text:
            self.interrupts.hold()

    def _about_to_write(self, *_arguments: object) -> None:
        self.interrupts.hold()

    def _wrote(self, scene: bpy.types.Scene, *_arguments: object) -> None:
        self.interrupts.release()
        if scene != self._scene:
            return
        frame = scene.frame_current
        self._written.add(frame)
        self._tell_notes(frame)
        if not self._movie:
            self._teller.emit(Event(EventKind.FRAME, {"frame": frame, "path": str(self._path(frame))}))
        self._step(frame)

    def _tell_notes(self, frame: int) -> None:
        """What the bridge said of the frame; people read it where it was printed."""
        tree = compat.compositor_tree(self._scene)
        for node in style_nodes(tree) if tree is not None and not self._teller.for_people else ():
            told = last_render.recall(self._scene.name, node.name)
            for note in told.notes if told is not None and told.frame == frame else ():
                self._teller.emit(Event(EventKind.WARNING, {"problem": f"{node.name!r}: {note}", "frame": frame}))

    def _failed(self, frame: int, node: str, fault: NstError) -> None:
        """The process ends for it."""
        self._teller.fail(retold(fault, f"frame {frame} failed, {node!r}: {fault.problem}"), failing.exit_code(fault))

    # ---- inside

    def _step(self, frame: int) -> None:
        self._done += 1
        self._teller.progress(self._stage, self._done, self._total, frame)

    def _path(self, frame: int) -> Path:
        return Path(os.path.abspath(bpy.path.abspath(self._scene.render.frame_path(frame=frame))))

    def _cancel(self) -> None:
        """In the thread of the signals."""
        fault = CancelledByUser("cancelled", remedy=f"{len(self._written)} of {len(self._frames)} frames were written")
        self._teller.fail(fault, ExitCode.CANCELLED)
        print(f"Brushpass: {fault.sentence()}", file=sys.stderr, flush=True)
        failing.leave(ExitCode.CANCELLED, self._unfinished)
