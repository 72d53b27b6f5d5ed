"""How far a training is: its history so far, what is selected, and where in an epoch it stands."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from segnet.models.weight_files import Weights
from segnet.training.checkpoint import load_state, save_state


@dataclass(frozen=True)
class EpochRow:
    """One line of ``history.csv``. Validation fields are NaN in epochs that do not validate."""

    epoch: int
    learning_rate: float
    train_loss: float
    val_miou: float
    val_pixel_accuracy: float
    val_loss: float
    """Cross-entropy on the validation split, whatever the training loss is."""
    seconds: float
    """Of training; validation is not counted."""
    images_per_second: float


@dataclass
class BegunEpoch:
    """Where in an epoch a training was stopped."""

    steps: int = 0
    losses: list[list[float]] = field(default_factory=list)
    """Loss and gradient norm of each of these steps."""
    random_states: list[Tensor] = field(default_factory=list)
    """Of torch's global generators, first the CPU's; empty at the start of an epoch."""
    seconds: float = 0.0


@dataclass
class Progress:
    """How far a training is; saved with network and optimiser, and restored to the bit."""

    history: list[EpochRow] = field(default_factory=list)
    selected_epoch: int = 0
    selected_val_miou: float = -math.inf
    selected_weights: Weights = field(default_factory=dict)
    begun: BegunEpoch = field(default_factory=BegunEpoch)


def save_progress(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write all that a training needs to go on."""
    save_state(
        {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "progress": {
                **vars(progress),
                "history": [asdict(row) for row in progress.history],
                "begun": vars(progress.begun),
            },
        },
        path,
    )


def restore_progress(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Load what :func:`save_progress` wrote, if anything, into network and optimiser."""
    state = load_state(path)
    if state is None:
        return Progress()
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    saved = state["progress"]
    history = [EpochRow(**row) for row in saved["history"]]
    return Progress(**{**saved, "history": history, "begun": BegunEpoch(**saved["begun"])})
