"""What can be set about following objects."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract.codec import option

__all__ = ["FollowOptions"]


@dataclass(frozen=True, kw_only=True)
class FollowOptions:
    """How objects are followed, and what becomes of their mattes."""

    score: float = option(0.5, help="score from which a detection begins an object", minimum=0.0, maximum=1.0)
    faint: float = option(
        0.2, help="score from which a detection continues an object that is there", minimum=0.0, maximum=1.0
    )
    hidden: int = option(
        24, help="frames that an object may be out of sight and is the same", minimum=0, maximum=10000, unit="frames"
    )
    shortest: int = option(3, help="frames that an object must be found in", minimum=1, maximum=10000, unit="frames")
    refine: bool = option(True, help="fit the mattes to the edges of the plate")
    smoothing: float = option(
        1.0, help="how much a matte takes from the frames before and after", minimum=0.0, maximum=1.0
    )
