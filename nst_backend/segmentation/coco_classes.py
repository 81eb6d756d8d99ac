"""The things of everyday life that COCO has names for."""

from __future__ import annotations

from torchvision.models.detection import MaskRCNN_ResNet50_FPN_V2_Weights

__all__ = ["COCO_IDS", "COCO_LABELS"]

COCO_IDS: tuple[str, ...] = tuple(
    "" if name == "N/A" else name for name in MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1.meta["categories"][1:]
)
"""COCO's 90 category ids from 1; empty where the id was never given to anything."""

COCO_LABELS: tuple[str, ...] = tuple(filter(None, COCO_IDS))
"""The 80 categories in the order of their ids."""
