"""One still painted by optimisation, from files to a file: it can be stopped, gone on with and watched."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..contract.codec import encode
from ..contract.errors import CancelledByUser, UsageError
from ..contract.messages import Event, EventKind, Reporter
from ..contract.optimisation_options import OptimisationOptions
from ..engines.feed_forward import FeedForward
from ..engines.optimise.still import OptimisationStep, Painting, Still
from ..engines.workspace import Workspace
from ..media.atomic import atomic_path, write_bytes_atomic
from ..media.board import Board
from ..media.images import read_image, write_image
from ..media.video_writer import mux_video
from ..metrics.plots import line_chart
from ..styles.library import StyleLibrary
from ..styles.loss_networks import load_loss_network
from ..weights.files import file_sha256
from .manifest import work_folder

__all__ = ["StillFiles", "paint_still"]

Array = NDArray[np.float32]
# So many pictures show how a painting came about; more of them show nothing more.
MOVIE_PICTURES = 120
MOVIE_RATE = 24
BOARD_PICTURES = 12
# Steps that a machine that goes down may cost.
SAVED_EVERY = 50
STATE = "still.pt"
PICTURES = "progress"


@dataclass(frozen=True, kw_only=True)
class StillFiles:
    """Where a still comes from and goes to.

    ``mattes``: white where the painting of the same place in ``paintings`` goes, None for
    everywhere; as many as paintings, or none. ``start_style``: the style whose painting is
    the start where that is ``feed_forward``. ``movie``: a video of how it came about,
    ``plot``: the losses over the steps as SVG, ``board``: a folder for TensorBoard.
    """

    content: Path
    paintings: Sequence[Path]
    output: Path
    loss_network: Path
    mattes: Sequence[Path | None] = ()
    start_style: str | None = None
    movie: Path | None = None
    plot: Path | None = None
    board: Path | None = None

    @property
    def inputs(self) -> list[Path]:
        """Files that nothing may be written over."""
        return [self.content, self.loss_network, *self.paintings, *(path for path in self.mattes if path is not None)]

    @property
    def outputs(self) -> list[Path]:
        """Files that are written."""
        return [path for path in (self.output, self.movie, self.plot) if path is not None]


def paint_still(
    files: StillFiles,
    options: OptimisationOptions,
    *,
    device: torch.device,
    overwrite: bool = False,
    reporter: Reporter,
) -> Still:
    """Paint, or go on painting, and write what ``files`` names.

    Beside the output, ``.brushpass`` keeps the state until the last step; the same call
    goes on from it, bit for bit as if it had never stopped. A state of other options or
    files is not used.

    Raises :class:`UsageError` for files that are there already and for what does not fit
    together, :class:`InputError` for what cannot be read, :class:`CancelledByUser` after
    saving state and picture when told to stop.
    """
    if files.mattes and len(files.mattes) != len(files.paintings):
        raise UsageError(
            f"{len(files.paintings)} paintings have {len(files.mattes)} mattes", remedy="give each painting one"
        )
    if options.style_weights and len(options.style_weights) != len(files.paintings):
        raise UsageError(
            f"{len(files.paintings)} paintings have {len(options.style_weights)} weights",
            remedy="give each painting one",
        )
    state = _StateFile(work_folder(files.output) / STATE, _key(files, options))
    saved = state.load()
    if saved is None and not overwrite:
        for path in files.outputs:
            if path.exists():
                raise UsageError(f"{path} is there already", remedy="choose another name, or add --overwrite")
    still = _still(files, options, device)
    if saved is not None:
        state.restore(still, saved)
    watchers = _Watchers(files, state.path.parent, still)
    try:
        _run(still, state, watchers, files, reporter)
    finally:
        watchers.close()
    state.remove()
    return still


def _run(still: Still, state: _StateFile, watchers: _Watchers, files: StillFiles, reporter: Reporter) -> None:
    def on_step(step: OptimisationStep) -> None:
        data = {"stage": f"paint {step.size[0]}x{step.size[1]}", "done": step.done, "total": step.total}
        reporter.emit(Event(EventKind.PROGRESS, {**data, "loss": step.loss, "losses": step.losses}))
        watchers.step(step)
        if step.done % SAVED_EVERY == 0 and not still.finished:
            state.save(still)

    finished = still.run(on_step, reporter.cancelled)
    if not finished:
        if still.done == 0:
            raise CancelledByUser("cancelled before the first step")
        state.save(still)
    write_image(files.output, still.picture())
    watchers.write(finished=finished)
    if not finished:
        raise CancelledByUser(
            f"stopped after {still.done} of {still.total} steps, {files.output} holds the picture so far",
            remedy="run the same command again to go on",
        )


def _still(files: StillFiles, options: OptimisationOptions, device: torch.device) -> Still:
    content = read_image(files.content)[0]
    weights = options.style_weights or (1.0,) * len(files.paintings)
    mattes = [None if path is None else read_image(path)[0].mean(2) for path in files.mattes]
    paintings = [
        Painting(read_image(path)[0], weight, matte)
        for path, weight, matte in zip(files.paintings, weights, mattes or [None] * len(weights), strict=True)
    ]
    start = None
    if options.start == "feed_forward" and files.start_style is not None:
        style = StyleLibrary().find(files.start_style)
        engine = FeedForward(style.load_folded().to(device), style.card.index, Workspace(device))
        start = engine.stylise(content)
    encoder = load_loss_network(files.loss_network).to(device)
    return Still(content, paintings, encoder, options, start=start, device=device)


def _key(files: StillFiles, options: OptimisationOptions) -> str:
    """SHA-256 of all that determines the picture."""
    style = None if files.start_style is None else StyleLibrary().find(files.start_style).card
    determining = {
        "options": encode(options),
        "files": [file_sha256(path) for path in files.inputs if path.is_file()],
        "mattes": [path is not None for path in files.mattes],
        "style": None if style is None else (style.sha256, style.index),
        "torch": torch.__version__,
    }
    return hashlib.sha256(json.dumps(determining, sort_keys=True).encode()).hexdigest()


class _StateFile:
    """The state of a still on disk, of what ``key`` stands for."""

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.key = key

    def save(self, still: Still) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(self.path) as temporary:
            torch.save({"key": self.key, **still.state_dict()}, temporary)

    def load(self) -> Mapping[str, Any] | None:
        """The state, None where there is none of this key."""
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception:  # torch.load documents no closed set of exceptions; without a state a still starts anew
            return None
        return state if isinstance(state, dict) and state.get("key") == self.key else None

    def restore(self, still: Still, state: Mapping[str, Any]) -> None:
        try:
            still.load_state_dict(state)
        except (KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{self.path} does not continue this painting", remedy="remove it to start anew"
            ) from error

    def remove(self) -> None:
        """The still is done."""
        self.path.unlink(missing_ok=True)
        shutil.rmtree(self.path.parent / PICTURES, ignore_errors=True)
        # Not where a film of that name, or another output, has its work.
        with contextlib.suppress(OSError):
            self.path.parent.rmdir()
            self.path.parent.parent.rmdir()


class _Watchers:
    """Movie, plot and TensorBoard of a still."""

    def __init__(self, files: StillFiles, folder: Path, still: Still) -> None:
        self._files = files
        self._still = still
        self._pictures = folder / PICTURES
        self._board = None if files.board is None else Board(files.board, start=still.done + 1 if still.done else 0)
        if files.movie is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            for path in self._pictures.glob("[0-9]" * 7 + ".png"):
                if int(path.stem) > still.done or not still.done:
                    path.unlink()
            self._keep(still.done)

    def step(self, step: OptimisationStep) -> None:
        if self._files.movie is not None and _due(step, MOVIE_PICTURES):
            self._keep(step.done)
        if self._board is not None:
            self._board.scalars(step.done, {f"loss/{name}": value for name, value in step.losses.items()})
            self._board.scalars(step.done, {"loss/sum": step.loss})
            if _due(step, BOARD_PICTURES):
                self._board.picture(step.done, "painting", self._still.picture())

    def write(self, *, finished: bool) -> None:
        """The plot as far as it has come, and at the end the movie."""
        losses = self._still.losses
        if self._files.plot is not None and losses:
            lines = {name: [step.get(name) for step in losses] for name in losses[0]}
            chart = line_chart("Loss by part", range(1, len(losses) + 1), lines, axis="step", decades=True)
            write_bytes_atomic(self._files.plot, chart.encode())
        if self._files.movie is not None and finished:
            pictures = (read_image(path)[0] for path in sorted(self._pictures.glob("[0-9]" * 7 + ".png")))
            mux_video(pictures, self._files.movie, fps=MOVIE_RATE)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()

    def _keep(self, done: int) -> None:
        write_image(self._pictures / f"{done:07d}.png", self._still.picture())


def _due(step: OptimisationStep, pictures: int) -> bool:
    return step.done % max(1, step.total // pictures) == 0 or step.done == step.total
