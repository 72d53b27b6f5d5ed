"""Whether an exported network predicts what the network predicts."""

from __future__ import annotations

import torch
from torch import nn

from segnet.datasets.prepared.tensor_split import ResidentSplit
from segnet.inference.onnx_files import OnnxNetwork


def differing_pixels(
    network: nn.Module, exported: OnnxNetwork, split: ResidentSplit, *, count: int
) -> tuple[int, int]:
    """How many pixels of the first images get another class, and of how many.

    Each image goes in at its working size, alone. The network is left in evaluation mode.
    """
    network.eval().cpu()
    differing = pixels = 0
    for index in range(min(count, len(split))):
        height, width = split.image_sizes[index].tolist()
        image = split.batch(torch.tensor([index])).images[:, :, :height, :width].cpu() / 255.0
        with torch.inference_mode():
            expected = network(image).argmax(1)
        found = exported.predict(image).argmax(1)
        differing += int((found != expected).sum())
        pixels += expected.numel()
    return differing, pixels
