"""A training that does not fit in memory names batch and size."""

from __future__ import annotations

import pytest
import torch

from segnet.errors import UserError
from segnet.training.memory import fitting_memory

WORDS = r"batches of 8 images of 360x480\. Reduce `bench\.working_size`"


def test_allocation_that_the_machine_refuses_names_batch_and_size() -> None:
    with pytest.raises(UserError, match=WORDS), fitting_memory(batch_size=8, size=(360, 480)):
        torch.empty(2**60, dtype=torch.uint8)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_full_device_names_batch_and_size(error: Exception) -> None:
    with pytest.raises(UserError, match=WORDS), fitting_memory(batch_size=8, size=(360, 480)):
        raise error


def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="shape"), fitting_memory(batch_size=8, size=(1, 1)):
        raise RuntimeError("shape")
