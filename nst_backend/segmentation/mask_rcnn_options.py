"""What can be set about a Mask R-CNN; without torch, so that a command line can be made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..contract.codec import option

__all__ = ["GROUPS", "MaskRCNNOptions"]

GROUPS = 8
"""Groups of channels that the small network normalises together."""


@dataclass(frozen=True, kw_only=True)
class MaskRCNNOptions:
    """How a Mask R-CNN is built, and at what size it looks at a picture."""

    network: Literal["resnet50_fpn_v2", "small"] = option(
        "resnet50_fpn_v2", help="torchvision's with a ResNet-50, or one of under 3 million weights"
    )
    width: int = option(24, help="channels of the small network's first stage, in eights", minimum=8, maximum=64)
    levels: int = option(3, help="levels of the small network's pyramid", minimum=3, maximum=4)
    short_side: int = option(800, help="a picture's short side is scaled to it", minimum=64, maximum=4096, unit="px")
    long_side: int = option(1333, help="its long side is at most this", minimum=64, maximum=8192, unit="px")
    enlarge: float = option(2.0, help="a picture is enlarged at most this many times", minimum=1.0, maximum=4.0)

    def __post_init__(self) -> None:
        if self.width % GROUPS:
            raise ValueError(f"width is {self.width}, not a multiple of {GROUPS}")
        if self.long_side < self.short_side:
            raise ValueError("long_side is less than short_side")
