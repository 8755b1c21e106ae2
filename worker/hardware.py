"""What this machine is: cores, memory, GPUs, versions."""

import platform
from importlib.metadata import version

import psutil
import pynvml

from storage.machines import Gpu


def cores() -> int:
    """Physical cores: more loaders than that only take turns."""
    # Some virtual machines and containers do not tell their physical cores.
    return psutil.cpu_count(logical=False) or psutil.cpu_count() or 1


def memory() -> tuple[int, int]:
    """Bytes of memory in all and in use."""
    now = psutil.virtual_memory()
    # Not what is free: the page cache counts as used there, yet is given back on demand.
    return now.total, now.total - now.available


def gpus() -> tuple[Gpu, ...]:
    """NVIDIA GPUs with their memory; none where there is no driver."""
    try:
        # From the driver, as torch in the worker would cost seconds and a CUDA context of the training's memory.
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        return tuple(_gpu(index) for index in range(pynvml.nvmlDeviceGetCount()))
    finally:
        pynvml.nvmlShutdown()


def versions() -> dict[str, str]:
    """What decides how a run behaves here."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("torch", "torchvision")}}


def _gpu(index: int) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    used = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return Gpu(name=str(pynvml.nvmlDeviceGetName(handle)), memory=int(used.total), memory_used=int(used.used))
