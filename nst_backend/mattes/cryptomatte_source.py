"""A set of Cryptomatte names as a matte source, and exact set operations on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from ..contract.errors import NstError
from ..media.exr_header import read_exr_header
from .cryptomatte import (
    CryptomatteLayer,
    check_names,
    coverage_of,
    find_layer,
    ids_of,
    is_layer_channel,
    list_layers,
    sidecar_names,
)
from .cryptomatte_manifest import sidecar_path
from .source import Coverage, MatteFrame

__all__ = ["CryptomatteSource"]

_Selection = Callable[[CryptomatteLayer], frozenset[int]]


class CryptomatteSource:
    """Coverage of names in one layer.

    ``names`` as in :func:`~.cryptomatte.ids_of`; ``folder`` is where the plate's
    EXR files lie, for side-car manifests, and ``plate_file`` gives one by its frame
    number; ``view_layer`` decides between layers of one name.
    """

    def __init__(
        self,
        layer: str,
        names: Sequence[str],
        *,
        folder: Path | None = None,
        view_layer: str | None = None,
        plate_file: Callable[[int], Path] | None = None,
    ) -> None:
        self.layer = layer
        self.names = tuple(names)
        self.folder = folder
        self.view_layer = view_layer
        self.plate_file = plate_file
        self._select: _Selection = lambda found: ids_of(found, self.names)
        self._text = ", ".join(self.names)

    def combine(
        self, operation: Literal["union", "intersect", "subtract"], other: CryptomatteSource
    ) -> CryptomatteSource | None:
        """The operation on the sets of ids: exact on every edge. None where the layers differ.

        Objects that share an antialiased pixel share out its coverage; only
        the ids tell this from two mattes of one object.
        """
        if (self.layer, self.folder, self.view_layer) != (other.layer, other.folder, other.view_layer):
            return None
        names = (*self.names, *other.names)
        result = CryptomatteSource(
            self.layer, names, folder=self.folder, view_layer=self.view_layer, plate_file=self.plate_file
        )
        ours, theirs = self._select, other._select
        operations: dict[str, _Selection] = {
            "union": lambda found: ours(found) | theirs(found),
            "intersect": lambda found: ours(found) & theirs(found),
            "subtract": lambda found: ours(found) - theirs(found),
        }
        result._select = operations[operation]
        result._text = f"({self._text}) {operation} ({other._text})"
        return result

    def coverage(self, frame: MatteFrame) -> Coverage:
        found = self._find(frame)
        return coverage_of(found, frame.channels, self._select(found))

    def channels_needed(self, name: str) -> bool:
        return is_layer_channel(name, self.layer)

    def files(self, number: int) -> tuple[Path, ...]:
        if self.plate_file is None or self.folder is None:
            return ()
        try:
            header = read_exr_header(self.plate_file(number)).attributes
            return tuple(sidecar_path(name, self.folder) for name in sidecar_names(header, self.layer))
        except NstError:
            # Whoever reads the frame is told.
            return ()

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        return check_names(self.names, [(self._find(frame), frame.channels) for frame in frames]) if frames else ()

    def describe(self) -> str:
        return f"{self.layer}: {self._text}"

    def _find(self, frame: MatteFrame) -> CryptomatteLayer:
        return find_layer(list_layers(frame.header, frame.channels, self.folder), self.layer, self.view_layer)
