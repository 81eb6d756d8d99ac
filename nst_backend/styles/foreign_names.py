"""State dicts of Johnson networks published elsewhere: what they call the layers that ours have.

Layouts are those of the programs that save them, read in their code; a name that is not known is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ..contract.errors import InputError
from .foreign_layers import FOREIGN_REMEDY, ForeignLayers

__all__ = ["named_layers"]

_WRAPPERS = ("module.", "_orig_mod.")
"""What ``DataParallel`` and ``torch.compile`` put before every name."""
_SHARED = {
    "conv1.conv2d": "head.layer",
    "in1": "head.norm",
    "conv2.conv2d": "down.0.layer.conv",
    "in2": "down.0.norm",
    "conv3.conv2d": "down.1.layer.conv",
    "in3": "down.1.norm",
    "in4": "up.0.norm",
    "in5": "up.1.norm",
}
_BLOCK = re.compile(r"res([1-9]\d?)\.(?:(conv)([12])\.conv2d|(in)([12]))")
_OWN_BLOCK = re.compile(r"blocks\.(\d+)\.(first|second)\.(layer|norm)")
_PARTS = ("first", "second")
_LEAVES = {"weight": "scale", "bias": "shift"}


@dataclass(frozen=True)
class _Layout:
    """How one program names the layers; ``mark`` is a name that no other has."""

    mark: str
    last: Mapping[str, str]
    normalised: bool = False

    @property
    def places(self) -> dict[str, str]:
        return {**_SHARED, **self.last}

    def own_name(self, name: str) -> str | None:
        """The name in :class:`StyleNetwork` for one of the file's; None where it has none."""
        prefix, _, leaf = name.rpartition(".")
        own = self.places.get(prefix)
        if match := _BLOCK.fullmatch(prefix):
            part = _PARTS[int(match[3] or match[5]) - 1]
            own = f"blocks.{int(match[1]) - 1}.{part}.{'layer' if match[2] else 'norm'}"
        if own is None or leaf not in _LEAVES:
            return None
        return f"{own}.{_LEAVES[leaf] if own.endswith('.norm') else leaf}"

    def foreign_name(self, own: str) -> str:
        """What a file of this layout calls one of :class:`StyleNetwork`'s names."""
        place, _, leaf = own.rpartition(".")
        leaf = {ours: theirs for theirs, ours in _LEAVES.items()}.get(leaf, leaf)
        if match := _OWN_BLOCK.fullmatch(place):
            number = _PARTS.index(match[2]) + 1
            part = f"conv{number}.conv2d" if match[3] == "layer" else f"in{number}"
            return f"res{int(match[1]) + 1}.{part}.{leaf}"
        return f"{ {ours: theirs for theirs, ours in self.places.items()}[place] }.{leaf}"


_LAYOUTS = (
    # pytorch/examples, fast_neural_style/neural_style/transformer_net.py.
    _Layout(
        "deconv3.conv2d.weight",
        {"deconv1.conv2d": "up.0.layer.conv", "deconv2.conv2d": "up.1.layer.conv", "deconv3.conv2d": "tail"},
    ),
    # gordicaleksa/pytorch-neural-style-transfer-johnson, models/definitions/transformer_net.py; utils/utils.py.
    _Layout(
        "up3.conv2d.weight",
        {"up1.conv2d.conv2d": "up.0.layer.conv", "up2.conv2d.conv2d": "up.1.layer.conv", "up3.conv2d": "tail"},
        normalised=True,
    ),
)


def named_layers(tensors: Mapping[str, Tensor], file: str) -> ForeignLayers:
    """The layers of a state dict, whatever program named them.

    Raises :class:`InputError` for the first name that belongs to none.
    """
    # Old releases keep running statistics that their networks never used.
    kept = {
        name: value
        for name, value in _unwrapped(tensors).items()
        if name.split(".")[-1] not in ("running_mean", "running_var")
    }
    layout = next((layout for layout in _LAYOUTS if layout.mark in kept), _LAYOUTS[0])
    found: dict[str, Tensor] = {}
    for name, value in kept.items():
        own = layout.own_name(name)
        if own is None:
            raise InputError(f"{file}: {name[:80]} belongs to no fast_neural_style network", remedy=FOREIGN_REMEDY)
        found[own] = value[None] if ".norm." in own else value
    blocks = [int(own.split(".")[1]) for own in found if own.startswith("blocks.")]
    return ForeignLayers(
        tensors=found,
        called=layout.foreign_name,
        levels=2,
        blocks=1 + max(blocks, default=-1),
        eps=1e-5,
        normalised=layout.normalised,
    )


def _unwrapped(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    for wrapper in _WRAPPERS * 2:
        if all(name.startswith(wrapper) for name in tensors):
            tensors = {name.removeprefix(wrapper): value for name, value in tensors.items()}
    return tensors
