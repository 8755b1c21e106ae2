"""The text backbone of `base-SmartOCR-01`: the detector backbone of PP-OCRv6 (small), as a torch module.

It knows text before it sees the analyst's first label. Layout, read from the ONNX graph that the `rapidocr` wheel
carries (Apache-2.0): a stem to stride 4, then four stages at strides 4, 8, 16 and 32 with 48, 96, 192 and 384
channels. Batch norm is already folded into the convolutions, so there are no running statistics to disturb with
batches of two.
"""

from importlib.resources import files

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (48, 96, 192, 384)
"""Channels of the feature maps at strides 4, 8, 16 and 32."""

_BLOCKS = (1, 1, 2, 1)
# PaddleOCR's own input statistics, for pixels of 0..255; the network was trained on BGR.
_MEAN = (0.406 * 255, 0.456 * 255, 0.485 * 255)
_STD = (0.225 * 255, 0.224 * 255, 0.229 * 255)


class TextBackbone(nn.Module):
    """RGB pixels (b, 3, h, w) of 0..255 → four feature maps, finest first; h and w are multiples of 32."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)
        self.stem = _Stem(CHANNELS[0])
        widths = zip((CHANNELS[0], *CHANNELS[:-1]), CHANNELS, _BLOCKS, strict=True)
        self.stages = nn.ModuleList(_stage(before, after, blocks) for before, after, blocks in widths)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps (b, 48, h/4, w/4), (b, 96, h/8, w/8), (b, 192, h/16, w/16), (b, 384, h/32, w/32)."""
        # RGB to BGR on the device; a page is in RGB wherever else it goes.
        x = self.stem((images.flip(1) - self.mean) / self.std)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def load_pretrained(backbone: TextBackbone) -> None:
    """Fill `backbone` with the weights from the wheel; a graph of another layout is a ValueError."""
    convolutions = [module for module in backbone.modules() if isinstance(module, nn.Conv2d)]
    with torch.no_grad():
        for conv, (weight, bias) in zip(convolutions, _wheel_weights(len(convolutions)), strict=True):
            if conv.weight.shape != weight.shape:
                raise ValueError(
                    f"PP-OCRv6_det_small.onnx: expected a convolution of {tuple(conv.weight.shape)}, "
                    f"found {tuple(weight.shape)}; install rapidocr 3.10"
                )
            conv.weight.copy_(weight)
            conv.bias.copy_(bias)  # type: ignore[union-attr]  # every convolution here has one


def _wheel_weights(count: int) -> list[tuple[Tensor, Tensor]]:
    """Weight and bias of the first `count` convolutions, in the order they run."""
    # Only a new model needs the ONNX reader; a trained one loads without it.
    import onnx
    from onnx.numpy_helper import to_array

    path = files("rapidocr") / "models" / "PP-OCRv6_det_small.onnx"
    graph = onnx.load_from_string(path.read_bytes()).graph
    arrays = {tensor.name: tensor for tensor in graph.initializer}
    biases = {node.input[0]: node.input[1] for node in graph.node if node.op_type == "Add" and node.input[1] in arrays}
    # Nodes come in the order of computation (ONNX asks for it), so the first ones are the backbone's.
    found = [(node.input[1], biases[node.output[0]]) for node in graph.node if _is_biased_conv(node, biases)][:count]
    return [
        # ONNX hands out read-only views of the file's bytes.
        (torch.from_numpy(to_array(arrays[weight]).copy()), torch.from_numpy(to_array(arrays[bias]).flatten().copy()))
        for weight, bias in found
    ]


def _is_biased_conv(node: "onnx.NodeProto", biases: dict[str, str]) -> bool:  # type: ignore[name-defined]  # noqa: F821
    return node.op_type == "Conv" and node.output[0] in biases


class _Stem(nn.Module):
    """Pixels → stride 4: a convolution, then a pooled and a convolved branch side by side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.conv1 = nn.Conv2d(3, half, 3, stride=2, padding=1)
        self.conv2a = nn.Conv2d(half, half // 2, 2)
        self.conv2b = nn.Conv2d(half // 2, half, 2)
        self.conv3 = nn.Conv2d(2 * half, half, 3, stride=2, padding=1)
        self.conv4 = nn.Conv2d(half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv1(x))
        # 2 × 2 windows with ONNX's SAME_UPPER: one row and one column more, right and below.
        padded = F.pad(x, (0, 1, 0, 1))
        branch = F.relu(self.conv2a(padded))
        branch = F.relu(self.conv2b(F.pad(branch, (0, 1, 0, 1))))
        # After a ReLU nothing is below zero, so padding with zeros and with -inf pool alike.
        x = torch.cat([F.max_pool2d(padded, 2, stride=1), branch], dim=1)
        return F.relu(self.conv4(F.relu(self.conv3(x))))


def _stage(before: int, after: int, blocks: int) -> nn.Sequential:
    down = [] if before == after else [_Block(before, after, stride=2)]
    pairs = [_Block(after, after, squeeze=squeeze) for _ in range(blocks) for squeeze in (True, False)]
    return nn.Sequential(*down, *pairs)


class _Block(nn.Module):
    """Depthwise convolution, optional squeeze-and-excitation, then a two-layer channel mixer with a shortcut."""

    def __init__(self, before: int, after: int, stride: int = 1, squeeze: bool = False) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(before, before, 3, stride=stride, padding=1, groups=before)
        self.squeeze = _Squeeze(before) if squeeze else None
        self.widen = nn.Conv2d(before, 2 * before, 1)
        self.narrow = nn.Conv2d(2 * before, after, 1)
        self.shortcut = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        x = self.spatial(x)
        if self.squeeze is not None:
            x = self.squeeze(x)
        # One fused call; the graph spells GELU out as five operations, each a pass over memory.
        mixed = self.narrow(F.gelu(self.widen(x)))
        return x + mixed if self.shortcut else mixed


class _Squeeze(nn.Module):
    """Scale each channel by what the whole page holds of it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // 4, 1)
        self.expand = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = F.relu(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * F.hardsigmoid(self.expand(gate))
