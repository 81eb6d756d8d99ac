"""Which loss network a command uses: the file given, or torchvision's VGG-19 where this machine has it."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..contract.errors import InputError
from ..contract.messages import Reporter

__all__ = ["add_loss_network", "find_loss_network"]

# ``VGG19_Weights.IMAGENET1K_V1`` of torchvision, whose names carry the first digits of the hash.
_NAME = "vgg19-dcbb9e9d.pth"
_URL = f"https://download.pytorch.org/models/{_NAME}"
_SHA256 = "dcbb9e9d"


def add_loss_network(parser: argparse.ArgumentParser, *, fetches: bool = False) -> None:
    """``--loss-network``, and with ``fetches`` ``--fetch-loss-network``."""
    parser.add_argument(
        "--loss-network",
        metavar="FILE",
        help="VGG-19 or VGG-16 weights of torchvision, or the distilled VGG-19 (default: torchvision's VGG-19, where "
        "this machine has it)",
    )
    if fetches:
        parser.add_argument(
            "--fetch-loss-network",
            action="store_true",
            help="download torchvision's VGG-19 (548 MB, once) where this machine lacks it and none is given",
        )


def find_loss_network(given: str | None, *, fetch: Reporter | None = None) -> Path:
    """The file to load; with ``fetch`` torchvision's VGG-19 is downloaded, and told of, where there is none.

    Raises :class:`InputError` where there is none, or what :func:`fetch_published` raises.
    """
    if given is not None:
        path = Path(given)
        if not path.is_file():
            raise InputError(f"no loss network at {path}", remedy="check the path")
        return path
    import torch.hub

    folder = Path(torch.hub.get_dir()) / "checkpoints"
    found = sorted(folder.glob("vgg19-*.pth")) if folder.is_dir() else []
    if found:
        return found[0]
    from ..weights.published import PublishedFile, fetch_published, find_published

    published = PublishedFile(name=_NAME, title="the weights of VGG-19", url=_URL, sha256=_SHA256)
    if fetch is not None:
        return fetch_published(published, reporter=fetch)
    here = find_published(published)
    if here is None:
        raise InputError(
            "no loss network is given and this machine has no VGG-19",
            remedy=f"give --loss-network FILE, or put torchvision's vgg19 weights into {folder}",
        )
    return here
