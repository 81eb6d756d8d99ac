"""What an artist can set about stability over time."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract.codec import option
from ..contract.errors import UsageError
from ..flow.cuts import LEAST_CHANGE

__all__ = ["METHOD", "Shares", "StabiliserOptions"]

# Raised whenever the same paintings and options give other pictures: frames and states of another are not continued.
METHOD = 4


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the history goes into the next frame: coarse shapes and colours, fine strokes. 0..1."""

    coarse: float
    fine: float


@dataclass(frozen=True, kw_only=True)
class StabiliserOptions:
    """Options of the stabiliser."""

    smoothing: float = option(
        0.9, help="how much a stroke keeps of the frame before; 0 leaves every frame as painted", minimum=0, maximum=1
    )
    band: float = option(
        24.0, help="the size that parts coarse from fine, in pixels of a frame of 1080 lines", minimum=1, maximum=200
    )
    gate_from: float = option(0.04, help="change of the plate up to which history counts in full", minimum=0, maximum=1)
    gate_to: float = option(0.12, help="change of the plate from which history does not count", minimum=0, maximum=1)
    reach: float = option(
        60.0,
        help="how far strokes stand off what they outline, in pixels of a frame of 1080 lines",
        minimum=1,
        maximum=400,
    )
    trail: float = option(
        0.25,
        help="how far outlines may trail behind what moves apart; small leaves no trail, great is steadier there",
        minimum=0.01,
        maximum=1000,
    )
    clipped: float = option(
        0.25,
        help="how much of the history, clipped to what is painted around, may stay where things move apart",
        minimum=0,
        maximum=1,
    )
    cut: float = option(LEAST_CHANGE, help="mean change of the plate that counts as a cut", minimum=0, maximum=1)
    step: int = option(1, help="frames from one stylised frame to the next", minimum=1)

    def __post_init__(self) -> None:
        if not 0 <= self.smoothing <= 1:
            raise UsageError(f"smoothing is {self.smoothing}", remedy="give a number from 0 to 1")
        if not 0 <= self.gate_from < self.gate_to:
            raise UsageError(
                f"the gate runs from {self.gate_from} to {self.gate_to}", remedy="let it rise from a smaller number"
            )
        if not 0 <= self.clipped <= 1:
            raise UsageError(f"clipped is {self.clipped}", remedy="give a number from 0 to 1")
        if self.step < 1 or not min(self.band, self.cut, self.reach, self.trail) > 0:
            raise UsageError("step, band, cut, reach and trail must be positive", remedy="leave them at their defaults")

    def exact(self) -> Shares:
        """The shares where motion is known exactly; history never weighs more than 0.97."""
        fine = min(self.smoothing, 0.97)
        # Less of the coarse lets colours follow slow light. Still less lets them drift: with 8/9 E_cons over ten frames
        # is a twentieth higher, and nothing sharper.
        return Shares(fine * 0.97, fine)

    def estimated(self) -> Shares:
        """The shares where motion is estimated, and small errors of it would smear."""
        fine = min(self.smoothing, 0.97)
        return Shares(fine * 5 / 9, fine * 7 / 9)
