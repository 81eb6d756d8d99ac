"""Whether the backend starts, answers and can paint what nodes ask for: what reading the file cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import bpy

from ..compositor.frame_plan import plan_frame
from ..contract.errors import NstError
from ..contract.messages import CloseRequest, OpenRequest
from ..findings import Finding
from ..session import session

__all__ = ["ask_backend"]


def ask_backend(scenes: Iterable[bpy.types.Scene]) -> Iterator[Finding]:
    """Have the backend open what each Style node asks for, and close it again.

    Networks that were loaded for it stay loaded for the render. Waits for the answers.
    """
    client = session().client
    for scene in scenes:
        for number, plan in enumerate(plan_frame(scene).nodes):
            if plan.recipe is None:
                continue
            job = f"check-{number}"
            try:
                client.submit(OpenRequest, job=job, recipe=plan.recipe, base=str(plan.base), live=True).result()
                client.submit(CloseRequest, job=job).result()
            except NstError as fault:
                yield Finding(severity="error", fault=fault, scene=scene.name, node=plan.node)
                if client.state == "stopped":
                    # It does not start: every other node would say the same.
                    return
