"""A small network that learns to paint as a trained one does (Hinton, Vinyals, Dean 2015, for pictures).

The trained network's own painting is the target: no loss network runs, and what was
learnt of steadiness comes along.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..contract.errors import UsageError
from ..styles.network import StyleNetwork
from .config import TrainingRecipe
from .objective import Shifted, reduced

__all__ = ["DistillingObjective"]


class DistillingObjective(Shifted):
    """Distance to the painting of ``teacher``, whose styles are the recipe's in the same order."""

    def __init__(self, recipe: TrainingRecipe, teacher: StyleNetwork) -> None:
        super().__init__(recipe)
        if teacher.config.styles != len(recipe.styles):
            raise UsageError(
                f"{recipe.distils} holds {teacher.config.styles} styles, the recipe {len(recipe.styles)}",
                remedy="list its styles in its order",
            )
        self.teacher = teacher.eval().requires_grad_(False)
        if recipe.precision != "float32":
            self.teacher.to(memory_format=torch.channels_last)

    def picture_terms(self, output: Tensor, content: Tensor, styles: Tensor) -> dict[str, Tensor]:
        """Unweighted terms, each in parts of the target's own variance."""
        weights = F.one_hot(styles, len(self.recipe.styles)).float()
        with torch.no_grad(), reduced(self.recipe):
            target: Tensor = self.teacher(content, weights)
        fine, fine_target = _detail(output), _detail(target)
        return {
            "teacher": (output - target).square().mean() / target.var().clamp_min(1e-4),
            "detail": (fine - fine_target).square().mean() / fine_target.square().mean().clamp_min(1e-5),
            "copy": (output - content).square().mean(),
        }


def _detail(picture: Tensor) -> Tensor:
    """What a 5 x 5 mean leaves: strokes, which a squared distance of whole pictures would let blur."""
    return picture - F.avg_pool2d(picture, 5, stride=1, padding=2, count_include_pad=False)
