"""Results beside the settings that ``params.yaml`` has now. No torch."""

from __future__ import annotations

from pathlib import Path

from segnet.bench.config import load_config
from segnet.results.cells import Settings, of_bench_alone


def settings_now() -> Settings:
    """What ``params.yaml`` says; beside a copied ``reports/`` there is none to compare with.

    Raises:
        UserError: if the file is wrong.
    """
    return load_config().settings if Path("params.yaml").exists() else of_bench_alone
