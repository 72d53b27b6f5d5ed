"""How a network is trained: the block ``recipes`` of ``params.yaml``. No torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from segnet.schema import Range, Section, Size


class Optimizer(Section):
    """Arguments of ``segnet.training.optimizer.build_optimizer``."""

    kind: Literal["sgd", "adam", "adamw"]
    learning_rate: float = Field(gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    encoder_factor: float = Field(default=1.0, gt=0, exclude_if=lambda factor: factor == 1.0)
    """On the learning rate of the submodule ``encoder``. Not written down where it is 1, so that
    the configurations of results from before it existed are the same."""


class Schedule(Section):
    """Arguments of ``segnet.training.optimizer.learning_rate_factor``."""

    kind: Literal["constant", "cosine", "poly", "one_cycle"]
    warmup_fraction: float = Field(default=0.0, ge=0, lt=1)
    power: float = Field(default=0.9, gt=0)


class Augmentation(Section):
    """Arguments of ``segnet.training.augmentation.augment_batch``; the defaults change nothing."""

    scale: Range = (1.0, 1.0)
    crop: Size | Annotated[float, Field(gt=0, le=1)] = 1.0
    """Height and width of a training image, or that fraction of the working size."""
    flip_probability: float = Field(default=0.0, ge=0, le=1)
    rotation_degrees: float = Field(default=0.0, ge=0, le=180)
    brightness: float = Field(default=0.0, ge=0, lt=1)
    contrast: float = Field(default=0.0, ge=0, lt=1)
    saturation: float = Field(default=0.0, ge=0, le=1)

    def crop_size(self, working_size: Size) -> Size:
        """Height and width of a training image."""
        if isinstance(self.crop, tuple):
            return self.crop
        height, width = working_size
        return round(height * self.crop), round(width * self.crop)

    @model_validator(mode="after")
    def _scale_is_a_range(self) -> Augmentation:
        if not 0 < self.scale[0] <= self.scale[1]:
            raise ValueError(f"scale must be two numbers 0 < low <= high, not {list(self.scale)}")
        return self


Statistics = Literal["running", "reestimated"]
"""Of batch norm at evaluation: averaged while training, or anew over a full pass before each."""


class BatchNorm(Section):
    """Where batch norm starts, beside its statistics at evaluation."""

    statistics: Statistics
    encoder_start: Literal["fresh", "calibrated"] = "fresh"
    """Fresh has scale 1 and shift 0. Calibrated is an identity on training images, so that an
    encoder with pretrained weights equals the pretrained network before the first step."""


class Recipe(Section):
    """How a network is trained; ``expects`` says what that costs and scores."""

    source: str
    expects: str
    batch_size: int = Field(ge=1)
    optimizer: Optimizer
    schedule: Schedule
    augmentation: Augmentation
    batch_norm: Statistics | BatchNorm
    """One word stands for those statistics and a fresh start."""

    @property
    def norm(self) -> BatchNorm:
        """``batch_norm``, whichever way it is written."""
        if isinstance(self.batch_norm, BatchNorm):
            return self.batch_norm
        return BatchNorm(statistics=self.batch_norm)
