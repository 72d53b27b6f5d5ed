from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fake_custom import YAML, make_custom
from typer.testing import CliRunner

from segnet.bench import plan as running
from segnet.bench.config import load_config
from segnet.bench.defaults import (
    DataSize,
    Machine,
    Wishes,
    default_epochs,
    working_size,
)
from segnet.bench.plan import Plan, parse_seeds, parse_size, plan_run
from segnet.bench.presets import apply_preset, write_bench
from segnet.cli import app
from segnet.errors import UserError

ROOT = Path(__file__).parents[2]
CPU = Machine(has_gpu=False, has_vgg16=False)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with parameters and presets, on a machine without GPU, and the user's YAML."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "pipelines/presets", tmp_path / "pipelines/presets")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "find_machine", lambda: CPU)
    make_custom(tmp_path / "own")
    return Path("own/drawings.yaml")


def plan(dataset: Path | str, **wishes: object) -> Plan:
    return plan_run(str(dataset), Wishes(**wishes), load_config())  # type: ignore[arg-type]


def test_own_data_make_a_bench_of_their_name(file: Path) -> None:
    bench = plan(file).bench
    assert (bench.name, bench.title, bench.datasets) == ("drawings", "Discs and boxes", ("custom",))
    assert bench.models == ("segnet_v1", "unet")
    assert bench.working_size == (48, 64)  # never enlarged
    assert (bench.encoder_weights, bench.width, bench.recipe) == ("random", 0.25, "scratch")


def test_what_the_user_says_comes_first(file: Path) -> None:
    bench = plan(
        file, models=("unet",), losses=("dice",), seeds=(3, 4), epochs=7, recipe="paper",
        size=(32, 40), width=0.5, weights="random", name="other",
    ).bench  # fmt: skip
    said = bench.model_dump()
    assert said | {
        "models": ("unet",), "losses": ("dice",), "seeds": (3, 4), "total_epochs": 7,
        "recipe": "paper", "working_size": (32, 40), "width": 0.5, "name": "other",
        "validate_every_epochs": 1,
    } == said  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "wishes", "expected"),
    [
        (Machine(False, True), {}, ("vgg16", 1.0, "modern")),
        (Machine(True, True), {}, ("vgg16", 1.0, "modern")),
        (Machine(True, False), {}, ("random", 1.0, "modern")),
        (Machine(False, True), {"width": 0.5}, ("random", 0.5, "scratch")),
        (Machine(False, False), {"weights": "vgg16"}, ("vgg16", 1.0, "modern")),
        (Machine(False, True), {"weights": "random"}, ("random", 0.25, "scratch")),
    ],
)
def test_weights_width_and_recipe_follow_from_the_machine(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: Machine,
    wishes: dict[str, object],
    expected: tuple[str, float, str],
) -> None:
    monkeypatch.setattr(running, "find_machine", lambda: machine)
    bench = plan(file, **wishes).bench
    assert (bench.encoder_weights, bench.width, bench.recipe) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [((3000, 4000), (120, 160)), ((4000, 3000), (160, 120)), ((50, 60), (50, 60))],
)
def test_working_size_keeps_the_shape_and_never_enlarges(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert working_size(DataSize(1, *size), 120 * 160) == expected


def test_epochs_follow_the_budget_within_bounds() -> None:
    def epochs(images: int, width: float, *, has_gpu: bool = False) -> int:
        return default_epochs(DataSize(images, 999, 999), (120, 160), width, has_gpu=has_gpu)

    assert epochs(70, 1.0) == 10  # 700 images of this size
    assert epochs(140, 0.5) == 20  # a quarter of the cost
    assert epochs(10_000, 1.0) == 5
    assert epochs(1, 1.0) == 500
    assert epochs(75_000, 1.0, has_gpu=True) == 20


def test_known_data_set_has_a_bench_of_its_own(file: Path) -> None:
    chosen = plan("streets")
    assert chosen.own_data is None
    assert (chosen.bench.name, chosen.bench.working_size) == ("streets-run", (96, 128))
    assert "400 training images" in chosen.notes[-1]


def test_without_a_data_set_the_bench_stays_but_for_what_is_said(file: Path) -> None:
    now = load_config().bench
    assert plan("") == Plan(now, None, [], is_new=False)
    changed = plan("", epochs=2)
    assert changed.is_new
    assert changed.bench.total_epochs == 2
    assert changed.bench.validate_every_epochs <= 2
    assert changed.bench.model_copy(
        update={
            "total_epochs": now.total_epochs,
            "validate_every_epochs": now.validate_every_epochs,
        }
    ) == now  # fmt: skip


def test_writing_a_bench_changes_its_block_and_one_entry_and_no_other_line(file: Path) -> None:
    params = Path("params.yaml")
    before = params.read_text()
    chosen = plan(file)
    write_bench(chosen.bench, own_data=file)
    assert load_config().bench == chosen.bench
    assert load_config().datasets["custom"] == {"file": "own/drawings.yaml"}
    kept = before[before.index("\nrecipes:") :]
    entry = '  custom: {file: "own/drawings.yaml"}\n'
    after = params.read_text()
    assert after[after.index("\nrecipes:") :].replace(entry, "") == kept
    assert after.startswith(before[: before.index("bench:")])
    write_bench(chosen.bench, own_data=Path("other place/ü: {x}.yaml"))
    assert load_config().datasets["custom"] == {"file": "other place/ü: {x}.yaml"}
    assert len(params.read_text().splitlines()) == len(after.splitlines())
    apply_preset("demo")
    assert "custom:" in params.read_text()


def test_bench_of_awkward_words_is_read_back_as_it_was(file: Path) -> None:
    title = 'yes: "no" # {a}, [b] — true'
    bench = load_config().bench.model_copy(update={"title": title, "name": "true"})
    write_bench(bench, own_data=None)
    assert load_config().bench == bench


def test_wrong_options_change_nothing_and_are_named(file: Path) -> None:
    before = Path("params.yaml").read_text()
    for wishes, message in (
        ({"models": ("unett",)}, "unknown model 'unett'. Did you mean 'unet'"),
        ({"losses": ("cee",)}, "unknown loss 'cee'. Did you mean 'ce'"),
        ({"recipe": "papr"}, "unknown recipe 'papr'. Did you mean 'paper'"),
        ({"weights": "vgg"}, "unknown encoder weights 'vgg'. Did you mean 'vgg16'"),
        ({"weights": "vgg16", "width": 0.5}, "--weights vgg16 has --width 1, not 0.5"),
        ({"width": 9.0}, r"--width: .*less than or equal to 2"),
        ({"size": (4, 64)}, r"--size: .*greater than or equal to 16"),
        ({"name": "My Bench"}, r"--name: .*'My Bench'"),
    ):
        with pytest.raises(UserError, match=message):
            plan(file, **wishes)
    with pytest.raises(UserError, match=r"unknown data set 'street'\. Did you mean 'streets'"):
        plan("street")
    with pytest.raises(UserError, match=r"no\.yaml is no file"):
        plan("no.yaml")
    for size in ("120", "axb", "120x160x3"):
        with pytest.raises(UserError, match="such as 120x160"):
            parse_size(size)
    with pytest.raises(UserError, match="'-1' is no whole number"):
        parse_seeds(("0", "-1"))
    assert Path("params.yaml").read_text() == before


def test_name_of_a_preset_is_refused(file: Path) -> None:
    file.write_text(YAML.replace("name: drawings", "name: demo"))
    with pytest.raises(UserError, match="'demo' is that of a preset"):
        plan(file)
    assert plan(file, name="mine").bench.name == "mine"


def test_dry_run_shows_the_cells_and_changes_nothing(file: Path) -> None:
    before = sorted(Path.cwd().rglob("*"))
    text = Path("params.yaml").read_text()
    printed = CliRunner().invoke(app, ["run", "--dataset", str(file), "--models", "v1", "--dry"])
    assert printed.exit_code == 0, printed.output
    assert printed.stdout.splitlines()[-2:] == [
        "cell: custom-segnet_v1-ce-s0  not trained",
        "1 of 1 cells would run",
    ]
    assert (sorted(Path.cwd().rglob("*")), Path("params.yaml").read_text()) == (before, text)


def test_broken_data_stop_before_anything_is_written(file: Path) -> None:
    (file.parent / "masks/drawing_04.png").unlink()
    text = Path("params.yaml").read_text()
    with pytest.raises(UserError, match=r"1 without mask: images/drawing_04\.jpg"):
        plan(file)
    assert Path("params.yaml").read_text() == text
