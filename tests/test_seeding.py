from __future__ import annotations

import torch

from segnet.seeding import generator, global_stream, stream_seed


def draw(*names: str | int, seed: int = 0) -> float:
    return float(torch.rand(1, generator=generator(seed, *names)))


def test_same_names_give_the_same_stream() -> None:
    assert draw("order", 3) == draw("order", 3)


def test_every_name_and_the_seed_change_the_stream() -> None:
    draws = [draw("order", 3), draw("order", 4), draw("augment", 3), draw("order", 3, seed=1)]
    assert len(set(draws)) == len(draws)


def test_zero_is_a_seed_like_any_other() -> None:
    assert stream_seed(0) not in (0, stream_seed(1))


def test_global_stream_leaves_the_generator_outside_as_it_was() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    with global_stream(0, "init"):
        torch.rand(100)
    assert torch.equal(torch.rand(1), expected)
