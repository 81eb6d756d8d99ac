"""What operators that start works share: faults said, works queued, and without windows waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy

from ..contract.errors import NstError
from ..jobs.progress import State
from ..jobs.work import Work
from .watch import fault_of, notes_of, queue, start, wait

__all__ = ["Refusal", "Starts", "refusal"]


@dataclass
class Refusal:
    """Why nothing could be started when it was last tried."""

    fault: NstError | None = None


refusal = Refusal()


class Starts:
    """An operator that starts works; in a Blender without windows it waits for them."""

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            works = self.works(context)
        except NstError as fault:
            refusal.fault = fault
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        refusal.fault = None
        for work in works:
            styling = (old for old in queue.works if isinstance(old, Work))
            previous = next((old for old in styling if old.order.mark == work.order.mark), None)
            if previous is not None:
                queue.dismiss(previous)
            start(work)
        if bpy.app.background:
            return self._wait(works)
        names = ", ".join(work.order.strip for work in works)
        if names:
            self.report({"INFO"}, f"Styling {names} in the background")
        return {"FINISHED"}

    def works(self, context: bpy.types.Context) -> Sequence[Work]:
        """What to do; a fault that is raised is told to the artist, and nothing may be left behind then."""
        raise NotImplementedError

    def _wait(self, works: Sequence[Work]) -> set[str]:
        wait(works)
        faults = [fault for work in works if (fault := fault_of(work)) is not None]
        for work in works:
            for warning in notes_of(work):
                self.report({"WARNING"}, f"{work.order.strip}: {warning}")
        for fault in faults:
            self.report({"ERROR"}, fault.sentence())
        done = not faults and all(work.progress.state is State.DONE for work in works)
        return {"FINISHED"} if done else {"CANCELLED"}
