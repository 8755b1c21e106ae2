"""What this machine is and how busy it is: cores, memory, disk, GPUs, versions."""

import platform
import shutil
from importlib.metadata import version
from pathlib import Path

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


def load() -> float:
    """Share of all cores in use since the last call, from 0 to 1; at the first, since this module was imported."""
    return psutil.cpu_percent() / 100


def disk(folder: Path) -> tuple[int, int]:
    """Bytes in all and free on the file system that ``folder`` is on."""
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


def gpus() -> tuple[Gpu, ...]:
    """NVIDIA GPUs with their memory and load; none where there is no driver."""
    try:
        # From the driver, as torch in the worker would cost seconds and a CUDA context of the training's memory.
        pynvml.nvmlInit()
        try:
            return tuple(_gpu(index) for index in range(pynvml.nvmlDeviceGetCount()))
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return ()  # also when a card fails under way, which must not end the worker


def versions() -> dict[str, str]:
    """What decides how a run behaves here."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("torch", "torchvision")}}


def _gpu(index: int) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    used = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return Gpu(name=str(pynvml.nvmlDeviceGetName(handle)), memory=int(used.total), memory_used=int(used.used), load=_gpu_load(handle))


def _gpu_load(handle: object) -> float | None:
    try:
        return int(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100
    except pynvml.NVMLError:
        return None  # a card that is divided among several users does not tell
