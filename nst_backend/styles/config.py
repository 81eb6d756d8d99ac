"""What a style network looks like: the few numbers that fix its layers.

The configuration travels in the style card beside the weights; the same class
describes our own networks, imported ``pytorch/examples`` checkpoints and the
identity network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["NetworkConfig"]

MAX_WIDTH = 128
MAX_BLOCKS = 16
MAX_LEVELS = 3
MAX_SHUFFLE = 2
MAX_STYLES = 256


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Layers of a Johnson-family style network.

    Source: Johnson, Alahi, Fei-Fei 2016 (supplement) for the topology; Dumoulin,
    Shlens, Kudlur 2017 for conditional instance normalisation; Zhang 2019 for the
    blur-pooled downsampling.
    """

    width: int = 16
    """Channels after the first convolution; doubled at each level."""
    blocks: int = 5
    """Residual blocks at the coarsest level."""
    levels: int = 2
    """How often the picture is halved; 0 keeps full resolution throughout."""
    shuffle: int = 1
    """Pixels to a side that the first layer takes for one sample of ``3 shuffle²`` channels, and the last gives at
    once (Shi et al. 2016): 2 halves the size at which the dearest layers run, for small networks."""
    styles: int = 1
    """Rows of the conditional scale and shift tables."""
    antialias: bool = True
    """Blur-pooled halving and bilinear doubling; False is the as-published
    strided convolution and nearest doubling."""
    norm: Literal["all", "encoder", "none"] = "all"
    """Where features are normalised by their own statistics (conditional instance
    normalisation): after every convolution but the last, before the residual
    blocks only, or nowhere. Past the encoder, normalisation by statistics is what
    makes a network paint blobs into smooth areas (Karras et al. 2020, section 2);
    with ``encoder``, the later filters are of unit length and only scaled."""
    eps: float = 1e-3
    """Added to the variance. 1e-3 keeps flat areas from being blown up into
    dots; published checkpoints were trained with 1e-5."""
    leak: float = 0.0
    """Slope of the rectifiers below 0. Published networks use 0, which lets
    whole areas die: every channel at 0, the picture a hole of the last bias."""
    value_range: float = 1.0
    """Largest value of the network's input and output (255 for published
    checkpoints)."""

    def __post_init__(self) -> None:
        limits = {
            "width": (1, MAX_WIDTH),
            "blocks": (0, MAX_BLOCKS),
            "levels": (0, MAX_LEVELS),
            "shuffle": (1, MAX_SHUFFLE),
            "styles": (1, MAX_STYLES),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"network {name} must be a whole number from {low} to {high}, not {value!r}")
        if self.norm not in ("all", "encoder", "none"):
            raise ValueError(f"network norm must be all, encoder or none, not {self.norm!r}")
        if not 0.0 < self.eps <= 1.0:
            raise ValueError(f"network eps must be above 0 and at most 1, not {self.eps!r}")
        if not 0.0 <= self.leak < 1.0:
            raise ValueError(f"network leak must be at least 0 and under 1, not {self.leak!r}")
        if self.value_range not in (1.0, 255.0):
            raise ValueError(f"network value_range must be 1 or 255, not {self.value_range!r}")

    @property
    def stride(self) -> int:
        """Pixels of input per pixel of the coarsest level."""
        return int(2**self.levels) * self.shuffle

    @property
    def aperture(self) -> int:
        """Side of the first and last convolution, in their samples: about nine pixels."""
        return 9 if self.shuffle == 1 else 5

    @property
    def margin(self) -> int:
        """Pixels around a crop after which the crop's inside equals the whole
        frame's, a multiple of ``stride``.

        Interval arithmetic over the layers, each one's reach times the spacing
        of its input samples; held against the gradient of the real network by a
        test.
        """
        # A sample of shuffled pixels is as far away as the farthest of them.
        ends = self.aperture // 2 * self.shuffle + self.shuffle - 1
        reach = ends
        for level in range(self.levels):
            spacing = 2**level * self.shuffle
            reach += spacing  # 3x3 convolution
            if self.antialias:
                reach += 2 * spacing  # [1 3 3 1] covers -1..+2
        reach += 2 * self.blocks * self.stride
        for level in reversed(range(self.levels)):
            spacing = 2**level * self.shuffle
            # Doubling: a fine sample sees coarse samples up to two fine ones away.
            reach += 2 * spacing + spacing
        reach += ends
        return -(-reach // self.stride) * self.stride
