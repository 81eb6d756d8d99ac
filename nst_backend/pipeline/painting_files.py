"""The optimised paintings of each job's last two frames, so that a stopped one goes on where it was."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.torch import save_file

from ..contract.errors import InputError
from ..media.atomic import atomic_path
from ..weights.checkpoint import load_tensors, read_metadata
from .following import FramePaintings
from .states import KeyedFiles

__all__ = ["PaintingFiles"]

_REGION = "region."


class PaintingFiles(KeyedFiles):
    """Paintings as float32 safetensors, a tensor ``(h, w, 3)`` for each region."""

    stem = "paintings"
    suffix = ".safetensors"

    def save(self, key: str, paintings: FramePaintings) -> None:
        """Keep those of the frame that ``key`` stands for; of this job's others only the latest stay.

        Raises :class:`~nst_backend.contract.errors.NstError` where they cannot be written.
        """
        tensors = {
            _REGION + name: torch.from_numpy(np.ascontiguousarray(picture))
            for name, picture in paintings.regions.items()
        }
        # A frame without any still says so.
        tensors["empty"] = torch.zeros(1)
        with atomic_path(self._path(key)) as temporary:
            save_file(tensors, temporary, {"number": str(paintings.number)})
        self._keep(self._path(key))

    def load(self, number: int, key: str) -> FramePaintings | None:
        """Those of frame ``number``, if they were made from what ``key`` stands for."""
        try:
            tensors = load_tensors(self._path(key))
            if read_metadata(self._path(key)).get("number") != str(number):
                return None
        except InputError:
            # Without them the run starts anew.
            return None
        found = {name.removeprefix(_REGION): value.numpy() for name, value in tensors.items() if name != "empty"}
        sound = all(picture.ndim == 3 and picture.shape[2] == 3 and picture.size for picture in found.values())
        return FramePaintings(number, found) if sound else None
