"""The cells of a bench as jobs for an engine. No torch.

A stage's digest stands for all that it depends on: its settings, its code, the stages before it.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from segnet.bench.config import Config, config_digest
from segnet.bench.presets import PARAMS
from segnet.bench.stage_code import code_digest
from segnet.engines.jobs import Job, Setting, Step
from segnet.grid import Cell
from segnet.paths import (
    cell_report_folder,
    log_file,
    prepared_folder,
    raw_folder,
    state_folder,
    weights_folder,
)
from segnet.results.provenance import git_commit
from segnet.results.records import EvaluationRecord, MeasureRecord, TrainRecord


def cell_jobs(config: Config) -> list[Job]:
    """A job for each cell: train and evaluate."""
    setting = find_setting(config)
    return [
        _job(cell.slug, _cell_steps(config, cell, setting), setting)
        for cell in config.bench.cells()
    ]


def measure_jobs(config: Config) -> list[Job]:
    """A job for each network and data set; its times mean something where it runs alone."""
    bench, setting = config.bench, find_setting(config)
    return [
        _job(f"measure-{dataset}-{model}", (_measure_step(config, dataset, model),), setting)
        for dataset in bench.datasets
        for model in bench.models
    ]


def dvc_is_usable(root: Path = Path()) -> bool:
    """Whether DVC is installed and the folder is a checkout that it knows."""
    return find_spec("dvc") is not None and (root / ".dvc").is_dir() and (root / ".git").exists()


def shared_job(config: Config) -> Job:
    """A job that does only what all others need before."""
    return _job("shared", (), find_setting(config))


def is_done(config: Config, cell: Cell) -> bool:
    """Whether the records of a cell are there and of these settings."""
    folder = cell_report_folder(cell.bench, cell.slug)
    trained = TrainRecord.find(folder)
    is_trained = trained is not None and trained.config == config.resolved(cell)
    return is_trained and (folder / EvaluationRecord.FILE_NAME).exists()


def _job(name: str, steps: tuple[Step, ...], setting: Setting) -> Job:
    return Job(name, steps, str(log_file(setting.bench, name).absolute()), setting)


def find_setting(config: Config) -> Setting:
    """What the jobs of a run that is started here have in common."""
    variables = {"SEGBENCH_STATE": str(state_folder().absolute())}
    if find_spec("mlflow") is None:
        variables["SEGBENCH_TRACKING"] = "off"
    return Setting(
        bench=config.bench.name,
        shared=shared_steps(config),
        use_dvc=dvc_is_usable(),
        checkout=str(Path.cwd()),
        commit=git_commit(),
        parameters=PARAMS.read_text(),
        variables=variables,
    )


def shared_steps(config: Config) -> tuple[Step, ...]:
    """Fetch, weights and prepare, and the blind predictors of each data set."""
    bench = config.bench
    weights = bench.encoder_weights
    steps = [
        _step(
            f"weights@{weights}",
            ("weights", weights),
            {},
            str(weights_folder(weights)),
            weights=weights,
        )
    ]
    for dataset in bench.datasets:
        options = config.datasets[dataset]
        fetched = _step(
            f"fetch@{dataset}",
            ("fetch", dataset),
            options,
            str(raw_folder(dataset)),
            dataset=dataset,
        )
        prepared = _step(
            f"prepare@{bench.name}-{dataset}",
            ("prepare", dataset),
            {"size": bench.working_size, "fetched": fetched.digest},
            str(prepared_folder(bench.name, dataset)),
            dataset=dataset,
        )
        blind = _step(
            f"blind_predictors@{bench.name}-{dataset}",
            ("blind_predictors", dataset),
            {"prepared": prepared.digest},
            *(
                str(cell_report_folder(bench.name, cell.slug) / EvaluationRecord.FILE_NAME)
                for cell in bench.blind_cells()
                if cell.dataset == dataset
            ),
            dataset=dataset,
        )
        steps += [fetched, prepared, blind]
    return tuple(steps)


def _cell_steps(config: Config, cell: Cell, setting: Setting) -> tuple[Step, ...]:
    prepare = f"prepare@{cell.bench}-{cell.dataset}"
    prepared = next(step.digest for step in setting.shared if step.stage == prepare)
    records = cell_report_folder(cell.bench, cell.slug)
    more = "" if cell.seed in config.bench.seeds else "_more_seeds"
    item = f"{cell.bench}-{cell.dataset}-{cell.model}-{cell.loss}-{cell.seed}"
    axes = (cell.dataset, cell.model, cell.loss, str(cell.seed), "--bench", cell.bench)
    trained = _step(
        f"train{more}@{item}",
        ("train", *axes),
        {**config.resolved(cell), "prepared": prepared},
        str(records / TrainRecord.FILE_NAME),
        model=cell.model,
        loss=cell.loss,
    )
    evaluated = _step(
        f"evaluate{more}@{item}",
        ("evaluate", *axes),
        {"trained": trained.digest},
        str(records / EvaluationRecord.FILE_NAME),
        model=cell.model,
    )
    return trained, evaluated


def _measure_step(config: Config, dataset: str, model: str) -> Step:
    bench = config.bench
    return _step(
        f"measure@{bench.name}-{dataset}-{model}",
        ("measure", dataset, model),
        {
            "options": config.models[model],
            "dataset": config.datasets[dataset],
            **bench.model_dump(mode="json", include={"precision", "width", "working_size"}),
        },
        str(MeasureRecord.path(bench.name, dataset, model)),
        model=model,
    )


_code_digest = cache(code_digest)
"""Many cells share their code; it does not change while they are listed."""


def _step(
    stage: str, command: tuple[str, ...], settings: dict[str, Any], *outs: str, **item: str
) -> Step:
    script, *arguments = command
    digest = config_digest({"settings": settings, "code": _code_digest(script, **item)})
    return Step(stage, (f"pipelines.{script}", *arguments), digest, outs)
