"""What a training loop takes as a loss."""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float, Int64
from torch import Tensor

Loss = Callable[[Float[Tensor, "b classes h w"], Int64[Tensor, "b h w"]], Float[Tensor, ""]]
"""Of logits and targets, its options settled."""
