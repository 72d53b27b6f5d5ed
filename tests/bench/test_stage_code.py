from __future__ import annotations

from pathlib import Path

import pytest

from segnet.bench.stage_code import code_digest, stage_code

DVC_YAML = """
stages:
  train:
    matrix: {model: [a, b]}
    deps:
      - pipelines/train.py
      - segnet/models/${item.model}.py
      - segnet/training
      - data/prepared/${item.dataset}
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    for name in ("pipelines/train.py", "segnet/models/a.py", "segnet/models/b.py"):
        write(name)
    for name in ("segnet/training/loop.py", "segnet/training/recipe/types.py"):
        write(name)


def write(name: str, text: str = "") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def test_code_of_a_stage_is_what_dvc_yaml_names() -> None:
    assert [str(path) for path in stage_code("train", Path.cwd(), model="a", dataset="d")] == [
        "pipelines/train.py",
        "segnet/models/a.py",
        "segnet/training/loop.py",
        "segnet/training/recipe/types.py",
    ]


@pytest.mark.parametrize(
    ("edited", "is_other"),
    [
        ("segnet/models/a.py", True),
        ("segnet/training/recipe/types.py", True),
        ("segnet/training/new.py", True),
        ("segnet/models/b.py", False),
        ("segnet/reporting/page.py", False),
    ],
)
def test_digest_changes_with_the_code_of_the_stage_alone(edited: str, is_other: bool) -> None:
    before = code_digest("train", Path.cwd(), model="a", dataset="d")
    write(edited, "# edited")
    assert (code_digest("train", Path.cwd(), model="a", dataset="d") != before) == is_other
