"""A job: the frames of a shot through the pipeline, in order, resumable.

The next frame is read while this one is styled, and finished frames are written
meanwhile; the network is never kept waiting for a disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FramesFailed, InputError, NstError, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..contract.recipe import Recipe
from ..media.atomic import write_bytes_atomic
from ..media.plate import Frame, file_fingerprint
from ..styles.library import StyleLibrary
from ..temporal.preroll import preroll_frames
from ..temporal.state import History
from .inputs import refuse_inputs
from .lock import exclusive
from .manifest import Manifest, work_folder
from .output import FrameFiles, is_video
from .plan import Run, plan_runs
from .resolved import resolve, result_key
from .shot import Shot, open_shot
from .stabilising import ShotStabiliser, frame_step
from .styling import StyledFrame, finish, style_frame
from .summary import JobSummary
from .video import mux_job, video_frames_pattern
from .working import WorkingFrame

__all__ = ["run_job", "run_shot"]

Array = NDArray[np.float32]
# Frames that may wait for the disk before the network waits for it.
WRITES_AHEAD = 2


def run_job(
    recipe: Recipe,
    *,
    base: Path,
    frames: FrameRange | None = None,
    overwrite: bool = False,
    reporter: Reporter,
    library: StyleLibrary | None = None,
) -> JobSummary:
    """Style a shot, or the part ``frames`` of it, and write the results.

    Frames that an earlier run finished from the same recipe and plates are
    kept. Files that no run of this recipe wrote are never replaced without
    ``overwrite``.

    Raises :class:`UsageError` and :class:`InputError` before the first frame
    for what cannot work, :class:`FramesFailed` after the last when some frames
    could not be read or finished, ``CancelledByUser`` when told to stop.
    """
    shot = open_shot(recipe, base=base, reporter=reporter, library=library)
    return run_shot(shot, frames=frames, overwrite=overwrite, reporter=reporter)


def run_shot(
    shot: Shot, *, frames: FrameRange | None = None, overwrite: bool = False, reporter: Reporter
) -> JobSummary:
    """As :func:`run_job`, for a shot that is open."""
    output = shot.base / shot.recipe.output.path
    with exclusive(work_folder(output), output.name):
        return _Job(shot, frames, overwrite, reporter).run()


class _Job:
    def __init__(self, shot: Shot, frames: FrameRange | None, overwrite: bool, reporter: Reporter) -> None:
        self.shot = shot
        self.reporter = reporter
        self.recipe = shot.recipe
        self.wanted = self._wanted(frames)
        self._asked = frozenset(self.wanted)
        output = shot.base / self.recipe.output.path
        self.work = work_folder(output)
        self.video = is_video(self.recipe.output.path)
        pattern = str(video_frames_pattern(self.work)) if self.video else self.recipe.output.path
        self.files = FrameFiles(shot, pattern, self.recipe.output, count=len(self.wanted), lossless=self.video)
        self.side = self._per_frame_files()
        self.manifest = Manifest(self.work)
        self._refuse_foreign(output, overwrite)
        self.key = result_key(shot)
        self.stabiliser = ShotStabiliser(shot, reporter, step=frame_step(shot.numbers))
        self.summary = JobSummary(output=str(output), device=str(shot.device), precision=shot.precision, size=shot.size)
        self.summary.warnings.extend(shot.warnings)
        self._sources: dict[int, str] = {}
        self._changed: list[int] = []

    def _wanted(self, frames: FrameRange | None) -> tuple[int, ...]:
        if frames is None:
            return self.shot.numbers
        there = frozenset(self.shot.numbers)
        inside = tuple(number for number in frames if number in there)
        if not inside:
            shot = FrameRange.of(self.shot.numbers)
            raise UsageError(f"frames {frames} are not in the shot", remedy=f"the shot has {shot}")
        return inside

    def _per_frame_files(self) -> FrameFiles | None:
        if self.recipe.output.per_frame is None:
            return None
        return FrameFiles(
            self.shot, self.recipe.output.per_frame, self.recipe.output, count=len(self.wanted), side_channels=False
        )

    def _outputs(self, number: int) -> tuple[Path, ...]:
        """The files of a frame."""
        return (self.files.file(number), *([] if self.side is None else [self.side.file(number)]))

    def _refuse_foreign(self, output: Path, overwrite: bool) -> None:
        """Refuse to replace inputs, and without ``overwrite`` files that no run of this output wrote."""
        files = {number: self._outputs(number) for number in self.wanted}
        everything = [path for paths in files.values() for path in paths]
        if len({path.parent.resolve() / path.name for path in everything}) < len(everything):
            raise UsageError(
                "output.per_frame would be written over output.path", remedy="give it another name or folder"
            )
        refuse_inputs(self.shot, [*everything, *([output] if self.video else [])])
        if overwrite:
            return
        if self.video and output.exists() and not self.manifest.frames:
            raise UsageError(f"{output.name} is there already", remedy="choose another name, or add --overwrite")
        for number, paths in files.items():
            for path in paths[1:] if self.video else paths:
                if path.exists() and not self.manifest.owns(number, path):
                    raise UsageError(
                        f"{path.name} is there and was not written by this recipe",
                        remedy="choose another folder, or add --overwrite",
                    )

    # ---- keys and resuming

    def _frame_key(self, number: int, before: str) -> str:
        """What determines a frame: recipe, plate, mattes and, with smoothing, all frames before it."""
        self._sources[number] = self._made_from(number)
        text = f"{self.key}/{number}/{self._sources[number]}/{before}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    def _made_from(self, number: int) -> str:
        """What the files of a frame hold at this moment."""
        plate = self.shot.plate
        made_from = [plate.fingerprint(number)]
        for entry in self.shot.regions:
            made_from.extend(_fingerprint(path) for path in entry.matte.files(number))
            if entry.painter is not None:
                made_from.extend(plate.fingerprint(other) for other in entry.painter.measured_on(number))
        return "/".join(made_from)

    def _chain(self, run: Run) -> dict[int, str]:
        keys: dict[int, str] = {}
        before = "" if run.complete else "preroll"
        there = set(self.shot.plate.numbers)
        for number in run.frames:
            keys[number] = self._frame_key(number, before) if number in there else "missing"
            before = keys[number] if self.recipe.temporal.smoothing > 0 else ""
        return keys

    def _runs(self) -> list[Run]:
        """The frames to style, those that only lead to wanted ones included."""
        temporal = self.recipe.temporal
        if temporal.smoothing <= 0:
            return [Run(self.wanted, True)]
        count = preroll_frames(temporal.smoothing) if temporal.preroll == "auto" else int(temporal.preroll)
        return plan_runs(self.shot.numbers, self.wanted, count)

    def run(self) -> JobSummary:
        started = time.perf_counter()
        keys: dict[int, str] = {}
        todo: list[int] = []
        starts: dict[int, History | None] = {}
        for run in self._runs():
            keys |= self._chain(run)
            rest, history = self._resume_point(run.frames, keys)
            todo += rest
            starts |= dict.fromkeys(rest[:1], history)
        self._write_resolved()
        try:
            self._frames(todo, starts, keys)
        finally:
            self.summary.seconds = time.perf_counter() - started
        self._write_resolved()
        self._tell_changed()
        if self.summary.failed:
            raise FramesFailed(
                f"{len(self.summary.failed)} of {len(self.wanted)} frames failed"
                f" ({FrameRange.of(self.summary.failed)})",
                remedy="see the messages above; run it again to do just these",
            )
        if self.video:
            mux_job(self.shot, self.files, self.wanted, self.shot.base / self.recipe.output.path, self.reporter)
        self.summary.seconds = time.perf_counter() - started
        self.reporter.emit(Event(EventKind.DONE, {"summary": self.summary.to_json()}))
        return self.summary

    def _resume_point(self, order: Sequence[int], keys: Mapping[int, str]) -> tuple[list[int], History | None]:
        """The frames of a run that are still to do, and the history to go on from."""
        mine = [number for number in order if number in self._asked]
        done = {number for number in mine if self.manifest.finished(number, keys[number], *self._outputs(number))}
        self.summary.skipped += sorted(done)
        todo = [number for number in mine if number not in done]
        if not todo or self.recipe.temporal.smoothing <= 0:
            return todo, None
        # With a history, everything after the first gap depends on it.
        index = order.index(todo[0])
        history = self.manifest.load_state(order[index - 1], keys[order[index - 1]]) if index else None
        return list(order[index if history is not None else 0 :]), history

    # ---- frames

    def _frames(self, todo: Sequence[int], starts: Mapping[int, History | None], keys: Mapping[int, str]) -> None:
        total = len(todo)
        failed: list[int] = []
        pending: deque[Future[None]] = deque()
        done_before = set(self.summary.skipped)
        previous: WorkingFrame | None = None
        with ThreadPoolExecutor(1, "read") as reads, ThreadPoolExecutor(1, "write") as writes:
            try:
                ahead = self._read_ahead(reads, todo[0]) if todo else None
                for index, number in enumerate(todo):
                    stop_if_cancelled(self.reporter)
                    assert ahead is not None
                    current, ahead = ahead, self._read_ahead(reads, todo[index + 1]) if index + 1 < total else None
                    clock = time.perf_counter()
                    if number in starts:
                        history = self.stabiliser.history = starts[number]
                        previous = None if history is None else self.shot.read(history.number)
                    try:
                        working = self.shot.working(current.result())
                        self.shot.remember(working)
                        seconds = {"read": time.perf_counter() - clock}
                        # The frame's mattes, and those whose tones it is painted in, may be unreadable as well.
                        styled = style_frame(self.shot, working, self.reporter)
                        stabilised = self._stabilise(previous, styled)
                    except InputError as error:
                        failed.append(number)
                        self._frame_failed(number, error)
                        previous = None
                        continue
                    previous = working
                    seconds |= styled.seconds
                    self.summary.add(seconds)
                    if number not in self._asked:
                        self.summary.prerolled += 1
                    else:
                        while len(pending) >= WRITES_AHEAD:
                            pending.popleft().result()
                        state = self.stabiliser.history if self.recipe.temporal.smoothing > 0 else None
                        pending.append(writes.submit(self._write, styled, stabilised, keys[number], state))
                        if number not in done_before:
                            self.summary.styled.append(number)
                    data = {"stage": "style", "done": index + 1, "total": total, "frame": number}
                    self.reporter.emit(Event(EventKind.PROGRESS, {**data, "seconds": time.perf_counter() - clock}))
                while pending:
                    pending.popleft().result()
            except BaseException:
                # What was styled is still written before the job ends.
                while pending:
                    with contextlib.suppress(Exception):
                        pending.popleft().result()
                raise
        self.summary.failed = tuple(number for number in failed if number in self._asked)

    def _read_ahead(self, reads: ThreadPoolExecutor, number: int) -> Future[Frame]:
        def read() -> Frame:
            if self.shot.missing([number]):
                raise InputError(f"frame {number} of the plate is missing", remedy="render it, then run the job again")
            return self.shot.read_frame(number)

        return reads.submit(read)

    def _frame_failed(self, number: int, error: NstError) -> None:
        data = {"frame": number, "kind": error.kind, "problem": error.problem, "remedy": error.remedy}
        self.reporter.emit(Event(EventKind.ERROR, data))

    def _tell_changed(self) -> None:
        """Tell of frames whose files changed under the job; their keys stand for the files as it found them."""
        if self._changed:
            problem = f"Plates or mattes of frames {FrameRange.of(sorted(self._changed))} changed while the job ran"
            remedy = "run it again to do them, and what follows from them, anew"
            self.summary.warnings.append(f"{problem}: {remedy}")
            self.reporter.emit(Event(EventKind.WARNING, {"problem": problem, "remedy": remedy}))

    def _stabilise(self, previous: WorkingFrame | None, styled: StyledFrame) -> Array | None:
        picture, reset = self.stabiliser.step(previous, styled)
        if reset is not None and reset != "start":
            self.summary.resets[styled.working.number] = reset
        return picture

    def _write(self, styled: StyledFrame, stabilised: Array | None, key: str, state: History | None) -> None:
        started = time.perf_counter()
        number = styled.working.number
        picture, _ = finish(self.shot, styled, stabilised)
        self.manifest.begin(number, *self._outputs(number))
        path = self.files.write(number, picture, styled)
        if self.side is not None:
            plain = picture if stabilised is None else finish(self.shot, styled, None)[0]
            self.side.write(number, plain, styled)
        if state is not None:
            self.manifest.save_state(key, state)
        self.manifest.record(number, key, *self._outputs(number))
        # A file that has gone since it was read has not spoilt the frame.
        with contextlib.suppress(InputError):
            if self._made_from(number) != self._sources[number]:
                self._changed.append(number)
        self.summary.add({"write": time.perf_counter() - started})
        self.reporter.emit(Event(EventKind.FRAME, {"frame": number, "path": str(path)}))

    def _write_resolved(self) -> None:
        text = json.dumps(resolve(self.shot), indent=2, ensure_ascii=False) + "\n"
        write_bytes_atomic(self.work / "resolved.json", text.encode())


def _fingerprint(path: Path) -> str:
    """What a file holds, or that it is not there."""
    try:
        return file_fingerprint(path)
    except InputError:
        return f"no {path}"
