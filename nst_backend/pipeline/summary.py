"""What a job did: frames, seconds by stage, warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["JobSummary"]


@dataclass
class JobSummary:
    """The result of a job.

    ``styled``, ``skipped`` (finished before), ``failed``: frame numbers.
    ``stages``: seconds by stage, over all styled frames. ``prerolled``: frames
    that were styled only for the stabiliser, before the first or around it.
    """

    output: str
    styled: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    failed: tuple[int, ...] = ()
    prerolled: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    device: str = ""
    precision: str = ""
    runtime: str = ""
    size: tuple[int, int] = (0, 0)
    warnings: list[str] = field(default_factory=list)
    resets: dict[int, str] = field(default_factory=dict)

    def add(self, seconds: dict[str, float]) -> None:
        """Count one frame's stages in."""
        for name, value in seconds.items():
            self.stages[name] = self.stages.get(name, 0.0) + value

    def to_json(self) -> dict[str, Any]:
        frames = max(1, len(self.styled) + self.prerolled)
        return {
            "output": self.output,
            "styled": self.styled,
            "skipped": self.skipped,
            "failed": list(self.failed),
            "prerolled": self.prerolled,
            "seconds": round(self.seconds, 3),
            "seconds_per_frame": {name: round(value / frames, 4) for name, value in self.stages.items()},
            "device": self.device,
            "precision": self.precision,
            "runtime": self.runtime,
            "size": list(self.size),
            "warnings": self.warnings,
            "resets": {str(frame): reason for frame, reason in self.resets.items()},
        }

    def table(self) -> str:
        """Readable lines: what was written, and seconds a frame by stage."""
        frames = max(1, len(self.styled) + self.prerolled)
        lines = [
            f"{len(self.styled)} frames of {self.size[0]}x{self.size[1]} on {self.device}"
            f" ({self.precision}, {self.runtime})"
            f" in {self.seconds:.1f} s → {self.output}"
        ]
        if self.skipped:
            lines.append(f"{len(self.skipped)} frames were finished before and kept")
        if self.prerolled:
            lines.append(f"{self.prerolled} frames more were styled for the stabiliser")
        lines.extend(f"  {name:<12}{value / frames:8.3f} s a frame" for name, value in self.stages.items())
        if self.failed:
            lines.append(f"{len(self.failed)} frames failed: {', '.join(map(str, self.failed))}")
        return "\n".join(lines)
