"""Where a model runs and in what precision."""

from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def prepare(model: M, device: torch.device) -> M:
    """`model` on `device`, laid out channels last: the depthwise convolutions run twice as fast so, on CPU and GPU."""
    return model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the hardware multiplies it, else float32; losses and boxes are float32 either way."""
    if device.type == "cuda":
        return torch.autocast("cuda", torch.bfloat16, enabled=torch.cuda.is_bf16_supported(including_emulation=False))
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())
