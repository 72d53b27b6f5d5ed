"""No name of ``params.yaml`` reaches a shell before it is checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_project import write_params
from scratch_project import copy_project, environment_of, run

from pipelines import validate
from segnet.errors import UserError
from segnet.paths import VALIDATED
from segnet.schema import read_yaml

EVIL = {
    "bench.name": ["demo; touch pwned", "--help", "../demo", "demo\n", "$(touch pwned)", ""],
    "bench.datasets": [["streets; touch pwned"], ["../streets"], ["${bench.title}"], [["streets"]]],
    "bench.models": [["unet`touch pwned`"], ["unet unet"], [{"unet": "; touch pwned"}]],
    "bench.losses": [["ce|touch pwned"], ["ce\ntouch pwned"]],
    "bench.seeds": [["$(touch pwned)"], ["0; touch pwned"], ["0"], [" 0 "], [True], [1.0], [[0]]],
    "bench.more_seeds": [{"models": ["segnet_v1"], "losses": ["ce"], "seeds": ["1 & touch pwned"]}],
    "bench.encoder_weights": ["random; touch pwned", "random > pwned", ["random"]],
    "bench.recipe": ["scratch; touch pwned", "${bench.name}"],
}


@pytest.mark.parametrize(("key", "value"), [(key, one) for key in EVIL for one in EVIL[key]])
def test_what_is_no_plain_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, {key: value})
    with pytest.raises(UserError, match=key):
        validate.main()
    assert not VALIDATED.exists()


def test_what_is_left_is_the_same_for_all_good_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    validate.main()
    before = VALIDATED.read_bytes()
    write_params(tmp_path, {"bench.models": ["unet"], "bench.seeds": [1, 2]})
    validate.main()
    assert VALIDATED.read_bytes() == before


def outs_of(stage: dict[str, Any]) -> list[str]:
    """The paths of all outputs."""
    kinds = [stage.get(kind, []) for kind in ("outs", "metrics", "plots")]
    named = [one for outs in kinds for one in outs]
    return [next(iter(one)) if isinstance(one, dict) else one for one in named]


def test_every_stage_waits_for_the_check_which_has_no_template() -> None:
    stages = read_yaml(Path("dvc.yaml"))["stages"]
    assert "$" not in str(stages["validate"])
    assert outs_of(stages["validate"]) == [str(VALIDATED)]
    waiting, last = {"validate"}, set[str]()
    while waiting != last:
        last = set(waiting)
        made = [out.replace("${item.", "${") for stage in last for out in outs_of(stages[stage])]
        for name, stage in stages.items():
            needed = [str(dep).replace("${item.", "${") for dep in stage["deps"]]
            # a folder of outputs is a dependency of what made any of them
            if any(out == dep or out.startswith(f"{dep}/") for dep in needed for out in made):
                waiting.add(name)
    assert waiting == set(stages)


@pytest.mark.slow
def test_dvc_runs_no_command_with_a_name_that_is_none(tmp_path: Path) -> None:
    copy_project(tmp_path)
    run(tmp_path, "git", "init", "-q")
    for key, value in (
        ("bench.encoder_weights", "random; touch pwned"),
        ("bench.seeds", ["$(touch pwned)"]),
        ("bench.datasets", ["`touch pwned`"]),
    ):
        write_params(tmp_path, {key: value})
        printed = subprocess.run(
            (sys.executable, "-m", "dvc", "repro", "--keep-going"),
            cwd=tmp_path,
            env=environment_of(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert printed.returncode != 0
        assert f"params.yaml: '{key}" in printed.stderr
        assert printed.stdout.count("Running stage") == 1  # validate
        assert list(tmp_path.rglob("pwned*")) == []


@pytest.mark.slow
def test_edit_of_names_runs_nothing_but_the_check(tmp_path: Path) -> None:
    copy_project(tmp_path)
    write_params(tmp_path)
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, "dvc", "repro", "fetch", "weights")
    write_params(tmp_path, {"bench.models": ["unet"], "bench.seeds": [3]})
    printed = run(tmp_path, "dvc", "repro", "fetch", "weights")
    assert printed.count("Running stage") == 1
    assert "Running stage 'validate'" in printed
