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


def test_a_stream_is_the_first_63_bits_of_the_sha_256_of_its_names() -> None:
    """By ``printf 0/order/3 | sha256sum``; the other order of names is another stream."""
    assert stream_seed(0, "order", 3) == 0x4B9958534E8D938F >> 1
    assert stream_seed(0, 3, "order") != stream_seed(0, "order", 3)


def test_names_do_not_run_together() -> None:
    assert stream_seed(1, "order", 12) != stream_seed(1, "order1", 2)
    assert stream_seed(1, "2order") != stream_seed(12, "order")


def test_a_global_stream_draws_what_its_generator_draws() -> None:
    with global_stream(3, "dropout", 2):
        found = torch.rand(5)
    assert torch.equal(found, torch.rand(5, generator=generator(3, "dropout", 2)))
