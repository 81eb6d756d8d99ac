"""What training minimises: content, style, colour and shift consistency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..contract.errors import InputError
from ..image.luma import LUMA
from ..styles.loss_networks import VGG, DistilledVGG19
from ..styles.losses import (
    colour_loss,
    colour_quantiles,
    content_loss,
    mesh_loss,
    moment_loss,
    total_variation,
)
from .config import StyleSource, TrainingRecipe
from .data import read_picture
from .motion import Pair, warped

__all__ = ["Objective", "Shifted", "StyleTarget", "reduced", "shift_pair", "style_target"]

Encoder = VGG | DistilledVGG19
COPY_WEIGHT = 50.0
MOST_OBLONG = 8
"""Long over short side of a painting: the short one gets the training size, the long one costs the memory."""


@dataclass(frozen=True)
class StyleTarget:
    """A painting as the losses see it: moments by layer, and colour quantiles."""

    moments: dict[str, tuple[Tensor, Tensor]]
    colours: Tensor


def style_target(picture: Tensor, encoder: Encoder, layers: list[str]) -> StyleTarget:
    """Targets of a painting ``(1, 3, H, W)`` in 0..1."""
    with torch.no_grad():
        found = encoder(picture, layers)
        return StyleTarget(
            moments={layer: encoder.moments(layer, value) for layer, value in found.items()},
            colours=_colours(picture),
        )


def load_painting(source: StyleSource, folder: Path) -> Tensor:
    """The painting at its training size, ``(1, 3, H, W)``; a smaller one is enlarged.

    Raises :class:`InputError` where :func:`read_picture` does, for a strip, and for a single colour.
    """
    picture = read_picture(folder / source.painting)
    height, width = picture.shape[:2]
    if max(height, width) > MOST_OBLONG * min(height, width):
        raise InputError(
            f"{source.painting} is {width} x {height} pixels, a strip", remedy="cut out the part to learn from"
        )
    if float(picture.std((0, 1)).max()) < 1.0 / 255.0:
        raise InputError(f"{source.painting} is of one colour", remedy="give a picture with brushwork or texture")
    scale = source.size / min(height, width)
    size = (round(width * scale), round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.clip(cv2.resize(picture, size, interpolation=method), 0.0, 1.0)
    return torch.from_numpy(np.ascontiguousarray(resized.transpose(2, 0, 1)))[None]


def shift_pair(picture: Tensor, reach: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A picture moved by a random fraction of pixels, and the displacement.

    ``(B, 3, H, W)`` to the same, and ``(B, 2)`` in pixels, x right and y down.
    """
    offset = (torch.rand(picture.shape[0], 2, generator=generator) * 2 - 1) * reach
    return translate(picture, offset), offset


def translate(picture: Tensor, offset: Tensor) -> Tensor:
    """Bilinear translation of ``(B, C, H, W)`` by ``(B, 2)`` pixels, border reflected."""
    batch, _, height, width = picture.shape
    theta = torch.zeros(batch, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = 1.0
    theta[:, 0, 2] = -2.0 * offset[:, 0] / width
    theta[:, 1, 2] = -2.0 * offset[:, 1] / height
    grid = F.affine_grid(theta, [batch, 1, height, width], align_corners=False)
    return F.grid_sample(picture, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def reduced(recipe: TrainingRecipe) -> torch.autocast:
    """The context in which features are computed in the recipe's precision."""
    return torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bfloat16")


def _colours(picture: Tensor) -> Tensor:
    """Colour quantiles at half the size: the sort is the dearest part of the losses, and a stroke is wider."""
    return colour_quantiles(F.avg_pool2d(picture, 2))


def _luma(picture: Tensor) -> Tensor:
    return (picture * torch.from_numpy(LUMA).to(picture)[:, None, None]).sum(1, keepdim=True)


class Shifted:
    """The terms that compare two pictures of the network's own, and the weighted sum of all."""

    def __init__(self, recipe: TrainingRecipe) -> None:
        self.recipe = recipe
        self._steadiness = torch.tensor([style.steadiness for style in recipe.styles])

    def steadiness(self, styles: Tensor) -> Tensor:
        """What the terms of pairs count by, for style indices ``(B,)``."""
        return self._steadiness[styles]

    def picture_terms(self, output: Tensor, content: Tensor, styles: Tensor) -> dict[str, Tensor]:
        """Unweighted terms of ``output`` for photographs ``content`` and style indices ``(B,)``."""
        raise NotImplementedError

    def shift_term(self, output: Tensor, moved: Tensor, offset: Tensor, factors: Tensor) -> Tensor:
        """Mean squared difference of ``S(T x)`` and ``T S(x)``, away from the border; ``factors`` ``(B,)``."""
        border = math.ceil(self.recipe.shift_reach) + 12
        difference = moved - translate(output, offset)
        return (difference[..., border:-border, border:-border].square().mean((1, 2, 3)) * factors).mean()

    @staticmethod
    def flow_term(output: Tensor, previous: Tensor, pair: Pair, factors: Tensor) -> Tensor:
        """Mean square of ``O_t - W O_{t-1}``, less the change of the plate's luma, over what is seen in both frames.

        ``factors`` ``(B,)``: what each picture counts by. Source: Gao et al. 2018 (ReCoNet), equation 6.
        """
        light = (_luma(pair.current) - _luma(warped(pair.previous, pair.flow))).expand_as(output)
        difference = output - warped(previous, pair.flow) - light
        counted = pair.seen * factors[:, None, None, None]
        return (difference.square() * counted).sum() / (3.0 * pair.seen.sum()).clamp_min(1.0)

    @staticmethod
    def feature_term(features: Tensor, previous: Tensor, pair: Pair, factors: Tensor) -> Tensor:
        """The same of features ``(B, C, h, w)``, in parts of their variance; flow and mask are averaged down.

        Source: Gao et al. 2018 (ReCoNet), equation 5.
        """
        scale = pair.flow.shape[3] / features.shape[3]
        flow = F.interpolate(pair.flow, size=features.shape[2:], mode="area") / scale
        seen = (F.interpolate(pair.seen, size=features.shape[2:], mode="area") > 0.99).float()
        spread = features.detach().var((2, 3), correction=0).mean().clamp_min(1e-6)
        difference = (features - warped(previous, flow)).square().mean(1, keepdim=True)
        counted = seen * factors[:, None, None, None]
        return (difference * counted).sum() / seen.sum().clamp_min(1.0) / spread

    def total(self, terms: dict[str, Tensor], *, step: int, painted: float = 1.0) -> Tensor:
        """The weighted sum at a step; style and colour count for the part ``painted``, copying for the rest.

        Starting from a network that copies matters: from noise, the style terms
        first wash every texture away and then have nothing to grow strokes from.
        """
        weights = self.recipe.weights
        factors = {name: getattr(weights, name).at(step) for name in terms if name != "copy"}
        for name in ("style", "colour"):
            if name in factors:
                factors[name] *= painted
        factors["copy"] = COPY_WEIGHT * (1.0 - painted)
        return sum((factors[name] * value for name, value in terms.items()), start=torch.zeros(()))


class Objective(Shifted):
    """The losses of one recipe, with every painting's targets at hand."""

    def __init__(self, recipe: TrainingRecipe, encoder: Encoder, paintings: Path) -> None:
        super().__init__(recipe)
        self.encoder = encoder
        self.layers = list(recipe.weights.layers)
        targets = [style_target(load_painting(style, paintings), encoder, self.layers) for style in recipe.styles]
        self._colours = torch.cat([target.colours for target in targets])
        self._moments = {
            layer: (
                torch.cat([target.moments[layer][0] for target in targets]),
                torch.cat([target.moments[layer][1] for target in targets]),
            )
            for layer in self.layers
        }
        self._strength = torch.tensor([style.strength for style in recipe.styles])

    def picture_terms(self, output: Tensor, content: Tensor, styles: Tensor) -> dict[str, Tensor]:
        """Unweighted terms of ``output`` for photographs ``content`` and style indices ``(B,)``."""
        layer = self.recipe.content_layer
        found = self._features(output, [*self.layers, layer])
        with torch.no_grad():
            wanted = self._features(content, [layer])[layer]
        strength = self._strength[styles]
        style = sum(
            (
                self.recipe.weights.layers[name]
                * moment_loss(
                    self.encoder.moments(name, found[name]),
                    (self._moments[name][0][styles], self._moments[name][1][styles]),
                )
                for name in self.layers
            ),
            start=torch.zeros(()),
        )
        terms = {
            "content": content_loss(found[layer], wanted).mean(),
            "style": (strength * style).mean(),
            "colour": colour_loss(_colours(output), self._colours[styles]).mean(),
            "mesh": mesh_loss(output).mean(),
            "copy": (output - content).square().mean(),
        }
        if any(self.recipe.weights.variation.values()):
            terms["variation"] = total_variation(output).mean()
        return terms

    def _features(self, picture: Tensor, layers: list[str]) -> dict[str, Tensor]:
        with reduced(self.recipe):
            found = self.encoder(picture, layers)
        return {name: value.float() for name, value in found.items()}
