"""How a strip's own frames are numbered; nothing of Blender.

A strip's picture is kept by *content number*, not by timeline frame: moving or
trimming the strip changes no number, so no file that was made of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..contract.errors import UsageError

__all__ = ["FIRST_NUMBER", "Content"]

FIRST_NUMBER = 1001
"""Number of the frame at a strip's content start, as shots are counted in the field; handles lie below it."""


@dataclass(frozen=True)
class Content:
    """Where a strip's content lies on the timeline.

    ``start`` is the timeline frame of number :data:`FIRST_NUMBER`; ``first`` and
    ``last`` are the numbers that the strip shows, both included.
    """

    start: int
    first: int
    last: int

    @classmethod
    def on_timeline(cls, start: int, left: int, right: int) -> Content:
        """From the content's start and the handles: the frame shown first, and the one after the last."""
        return cls(start, FIRST_NUMBER + left - start, FIRST_NUMBER + right - 1 - start)

    def number(self, frame: int) -> int:
        """The content number that a timeline frame shows."""
        return FIRST_NUMBER + frame - self.start

    def frame(self, number: int) -> int:
        """The timeline frame that shows a content number."""
        return self.start + number - FIRST_NUMBER

    def with_handles(self, handles: int) -> Content:
        """``handles`` more frames on either side.

        Raises :class:`UsageError` where the numbers would fall below zero.
        """
        if handles < 0:
            raise UsageError(f"handles are {handles} frames", remedy="give 0 or more")
        widened = Content(self.start, self.first - handles, self.last + handles)
        if widened.first < 0:
            raise UsageError(
                f"the strip starts {FIRST_NUMBER - widened.first} frames before its content",
                remedy="trim its left end, or split it",
            )
        return widened

    def covering(self, other: Content) -> Content:
        """The numbers of both."""
        return Content(self.start, min(self.first, other.first), max(self.last, other.last))
