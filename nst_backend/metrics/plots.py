"""Lines over frames as SVG, drawn here: a plotting library would be larger than all else that a page needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

__all__ = ["line_chart"]

_WIDTH, _HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 30, 34
# Okabe and Ito's palette: told apart by colour-blind people too.
_INKS = ("#0072b2", "#d55e00", "#7f7f7f", "#009e73", "#cc79a7")
_TICKS = 4
_MOST_DECADES = 6
# As many marks as stand apart.
_MOST_MARKS = 60


def line_chart(
    title: str,
    frames: Sequence[int],
    lines: Mapping[str, Sequence[float | None]],
    *,
    axis: str = "frame",
    decades: bool = False,
) -> str:
    """An ``<svg>`` element: ``lines`` by what they are called, each as long as ``frames``, None for a gap.

    ``axis``: what ``frames`` count.

    The vertical axis begins at 0 and ends at a round number; with ``decades`` it is logarithmic over six
    decades at most, and what lies below them a gap. A line of values that stand alone, since those beside
    them were not measured, is drawn through the gaps.
    """
    known = [value for values in lines.values() for value in values if value is not None]
    scale = _Decades(known) if decades else _Linear(known)
    first, last = (min(frames), max(frames)) if frames else (0, 0)
    span = max(1, last - first)

    def x(frame: int) -> float:
        return _LEFT + (frame - first) / span * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - scale.part(value) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="11"><title>{escape(title)}</title>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
        f'<text x="{_LEFT}" y="17" font-size="13" font-weight="bold" fill="#222">{escape(title)}</text>'
    ]
    for value in scale.ticks:
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#555">{value:g}</text>'
        )
    for frame in sorted({first, (first + last) // 2, last}):
        parts.append(
            f'<text x="{x(frame):.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle" fill="#555">{frame}</text>'
        )
    parts.append(f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 4}" text-anchor="end" fill="#555">{escape(axis)}</text>')
    names = list(lines)
    for index, name in enumerate(names):
        ink = _INKS[index % len(_INKS)]
        values = zip(frames, lines[name], strict=True)
        parts += _line([(x(f), y(v)) if v is not None and scale.shows(v) else None for f, v in values], ink)
        at = _WIDTH - _RIGHT - 130 * (len(names) - index)
        parts.append(
            f'<rect x="{at}" y="9" width="16" height="4" fill="{ink}"/>'
            f'<text x="{at + 21}" y="15" fill="#222">{escape(name)}</text>'
        )
    return "".join(parts) + "</svg>"


class _Linear:
    """From 0 to a round number."""

    def __init__(self, known: Sequence[float]) -> None:
        self._top = _round_up(max(known, default=0.0))
        self.ticks = [self._top * step / _TICKS for step in range(_TICKS + 1)]

    def part(self, value: float) -> float:
        """Where a value lies, 0 at the bottom and 1 at the top."""
        return value / self._top

    def shows(self, value: float) -> bool:
        """Whether a value has a place."""
        return True


class _Decades:
    """Between powers of ten."""

    def __init__(self, known: Sequence[float]) -> None:
        powers = [math.log10(value) for value in known if value > 0.0] or [0.0]
        # Rounding errors would take up most of it.
        self._low = max(math.floor(min(powers)), math.ceil(max(powers)) - _MOST_DECADES)
        self._high = max(math.ceil(max(powers)), self._low + 1)
        self.ticks = [10.0**power for power in range(self._low, self._high + 1)]

    def part(self, value: float) -> float:
        """Where a value lies, 0 at the bottom and 1 at the top."""
        return (math.log10(value) - self._low) / (self._high - self._low)

    def shows(self, value: float) -> bool:
        """Whether a value has a place."""
        return value >= 10.0**self._low


def _line(points: Sequence[tuple[float, float] | None], ink: str) -> list[str]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    runs = [run for run in runs if run]
    if runs and all(len(run) == 1 for run in runs):
        runs = [[run[0] for run in runs]]
    drawn = [
        f'<polyline fill="none" stroke="{ink}" stroke-width="1.8" points="'
        + " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
        + '"/>'
        for run in runs
        if len(run) > 1
    ]
    if sum(map(len, runs)) <= _MOST_MARKS:
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{ink}"/>' for run in runs for x, y in run]
    return drawn


def _round_up(value: float) -> float:
    """The least of 1, 2, 4, 5 and 8 times a power of ten that is not below ``value``; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next((step * power for step in (1, 2, 4, 5, 8) if step * power >= value * 0.999999), 10 * power))
