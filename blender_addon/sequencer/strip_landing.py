"""Results of strips: a strip above the original as soon as the plate is there, its frames as they arrive."""

from __future__ import annotations

import bpy

from ..jobs import landing
from ..jobs.order import StripOrder
from ..jobs.progress import State
from ..jobs.work import Work
from ..settings.owner import Owner
from .placement import place
from .proxies import build_proxies
from .shown_frames import refresh, shelf_of
from .strip_owner import strip_owner
from .targets import Target, find_target

__all__ = ["register", "unregister"]


class _StripLanding:
    def serves(self, order: StripOrder) -> bool:
        return order.node is None

    def owner(self, order: StripOrder) -> Owner | None:
        target = find_target(order)
        return None if target is None else strip_owner(target.strip)

    def ready(self, work: Work) -> bool:
        # A movie is there when all of it is; until then the original shows the plate.
        return work.plate is not None and (not work.order.movie or work.progress.state is State.DONE)

    def place(self, work: Work) -> str:
        target, order, plate = find_target(work.order), work.order, work.plate
        assert target is not None
        assert plate is not None
        resumed = self._shown(target, work) is not None
        place(
            target.scene,
            target.strip,
            plate,
            shelf=work.shelf,
            version_pattern=order.version_pattern,
            version=order.version,
            styled=order.styled,
        )
        # One step for all: strip, look and what the original lost. Frames that arrive later are none.
        return "" if resumed else f"Style {target.strip.name}"

    def refresh(self, work: Work) -> None:
        result = self._shown(find_target(work.order), work)
        if result is not None:
            refresh(result)

    def finish(self, work: Work) -> None:
        target = find_target(work.order)
        result = self._shown(target, work)
        if target is None or result is None:
            return
        wanted = target.strip.brushpass.output.proxy
        if wanted != "NONE":
            build_proxies(target.scene, result, int(wanted))

    def _shown(self, target: Target | None, work: Work) -> bpy.types.Strip | None:
        """The result of a strip, where it is at the work's version; those of other shelves have the same numbers."""
        result = target.result if target is not None else None
        try:
            same = result is not None and result.brushpass_result.version == work.order.version
            return result if same and result is not None and shelf_of(result).samefile(work.shelf) else None
        except OSError:
            return None


_LANDING = _StripLanding()


def register() -> None:
    landing.add_landing(_LANDING)


def unregister() -> None:
    landing.remove_landing(_LANDING)
