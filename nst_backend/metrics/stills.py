"""What single frames of a sequence tell: structure, content, style and how the style behaves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from ..engines.engine import Engine
from ..image.warp import FloatArray
from ..styles.losses import content_loss
from .aliasing import SMALLEST_SIDE, equivariance_error, noise_gain
from .lpips import Lpips
from .report import EvaluatedFrame
from .similarity import ssim
from .style_check import with_one_table
from .style_loss import Encoder, GramDistance, as_batch
from .temporal import PairScore

__all__ = ["CONTENT_LAYER", "STYLE_LAYERS", "LossJudge", "StillJudge", "StyleFlicker", "StyleFlickerScore"]

STYLE_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
CONTENT_LAYER = "relu2_2"
"""As J. Johnson, A. Alahi, L. Fei-Fei, ECCV 2016, for VGG-16; VGG-19 has layers of these names too."""


class LossJudge:
    """Content loss against the plate and, with a ``painting``, Gram loss against it, by one loss network."""

    def __init__(
        self, encoder: Encoder, painting: FloatArray | None = None, *, device: torch.device | str = "cpu"
    ) -> None:
        self._encoder, self._device = encoder, device
        self._style = None
        if painting is not None:
            self._style = GramDistance(encoder, STYLE_LAYERS, {"painting": painting}, device=device)
        self.layers = {CONTENT_LAYER, *(STYLE_LAYERS if painting is not None else ())}

    def score(self, frame: EvaluatedFrame) -> dict[str, float]:
        """``content``, and ``style`` of the output, ``style.plate``, ``style.raw``.

        Content is ‖φ(O) − φ(x)‖² over the variance of φ(x), style d of :class:`~.style_loss.GramDistance`, where the
        frame counts.
        """
        plate = self._look(frame.plate)
        output = self._look(frame.output)
        scores = {"content": float(content_loss(output[CONTENT_LAYER], plate[CONTENT_LAYER]))}
        if self._style is not None:
            seen = {"style": output, "style.plate": plate}
            if frame.raw is not None:
                seen["style.raw"] = self._look(frame.raw)
            for name, found in seen.items():
                scores[name] = self._style.of_activations(found, where=frame.where)["painting"]
        return scores

    def _look(self, picture: FloatArray) -> dict[str, torch.Tensor]:
        with torch.inference_mode():
            return self._encoder(as_batch(picture, self._device), self.layers)


class StillJudge:
    """Scores of single frames; networks look at the frames of ``numbers`` only."""

    def __init__(
        self, numbers: Collection[int] = (), *, losses: LossJudge | None = None, lpips: Lpips | None = None
    ) -> None:
        self._numbers = frozenset(numbers)
        self._losses, self._lpips = losses, lpips

    def score(self, frame: EvaluatedFrame) -> dict[str, float]:
        """By name: ``ssim`` and, where networks look, ``lpips`` and those of :class:`LossJudge`."""
        scores = {}
        structure = ssim(frame.output, frame.plate, where=frame.where)
        if structure is not None:
            scores["ssim"] = structure
        if frame.number in self._numbers:
            if self._losses is not None:
                scores.update(self._losses.score(frame))
            if self._lpips is not None:
                scores["lpips"] = self._lpips(frame.output, frame.plate)
        return scores


@dataclass(frozen=True, slots=True)
class StyleFlickerScore:
    """Means over plates of :func:`~.aliasing.equivariance_error` for one pixel and :func:`~.aliasing.noise_gain`."""

    shift: float
    noise: float
    plates: int


class StyleFlicker:
    """Observes a sequence and measures styles on its plates of ``numbers``: does the network itself flicker?

    Styles run over the whole plate at its own size, whatever the recipe's regions and stroke sizes are.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        numbers: Collection[int],
        *,
        on_style: Callable[[], None] = lambda: None,
    ) -> None:
        self._engines, self._numbers, self._on_style = engines, frozenset(numbers), on_style
        self._found: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}

    def see(self, frame: EvaluatedFrame, previous: EvaluatedFrame | None, pairs: Mapping[str, PairScore]) -> None:
        """See :class:`~.report.FrameObserver`."""
        if frame.number not in self._numbers or min(frame.plate.shape[:2]) < SMALLEST_SIDE:
            return
        for name, engine in self._engines.items():
            self._on_style()
            paint = with_one_table(engine, frame.plate)
            self._found[name].append((equivariance_error(paint, frame.plate, 1), noise_gain(paint, frame.plate)))

    @property
    def scores(self) -> dict[str, StyleFlickerScore]:
        """By the style's name; without those that no plate was large enough for."""
        return {
            name: StyleFlickerScore(
                shift=float(np.mean([shift for shift, _ in found])),
                noise=float(np.mean([noise for _, noise in found])),
                plates=len(found),
            )
            for name, found in self._found.items()
            if found
        }
