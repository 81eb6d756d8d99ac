"""What pip prints, as progress."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["PipOutput", "Told"]

_RAW = re.compile(r"^Progress (\d+) of (\d+)\s*$")
_MEGABYTE = 1e6


@dataclass(frozen=True)
class Told:
    """A text and, where known, how much of it is done, from 0 to 1."""

    text: str
    share: float | None = None


class PipOutput:
    """Reads pip's lines one after the other."""

    def __init__(self) -> None:
        self._file = ""

    def read(self, line: str) -> Told | None:
        """What a line says to somebody who waits; None where that is nothing new."""
        text = line.strip()
        if (raw := _RAW.match(text)) is not None:
            done, total = int(raw[1]), int(raw[2])
            if not total:
                return Told(f"downloading {self._file}")
            size = f"{done / _MEGABYTE:.0f} of {total / _MEGABYTE:.0f} MB"
            return Told(f"downloading {self._file}, {size}", done / total)
        if text.startswith(("Downloading ", "Using cached ")):
            address = text.split()[1] if text.startswith("Downloading ") else text.split()[2]
            # torch-2.9.1-cp313-….whl: the name and the version are enough.
            self._file = " ".join(address.rsplit("/", 1)[-1].split("-")[:2])
            return Told(f"downloading {self._file}" if text.startswith("Downloading ") else f"found {self._file}")
        if text.startswith("Installing collected packages:"):
            return Told(f"unpacking {text.count(',') + 1} packages")
        if text.startswith("Collecting "):
            return Told(f"looking for {text.split()[1]}")
        return None

    @staticmethod
    def is_progress(line: str) -> bool:
        """Whether a line is one of the many that only count bytes."""
        return _RAW.match(line.strip()) is not None
