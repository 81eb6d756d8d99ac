"""The training loop of a segmenter: resumable bit for bit, watched early.

The folder of a run holds ``state.pt`` (weights, averaged weights, AdamW's moments,
step, batch) and ``log.jsonl``. State is written atomically. Each step's random
numbers depend on the seed and the step alone, so that a killed run continued ends as
one that was not; on a graphics card, whose sums have no fixed order, nearly so.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...contract.errors import InputError, NstError, OutOfMemory
from ...segmentation.mask_rcnn_network import build_mask_rcnn
from ..state import restore_state, write_state
from .augment import Varied, augmented
from .examples import seen_size
from .objective import mask_rcnn_losses
from .recipe import SegmenterRecipe
from .store import ExampleStore

__all__ = ["SegmenterRun", "SegmenterStep"]

_LEAST_RATE = 0.02
_PREDICTORS = ("roi_heads.box_predictor.", "roi_heads.mask_predictor.mask_fcn_logits.")


@dataclass(frozen=True)
class SegmenterStep:
    """What a callback hears after a step."""

    step: int
    steps: int
    seconds: float
    losses: dict[str, float]


class SegmenterRun:
    """A recipe being trained in a folder.

    ``start``: the tensors of a network to tune; its last layers may be for other classes.

    Raises :class:`InputError` for a state or tensors of another network.
    """

    def __init__(
        self,
        recipe: SegmenterRecipe,
        examples: ExampleStore,
        folder: Path,
        *,
        start: Mapping[str, Tensor] | None = None,
        device: torch.device | str = "cpu",
        on_warning: Callable[[str, str], None] | None = None,
    ) -> None:
        self.recipe = recipe
        self.examples = examples
        self.folder = folder
        self.device = torch.device(device)
        self.batch = recipe.batch
        self.step = 0
        self._warn = on_warning
        torch.manual_seed(recipe.seed)
        self.network = build_mask_rcnn(recipe.network, len(recipe.classes))
        if start is not None:
            _take_over(self.network, start)
        self.network.to(self.device).train()
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        # Statistics of two pictures are worse than those the network came with.
        self._frozen = [part for part in self.network.modules() if isinstance(part, nn.BatchNorm2d)] if start else []
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        folder.mkdir(parents=True, exist_ok=True)
        if self.state_path.exists():
            restore_state(self.state_path, self._load, device=self.device)

    @property
    def state_path(self) -> Path:
        return self.folder / "state.pt"

    def save(self) -> None:
        """Write the state atomically."""
        state = {
            "step": self.step,
            "batch": self.batch,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        write_state(self.state_path, state)

    def _load(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.batch = int(state["step"]), int(state["batch"])

    def run(
        self,
        *,
        until: int | None = None,
        save_every: int = 250,
        on_step: Callable[[SegmenterStep], None] | None = None,
        on_save: Callable[[SegmenterRun], None] | None = None,
    ) -> None:
        """Train to ``until`` steps (the recipe's by default).

        Where memory does not suffice the batch is halved from there on. Raises :class:`NstError` when the
        loss stops being a number, with the last good state on disk, and :class:`OutOfMemory` at a batch of one.
        """
        end = min(until or self.recipe.steps, self.recipe.steps)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as journal:
            while self.step < end:
                started = time.monotonic()
                try:
                    losses = self._advance()
                except torch.OutOfMemoryError as error:
                    self._halve(error)
                    continue
                self.step += 1
                seconds = time.monotonic() - started
                journal.write(json.dumps({"step": self.step, "seconds": round(seconds, 3), **losses}) + "\n")
                journal.flush()
                if on_step is not None:
                    on_step(SegmenterStep(self.step, end, seconds, losses))
                if self.step % save_every == 0 or self.step == end:
                    self.save()
                    if on_save is not None:
                        on_save(self)

    def pictures(self, step: int, count: int) -> list[Varied]:
        """The ``count`` varied pictures of a step, the same whenever they are asked for."""
        rng = np.random.default_rng((self.recipe.seed, step))
        result = []
        for number in rng.integers(len(self.examples), size=count).tolist():
            example = self.examples[number]
            size = seen_size(self.recipe.network, *example.picture.shape[:2])
            enlarged = size[0] * size[1] / example.ignored.size
            least = self.recipe.least_area * enlarged
            result.append(augmented(example, size, self.recipe.augmentation, rng, least_area=least))
        return result

    def _advance(self) -> dict[str, float]:
        # torchvision draws the regions that it learns from with the global generator.
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        self.network.train()
        for part in self._frozen:
            part.eval()
        terms = mask_rcnn_losses(self.network, self.pictures(self.step, self.batch), self.device)
        loss = torch.stack(list(terms.values())).sum()
        losses = {name: float(value.detach()) for name, value in terms.items()}
        losses["loss"] = float(loss.detach())
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_limit))
        if not (math.isfinite(losses["loss"]) and math.isfinite(norm)):
            raise NstError(
                f"the loss is not a number at step {self.step}",
                remedy="lower rate and resume: the last good state is kept",
            )
        self.optimiser.step()
        self._accumulate()
        return {**losses, "gradient": norm}

    def _rate(self) -> float:
        """Rises over the warm steps, then falls as a cosine to a fiftieth."""
        warm = min(1.0, (self.step + 1) / self.recipe.warm) if self.recipe.warm else 1.0
        fall = 0.5 + 0.5 * math.cos(math.pi * self.step / self.recipe.steps)
        return self.recipe.rate * warm * (_LEAST_RATE + (1.0 - _LEAST_RATE) * fall)

    def _accumulate(self) -> None:
        decay = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            new = self.network.state_dict()
            for name, kept in self.average.state_dict().items():
                if kept.is_floating_point():
                    kept.lerp_(new[name], 1.0 - decay)
                else:
                    kept.copy_(new[name])

    def _halve(self, error: BaseException) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        if self.batch == 1:
            raise OutOfMemory(
                "there is not enough memory for one picture", remedy="lower network.short_side or use the small network"
            ) from error
        self.batch //= 2
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if self._warn is not None:
            self._warn(f"the batch is halved to {self.batch} for want of memory", "lower batch in the recipe")


def _take_over(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy a trained network's tensors, but for last layers of other classes."""
    own = {name: value for name, value in network.state_dict().items() if value.is_floating_point()}
    fitting = {name: value for name, value in tensors.items() if name in own and own[name].shape == value.shape}
    for name in own:
        if name not in fitting and not name.startswith(_PREDICTORS):
            raise InputError(
                f"the start weights do not fit the network: {name} is missing or of another shape",
                remedy="give weights of the recipe's network, or train from scratch",
            )
    network.load_state_dict(fitting, strict=False)
