"""What each layer must read for the part of a painting that is wanted.

A network sees farther than it paints, most of it in its middle: its last layers,
which cost as much as all others, need a few pixels beyond what is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..image.boxes import Box
from ..styles.config import NetworkConfig

__all__ = ["Step", "steps"]

# How far the first and last convolutions, 9x9, look; computed in blocks of 2x2 a pixel farther.
_WIDE = 6
# A residual block is two convolutions of 3x3.
_BLOCK = 2
# Coarse pixels that doubling and its convolution look at beyond those above the fine ones.
_UP = 2
# Fine pixels that convolution and blur-pool look at beyond those below the coarse ones.
_DOWN = 4


@dataclass(frozen=True)
class Step:
    """One layer's part: the boxes that it ``reads`` and ``gives``, each on its own grid.

    ``level``: what it gives is smaller than the picture by so many halvings.
    """

    reads: Box
    gives: Box
    level: int


def steps(config: NetworkConfig, wanted: Box, size: tuple[int, int]) -> list[Step]:
    """The layers' parts for ``wanted`` of a picture of ``size`` (height, width), which the stride divides.

    Head, downs, blocks, ups and tail, in their order. What a layer gives is exact where
    the next one reads, and at the borders of the picture; at those of a part it is not.
    """
    wholes = [Box.whole(size[0] >> level, size[1] >> level) for level in range(config.levels + 1)]
    found = []
    reads = wanted.grown(_WIDE, wholes[0]).aligned(2, wholes[0])
    found.append(Step(reads, reads, 0))
    for level in range(config.levels):
        above = Box(reads.top // 2, reads.left // 2, -(-reads.bottom // 2), -(-reads.right // 2))
        reads = above.grown(_UP, wholes[level + 1])
        found.append(Step(reads, _doubled(reads), level))
    for _ in range(config.blocks):
        reads = reads.grown(_BLOCK, wholes[-1])
        found.append(Step(reads, reads, config.levels))
    for level in reversed(range(config.levels)):
        fine = _doubled(reads).grown(_DOWN, wholes[level])
        gives = Box(fine.top // 2, fine.left // 2, fine.bottom // 2, fine.right // 2)
        reads = fine
        found.append(Step(reads, gives, level + 1))
    reads = reads.grown(_WIDE, wholes[0])
    found.append(Step(reads, reads, 0))
    return found[::-1]


def _doubled(box: Box) -> Box:
    return Box(2 * box.top, 2 * box.left, 2 * box.bottom, 2 * box.right)
