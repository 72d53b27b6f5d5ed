"""``segbench run``: choose a bench, write it into ``params.yaml``, and let DVC run it. No torch."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from segnet.bench.config import Config, load_config
from segnet.bench.defaults import (
    Machine,
    Wishes,
    bench_with_defaults,
    change_bench,
    measure_known_data,
    measure_own_data,
)
from segnet.bench.engine_run import EngineChoice, run_bench, tell_packed
from segnet.bench.presets import preset_files, write_bench
from segnet.datasets.custom.description import read_description
from segnet.datasets.fetching.published_files import MIRROR_VARIABLE
from segnet.datasets.registry import define_dataset
from segnet.errors import UserError, expand_short_name, lookup, unknown
from segnet.grid import Bench
from segnet.models.pretrained import ENCODER_WEIGHTS, weights_file
from segnet.paths import raw_folder

OWN = "custom"
YAML_SUFFIXES = (".yaml", ".yml")


class Plan(NamedTuple):
    """What a run will do."""

    bench: Bench
    own_data: Path | None
    """The YAML to write into ``params.yaml: datasets.custom``."""
    notes: list[str]
    """Why it is as it is, where the user has not said."""
    is_new: bool
    """``params.yaml`` has to be written."""


def plan_run(dataset: str, wishes: Wishes, config: Config) -> Plan:
    """The bench that the user's options make.

    Args:
        dataset: a YAML of the user's own, a key of ``params.yaml: datasets``, or empty: the bench
            of ``params.yaml`` with what the user says.
        wishes: what the user says.
        config: the present ``params.yaml``.

    Raises:
        UserError: if there is no such data set, or its data cannot be used.
    """
    _check_names(wishes, config)
    if not dataset:
        bench = change_bench(config.bench, wishes)
        return Plan(bench, None, [], is_new=bench != config.bench)
    if dataset == OWN and OWN in config.datasets:
        dataset = config.datasets[OWN]["file"]
    if Path(dataset).suffix.lower() in YAML_SUFFIXES or Path(dataset).is_file():
        file = _from_root(Path(dataset))
        description = read_description(file)
        if not wishes.name and description.name in preset_files():
            raise UserError(
                f"{file}: the name '{description.name}' is that of a preset, whose report would be "
                "overwritten. Change it, or give the bench another one by --name."
            )
        data = measure_own_data(description, file)
        title = description.title or description.name
        bench, notes = bench_with_defaults(
            OWN, data, wishes, find_machine(), name=description.name, title=title
        )
        return Plan(bench, file, notes, is_new=True)
    if dataset not in config.datasets:
        error = unknown("data set", dataset, config.datasets)
        raise UserError(f"{error} Data of your own are named by their YAML, my.yaml.")
    title = define_dataset(dataset, config.datasets).title
    bench, notes = bench_with_defaults(
        dataset,
        measure_known_data(dataset, config),
        wishes,
        find_machine(),
        name=f"{dataset}-run".replace("_", "-"),
        title=title,
    )
    return Plan(bench, None, notes, is_new=True)


def _check_names(wishes: Wishes, config: Config) -> None:
    for name in wishes.models:
        lookup(config.models, name, what="model")
    for name in wishes.losses:
        lookup(config.losses, name, what="loss")
    if wishes.recipe:
        lookup(config.recipes, wishes.recipe, what="recipe")
    if wishes.weights:
        lookup(ENCODER_WEIGHTS, wishes.weights, what="encoder weights")


def carry_out(plan: Plan, engine: EngineChoice | None = None) -> None:
    """Write ``params.yaml`` if the plan is new, look at the user's own data again, run DVC.

    Args:
        plan: what to run.
        engine: where; None: DVC itself, one stage after the other.

    Raises:
        UserError: if the plan does not fit ``params.yaml``, the data cannot be used, or a stage
            fails.
    """
    if plan.is_new:
        write_bench(plan.bench, own_data=plan.own_data)
    config = load_config()
    if OWN in config.bench.datasets:
        # DVC sees a change of these files only in the manifest
        define_dataset(OWN, config.datasets).fetch(raw_folder(OWN))
    if engine is None:
        reproduce()
    elif run_bench(config, engine):
        reproduce()
        if engine.pack_folder is not None:
            tell_packed(config.bench.name, engine.pack_folder)


def reproduce() -> None:
    """Run ``dvc repro`` with this interpreter, activated environment or not; output on stderr.

    Raises:
        UserError: if DVC is not installed or a stage fails.
    """
    if importlib.util.find_spec("dvc") is None:
        raise UserError(f"{sys.executable} has no dvc. Install it: pip install dvc.")
    programs = Path(sys.executable).parent  # not resolved: a virtual environment's own
    path = os.pathsep.join((str(programs), os.environ.get("PATH", os.defpath)))
    finished = subprocess.run(
        [sys.executable, "-m", "dvc", "repro"],
        env={**os.environ, "PATH": path},
        stdout=sys.stderr.fileno(),
        check=False,
    )
    if finished.returncode:
        raise UserError(
            f"`dvc repro` stopped with status {finished.returncode}; what failed stands above. "
            "`segbench run` without options goes on from there."
        )


def find_machine() -> Machine:
    """Whether there is a GPU, and whether VGG16's weights can be had without a download."""
    from segnet.compute import choose_compute

    mirror = os.environ.get(MIRROR_VARIABLE, "")
    is_address = "://" in mirror
    vgg16 = weights_file("vgg16")
    in_mirror = is_address or (bool(mirror) and (Path(mirror) / "weights" / vgg16.name).exists())
    has_vgg16 = in_mirror or vgg16.exists()
    return Machine(choose_compute("auto").device.type != "cpu", has_vgg16)


def expand_models(models: tuple[str, ...], config: Config) -> tuple[str, ...]:
    """Full names: ``v1`` is ``segnet_v1``."""
    return tuple(expand_short_name(model, config.models) for model in models)


def parse_size(text: str) -> tuple[int, int]:
    """Height and width of ``120x160``.

    Raises:
        UserError: if it is anything else.
    """
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise UserError(f"--size {text}: give height and width, such as 120x160.")
    return int(height), int(width)


def parse_seeds(texts: tuple[str, ...]) -> tuple[int, ...]:
    """Seeds as numbers.

    Raises:
        UserError: if one is no whole number from 0.
    """
    if strange := [text for text in texts if not text.isdecimal()]:
        raise UserError(f"--seeds: '{strange[0]}' is no whole number. Such as --seeds 0,1,2.")
    return tuple(int(text) for text in texts)


def _from_root(file: Path) -> Path:
    """The path to write down: relative if the file lies in the project."""
    absolute = file.absolute()
    root = Path.cwd()
    return absolute.relative_to(root) if absolute.is_relative_to(root) else absolute
