"""Which frames several sequences are looked at in together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..contract.errors import InputError
from ..contract.frames import FrameRange

__all__ = ["shared_frames"]


def shared_frames(sequences: Iterable[Sequence[int]], asked: FrameRange | None = None) -> tuple[int, ...]:
    """The numbers that all ``sequences`` have, ascending, or of these the ``asked``.

    Raises :class:`InputError` where one that is asked for is not in all of them.
    """
    common = FrameRange.of(set.intersection(*map(set, sequences)))
    if asked is None:
        return common.numbers
    missing = FrameRange.of(set(asked) - set(common))
    if missing.numbers:
        named = f"frame {missing} is" if len(missing) == 1 else f"frames {missing} are"
        remedy = f"they share {common}" if common.numbers else "they share none"
        raise InputError(f"{named} not in all sequences", remedy=remedy)
    return asked.numbers
