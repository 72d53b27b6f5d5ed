"""The checks of a network, in the order in which they are shown: cheap ones first."""

from __future__ import annotations

from segnet.conforming import behaviour, layers, learning, shapes, unpooling, weights
from segnet.conforming.finding import Check
from segnet.conforming.subject import Subject

CHECKS: tuple[Check[Subject], ...] = (
    shapes.output_shape,
    layers.parameter_count,
    shapes.odd_sizes,
    unpooling.pooling_indices,
    unpooling.unpooling_definition,
    shapes.raw_logits,
    behaviour.modes,
    behaviour.gradients,
    behaviour.input_is_kept,
    layers.vgg16_encoder,
    weights.equal_outputs,
    behaviour.deterministic,
    behaviour.precision,
    learning.overfitting,
)
