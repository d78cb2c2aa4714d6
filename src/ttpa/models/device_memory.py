"""The memory of a GPU, which this process holds on to after what lay there is gone."""

import gc

import torch


def release_memory() -> None:
    """Hands back what nothing uses any more, so that another process, or vLLM's engine, can have it."""
    gc.collect()  # trainers and models hold themselves in cycles
    torch.cuda.empty_cache()
