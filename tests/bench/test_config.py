from __future__ import annotations

from pathlib import Path

import pytest

from segnet.bench.config import Config, config_digest, load_config
from segnet.errors import UserError, expand_short_name, lookup
from segnet.grid import Cell
from segnet.training.recipe import Augmentation

TEXT = """
bench:
  name: tiny
  title: a test
  datasets: [streets]
  models: [segnet_v1]
  losses: [ce]
  seeds: [0, 1]
  recipe: modern
  working_size: [32, 48]
  total_epochs: 2
  validate_every_epochs: 1
  width: 0.25
  encoder_weights: random
  precision: auto
recipes:
  modern:
    source: ours
    expects: nothing
    batch_size: 4
    optimizer: {kind: adamw, learning_rate: 1e-3}
    schedule: {kind: one_cycle}
    augmentation: {}
    batch_norm: running
models: {segnet_v1: {}}
losses: {ce: {}}
datasets: {streets: {seed: 0}}
"""


def load(folder: Path, text: str = TEXT) -> Config:
    path = folder / "params.yaml"
    path.write_text(text)
    return load_config(path)


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path) -> None:
    assert load(tmp_path).recipe.optimizer.learning_rate == 0.001


def test_cells_are_the_product_of_the_axes(tmp_path: Path) -> None:
    slugs = [cell.slug for cell in load(tmp_path).bench.cells()]
    assert slugs == ["streets-segnet_v1-ce-s0", "streets-segnet_v1-ce-s1"]


def test_more_seeds_are_added_to_the_cells_that_they_name(tmp_path: Path) -> None:
    text = TEXT.replace(
        "seeds: [0, 1]",
        "seeds: [0, 1]\n  more_seeds: {models: [segnet_v1], losses: [ce], seeds: [5]}",
    )
    cells = load(tmp_path, text).bench.cells()
    assert [cell.seed for cell in cells] == [0, 1, 5]
    assert all(cell.model == "segnet_v1" for cell in cells)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "{models: [unet], losses: [ce], seeds: [5]}",
            r"no models of the bench: \['unet'\]",
        ),
        ("{models: [segnet_v1], losses: [ce], seeds: [1]}", r"repeats seeds of the bench: \[1\]"),
    ],
)
def test_more_seeds_must_be_new_seeds_of_cells_of_the_bench(
    tmp_path: Path, more: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        load(tmp_path, TEXT.replace("seeds: [0, 1]", f"seeds: [0, 1]\n  more_seeds: {more}"))


def test_unknown_key_says_where_and_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"unknown key 'recipes.modern.batchsize'. Did you mean 'bat"
    ):
        load(tmp_path, TEXT.replace("batch_size", "batchsize"))


def test_unknown_key_deep_inside_lists_the_known_keys(tmp_path: Path) -> None:
    text = TEXT.replace("learning_rate: 1e-3", "learning_rate: 1e-3, momentun: 1")
    with pytest.raises(
        UserError, match=r"'recipes.modern.optimizer.momentun'. Did you mean 'moment"
    ):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("batch_size: 4", "batch_size: 0", "recipes.modern.batch_size.*greater than or equal to 1"),
        ("kind: adamw", "kind: adma", "recipes.modern.optimizer.kind.*'sgd', 'adam' or 'adamw'"),
        ("models: [segnet_v1]", "models: [segnet_v9]", "unknown model 'segnet_v9'. Did you mean"),
        ("datasets: [streets]", "datasets: [street]", "unknown dataset 'street'. Did you mean"),
        ("recipe: modern", "recipe: modem", "unknown recipe 'modem'. Did you mean 'modern'"),
        ("seeds: [0, 1]", "seeds: []", "bench.seeds"),
        ("schedule: {kind: one_cycle}", "schedule: {kind: [}", "is not valid YAML"),
    ],
)
def test_wrong_value_stops_with_its_place(
    tmp_path: Path, good: str, bad: str, message: str
) -> None:
    assert good in TEXT
    with pytest.raises(UserError, match=message):
        load(tmp_path, TEXT.replace(good, bad))


def test_missing_file_says_where_to_run_from(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not exist. Run the command from the project's root"):
        load_config(tmp_path / "params.yaml")


def test_digest_changes_with_what_changes_a_result_and_only_then(tmp_path: Path) -> None:
    config = load(tmp_path)
    cell = config.bench.cells()[0]
    digest = config_digest(config.resolved(cell))

    def other(text: str) -> str:
        return config_digest(load(tmp_path, text).resolved(cell))

    assert other(TEXT.replace("1e-3", "0.001")) == digest
    assert other(TEXT.replace("a test", "another title")) == digest
    wider = TEXT.replace("losses: [ce]", "losses: [ce, dice]")
    assert other(wider.replace("losses: {ce: {}}", "losses: {ce: {}, dice: {}}")) == digest
    assert other(TEXT.replace("1e-3", "2e-3")) != digest
    assert other(TEXT.replace("segnet_v1: {}", "segnet_v1: {a: 1}")) != digest
    assert config_digest(config.resolved(config.bench.cells()[1])) != digest


def test_the_project_s_own_parameters_are_valid() -> None:
    assert load_config().bench.cells()


def test_cell_is_immutable() -> None:
    cell = Cell(bench="b", dataset="d", model="m", loss="l", seed=0)
    with pytest.raises(ValueError, match=r"frozen"):
        cell.seed = 1


def test_short_names_stand_for_the_segnet_family_only() -> None:
    known = {"segnet_v1", "unet"}
    assert expand_short_name("v1", known) == "segnet_v1"
    assert expand_short_name("unet", known) == "unet"
    assert expand_short_name("v7", known) == "v7"


def test_lookup_lists_what_is_known() -> None:
    with pytest.raises(UserError, match=r"unknown model 'x'. Known: a, b"):
        lookup({"b": 1, "a": 2}, "x", what="model")


def test_crop_is_a_size_or_a_fraction_of_the_working_size() -> None:
    assert Augmentation().crop_size((120, 160)) == (120, 160)
    assert Augmentation(crop=0.8).crop_size((120, 160)) == (96, 128)
    assert Augmentation(crop=(224, 224)).crop_size((120, 160)) == (224, 224)


@pytest.mark.parametrize(
    ("axis", "twice"),
    [
        ("datasets: [streets]", "datasets: [streets, streets]"),
        ("models: [segnet_v1]", "models: [segnet_v1, segnet_v1]"),
        ("losses: [ce]", "losses: [ce, ce]"),
        ("seeds: [0, 1]", "seeds: [0, 1, 0]"),
    ],
)
def test_no_axis_holds_a_name_twice(axis: str, twice: str, tmp_path: Path) -> None:
    key = axis.partition(":")[0]
    with pytest.raises(UserError, match=rf"'bench\.{key}': .* more than once"):
        load(tmp_path, TEXT.replace(axis, twice))


def test_further_seeds_hold_none_twice(tmp_path: Path) -> None:
    more = "  more_seeds: {models: [segnet_v1], losses: [ce], seeds: [5, 5]}"
    with pytest.raises(UserError, match=r"'bench\.more_seeds\.seeds': .*5 more than once"):
        load(tmp_path, TEXT.replace("seeds: [0, 1]", f"seeds: [0, 1]\n{more}"))


@pytest.mark.parametrize("seed", ["-1", "9223372036854775808", "1.5", "one"])
def test_seed_is_a_whole_number_that_a_generator_takes(seed: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"bench\.seeds"):
        load(tmp_path, TEXT.replace("seeds: [0, 1]", f"seeds: [{seed}]"))


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"date: 2024-13-45", b"a: [", b"a: " + b"9" * 5000]
)
def test_file_that_is_not_yaml_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(UserError, match=r"params\.yaml is not valid YAML"):
        load_config(tmp_path / "params.yaml")


def test_folder_called_params_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        load_config(tmp_path)
