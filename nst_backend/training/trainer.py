"""The training loop: resumable bit for bit, watched early.

The folder of a run holds ``state.pt`` (weights, averaged weights, Adam's moments,
step), ``log.jsonl`` and ``samples/``. State is written atomically; a killed run
continues from the last one, and since each step's random numbers depend on the
seed and the step alone, the result is that of an uninterrupted run.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from ..contract.errors import NstError, OutOfMemory, UsageError
from ..engines.workspace import attempt
from ..styles.network import StyleNetwork
from .config import TrainingRecipe
from .data import ContentPictures
from .motion import MotionPairs, Pair
from .objective import Shifted, reduced, shift_pair
from .state import restore_state, write_state

__all__ = ["TrainingRun", "TrainingStep"]


@dataclass(frozen=True)
class TrainingStep:
    """What a callback hears after a step."""

    step: int
    steps: int
    seconds: float
    losses: dict[str, float]


class TrainingRun:
    """A recipe being trained in a folder.

    ``first``: the network that it starts from, with the layers that the recipe asks for; of its weights those are
    trained that can be.
    ``pairs``: frames with their motion; without them the terms of flow have nothing to work on.
    """

    def __init__(
        self,
        recipe: TrainingRecipe,
        objective: Shifted,
        pictures: ContentPictures,
        folder: Path,
        first: StyleNetwork | None = None,
        pairs: MotionPairs | None = None,
    ) -> None:
        self.recipe = recipe
        self.objective = objective
        self.pictures = pictures
        self.pairs = pairs
        self.folder = folder
        torch.manual_seed(recipe.seed)
        self.learns_to_copy = first is None and not recipe.distils
        self.network = _begun(recipe, first)
        self.average = StyleNetwork(self.network.config)
        self.average.load_state_dict(self.network.state_dict())
        self.trained = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self.optimiser = torch.optim.Adam(self.trained, lr=recipe.rate, betas=(0.9, 0.99))
        self.step = 0
        self.batch = recipe.batch
        folder.mkdir(parents=True, exist_ok=True)
        if self.state_path.exists():
            restore_state(self.state_path, self._load)

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
        self.step = int(state["step"])
        # States of before batches could shrink hold none.
        self.batch = int(state.get("batch", self.recipe.batch))

    def run(
        self,
        *,
        until: int | None = None,
        save_every: int = 250,
        on_step: Callable[[TrainingStep], None] | None = None,
        on_save: Callable[[TrainingRun], None] | None = None,
        on_warning: Callable[[str, str], None] | None = None,
    ) -> None:
        """Train to ``until`` steps (the recipe's by default).

        Where memory does not suffice the batch is halved from there on, and
        ``on_warning`` hears a problem and its remedy. Raises :class:`NstError` when
        the loss stops being a number; the last state on disk is then the last good
        one. Raises :class:`OutOfMemory` where not even two pictures fit.
        """
        end = min(until or self.recipe.steps, self.recipe.steps)
        if self.recipe.crop <= 2 * (math.ceil(self.recipe.shift_reach) + 12):
            raise UsageError("crop is too small for the shift term", remedy="raise crop or lower shift_reach")
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as journal:
            while self.step < end:
                started = time.monotonic()
                while (done := attempt(self._advance)) is None:
                    self._halve(on_warning)
                (losses,) = done
                seconds = time.monotonic() - started
                if not all(math.isfinite(value) for value in losses.values()):
                    raise NstError(
                        f"the loss is not a number at step {self.step}",
                        remedy=f"train with a lower rate or style weight into another --run folder; {self._kept()}",
                    )
                self.step += 1
                journal.write(json.dumps({"step": self.step, "seconds": round(seconds, 3), **losses}) + "\n")
                journal.flush()
                if on_step is not None:
                    on_step(TrainingStep(self.step, end, seconds, losses))
                if self.step % save_every == 0 or self.step == end:
                    self.save()
                    if on_save is not None:
                        on_save(self)

    def _kept(self) -> str:
        """What a run that fails leaves behind."""
        if not self.state_path.exists():
            return "nothing was saved yet"
        return (
            f"the last good state is kept in {self.state_path}, and the same command with --until 1 writes its styles"
        )

    def _halve(self, on_warning: Callable[[str, str], None] | None) -> None:
        """Go on with half the pictures a step, an even number."""
        self.optimiser.zero_grad(set_to_none=True)
        if self.batch == 2:
            raise OutOfMemory(
                "there is not enough memory for a step of two pictures",
                remedy=f"lower crop in the recipe, or close other programs; {self._kept()}",
            )
        self.batch = max(2, self.batch // 4 * 2)
        if on_warning is not None:
            on_warning(
                f"the memory does not suffice at step {self.step}: {self.batch} pictures a step from here",
                "lower batch or crop in the recipe",
            )

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / 100)
        part = self.step / self.recipe.steps
        start = self.recipe.decay_from
        fall = 1.0 if part <= start or start >= 1.0 else 1.0 - 0.95 * (part - start) / (1.0 - start)
        return self.recipe.rate * warm * fall

    def _painted(self) -> float:
        """How much of the style counts at this step: 0 while copying is learnt, then a ramp to 1.

        A network that another has given its weights to paints already, and one that distils is shown how.
        """
        warm = self.recipe.warm * self.recipe.steps if self.learns_to_copy else 0.0
        return 1.0 if warm <= 0 else min(1.0, max(0.0, self.step / warm - 1.0))

    def _advance(self) -> dict[str, float]:
        recipe = self.recipe
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + self.step)
        kind = self._kind()
        count = self.batch if kind == "pictures" else self.batch // 2
        pair: Pair | None = None
        if kind == "flow":
            assert self.pairs is not None
            pair = self.pairs(self.step, count)
            content = pair.current
        else:
            content = self.pictures(self.step, count)
        styles = torch.randint(len(recipe.styles), (count,), generator=generator)
        if pair is not None:
            content, styles = torch.cat([content, pair.previous]), styles.repeat(2)
        elif kind == "shift":
            moved, offset = shift_pair(content, recipe.shift_reach, generator)
            sigma = torch.rand(count, 1, 1, 1, generator=generator) * recipe.noise
            moved = moved + sigma * torch.randn(moved.shape, generator=generator)
            content, styles = torch.cat([content, moved]), styles.repeat(2)
        weights = torch.nn.functional.one_hot(styles, len(recipe.styles)).float()
        peaks: list[Tensor] | None = [] if recipe.weights.peaks.at(self.step) > 0 else None
        encoded: list[Tensor] = []
        with reduced(recipe):
            output: Tensor = self.network(content, weights, peaks=peaks, encoded=encoded)
        terms = self.objective.picture_terms(output, content, styles)
        if peaks:
            terms["peaks"] = torch.stack(peaks).mean()
        factors = self.objective.steadiness(styles[:count])
        if pair is not None:
            terms["flow"] = self.objective.flow_term(output[:count], output[count:], pair, factors)
            features = encoded[0].float()
            terms["features"] = self.objective.feature_term(features[:count], features[count:], pair, factors)
        elif kind == "shift":
            terms["shift"] = self.objective.shift_term(output[:count], output[count:], offset, factors)
        loss = self.objective.total(terms, step=self.step, painted=self._painted())
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.trained, 5.0)
        if float(norm) <= recipe.gradient_limit:
            self.optimiser.step()
            self._accumulate()
        losses = {name: float(value.detach()) for name, value in terms.items()}
        return {**losses, "loss": float(loss.detach()), "gradient": min(float(norm), 1e30)}

    def _kind(self) -> Literal["pictures", "shift", "flow"]:
        """What this step practises on: every second step on pairs, moved ones and those of shots by turns."""
        recipe, weights = self.recipe, self.recipe.weights
        if self.step % 2 == 0:
            return "pictures"
        shift = self.step >= recipe.shift_from * recipe.steps and weights.shift.at(self.step) > 0
        flow = self.pairs is not None and max(weights.flow.at(self.step), weights.features.at(self.step)) > 0
        if flow and (self.step % 4 == 3 or not shift):
            return "flow"
        return "shift" if shift else "pictures"

    def _accumulate(self) -> None:
        decay = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                kept.lerp_(new, 1.0 - decay)


def _begun(recipe: TrainingRecipe, first: StyleNetwork | None) -> StyleNetwork:
    network = first or StyleNetwork(recipe.network)
    # Convolutions of reduced precision are several times faster with the channels innermost.
    return network.to(memory_format=torch.channels_last) if recipe.precision != "float32" else network
