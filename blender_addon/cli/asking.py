"""Whether the backend starts, answers and can paint what nodes ask for: what reading the file cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import bpy

from ..compositor.bridge.frame_plan import plan_frame
from ..compositor.check.preflight import check_backend
from ..contract.errors import NstError
from ..contract.messages import CloseRequest, OpenRequest
from ..findings import Finding
from ..session import session

__all__ = ["ask_backend"]


def ask_backend(scenes: Iterable[bpy.types.Scene]) -> Iterator[Finding]:
    """Have the backend open what each Style node asks for, and close it again; nothing where none paints.

    Networks that were loaded for it stay loaded for the render. Waits for the answers.
    """
    plans = [plan for scene in scenes for plan in plan_frame(scene).nodes if plan.recipe is not None]
    lacking = check_backend() if plans else ()
    if lacking:
        yield from lacking
        return
    client = session().client
    for number, plan in enumerate(plans):
        job = f"check-{number}"
        try:
            client.submit(OpenRequest, job=job, recipe=plan.recipe, base=str(plan.base), live=True).result()
            client.submit(CloseRequest, job=job).result()
        except NstError as fault:
            yield Finding(severity="error", fault=fault, scene=plan.scene, node=plan.node)
            if client.state == "stopped":
                # It does not start: every other node would say the same.
                return
