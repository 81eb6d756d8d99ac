"""Networks stay loaded from one request to the next."""

from __future__ import annotations

import threading

import torch

from ..engines.allocator import hand_back
from ..styles.library import LibraryStyle
from ..styles.network import StyleNetwork
from .watch import Watch

__all__ = ["NetworkCache"]


class NetworkCache:
    """Networks by the hash of their weights and by device; styles of one file share one."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._networks: dict[tuple[str, str, str], StyleNetwork] = {}
        self._lock = threading.Lock()

    def load(self, style: LibraryStyle, device: torch.device) -> StyleNetwork:
        """The network of a style on a device.

        The card names both hash and layers, and a file is checked against its
        card before it is kept, so equal keys are equal networks.
        """
        key = (style.card.sha256, repr(style.card.config), str(device))
        with self._lock:
            if key not in self._networks:
                with self._watch.stage("load", style.card.name):
                    self._networks[key] = style.load_folded().to(device)
            return self._networks[key]

    def __len__(self) -> int:
        return len(self._networks)

    def release(self) -> int:
        """Forget all networks and hand memory and the device's back; returns how many there were."""
        with self._lock:
            count = len(self._networks)
            self._networks.clear()
        hand_back()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return count
