"""Steps downhill on the pixels of one picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ...contract.errors import NstError
from ...contract.optimisation_options import OptimisationOptions

__all__ = ["Descent"]

Loss = Callable[[Tensor], tuple[Tensor, dict[str, Tensor]]]


class Descent:
    """Descends ``loss`` on ``picture``, which stays in 0..1 after each step.

    ``hold``: brings back what must not change, called on the picture after each step.
    """

    def __init__(self, picture: Tensor, loss: Loss, options: OptimisationOptions, hold: Callable[[Tensor], None]):
        self.picture = picture.requires_grad_(True)
        self._loss = loss
        self._hold = hold
        self._optimiser: torch.optim.Optimizer
        if options.optimiser == "lbfgs":
            self._optimiser = torch.optim.LBFGS(
                [picture], max_iter=1, max_eval=8, history_size=20, line_search_fn="strong_wolfe"
            )
        else:
            self._optimiser = torch.optim.Adam([picture], lr=options.rate)

    def step(self) -> dict[str, float]:
        """One step; answers what each part of the loss was before it.

        Raises :class:`NstError` where the loss is not a number any more.
        """
        before: list[dict[str, Tensor]] = []

        def closure() -> float:
            self._optimiser.zero_grad(set_to_none=True)
            value, parts = self._loss(self.picture)
            before.append(parts)
            value.backward()  # type: ignore[no-untyped-call]
            return float(value.detach())

        value = float(self._optimiser.step(closure))
        if not math.isfinite(value):
            raise NstError("the loss is not a number any more", remedy="lower rate or the weight of the style")
        with torch.no_grad():
            self._hold(self.picture.clamp_(0.0, 1.0))
        return {name: float(part) for name, part in before[0].items()}

    def state_dict(self) -> dict[str, Any]:
        """What the next step depends on beside the picture."""
        return self._optimiser.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from :meth:`state_dict`; raises what an optimiser raises for another's state."""
        self._optimiser.load_state_dict(dict(state))
