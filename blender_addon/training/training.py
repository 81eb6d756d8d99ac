"""One training: ``nst train`` as a child, heard by a thread of its own. Knows nothing of Blender."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..backend.faults import BackendError, fault_or_defect
from ..backend.locks import try_locked
from ..backend.process import environment, nst
from ..backend.telling_child import TellingChild
from ..contract.errors import CancelledByUser, NstError, UsageError
from ..contract.event_lines import read_json_line, steps
from ..contract.messages import Event, EventKind
from ..jobs.progress import Pace, State
from ..jobs.told import Told
from .order import LOCK, TrainingOrder, paintings_folder, save_order, started, style_folder

__all__ = ["Training"]

_STAGE = "train"
_TIMED_FROM = 3
"""Steps before this one warm the processor's caches and the network's memory."""


class Training(Told):
    """Fulfils an order, which lies in ``folder``; once the styles are written the folder goes.

    ``python`` is the backend's interpreter, ``online`` whether it may use the network. Everything but
    :meth:`join` returns at once.
    """

    def __init__(self, order: TrainingOrder, folder: Path, *, python: Path, online: bool) -> None:
        super().__init__()
        self.folder = folder
        self._order = order
        self._python = python
        self._online = online
        self._cancelled = threading.Event()
        self._child: TellingChild | None = None
        self._spent: list[float] = []
        self._tell(state=State.TRAINING, stage="load")
        self._thread = threading.Thread(target=self._run, name="brushpass training", daemon=True)

    # ---- how it is

    @property
    def order(self) -> TrainingOrder:
        """What it does."""
        return self._order

    @property
    def sample(self) -> Path | None:
        """The newest sheet of samples: photographs, and beside each how it is painted now."""
        with contextlib.suppress(OSError):
            return max((self.folder / "samples").glob("sample_*.png"), default=None)
        return None

    @property
    def step_seconds(self) -> float | None:
        """What a step took on this machine; None before some were timed."""
        spent = sorted(self._spent)
        return spent[len(spent) // 2] if spent else None

    def ended_in_words(self) -> str:
        """What is left of it after it was cancelled, in a sentence."""
        if not self.folder.is_dir():
            return "Cancelled before it began"
        done = self._order.done
        return f"Cancelled: {done} of {self._order.steps} steps are kept, Resume goes on from there"

    # ---- what it is told

    def start(self) -> Training:
        self._thread.start()
        return self

    def cancel(self) -> None:
        """End it after the step at hand, which is kept; a second time at once, with what was saved last."""
        again = self._cancelled.is_set()
        self._cancelled.set()
        self._tell(cancelling=True)
        with self._lock:
            child = self._child
        if child is not None:
            child.kill() if again else child.close_input()

    def join(self, seconds: float | None = None) -> None:
        """Wait for its end."""
        self._thread.join(seconds)

    # ---- its thread

    def _run(self) -> None:
        try:
            with try_locked(self.folder / LOCK) as free:
                if not free:
                    # What lies on disk is the other one's to write.
                    busy = UsageError(f"another Blender trains {self._order.title!r}", remedy="wait for it")
                    self._tell(state=State.FAILED, fault=busy)
                    return
                self._save(outcome="", problem="")
                self._train()
            shutil.rmtree(self.folder, ignore_errors=True)
            self._tell(state=State.DONE, seconds_left=None)
        except CancelledByUser:
            self._end(State.CANCELLED, None)
        except Exception as error:
            self._end(State.FAILED, fault_or_defect(error))

    def _end(self, state: State, fault: NstError | None) -> None:
        if started(self.folder):
            with contextlib.suppress(NstError):
                outcome = "cancelled" if fault is None else "failed"
                done = max(self.progress.done, self._order.done)
                self._save(outcome=outcome, problem="" if fault is None else fault.sentence(), done=done)
        else:
            # Nothing to go on from: it is asked for anew.
            shutil.rmtree(self.folder, ignore_errors=True)
        self._tell(state=state, fault=fault, seconds_left=None)

    def _train(self) -> None:
        try:
            child = TellingChild(self._command(), environment=environment(online=self._online), open_input=True)
        except OSError as error:
            raise BackendError(
                f"{str(self._python)!r} cannot be started ({error.strerror or error})",
                remedy="choose or install the backend in the add-on's preferences",
            ) from error
        with self._lock:
            self._child = child
        try:
            # It may have been cancelled before there was a child.
            if self._cancelled.is_set():
                child.close_input()
            told = self._hear(child)
            ending = child.ending()
        finally:
            child.close_input()
            with self._lock:
                self._child = None
        if ending.code == 0:
            return
        if self._cancelled.is_set():
            raise CancelledByUser("cancelled")
        if told is not None:
            raise BackendError(told["problem"], remedy=told["remedy"], kind=told["kind"])
        raise BackendError(ending.problem("the training"), remedy="resume: it goes on from its last state")

    def _hear(self, child: TellingChild) -> dict[str, str] | None:
        """Take over what it tells; the fault with which it ended, in its words."""
        told: dict[str, str] | None = None
        listen = self._listener()
        for line in child.lines():
            event = read_json_line(line)
            if event is None:
                continue
            if event.kind is EventKind.ERROR:
                told = {name: str(event.data.get(name, "")) for name in ("problem", "remedy", "kind")}
            else:
                listen(event)
        return told

    def _listener(self) -> Callable[[Event], None]:
        pace = Pace()

        def hear(event: Event) -> None:
            nonlocal pace
            if event.kind is EventKind.WARNING:
                self._warn(str(event.data.get("problem", "")), str(event.data.get("remedy", "")))
            elif event.kind is EventKind.PROGRESS:
                stage, done, total = steps(event)
                shown = "" if stage == _STAGE else stage
                if shown != self.progress.stage:
                    pace = Pace()
                self._tell(stage=shown, done=done, total=total, seconds_left=pace.step(total - done))
                if not shown:
                    self._time(event)

        return hear

    def _time(self, event: Event) -> None:
        seconds = event.data.get("seconds")
        if isinstance(seconds, (int, float)) and self.progress.done >= self._order.done + _TIMED_FROM:
            self._spent.append(float(seconds))

    def _command(self) -> list[str]:
        order = self._order
        # Figures for those who judge networks take longer than an artist's last steps.
        words = [*nst(self._python), "train", "--progress=json", "--stop-with-caller", "--no-measure"]
        words += [f"--paintings={paintings_folder(self.folder, order)}", f"--photos={order.photographs}"]
        words += [f"--run={self.folder}", f"--out={style_folder()}"]
        words += [f"--joins={order.joins}", f"--steps={order.steps}"]
        words += [f"--artist={order.artist}", f"--licence={order.licence}"]
        words += [f"--title={painting.name}={painting.title}" for painting in order.paintings]
        words += [f"--loss-network={order.loss_network}" if order.loss_network else "--fetch-loss-network"]
        return words

    def _save(self, **changes: object) -> None:
        self._order = replace(self._order, **changes)  # type: ignore[arg-type]
        save_order(self.folder, self._order)
