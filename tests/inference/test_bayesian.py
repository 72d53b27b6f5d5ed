from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from segnet.errors import UserError
from segnet.inference.bayesian import greatest_variance, predict_with_uncertainty
from segnet.models.building import build_model


class Coin(nn.Module):
    """Two classes whose logits are 0 or 2 x each, by dropout of a half."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.norm = nn.BatchNorm2d(2)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.norm(self.dropout(images[:, :2]))
        return logits


def bayesian_segnet() -> nn.Module:
    options = {"dropout": 0.5}
    return build_model("segnet_v1", num_classes=3, width=0.125, options=options, seed=0)


def test_mean_and_variance_are_those_of_the_samples() -> None:
    network = Coin()
    images = torch.rand(2, 3, 5, 7)
    samples: list[Tensor] = []
    handle = network.register_forward_hook(lambda *call: samples.append(call[2].softmax(1)))
    result = predict_with_uncertainty(network, images, samples=9, seed=0)
    handle.remove()
    stacked = torch.stack(samples)
    assert len(stacked) == 9
    torch.testing.assert_close(result.probabilities, stacked.mean(0))
    torch.testing.assert_close(result.variance, stacked.var(0, correction=0).mean(1))
    assert not torch.equal(samples[0], samples[1])


@pytest.mark.parametrize("num_classes", [2, 3, 11])
def test_greatest_variance_is_that_of_sure_samples_of_each_class(num_classes: int) -> None:
    samples = torch.eye(num_classes, dtype=torch.float64)
    variance = samples.var(0, correction=0).mean().item()
    assert greatest_variance(num_classes) == pytest.approx(variance, rel=1e-12)
    draws = torch.distributions.Dirichlet(torch.full((num_classes,), 0.1)).sample((200, 5))
    assert draws.var(1, correction=0).mean(1).max().item() <= greatest_variance(num_classes)


def test_equal_seeds_give_equal_samples_and_others_do_not() -> None:
    network, images = bayesian_segnet(), torch.rand(1, 3, 33, 40)
    one, same, other = (
        predict_with_uncertainty(network, images, samples=3, seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(one.probabilities, same.probabilities)
    assert torch.equal(one.variance, same.variance)
    assert not torch.equal(one.probabilities, other.probabilities)


def test_probabilities_sum_to_one_and_one_sample_has_no_variance() -> None:
    network, images = bayesian_segnet(), torch.rand(2, 3, 32, 32)
    result = predict_with_uncertainty(network, images, samples=1, seed=0)
    torch.testing.assert_close(result.probabilities.sum(1), torch.ones(2, 32, 32))
    assert not result.variance.any()


@pytest.mark.parametrize("training", [True, False])
def test_network_is_left_as_it_was(training: bool) -> None:
    network = bayesian_segnet().train(training)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    predict_with_uncertainty(network, torch.rand(1, 3, 32, 32), samples=2, seed=0)
    assert all(module.training == training for module in network.modules())
    after = network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)  # batch norm too


def test_global_random_state_is_not_touched() -> None:
    network, images = Coin(), torch.rand(1, 3, 4, 4)
    before = torch.get_rng_state()
    predict_with_uncertainty(network, images, samples=2, seed=0)
    assert torch.equal(before, torch.get_rng_state())


def test_network_without_dropout_is_an_error() -> None:
    network = build_model("segnet_v1", num_classes=3, width=0.125, options={}, seed=0)
    with pytest.raises(UserError, match="SegNetV1 has no dropout"):
        predict_with_uncertainty(network, torch.rand(1, 3, 32, 32), samples=2, seed=0)


def test_no_samples_are_an_error() -> None:
    with pytest.raises(UserError, match="samples is 0"):
        predict_with_uncertainty(bayesian_segnet(), torch.rand(1, 3, 32, 32), samples=0, seed=0)
