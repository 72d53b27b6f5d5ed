from __future__ import annotations

import torch
from torch import Tensor, nn

from segnet.compute import Compute
from segnet.training.norm_statistics import reestimate_batch_norm

CPU = Compute(torch.device("cpu"), "float32")


def batches() -> list[Tensor]:
    torch.manual_seed(0)
    return [3 + 2 * torch.randn(4, 3, 8, 10) for _ in range(5)]


def test_statistics_are_the_means_over_all_batches() -> None:
    norm = nn.BatchNorm2d(3)
    reestimate_batch_norm(nn.Sequential(norm), batches(), CPU)
    means = torch.stack([batch.mean((0, 2, 3)) for batch in batches()]).mean(0)
    variances = torch.stack([batch.var((0, 2, 3)) for batch in batches()]).mean(0)
    torch.testing.assert_close(norm.running_mean, means)
    torch.testing.assert_close(norm.running_var, variances)


def test_what_came_before_is_forgotten_and_the_momentum_is_kept() -> None:
    norm = nn.BatchNorm2d(3, momentum=0.3)
    network = nn.Sequential(norm)
    network(torch.full((2, 3, 4, 4), 1000.0))
    reestimate_batch_norm(network, batches(), CPU)
    assert norm.running_mean is not None
    assert float(norm.running_mean.max()) < 4
    assert norm.momentum == 0.3


def test_no_weight_moves() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout2d(0.5))
    before = [one.clone() for one in network.parameters()]
    reestimate_batch_norm(network, batches(), CPU)
    assert all(torch.equal(*pair) for pair in zip(before, network.parameters(), strict=True))


def test_network_without_batch_norm_is_left_alone() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3)).eval()
    reestimate_batch_norm(network, batches(), CPU)
    assert not network.training


def test_statistics_are_of_maps_in_the_precision_of_training() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    found: set[torch.dtype] = set()
    network[0].register_forward_hook(lambda layer, inputs, output: found.add(output.dtype))
    reestimate_batch_norm(network, batches(), Compute(torch.device("cpu"), "bfloat16"))
    assert found == {torch.bfloat16}
