"""The inputs of a Style node that take mattes made by other nodes; seen where the node captures what is linked."""

from __future__ import annotations

from ...sequencer.plan import MATTES_FOLDER
from ...settings.groups import MASK_INPUTS

__all__ = ["MASK_PATTERN", "MASK_SOCKETS", "mask_folder", "mask_path", "mask_socket"]

MASK_PATTERN = "matte.####.exr"


def mask_socket(number: int) -> str:
    """Name of an input, counted from 1."""
    return f"Mask {number}"


def mask_folder(number: int) -> str:
    """The folder of its frames, among a plate's mattes."""
    return f"input-{number}"


def mask_path(number: int) -> str:
    """Its frames, from the plate's folder, with ####."""
    return f"{MATTES_FOLDER}/{mask_folder(number)}/{MASK_PATTERN}"


MASK_SOCKETS = tuple(map(mask_socket, range(1, MASK_INPUTS + 1)))
"""Names of all of them."""
