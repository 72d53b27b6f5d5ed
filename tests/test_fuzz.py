"""Damaged settings, records and descriptions of data are refused with a message, no traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fake_custom import make_custom
from fake_results import GOOD, fake_bench, write_cell

from segnet.bench.config import load_config
from segnet.datasets.custom import stop_on_errors
from segnet.datasets.custom.description import read_description
from segnet.datasets.custom.pairs import survey
from segnet.errors import UserError
from segnet.reporting.recount import recount
from segnet.results.cells import load_results

PARAMS = Path(__file__).parents[1] / "params.yaml"
VALUES = ("[]", "{}", "null", "-1", "1e999", '"x"', "[1, 2]", "0", "true", "2026-01-01", "9" * 50)
SIGNS = "{}[]:#&*!%@,\t\"'"


def mutated(text: str, chance: random.Random) -> str:
    """The text with one line gone, moved, of another value, or with another sign."""
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    line, kind = lines[at], chance.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at] = f"{line.split(':')[0]}: {chance.choice(VALUES)}\n"
    elif kind == 2:
        lines[at] = f" {line}"
    else:
        place = chance.randrange(len(line))
        lines[at] = line[:place] + chance.choice(SIGNS) + line[place + 1 :]
    return "".join(lines)


def test_damaged_params_yaml_is_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(0)
    refused: list[str] = []
    file = tmp_path / "params.yaml"
    for _ in range(500):
        file.write_text(mutated(PARAMS.read_text(), chance))
        try:
            config = load_config(file)
            assert all(config.resolved(cell) for cell in config.bench.cells())
        except UserError as error:
            refused.append(str(error))
    assert 100 < len(refused) < 500
    assert all(str(file) in message for message in refused)


def test_damaged_record_is_a_reason_and_no_wrong_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    folder = write_cell(bench, bench.cells()[0], GOOD)
    chance, refused = random.Random(0), 0
    for number in range(200):
        file = folder / ("evaluation.json", "train.json")[number % 2]
        whole = file.read_text()
        file.write_text(mutated(whole, chance))
        one = recount(load_results(bench, {})).cells[-1]
        file.write_text(whole)
        if one.status == "done":
            score = one.score_of("selected")
            assert score is not None
            assert score.scores.miou == pytest.approx(49 / 60)
        else:
            refused += 1
            assert str(file) in one.reason
    assert refused > 50


def test_damaged_description_of_own_data_is_read_or_refused(tmp_path: Path) -> None:
    file = make_custom(tmp_path)
    whole, pairs = file.read_text(), survey(read_description(file), file).splits
    chance = random.Random(0)
    refused: list[str] = []
    for _ in range(200):
        file.write_text(mutated(whole, chance))
        try:
            found = survey(read_description(file), file)
            stop_on_errors(found.findings, file)
        except UserError as error:
            refused.append(str(error))
        else:
            assert sum(map(len, found.splits.values())) == sum(map(len, pairs.values()))
    assert 50 < len(refused) < 200
    assert all(str(file) in message for message in refused)
