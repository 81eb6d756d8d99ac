"""Which loss network a command uses: the file given, or torchvision's own copy of VGG-19."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..contract.errors import InputError

__all__ = ["add_loss_network", "find_loss_network"]


def add_loss_network(parser: argparse.ArgumentParser) -> None:
    """``--loss-network``."""
    parser.add_argument(
        "--loss-network",
        metavar="FILE",
        help="VGG-19 or VGG-16 weights of torchvision, or the distilled VGG-19 (default: torchvision's cached VGG-19)",
    )


def find_loss_network(given: str | None) -> Path:
    """The file to load; nothing is downloaded.

    Raises :class:`InputError` where there is none.
    """
    if given is not None:
        path = Path(given)
        if not path.is_file():
            raise InputError(f"no loss network at {path}", remedy="check the path")
        return path
    import torch.hub

    folder = Path(torch.hub.get_dir()) / "checkpoints"
    found = sorted(folder.glob("vgg19-*.pth")) if folder.is_dir() else []
    if not found:
        raise InputError(
            "no loss network is given and torchvision's cache holds no VGG-19",
            remedy=f"give --loss-network FILE, or put torchvision's vgg19 weights into {folder}",
        )
    return found[0]
