"""Optimisers and learning-rate schedules."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from segnet.training.recipe import Optimizer, Schedule

FINAL_FRACTION = 1e-3
"""Where the one-cycle schedule ends, as a fraction of the peak: near 0, yet every step still
learns."""


def build_optimizer(network: nn.Module, settings: Optimizer) -> torch.optim.Optimizer:
    """An optimiser over all parameters; weight decay only on weights of convolutions.

    Biases and the scale and shift of norms are one-dimensional and are not decayed. An encoder with
    a rate of its own has groups of its own, behind the others.
    """
    encoder = getattr(network, "encoder", None)
    slowed: set[nn.Parameter] = set()
    if encoder is not None and settings.encoder_factor != 1:
        slowed.update(encoder.parameters())
    fast = [one for one in network.parameters() if one not in slowed]
    groups = _decay_groups(fast, settings.weight_decay, rate_factor=1.0)
    if slowed:
        slow = [one for one in network.parameters() if one in slowed]
        groups += _decay_groups(slow, settings.weight_decay, rate_factor=settings.encoder_factor)
    match settings.kind:
        case "sgd":
            return torch.optim.SGD(
                groups, lr=settings.learning_rate, momentum=settings.momentum, foreach=True
            )
        case "adam":
            return torch.optim.Adam(groups, lr=settings.learning_rate, foreach=True)
        case "adamw":
            return torch.optim.AdamW(groups, lr=settings.learning_rate, foreach=True)


def _decay_groups(
    parameters: list[nn.Parameter], weight_decay: float, *, rate_factor: float
) -> list[dict[str, Any]]:
    weights = [one for one in parameters if one.ndim > 1]
    others = [one for one in parameters if one.ndim <= 1]
    return [
        {"params": weights, "weight_decay": weight_decay, "rate_factor": rate_factor},
        {"params": others, "weight_decay": 0.0, "rate_factor": rate_factor},
    ]


def learning_rate_factor(schedule: Schedule, step: int, total_steps: int) -> float:
    """What the peak learning rate is multiplied by at a 0-based step; in (0, 1].

    The rate rises linearly over ``warmup_fraction`` of the steps, then stays (constant), follows
    half a cosine to 0 (cosine), to ``FINAL_FRACTION`` (one_cycle), or ``(1 - t) ** power`` (poly).
    """
    warmup_steps = round(schedule.warmup_fraction * total_steps)
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    match schedule.kind:
        case "constant":
            return 1.0
        case "cosine":
            return (1 + math.cos(math.pi * progress)) / 2
        case "one_cycle":
            falling = (1 + math.cos(math.pi * progress)) / 2
            return FINAL_FRACTION + (1 - FINAL_FRACTION) * falling
        case "poly":
            return float((1 - progress) ** schedule.power)


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the rate of every parameter group, that of a slower encoder in proportion."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["rate_factor"]
