"""What determines a frame, as a hash: a frame whose key is that of the manifest need not be made again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..contract.errors import InputError
from ..contract.messages import Reporter
from ..media.plate import file_fingerprint
from .plan import Run, around
from .resolved import film_key, result_key
from .shot import Shot
from .stages import Stages, unwatched

__all__ = ["FrameKeys"]


class FrameKeys:
    """Keys of a shot's frames. ``film`` is the hash of what they all share, but for the runtime that is settled later.

    Plates and mattes are known by path, size and time. A frame that the plate
    lacks has the key ``missing``. What is looked at for a frame is a reading of ``stages``;
    ``reporter`` hears of weights that are downloaded.
    """

    def __init__(self, shot: Shot, reporter: Reporter, stages: Stages = unwatched) -> None:
        self.shot = shot
        self._stages = stages
        self.film = film_key(shot, reporter)
        self._there = set(shot.plate.numbers)
        self._made_from: dict[int, str] = {}

    @property
    def recipe(self) -> str:
        """The hash of what they all share."""
        return result_key(self.shot, self.film)

    def single(self, numbers: Sequence[int]) -> dict[int, str]:
        """Of frames that stand as painted."""
        return {number: self._key(number, "") for number in numbers}

    def chained(self, run: Run) -> dict[int, str]:
        """Of frames that depend on all before them in their run."""
        keys: dict[int, str] = {}
        before = "" if run.complete else "preroll"
        for number in run.frames:
            keys[number] = before = self._key(number, before)
        return keys

    def windowed(self, numbers: Sequence[int], radius: int, step: int) -> dict[int, str]:
        """Of frames that depend on those up to ``radius`` before and after them."""
        shot = set(self.shot.numbers)
        return {
            number: self._key(
                number,
                "|".join(f"{other}:{self._inputs(other)}" for other in around(number, radius, step) if other in shot),
            )
            for number in numbers
        }

    def without(self, key: str, number: int) -> str:
        """The key of a frame that was to be made from frame ``number`` too, which failed though the plate has it."""
        if number not in self._there:
            return key
        return hashlib.sha256(f"{key} without {number}".encode()).hexdigest()

    def changed(self, number: int) -> bool:
        """Whether the files of a frame are others than those that its key stands for; not where they have gone."""
        try:
            return self._found(number) != self._made_from[number]
        except InputError:
            return False

    def _key(self, number: int, others: str) -> str:
        if number not in self._there:
            return "missing"
        text = f"{self.recipe}/{number}/{self._inputs(number)}/{others}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    def _inputs(self, number: int) -> str:
        """Plate, mattes and the frames whose tones one frame is painted in."""
        if number not in self._made_from:
            self._made_from[number] = self._found(number) if number in self._there else "missing"
        return self._made_from[number]

    def _found(self, number: int) -> str:
        with self._stages("read", f"frame {number}"):
            return self._look_up(number)

    def _look_up(self, number: int) -> str:
        plate = self.shot.plate
        found = [plate.fingerprint(number)]
        for entry in self.shot.regions:
            for path in entry.matte.files(number):
                try:
                    found.append(file_fingerprint(path))
                except InputError:
                    found.append(f"no {path}")
            if entry.painter is not None:
                found.extend(plate.fingerprint(other) for other in entry.painter.measured_on(number))
        return "/".join(found)
