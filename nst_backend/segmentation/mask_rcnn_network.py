"""Mask R-CNN as it is built: torchvision's own with a ResNet-50, and a small one to train from scratch.

K. He et al., "Mask R-CNN", ICCV 2017; Y. Li et al., "Benchmarking detection transfer
learning with vision transformers", 2021 (the second version of the ResNet-50 one).
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN, maskrcnn_resnet50_fpn_v2
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.rpn import AnchorGenerator, RPNHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from .mask_rcnn_options import GROUPS, MaskRCNNOptions

__all__ = ["build_mask_rcnn"]

LEAST_SCORE = 0.1
MOST_DETECTIONS = 300


def build_mask_rcnn(options: MaskRCNNOptions, classes: int) -> MaskRCNN:
    """An untrained network for ``classes`` labels, the background not counted.

    As torchvision's: a list of ``(3, H, W)`` in 0..1 sRGB goes in; label 0 is the background.
    """
    if options.network == "small":
        return _small(options, classes + 1)
    network: MaskRCNN = maskrcnn_resnet50_fpn_v2(
        weights=None,
        weights_backbone=None,
        num_classes=classes + 1,
        min_size=options.short_side,
        max_size=options.long_side,
        box_score_thresh=LEAST_SCORE,
        box_detections_per_img=MOST_DETECTIONS,
    )
    return network


def _small(options: MaskRCNNOptions, classes: int) -> MaskRCNN:
    backbone = _SmallPyramid(options.width, options.levels)
    channels = backbone.out_channels
    names = [str(level) for level in range(options.levels)]
    # Two sizes a level and three shapes: a step of about 1.6 from one anchor to the next.
    sizes = tuple((3 * stride, 5 * stride) for stride in backbone.strides)
    anchors = AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * options.levels)
    return MaskRCNN(
        backbone,
        min_size=options.short_side,
        max_size=options.long_side,
        image_mean=(0.5, 0.5, 0.5),
        image_std=(0.25, 0.25, 0.25),
        rpn_anchor_generator=anchors,
        rpn_head=RPNHead(channels, anchors.num_anchors_per_location()[0]),
        rpn_pre_nms_top_n_train=600,
        rpn_post_nms_top_n_train=300,
        rpn_pre_nms_top_n_test=600,
        rpn_post_nms_top_n_test=MOST_DETECTIONS,
        rpn_batch_size_per_image=128,
        box_roi_pool=MultiScaleRoIAlign(names, output_size=7, sampling_ratio=2),
        box_head=TwoMLPHead(channels * 7 * 7, 192),
        box_predictor=FastRCNNPredictor(192, classes),
        box_score_thresh=LEAST_SCORE,
        box_detections_per_img=MOST_DETECTIONS,
        # Two regions an object are enough to learn its mask from, which costs the most.
        box_batch_size_per_image=48,
        box_positive_fraction=1 / 6,
        mask_roi_pool=MultiScaleRoIAlign(names, output_size=14, sampling_ratio=2),
        mask_head=MaskRCNNHeads(channels, (channels, channels, channels), 1, norm_layer=_normalised),
        mask_predictor=MaskRCNNPredictor(channels, channels, classes),
    )


class _SmallPyramid(nn.Module):
    """A residual network of four stages under a feature pyramid.

    ``(B, 3, H, W)`` becomes maps of :attr:`out_channels` at :attr:`strides`, finest
    first. Groups are normalised rather than batches: a batch that fits one core is two pictures.
    """

    out_channels = 64

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        widths = (width, 2 * width, 3 * width, 4 * width)
        self.stem = _convolution(3, width, stride=2)
        self.stages = nn.ModuleList(
            _Residual(before, after) for before, after in zip((width, *widths), widths, strict=False)
        )
        self.strides = (4, 8, 16, 32)[-levels:]
        self.fpn = FeaturePyramidNetwork(list(widths[-levels:]), self.out_channels, norm_layer=_normalised)

    def forward(self, picture: Tensor) -> OrderedDict[str, Tensor]:
        x = self.stem(picture)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        kept = maps[-len(self.strides) :]
        pyramid: OrderedDict[str, Tensor] = self.fpn(OrderedDict((str(level), x) for level, x in enumerate(kept)))
        return pyramid


class _Residual(nn.Module):
    """Two blocks of two convolutions, the first of which halves the size."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(before, after, 1, stride=2, bias=False)
        self.first = nn.Sequential(_convolution(before, after, stride=2), _convolution(after, after, active=False))
        self.second = nn.Sequential(_convolution(after, after), _convolution(after, after, active=False))

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.relu(self.down(x) + self.first(x))
        return nn.functional.relu(x + self.second(x))


def _convolution(before: int, after: int, *, stride: int = 1, active: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), _normalised(after)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if active else nn.Sequential(*layers)


def _normalised(channels: int) -> nn.Module:
    """Pyramid and mask head too: what starts from random weights learns slowly without.

    K. He et al., "Rethinking ImageNet pre-training", ICCV 2019.
    """
    return nn.GroupNorm(GROUPS, channels)
