"""One still, painted by descending the losses on its own pixels.

Source: Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional
Neural Networks"; from coarse to fine and guided by region as in Gatys et al.
2017, "Controlling Perceptual Factors in Neural Style Transfer". Minutes a
picture where the feed-forward engine takes a blink, and the reference that it
is judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...contract.errors import OutOfMemory, UsageError
from ...contract.optimisation_options import OptimisationOptions
from ...image.luma import luma, match_colours, with_luma
from ...image.resample import resize
from ...styles.loss_networks import LossNetwork
from .descent import Descent
from .scales import longer_side, scale_sizes, shorter_side
from .terms import ColourTerm, ContentTerm, Objective, StyleTerm, TemporalTerm, VariationTerm, WeightedTerm

__all__ = ["Before", "OptimisationStep", "Painting", "Still"]

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Painting:
    """What is painted like: ``picture`` ``(H, W, 3)`` sRGB in 0..1, of any size.

    ``weight``: its share among paintings of one place. ``matte``: where in the content
    it is painted, ``(H, W)`` in 0..1 of any size; everywhere for None.
    """

    picture: Array
    weight: float = 1.0
    matte: Array | None = None


@dataclass(frozen=True, eq=False)
class Before:
    """The frame before, moved to where its things are now.

    ``picture`` ``(H, W, 3)`` sRGB in 0..1 and ``valid`` ``(H, W)`` in 0..1, how far it holds; of any size.
    """

    picture: Array
    valid: Array


@dataclass(frozen=True)
class OptimisationStep:
    """What a callback hears after each step: ``done`` of ``total`` over all sizes.

    ``losses``: what each part of the sum was before the step, weighted, by name.
    """

    done: int
    total: int
    size: tuple[int, int]
    losses: Mapping[str, float]

    @property
    def loss(self) -> float:
        """The sum."""
        return sum(self.losses.values())


@dataclass(frozen=True)
class _Scale:
    """One size at work."""

    index: int
    size: tuple[int, int]
    descent: Descent


class Still:
    """A still that is painted step by step, and may be put away in between.

    ``content`` ``(H, W, 3)`` sRGB in 0..1; ``encoder`` must be on ``device``. ``start``: the
    first picture where ``options.start`` is ``feed_forward``. ``before``: the frame before,
    where there is one: what holds of it is the start then, at the final size at once.

    Where every painting has a matte, what no matte covers stays the content bit for bit.

    Raises :class:`UsageError` for pictures of other shapes and for layers that the loss
    network lacks.
    """

    def __init__(
        self,
        content: Array,
        paintings: Sequence[Painting],
        encoder: LossNetwork,
        options: OptimisationOptions,
        *,
        start: Array | None = None,
        before: Before | None = None,
        device: torch.device | None = None,
    ) -> None:
        _check(content, paintings, encoder, options)
        self.options = options
        self.device = device or torch.device("cpu")
        self._encoder = encoder
        self._content = np.clip(content, 0.0, 1.0)
        self._paintings = [_prepared(painting, self._content, options) for painting in paintings]
        self._seen = _grey(self._content) if options.luminance_only else self._content
        self._before = before
        self.size = longer_side((content.shape[1], content.shape[0]), options.size)
        self.sizes = [self.size] if before is not None else scale_sizes(self.size, options.scales)
        self.steps = options.steps if before is None else options.following_steps
        self.done = 0
        self.losses: list[dict[str, float]] = []
        self._scale: _Scale | None = None
        # Without colour there is one number to a pixel.
        self._channels = 1 if options.luminance_only else 3
        self._picture = self._tensor(resize(self._first(start), self.sizes[0]))[:, : self._channels].contiguous()

    @property
    def total(self) -> int:
        """Steps over all sizes."""
        return self.steps * len(self.sizes)

    @property
    def finished(self) -> bool:
        """Whether every step was made."""
        return self.done == self.total

    def run(
        self,
        on_step: Callable[[OptimisationStep], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Make the steps that are left; False where ``cancelled`` answered yes before the last.

        Raises :class:`OutOfMemory` where a size does not fit, :class:`NstError` where the
        loss is not a number any more.
        """
        try:
            while not self.finished:
                if cancelled():
                    return False
                scale = self._scale_at(self.done // self.steps)
                self.losses.append(scale.descent.step())
                self.done += 1
                if on_step is not None:
                    on_step(OptimisationStep(self.done, self.total, scale.size, self.losses[-1]))
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise OutOfMemory(
                f"{self.size[0]}x{self.size[1]} pixels do not fit into memory", remedy="lower size or style_size"
            ) from error
        return True

    def picture(self) -> Array:
        """The painting so far, ``(H, W, 3)`` sRGB in 0..1 at the final size."""
        painted = np.clip(resize(_array(self._picture), self.size), 0.0, 1.0)
        content = np.clip(resize(self._content, self.size), 0.0, 1.0)
        if self.options.luminance_only:
            painted = with_luma(content, painted[:, :, 0])
        share = self._share(self.size)
        if share is None:
            return painted
        mixed = content + share[:, :, None] * (painted - content)
        return np.where(share[:, :, None] > 0.0, mixed, content)

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the steps depends on, as tensors, numbers and texts."""
        # A size that is done leaves nothing but its picture to the next.
        under_way = self._scale is not None and self.done % self.steps > 0
        return {
            "done": self.done,
            "picture": self._picture.detach().cpu(),
            "optimiser": self._scale.descent.state_dict() if self._scale is not None and under_way else {},
            "losses": self.losses,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from :meth:`state_dict` of the same still, bit for bit as if it had never stopped.

        Raises ``KeyError``, ``ValueError`` or ``RuntimeError`` for what is not such a state.
        """
        done, picture = int(state["done"]), state["picture"]
        index = (done - 1) // self.steps if done else 0
        width, height = self.sizes[min(index, len(self.sizes) - 1)]
        if not 0 <= done <= self.total or picture.shape != (1, self._channels, height, width):
            raise ValueError(f"a state of {tuple(picture.shape)} after {done} steps")
        self.done = done
        self.losses = [{str(name): float(value) for name, value in step.items()} for step in state["losses"]]
        self._picture = picture.detach().to(self.device)
        self._scale = None
        if done % self.steps:
            self._scale_at(index).descent.load_state_dict(state["optimiser"])

    # ---- the parts of a picture at one size

    def _first(self, start: Array | None) -> Array:
        """The picture before the first step."""
        options = self.options
        kind = options.start
        if kind == "auto":
            kind = "content" if options.reconstruct == "none" else "noise"
        if kind == "noise":
            generator = np.random.default_rng(options.seed)
            noise = 0.5 + 0.15 * generator.standard_normal((self.sizes[0][1], self.sizes[0][0], 3))
            first = np.clip(noise, 0.0, 1.0).astype(np.float32)
        elif kind == "feed_forward":
            if start is None:
                raise UsageError("start is feed_forward and no style paints it", remedy="name a style of the library")
            first = start
        else:
            first = self._seen
        if self._before is not None:
            first = resize(first, self.size)
            valid = np.clip(resize(self._before.valid, self.size), 0.0, 1.0)[:, :, None]
            first = first + valid * (resize(self._before.picture, self.size) - first)
        return _grey(first) if options.luminance_only else first

    def _scale_at(self, index: int) -> _Scale:
        if self._scale is None or self._scale.index != index:
            size = self.sizes[index]
            self._picture = self._tensor(resize(_array(self._picture), size))
            content = self._tensor(resize(self._seen, size))
            share = self._share(size)
            free = None if share is None else torch.from_numpy(share > 0.0).to(self.device)

            def hold(picture: Tensor) -> None:
                if free is not None:
                    picture.copy_(torch.where(free, picture, content[:, : self._channels]))

            objective = self._objective(size, content)
            descent = Descent(
                self._picture, lambda picture: objective(picture.expand(-1, 3, -1, -1)), self.options, hold
            )
            hold(self._picture.detach())
            self._scale = _Scale(index, size, descent)
        return self._scale

    def _objective(self, size: tuple[int, int], content: Tensor) -> Objective:
        options = self.options
        styled, kept = options.reconstruct != "content", options.reconstruct != "style"
        terms: list[WeightedTerm] = []
        if kept and options.content > 0.0:
            terms.append(
                WeightedTerm("content", options.content, ContentTerm(content, self._encoder, options.content_layers))
            )
        everywhere = sum(painting.weight for painting in self._paintings if painting.matte is None)
        for painting in self._paintings if styled else ():
            # Paintings of one place share it; those with a matte have theirs for themselves.
            weight = painting.weight / everywhere if painting.matte is None and everywhere else painting.weight
            seen = self._tensor(resize(painting.picture, self._style_size(painting.picture, size)))
            matte = None if painting.matte is None else self._map(painting.matte, size)
            if options.style * weight > 0.0:
                style = StyleTerm(seen, self._encoder, options.style_layers, options.loss, matte)
                terms.append(WeightedTerm("style", options.style * weight, style))
            terms.append(WeightedTerm("colour", options.colour * weight, ColourTerm(seen, matte)))
        if options.reconstruct == "none":
            terms.append(WeightedTerm("variation", options.variation, VariationTerm()))
        if self._before is not None:
            before = _grey(self._before.picture) if options.luminance_only else self._before.picture
            term = TemporalTerm(self._tensor(resize(before, size)), self._map(self._before.valid, size))
            terms.append(WeightedTerm("temporal", options.temporal, term))
        return Objective(self._encoder, terms)

    def _style_size(self, painting: Array, size: tuple[int, int]) -> tuple[int, int]:
        part = max(size) / max(self.size)
        return shorter_side((painting.shape[1], painting.shape[0]), self.options.style_size * part)

    def _share(self, size: tuple[int, int]) -> Array | None:
        """How much of each pixel is painted, ``(H, W)``; None where all of all pixels is."""
        mattes = [painting.matte for painting in self._paintings if painting.matte is not None]
        if not mattes or len(mattes) < len(self._paintings):
            return None
        found = [np.clip(resize(matte, size), 0.0, 1.0) for matte in mattes]
        return np.asarray(np.maximum.reduce(found), np.float32)

    def _map(self, values: Array, size: tuple[int, int]) -> Tensor:
        resized = np.clip(resize(np.asarray(values, np.float32), size), 0.0, 1.0)
        return torch.from_numpy(np.ascontiguousarray(resized)).to(self.device)

    def _tensor(self, picture: Array) -> Tensor:
        values = np.clip(np.asarray(picture, np.float32), 0.0, 1.0).transpose(2, 0, 1)
        return torch.from_numpy(np.array(values, order="C"))[None].to(self.device)


def _check(content: Array, paintings: Sequence[Painting], encoder: LossNetwork, options: OptimisationOptions) -> None:
    pictures = [("content", content), *(("style", painting.picture) for painting in paintings)]
    for name, picture in pictures:
        if picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
            raise UsageError(f"the {name} picture has shape {picture.shape}", remedy="give (H, W, 3)")
    if not paintings and options.reconstruct != "content":
        raise UsageError("there is no painting to paint like", remedy="give one, or reconstruct the content")
    for painting in paintings:
        if painting.matte is not None and (painting.matte.ndim != 2 or not painting.matte.any()):
            raise UsageError("the matte of a painting is empty", remedy="give (H, W) with some place above 0")
    for layer in (*options.content_layers, *options.style_layers):
        if layer not in encoder.layers:
            raise UsageError(f"{encoder.name} has no layer {layer!r}", remedy=f"use one of {', '.join(encoder.layers)}")


def _prepared(painting: Painting, content: Array, options: OptimisationOptions) -> Painting:
    """The painting in the colours that it is painted in."""
    picture = np.clip(painting.picture, 0.0, 1.0)
    if options.luminance_only:
        picture = np.repeat(
            match_colours(luma(picture)[:, :, None], luma(_under(content, painting.matte))[:, :, None]), 3, axis=2
        )
    elif options.match_colour:
        picture = match_colours(picture, _under(content, painting.matte))
    return Painting(picture, painting.weight, painting.matte)


def _under(content: Array, matte: Array | None) -> Array:
    """The pixels that a matte covers by half at least, ``(N, 1, 3)``; the whole picture without one."""
    if matte is None:
        return content
    inside = resize(np.asarray(matte, np.float32), (content.shape[1], content.shape[0])) >= 0.5
    return content[inside][:, None] if inside.any() else content


def _grey(picture: Array) -> Array:
    return np.repeat(luma(picture)[:, :, None], 3, axis=2)


def _array(picture: Tensor) -> Array:
    return np.ascontiguousarray(picture.detach()[0].permute(1, 2, 0).cpu().numpy())
