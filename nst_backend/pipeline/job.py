"""A job: the frames of a shot through the pipeline, in order, resumable.

The next frame is read while this one is styled, and finished frames are written
meanwhile; the network is never kept waiting for a disk.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..contract.errors import FramesFailed, InputError, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, Reporter
from ..contract.recipe import Recipe
from ..media.atomic import remove_leftovers
from ..media.sequence import is_pattern
from ..styles.library import StyleLibrary
from ..temporal.preroll import preroll_frames
from ..temporal.state import History
from ..temporal.window import RADIUS
from .following import FramePaintings
from .frame_styler import FrameStyler
from .inputs import refuse_inputs
from .keys import FrameKeys
from .lock import Claim, claimed, guarded
from .manifest import Manifest, work_folder
from .output import FrameFiles, is_video
from .painting_files import PaintingFiles
from .passage import around_each, one_by_one
from .plan import Run, around, dependence, plan_runs, windows
from .resolved import write_resolved
from .runtime import settle_runtime
from .shot import Shot, open_shot
from .stabilising import ShotStabiliser, Stabilised, frame_step
from .stages import Stages, unwatched
from .states import StateFiles
from .styling import finish
from .summary import JobSummary
from .video import mux_job, video_frames_pattern

__all__ = ["run_job", "run_shot"]

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
    shot: Shot,
    *,
    frames: FrameRange | None = None,
    overwrite: bool = False,
    reporter: Reporter,
    stages: Stages = unwatched,
) -> JobSummary:
    """As :func:`run_job`, for a shot that is open. ``stages`` hears of reading and writing."""
    wanted = _wanted(shot, frames)
    # Those that the mattes were checked on; at 4K they are a gigabyte each.
    shot.forget()
    options = shot.recipe.output
    output = shot.base / options.path
    keys = FrameKeys(shot, reporter, stages)
    # A video, like a single picture, is one file for all frames.
    patterns = filter(None, (options.path, options.per_frame, options.matte))
    divisible = not is_video(options.path) and all(map(is_pattern, patterns))
    with claimed(
        work_folder(output),
        output.name,
        identity=f"{keys.film}/{shot.recipe.compute.runtime}/{options.per_frame}/{options.matte}",
        frames=FrameRange.of(wanted) if divisible else None,
    ) as claim:
        return _Job(shot, wanted, keys, claim, overwrite, reporter, stages).run()


def _wanted(shot: Shot, frames: FrameRange | None) -> tuple[int, ...]:
    if frames is None:
        return shot.numbers
    there = frozenset(shot.numbers)
    inside = tuple(number for number in frames if number in there)
    if not inside:
        raise UsageError(f"frames {frames} are not in the shot", remedy=f"the shot has {FrameRange.of(shot.numbers)}")
    return inside


@dataclass
class _Plan:
    """The frames to style, in their order; where a history is replaced, and what determines each frame.

    ``paintings``: what the first frames of ``starts`` follow, as ``starts`` has what they are stabilised by.
    ``runs``: with a history, the frames that hang together.
    """

    order: list[int] = field(default_factory=list)
    starts: dict[int, History | None] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    paintings: dict[int, FramePaintings | None] = field(default_factory=dict)


class _Job:
    def __init__(
        self,
        shot: Shot,
        wanted: tuple[int, ...],
        keys: FrameKeys,
        claim: Claim,
        overwrite: bool,
        reporter: Reporter,
        stages: Stages,
    ) -> None:
        self.shot = shot
        self.reporter = reporter
        self.recipe = shot.recipe
        self.wanted = wanted
        self.keys = keys
        self.claim = claim
        self.stages = stages
        self._asked = frozenset(wanted)
        self._depends = dependence(self.recipe.temporal, follows=shot.follows)
        self._step = frame_step(shot.numbers)
        self.output = shot.base / self.recipe.output.path
        self.work = work_folder(self.output)
        self.video = is_video(self.recipe.output.path)
        pattern = str(video_frames_pattern(self.work)) if self.video else self.recipe.output.path
        self.files = FrameFiles(shot, pattern, self.recipe.output, count=len(self.wanted), lossless=self.video)
        self.side = self._side_files(self.recipe.output.per_frame)
        self.mattes = self._side_files(self.recipe.output.matte)
        self.manifest = Manifest(self.work)
        self.states = StateFiles(self.work)
        self.paintings = PaintingFiles(self.work)
        self._refuse_foreign(overwrite)
        self.summary = JobSummary(
            output=str(self.output), device=str(shot.device), precision=shot.precision, size=shot.size
        )
        self.summary.warnings.extend(shot.warnings)
        self._failed: list[int] = []
        self._changed: list[int] = []

    def _side_files(self, pattern: str | None) -> FrameFiles | None:
        if pattern is None:
            return None
        return FrameFiles(self.shot, pattern, self.recipe.output, count=len(self.wanted), side_channels=False)

    def _outputs(self, number: int) -> tuple[Path, ...]:
        """The files of a frame."""
        return tuple(files.file(number) for files in (self.files, self.side, self.mattes) if files is not None)

    def _refuse_foreign(self, overwrite: bool) -> None:
        """Refuse to replace inputs, and without ``overwrite`` files that no run of this output wrote."""
        files = {number: self._outputs(number) for number in self.wanted}
        everything = [path for paths in files.values() for path in paths]
        if len({path.parent.resolve() / path.name for path in everything}) < len(everything):
            raise UsageError(
                "output.per_frame, output.matte and output.path would be written over one another",
                remedy="give each another name or folder",
            )
        refuse_inputs(self.shot, [*everything, *([self.output] if self.video else [])])
        if overwrite:
            return
        if self.video and self.output.exists() and not self.manifest.frames:
            raise UsageError(f"{self.output.name} is there already", remedy="choose another name, or add --overwrite")
        for number, paths in files.items():
            for path in paths[1:] if self.video else paths:
                if path.exists() and not self.manifest.owns(number, path):
                    raise UsageError(
                        f"{path.name} is there and was not written by this recipe",
                        remedy="choose another folder, or add --overwrite",
                    )

    def run(self) -> JobSummary:
        started = time.perf_counter()
        self._make_room()
        settle_runtime(self.shot, self.work, self.keys.film, self.reporter)
        self.summary.runtime = self.shot.workspace.runtime
        plan = self._plan()
        for kept in (self.states, self.paintings):
            kept.adopt(plan.keys[number] for number in self.wanted)
        write_resolved(self.work, self.shot, self.keys.recipe)
        try:
            self._frames(plan)
        finally:
            self.summary.seconds = time.perf_counter() - started
        write_resolved(self.work, self.shot, self.keys.recipe)
        self._tell_changed()
        self.summary.failed = tuple(number for number in self.wanted if number in self._failed)
        if self.summary.failed:
            raise FramesFailed(
                f"{len(self.summary.failed)} of {len(self.wanted)} frames failed"
                f" ({FrameRange.of(self.summary.failed)})",
                remedy="see the messages above; run it again to do just these",
            )
        with guarded(self.work):
            for kept in (self.states, self.paintings):
                kept.settle(alone=self.claim.alone())
        if self.video:
            with self.stages("write", self.output.name):
                mux_job(self.shot, self.files, self.wanted, self.output, self.reporter)
        self.summary.seconds = time.perf_counter() - started
        self.reporter.emit(Event(EventKind.DONE, {"summary": self.summary.to_json()}))
        return self.summary

    def _make_room(self) -> None:
        """Make the folders of the outputs, and remove what killed writers left half-written there.

        Once, at the start: a folder that goes away later was taken away, and a new
        one in its place would lack the manifest. The claim says that nobody else
        alive writes these frames.
        """
        for files in filter(None, (self.files, self.side, self.mattes)):
            files.make_folder()
        paths = [path for number in self.wanted for path in self._outputs(number)]
        if self.video:
            paths.append(self.output)
        for folder in {path.parent for path in paths}:
            remove_leftovers(folder, {path.name for path in paths if path.parent == folder})
        with guarded(self.work):
            if self.claim.alone():
                remove_leftovers(self.work)

    # ---- what there is to do

    def _plan(self) -> _Plan:
        if self._depends == "before":
            return self._plan_with_history()
        if self._depends == "none":
            keys = self.keys.single(self.wanted)
            return _Plan(self._unfinished(self.wanted, keys), {}, keys)
        keys = self.keys.windowed(self.wanted, RADIUS, self._step)
        return _Plan(self._unfinished(self.wanted, keys), {}, keys)

    def _plan_with_history(self) -> _Plan:
        """The frames that only lead to wanted ones are part of it."""
        temporal = self.recipe.temporal
        count = preroll_frames(temporal.smoothing) if temporal.preroll == "auto" else int(temporal.preroll)
        plan = _Plan()
        plan.runs = plan_runs(self.shot.numbers, self.wanted, count)
        for run in plan.runs:
            plan.keys |= self.keys.chained(run)
            mine = [number for number in run.frames if number in self._asked]
            todo = self._unfinished(mine, plan.keys)
            if not todo:
                continue
            # Everything after the first gap depends on it.
            index = run.frames.index(todo[0])
            before = run.frames[index - 1]
            history = self.states.load(before, plan.keys[before]) if index and temporal.smoothing > 0 else None
            paintings = self.paintings.load(before, plan.keys[before]) if index and self.shot.follows else None
            known = (history is not None or temporal.smoothing <= 0) and (
                paintings is not None or not self.shot.follows
            )
            rest = run.frames[index if known else 0 :]
            plan.order += rest
            plan.starts[rest[0]] = history if known else None
            plan.paintings[rest[0]] = paintings if known else None
        return plan

    def _unfinished(self, numbers: Sequence[int], keys: Mapping[int, str]) -> list[int]:
        done = {number for number in numbers if self.manifest.finished(number, keys[number], *self._outputs(number))}
        self.summary.skipped += sorted(done)
        return [number for number in numbers if number not in done]

    # ---- frames

    def _frames(self, plan: _Plan) -> None:
        order: Sequence[int] = plan.order
        if self._depends == "around":
            order = windows(self.shot.numbers, plan.order, RADIUS, self._step)
        pending: deque[Future[None]] = deque()
        finished = frozenset(self.summary.skipped)
        with (
            FrameStyler(self.shot, self.reporter, order, partial(self._frame_failed, plan), plan.paintings) as styler,
            ThreadPoolExecutor(1, "write") as writes,
        ):
            try:
                for frame in self._passage(styler, order, plan):
                    number = frame.styled.working.number
                    if frame.reset is not None and frame.reset != "start":
                        self.summary.resets[number] = frame.reset
                    if number not in self._asked:
                        continue
                    while len(pending) >= WRITES_AHEAD:
                        self._settle(pending)
                    pending.append(writes.submit(self._write, frame, plan.keys[number]))
                    if number not in finished:
                        self.summary.styled.append(number)
                while pending:
                    self._settle(pending)
            except BaseException:
                # What was styled is still written before the job ends.
                while pending:
                    with contextlib.suppress(Exception):
                        self._settle(pending)
                raise
        self.summary.add(styler.seconds)
        written = self._asked.intersection(plan.order)
        self.summary.prerolled = sum(number not in written for number in styler.styled)

    def _settle(self, pending: deque[Future[None]]) -> None:
        """Wait for the oldest write; what is stuck then is the disk, not the painting."""
        with self.stages("write", self.output.name):
            pending.popleft().result()

    def _passage(self, styler: FrameStyler, order: Sequence[int], plan: _Plan) -> Iterator[Stabilised]:
        if self._depends == "around":
            return around_each(styler, order, plan.order, self.reporter)
        alone = self._depends == "none"
        stabiliser = None if alone else ShotStabiliser(self.shot, self.reporter, step=self._step)
        return one_by_one(styler, stabiliser, order, plan.starts, self.reporter)

    def _frame_failed(self, plan: _Plan, number: int, error: InputError) -> None:
        """Tell of a frame that cannot be made: an error, or a warning where it only leads to others.

        Those that it leads to are made without it, and their keys say so: they are
        done again when it can be had.
        """
        for other in self._led_to(plan, number):
            if other in plan.keys:
                plan.keys[other] = self.keys.without(plan.keys[other], number)
        asked = number in self._asked
        if asked:
            self._failed.append(number)
        data = {"frame": number, "kind": error.kind, "problem": error.problem, "remedy": error.remedy}
        self.reporter.emit(Event(EventKind.ERROR if asked else EventKind.WARNING, data))

    def _led_to(self, plan: _Plan, number: int) -> Sequence[int]:
        """The frames that are made from a frame beside their own."""
        if self._depends == "around":
            return around(number, RADIUS, self._step)
        return [other for run in plan.runs if number in run.frames for other in run.frames if other > number]

    def _tell_changed(self) -> None:
        """Tell of frames whose files changed under the job; their keys stand for the files as it found them."""
        if self._changed:
            problem = f"Plates or mattes of frames {FrameRange.of(sorted(self._changed))} changed while the job ran"
            remedy = "run it again to do them, and what follows from them, anew"
            self.summary.warnings.append(f"{problem}: {remedy}")
            self.reporter.emit(Event(EventKind.WARNING, {"problem": problem, "remedy": remedy}))

    def _write(self, frame: Stabilised, key: str) -> None:
        with self.stages("write", f"frame {frame.styled.working.number}"):
            self._finish_and_write(frame, key)

    def _finish_and_write(self, frame: Stabilised, key: str) -> None:
        started = time.perf_counter()
        styled, number = frame.styled, frame.styled.working.number
        picture, matte = finish(self.shot, styled, frame.picture)
        self.manifest.begin(number, *self._outputs(number))
        path = self.files.write(number, picture, styled)
        if self.side is not None:
            plain = picture if frame.picture is None else finish(self.shot, styled, None)[0]
            self.side.write(number, plain, styled)
        if self.mattes is not None:
            self.mattes.write_matte(number, matte)
        if frame.state is not None:
            self.states.save(key, frame.state)
        if styled.paintings is not None:
            self.paintings.save(key, styled.paintings)
        self.manifest.record(number, key, *self._outputs(number))
        if self.keys.changed(number):
            self._changed.append(number)
        self.summary.add({"write": time.perf_counter() - started})
        self.reporter.emit(Event(EventKind.FRAME, {"frame": number, "path": str(path)}))
