"""Painting nodes of a frame that was rendered anew, in a thread of its own. Knows nothing of Blender."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...backend.client import Client
from ...contract.errors import CancelledByUser
from ..bridge.faults import fault_of
from ..bridge.last_render import Told
from ..bridge.node_jobs import NodeJobs
from ..bridge.node_plan import NodePlan

__all__ = ["Outcome", "Restyling"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one node."""

    node: NodePlan
    pictures: Mapping[str, NDArray[np.float32]]
    """By the name of the pass, rows from the top; none where it failed."""
    told: Told


class Restyling:
    """Asks the backend for ``nodes`` at ``frame`` of the passes ``plate``, one after another.

    A node that fails does not keep the others from being painted. ``size`` is width and height of the
    frame's passes in pixels.
    """

    def __init__(
        self,
        nodes: Sequence[NodePlan],
        *,
        frame: int,
        plate: Path,
        size: tuple[int, int],
        client: Callable[[], Client],
    ) -> None:
        self.frame = frame
        self._nodes, self._plate, self._size = tuple(nodes), plate, size
        # Not those of the renders: what these know of the frame before would be lost.
        self._jobs = NodeJobs(client=client)
        self._outcomes: list[Outcome] = []
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._at = self._nodes[0].node
        self._thread = threading.Thread(target=self._run, name="brushpass restyle", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    @property
    def text(self) -> str:
        """What is done at this moment, in a few words."""
        return f"{self._at}: frame {self.frame}, {time.monotonic() - self._started:.0f} s"

    def cancel(self) -> None:
        """Ask for its end."""
        self._stop.set()

    def wait(self) -> None:
        """Wait for its end. Not for Blender's interface, which would stand still."""
        self._thread.join()

    def outcomes(self) -> tuple[Outcome, ...]:
        """What became of each node, once it ended; nothing where it was cancelled."""
        return () if self.cancelled else tuple(self._outcomes)

    def _run(self) -> None:
        try:
            for node in self._nodes:
                self._at = node.node
                self._outcomes.append(self._paint(node))
        except CancelledByUser:
            self._stop.set()
        finally:
            self._jobs.close()

    def _paint(self, node: NodePlan) -> Outcome:
        started = time.monotonic()
        try:
            if node.fault is not None:
                raise node.fault
            assert node.recipe is not None
            painted = self._jobs.style(
                (node.scene, node.node),
                frame=self.frame,
                plate=self._plate,
                recipe=node.recipe,
                base=node.base,
                also=tuple(part.part for part in node.passes if part.part != "image"),
                wait=self._stop.is_set,
            )
            misfit = painted.misfit(*self._size)
            if misfit is not None:
                raise misfit
            # The files that they map go with the job.
            pictures = {part.name: np.array(painted.parts[part.part]) for part in node.passes}
        except CancelledByUser:
            raise
        except Exception as error:
            return Outcome(node=node, pictures={}, told=Told(frame=self.frame, fault=fault_of(error)))
        told = Told(
            frame=self.frame,
            seconds=time.monotonic() - started,
            stages=painted.stages,
            notes=(*node.notes, *painted.notes),
            restyled=True,
        )
        return Outcome(node=node, pictures=pictures, told=told)
