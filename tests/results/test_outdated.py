"""Records of other settings than the present ones are told apart, down to the single key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_project import write_params

from segnet.bench.config import Config, load_config
from segnet.results.outdated import changed_settings


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the one cell of a small bench was trained with."""
    monkeypatch.chdir(tmp_path)
    return settings_after({})


def settings_after(changes: dict[str, Any]) -> dict[str, Any]:
    """The settings of the cell with these changes of ``params.yaml``."""
    write_params(Path(), changes)
    config = load_config()
    return config.resolved(config.bench.cells()[0])


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("bench.total_epochs", 2, "total_epochs"),
        ("bench.recipe", "paper", "recipe"),
        ("recipes.scratch.batch_size", 2, "recipe.batch_size"),
        ("recipes.scratch.optimizer.learning_rate", 0.1, "recipe.optimizer.learning_rate"),
        ("recipes.scratch.augmentation", {"crop": 0.5}, "recipe.augmentation.crop"),
        ("models.segnet_v1", {"dropout": 0.5}, "model.dropout"),
        ("losses.ce", {"class_weights": "median_frequency"}, "loss.class_weights"),
        ("datasets.streets.seed", 1, "dataset.seed"),
    ],
)
def test_every_kind_of_setting_is_named(
    trained: dict[str, Any], key: str, value: Any, named: str
) -> None:
    assert named in changed_settings(trained, settings_after({key: value}))


def test_settings_of_other_cells_and_words_change_nothing(trained: dict[str, Any]) -> None:
    changes = {
        "bench.title": "Another",
        "bench.models": ["segnet_v1", "unet"],
        "recipes.scratch.source": "Somebody",
        "recipes.paper.batch_size": 1,
        "models.unet": {"decoder_channels": [8, 8, 8, 8, 8]},
    }
    assert list(changed_settings(trained, settings_after(changes))) == []


def test_option_that_is_gone_and_older_record_without_a_default(trained: dict[str, Any]) -> None:
    now = {**trained, "model": {}, "recipe": trained["recipe"]}
    before = {**trained, "model": {"dropout": 0.5}}
    assert list(changed_settings(before, now)) == ["model.dropout"]
    older = {**trained, "recipe": {**trained["recipe"]}}
    del older["recipe"]["batch_norm"]
    assert list(changed_settings(older, trained)) == []


def test_bench_whose_model_and_recipe_are_gone_from_the_file(trained: dict[str, Any]) -> None:
    config = load_config()
    cell = config.bench.cells()[0]
    blocks = config.model_dump(exclude_unset=True)
    del blocks["models"]["segnet_v1"]
    del blocks["recipes"]["scratch"]
    other = Config.model_validate(blocks)
    changed = changed_settings(trained, other.settings(config.bench, cell))
    assert list(changed) == ["recipe", "model"]
