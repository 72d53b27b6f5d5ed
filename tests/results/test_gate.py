"""Tier 0: the gate ``segbench check``, on results that were never run."""

from __future__ import annotations

import contextlib
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_results import (
    GOOD,
    ONE_CLASS,
    PERFECT,
    fake_bench,
    fake_provenance,
    write_cell,
    write_scores,
    write_training,
)
from jaxtyping import Int64
from typer.testing import CliRunner, Result

from segnet.cli import app
from segnet.errors import UserError
from segnet.grid import Bench
from segnet.paths import cell_report_folder
from segnet.results.accepted_scores import ARITHMETIC, Baseline, band
from segnet.results.cells import cells_of, load_results
from segnet.results.gate import Check, accept, check_results
from segnet.results.records import BenchRecord
from segnet.results.spread import Spread

ROOT = Path(__file__).parents[2]
GOOD_MIOU = 49 / 60
GROUP = "streets/segnet_v1/ce"


def nearly(right: int) -> Int64[np.ndarray, "1 2 2"]:
    """Counts with ``right`` of 1000 pixels of each of two classes right."""
    wrong = 1000 - right
    return np.array([[[right, wrong], [wrong, right]]])


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_bench(bench: Bench, counts: Int64[np.ndarray, "n k k"] = GOOD) -> None:
    for cell in cells_of(bench):
        write_cell(bench, cell, counts)


def accept_bench(bench: Bench) -> Baseline:
    return accept(load_results(bench, {}), "segbench check --update")


def replace_scores(
    bench: Bench, counts: Int64[np.ndarray, "n k k"], *, model: str, seeds: tuple[int, ...]
) -> None:
    for cell in bench.cells():
        if cell.model == model and cell.seed in seeds:
            write_cell(bench, cell, counts)


def checked(bench: Bench, accepted: Baseline) -> dict[str, Check]:
    return {one.group: one for one in check_results(load_results(bench, {}), accepted)}


def baseline(*, seeds: float = 0.0, arithmetic: float = 0.0) -> Baseline:
    """No group, and spreads whose upper bounds are 1.2678 of these: 20 degrees of freedom."""
    spreads = {
        name: Spread(sd=sd, degrees_of_freedom=20, source="")
        for name, sd in (("seeds", seeds), ("arithmetic", arithmetic))
    }
    return Baseline(bench="fake", command="", groups={}, **spreads)


def test_band_is_the_largest_of_its_three_terms() -> None:
    assert band(baseline(seeds=0.007, arithmetic=0.004)) == 0.03
    assert band(baseline(seeds=0.01)) == pytest.approx(3 * 0.012678, rel=1e-4)
    assert band(baseline(arithmetic=0.01)) == pytest.approx(5 * 0.012678, rel=1e-4)


def test_accepted_scores_are_kept_by_seed_with_their_spread() -> None:
    bench = fake_bench(models=["segnet_v1"])
    for cell in bench.blind_cells():
        write_cell(bench, cell, ONE_CLASS)
    scores = []
    for cell, right in zip(bench.cells(), (900, 910, 940), strict=True):
        write_cell(bench, cell, nearly(right))
        scores.append(right / (2000 - right))
    accepted = accept_bench(bench)
    found = accepted.groups[GROUP]
    assert list(found.miou) == [0, 1, 2]
    assert list(found.miou.values()) == pytest.approx(scores)
    assert found.median == pytest.approx(scores[1])
    assert accepted.seeds.sd == pytest.approx(statistics.stdev(scores))
    assert accepted.seeds.degrees_of_freedom == 2
    assert Baseline.read(accepted.write(Path("somewhere")).parent) == accepted


def test_one_seed_tells_no_spread_over_seeds() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_bench(bench)
    accepted = accept_bench(bench)
    assert accepted.seeds.degrees_of_freedom == 0
    assert accepted.arithmetic == ARITHMETIC


def test_spread_that_was_measured_stays_until_more_seeds_tell_it() -> None:
    bench = fake_bench(models=["segnet_v1"])
    write_bench(bench)
    before = baseline(seeds=0.02, arithmetic=0.01)
    accepted = accept(load_results(bench, {}), "", before=before)
    assert (accepted.seeds, accepted.arithmetic) == (before.seeds, before.arithmetic)
    more = fake_bench(models=["segnet_v1"], seeds=range(30))
    write_bench(more)
    accepted = accept(load_results(more, {}), "", before=before)
    assert accepted.seeds.degrees_of_freedom == 29


def test_baseline_of_another_schema_says_what_to_do() -> None:
    path = baseline().write(Path("somewhere"))
    path.write_text(path.read_text().replace('"schema_version": 2', '"schema_version": 1'))
    with pytest.raises(UserError, match=r"schema 1, this code reads 2.*segbench check --update"):
        Baseline.read(path.parent)


def test_unchanged_results_pass() -> None:
    bench = fake_bench()
    write_bench(bench)
    checks = checked(bench, accept_bench(bench))
    assert {one.verdict for one in checks.values()} == {"ok"}
    assert not any(one.detail for one in checks.values())
    assert checks[GROUP].change == 0


@pytest.mark.parametrize(
    ("right", "verdict"), [(979, "drop"), (986, "ok"), (998, "ok"), (1000, "ok")]
)
def test_drop_counts_if_it_is_larger_than_the_band(right: int, verdict: str) -> None:
    # of each class right / (2000 - right): 0.990 before, 0.030 less at 979.6 of 1000
    bench = fake_bench(models=["segnet_v1"])
    write_bench(bench, nearly(995))
    accepted = accept_bench(bench).model_copy(update={"arithmetic": baseline().arithmetic})
    write_bench(bench, nearly(right))
    change = right / (2000 - right) - 995 / 1005
    assert (change < -0.03) == (verdict == "drop")
    assert checked(bench, accepted)[GROUP].verdict == verdict


def test_predictor_that_trains_nothing_has_the_smallest_band() -> None:
    bench = fake_bench()
    write_bench(bench)
    wide = accept_bench(bench).model_copy(update={"seeds": baseline(seeds=0.1).seeds})
    bands = {one.group: one.band for one in checked(bench, wide).values()}
    assert bands["streets/prior/none"] == 0.03
    assert bands[GROUP] == pytest.approx(0.3 * 1.2678, rel=1e-4)


def test_rise_is_said_but_passes() -> None:
    bench = fake_bench()
    write_bench(bench)
    accepted = accept_bench(bench)
    replace_scores(bench, PERFECT, model="segnet_v1", seeds=(0, 1, 2))
    check = checked(bench, accepted)[GROUP]
    assert (check.verdict, check.failed) == ("rise", False)
    assert check.change == pytest.approx(1 - GOOD_MIOU)


def test_one_stuck_seed_of_three_passes_and_two_fail() -> None:
    bench = fake_bench()
    write_bench(bench)
    accepted = accept_bench(bench)
    replace_scores(bench, ONE_CLASS, model="segnet_v1", seeds=(1,))
    assert checked(bench, accepted)[GROUP].verdict == "ok"
    replace_scores(bench, ONE_CLASS, model="segnet_v1", seeds=(1, 2))
    check = checked(bench, accepted)[GROUP]
    assert check.verdict == "drop"
    assert "streets-segnet_v1-ce-s0" in check.detail


def test_missing_cell_fails_and_is_named_even_if_the_median_does_not_need_it() -> None:
    bench = fake_bench()
    write_bench(bench)
    accepted = accept_bench(bench)
    folder = cell_report_folder(bench.name, "streets-segnet_v1-ce-s2")
    (folder / "evaluation.json").unlink()
    check = checked(bench, accepted)[GROUP]
    assert (check.verdict, check.failed) == ("missing", True)
    assert check.detail.startswith("streets-segnet_v1-ce-s2 not evaluated")


def test_score_that_is_not_finite_fails_and_is_named() -> None:
    bench = fake_bench()
    write_bench(bench)
    accepted = accept_bench(bench)
    nothing = np.zeros((1, 2, 2), np.int64)
    cell = bench.cells()[1]
    write_training(bench, cell)
    write_scores(bench, cell, {"selected": GOOD, "last": nothing})
    check = checked(bench, accepted)[GROUP]
    assert (check.verdict, check.failed) == ("not finite", True)
    assert "streets-segnet_v1-ce-s1 last miou" in check.detail


def test_cell_that_left_the_bench_fails() -> None:
    bench = fake_bench()
    write_bench(bench)
    accepted = accept_bench(bench)
    smaller = fake_bench(models=["fcn8s"], seeds=[0, 1])
    checks = checked(smaller, accepted)
    assert checks[GROUP].verdict == "gone"
    assert checks[GROUP].failed
    assert checks["streets/fcn8s/ce"].verdict == "gone"
    assert "seed 2" in checks["streets/fcn8s/ce"].detail


def test_new_cell_and_new_seed_pass_and_are_said() -> None:
    small = fake_bench(models=["segnet_v1"], seeds=[0])
    write_bench(small)
    accepted = accept_bench(small)
    bench = fake_bench(seeds=[0, 1])
    write_bench(bench)
    replace_scores(bench, ONE_CLASS, model="segnet_v1", seeds=(1,))
    checks = checked(bench, accepted)
    assert checks["streets/fcn8s/ce"].verdict == "new"
    assert checks[GROUP].verdict == "ok"  # on the seed that both have
    assert "seed 1 is not in the baseline" in checks[GROUP].detail
    assert not any(one.failed for one in checks.values())


def test_other_precision_than_the_baseline_is_said_beside_a_drop() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_bench(bench)
    group = accept_bench(bench).groups[GROUP]
    trained_in_bfloat16 = group.model_copy(
        update={"miou": {0: 0.9}, "provenance": fake_provenance(precision="bfloat16")}
    )
    accepted = accept_bench(bench)
    accepted.groups[GROUP] = trained_in_bfloat16
    found = checked(bench, accepted)[GROUP]
    assert found.verdict == "drop"
    assert found.detail == "streets-segnet_v1-ce-s0; in float32, the baseline in bfloat16"


def test_other_data_are_said_and_outdated_parameters_fail() -> None:
    bench = fake_bench(models=["segnet_v1"], seeds=[0])
    write_bench(bench)
    accepted = accept_bench(bench)
    cell = bench.cells()[0]
    write_scores(bench, cell, {"selected": GOOD, "last": GOOD}, fingerprint="0" * 64)
    assert "other data than the baseline's" in checked(bench, accepted)[GROUP].detail
    longer = fake_bench(models=["segnet_v1"], seeds=[0], total_epochs=9)
    outdated = checked(longer, accepted)[GROUP]
    assert (outdated.verdict, outdated.failed) == ("outdated", True)
    assert (
        "segnet_v1-ce-s0 was trained with another total_epochs: run `dvc repro`" in outdated.detail
    )
    with pytest.raises(UserError, match="trained with another total_epochs"):
        accept_bench(longer)


def test_baseline_takes_no_bench_that_is_not_done() -> None:
    bench = fake_bench()
    with pytest.raises(UserError, match=r"streets-majority-none-s0 not evaluated.*dvc repro"):
        accept_bench(bench)


def segbench(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", "--bench", "fake", *arguments])


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench that stands in ``reports/``; ``params.yaml`` names another."""
    bench = fake_bench()
    write_bench(bench)
    BenchRecord(bench=bench, data={}).write(Path("reports/fake"))
    params = Path(__file__).parents[2] / "params.yaml"
    Path("params.yaml").write_text(params.read_text())
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return bench


@pytest.mark.usefixtures("reported")
def test_bench_without_a_baseline_says_what_to_do() -> None:
    result = segbench()
    assert isinstance(result.exception, UserError)
    assert "segbench check --bench fake --update" in str(result.exception)


def test_update_writes_the_baseline_and_prints_what_changed(reported: Bench) -> None:
    first = segbench("--update")
    assert first.exit_code == 0
    assert "| streets/segnet_v1/ce | 0, 1, 2 | - | 81.67 | - | - | new |" in first.stdout
    replace_scores(reported, ONE_CLASS, model="segnet_v1", seeds=(0, 1, 2))
    second = segbench("--update")
    assert second.exit_code == 0
    # 5 * 0.0087 * sqrt(18 / 10.865), the quantile of chi-square at 0.1 from a printed table
    assert "| 81.67 | 25.00 | -56.67 | 5.60 | **drop** |" in second.stdout
    assert segbench().exit_code == 0
    written = json.loads(Path("reports/fake/baseline.json").read_text())
    assert written["command"] == "segbench check --bench fake --update"
    assert written["groups"][GROUP]["provenance"]["commit"] == fake_provenance().commit


def test_failure_exits_with_one_and_names_the_cell_on_the_page_of_the_run(
    reported: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segbench("--update")
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    replace_scores(reported, ONE_CLASS, model="segnet_v1", seeds=(0, 1, 2))
    result = segbench()
    assert result.exit_code == 1
    assert "**1 of 4 failed**" in result.stdout
    assert "streets-segnet_v1-ce-s0" in result.stdout
    assert summary.read_text() == "before\n" + result.stdout
    assert "--update" in result.stderr


@pytest.mark.usefixtures("reported")
def test_spreads_are_measured_over_projects_that_trained_the_bench_otherwise() -> None:
    segbench("--update")
    more_seeds = fake_bench(models=["segnet_v1"], seeds=range(4))
    for name, right in (("other threads", 800), ("other processor", 820)):
        Path(name).mkdir()
        with contextlib.chdir(name):
            write_bench(more_seeds, nearly(right))
    result = segbench("--update", "--repeated", "other threads", "--repeated", "other processor")
    assert result.exit_code == 0, result.output
    accepted = Baseline.read(Path("reports/fake"))
    assert accepted is not None
    scores = [GOOD_MIOU, 800 / 1200, 820 / 1180]  # of three seeds; the fourth has the last two
    squares = 3 * statistics.variance(scores) * 2 + statistics.variance(scores[1:])
    assert accepted.arithmetic.degrees_of_freedom == 3 * 2 + 1
    assert accepted.arithmetic.sd == pytest.approx(math.sqrt(squares / 7))
    assert accepted.arithmetic.source == "4 cells: as usual; other threads; other processor"
    assert accepted.seeds.degrees_of_freedom == 3 + 2  # of segnet_v1 and of fcn8s
    fourth = statistics.variance([*3 * [GOOD_MIOU], 800 / 1200]) * 3
    assert accepted.seeds.sd == pytest.approx(math.sqrt(fourth / 5))


@pytest.mark.usefixtures("reported")
def test_training_with_other_parameters_is_no_repetition() -> None:
    Path("elsewhere").mkdir()
    with contextlib.chdir("elsewhere"):
        write_bench(fake_bench(models=["segnet_v1"], total_epochs=8))
    error = segbench("--update", "--repeated", "elsewhere").exception
    assert isinstance(error, UserError)
    assert "streets-segnet_v1-ce-s0 was trained with other parameters" in str(error)
    assert "elsewhere" in str(error)


@pytest.mark.usefixtures("reported")
def test_repetitions_without_a_training_or_a_new_baseline_are_an_error() -> None:
    Path("elsewhere").mkdir()
    for arguments, message in (
        (["--update", "--repeated", "elsewhere"], "no trained cell"),
        (["--update", "--repeated", "elsewhere", "--repeated", "a/elsewhere"], "same name"),
        (["--repeated", "elsewhere"], "needs --update"),
    ):
        error = segbench(*arguments).exception
        assert isinstance(error, UserError)
        assert message in str(error)


@pytest.mark.usefixtures("reported")
def test_json_has_every_check_and_null_for_what_is_not_there() -> None:
    segbench("--update")
    path = Path("reports/fake/baseline.json")
    record = json.loads(path.read_text())
    del record["groups"]["streets/fcn8s/ce"]
    path.write_text(json.dumps(record))
    checks = {one["group"]: one for one in json.loads(segbench("--json").stdout)}
    assert checks[GROUP]["verdict"] == "ok"
    assert checks[GROUP]["change"] == 0
    assert checks["streets/fcn8s/ce"]["verdict"] == "new"
    assert checks["streets/fcn8s/ce"]["accepted"] is None


@pytest.mark.usefixtures("reported")
def test_damaged_baseline_is_an_error_that_names_the_file() -> None:
    Path("reports/fake/baseline.json").write_text("{}")
    result = segbench()
    assert isinstance(result.exception, UserError)
    assert "reports/fake/baseline.json is not a baseline" in str(result.exception)


def test_the_gate_does_not_load_torch() -> None:
    code = "import sys, segnet.results.gate, segnet.cli.check; sys.exit('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=root).returncode == 0


@pytest.mark.parametrize(
    "path", sorted((ROOT / "reports").glob("*/bench.json")), ids=lambda path: path.parent.name
)
def test_every_committed_bench_passes_its_committed_baseline(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, ["check", "--bench", path.parent.name])
    assert result.exit_code == 0, result.output
