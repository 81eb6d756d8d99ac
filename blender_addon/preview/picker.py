"""What lies under a pointer that wanders over a plate: the name of its Cryptomatte or object, and that name's matte.

Nothing of Blender. Questions go to the backend one at a time, the latest place only.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..backend.pixels import map_pixels
from ..backend.tickets import Ticket
from ..contract.errors import NstError
from ..contract.messages import CloseRequest, FrameEvent, MattesRequest, OpenRequest
from ..jobs.strip_work import Backend
from .names import NamesSource, is_nameless
from .painter import OpenPlate

__all__ = ["Picker"]

_KEPT_MATTES = 24
_REGION = "picked"


@dataclass
class _Matte:
    """A request for a name's coverage under way."""

    name: str
    job: str
    opened: Ticket
    asked: Ticket


class Picker:
    """For one open plate and one source of names. Used by one thread; :meth:`step` is called now and then."""

    def __init__(self, backend: Backend, plate: OpenPlate, source: NamesSource) -> None:
        """Raises :class:`UsageError` where the plate has no such names."""
        self._names = source.in_plate(plate)
        self.plate = plate
        self.name: str | None = None
        """Under the pointer; None where nothing is, or nothing is known yet."""
        self.fault: NstError | None = None
        self._backend = backend
        self._wanted: tuple[int, int] | None = None
        self._asked: Ticket | None = None
        self._matte: _Matte | None = None
        self._mattes: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()

    @property
    def matte(self) -> NDArray[np.uint8] | None:
        """Coverage of the name under the pointer, ``(H, W)``, 255 is all; None until it is there."""
        return self._mattes.get(self.name) if self.name is not None else None

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come."""
        return self._asked is not None or self._wanted is not None or self._matte is not None

    @property
    def knows(self) -> bool:
        """Whether :attr:`name` is that of the last place pointed at."""
        return self._asked is None and self._wanted is None

    def point(self, pixel: tuple[int, int] | None) -> None:
        """The pointer is over this pixel, column and row from the top left; None: beside the plate."""
        self._wanted = pixel
        if pixel is None:
            self.name = None

    def step(self) -> bool:
        """Take over answers and ask on; whether anything changed."""
        before = self.name, self.matte is not None, self.fault
        try:
            self._take_name()
            self._take_matte()
            if self._asked is None and self._wanted is not None:
                self._asked = self._ask_name(self._wanted)
                self._wanted = None
            if self._matte is None and self.name is not None and not is_nameless(self.name) and self.matte is None:
                self._matte = self._ask_matte(self.name)
        except NstError as error:
            self.fault = error
        return before != (self.name, self.matte is not None, self.fault)

    def close(self) -> None:
        """Give up what is asked."""
        self._wanted = self._asked = None
        if self._matte is not None:
            self._backend.submit(CloseRequest, job=self._matte.job)
            self._matte = None

    def _ask_name(self, pixel: tuple[int, int]) -> Ticket:
        plate = self.plate
        fields = self._names.request
        return self._backend.submit(MattesRequest, job=plate.job, frame=plate.number, pixel=pixel, **fields)

    def _take_name(self) -> None:
        if self._asked is None or self._asked.answer is None:
            return
        answered, self._asked = self._asked, None
        picked: dict[str, Any] = answered.result()["picked"]
        self.name = picked.get(self._names.layer)
        self.fault = None

    def _ask_matte(self, name: str) -> _Matte:
        region = {"name": _REGION, "matte": self._names.matte(name), "style": None}
        recipe = {**self.plate.recipe, "regions": [region]}
        job = f"pick-{uuid.uuid4().hex}"
        opened = self._backend.submit(OpenRequest, job=job, recipe=recipe, base=str(self.plate.folder))
        asked = self._backend.submit(MattesRequest, job=job, frame=self.plate.number, region=_REGION)
        return _Matte(name, job, opened, asked)

    def _take_matte(self) -> None:
        found = self._matte
        if found is None or found.asked.answer is None:
            return
        self._matte = None
        try:
            # The opening first: its fault is the reason of the other.
            found.opened.result()
            found.asked.result()
            for event in found.asked.poll():
                if isinstance(event, FrameEvent):
                    coverage = np.clip(map_pixels(event), 0.0, 1.0)
                    self._mattes[found.name] = np.round(coverage * 255.0).astype(np.uint8)
        finally:
            if self._backend.is_open(found.job):
                self._backend.submit(CloseRequest, job=found.job)
        while len(self._mattes) > _KEPT_MATTES:
            self._mattes.popitem(last=False)
