"""Where a number comes from: commit, versions, device, date. Imports torch only if it is loaded."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from datetime import UTC, datetime

from segnet.results.records import Provenance

PACKAGES = ("torch", "torchvision", "segmentation-models-pytorch", "numpy", "segnet")
CODE = ("segnet", "pipelines", "dvc.yaml")
"""Not ``params.yaml``, which every preset changes: a record holds all parameters of its cell."""


def git_commit() -> str:
    """The checked-out commit, ``+dirty`` if tracked code differs from it.

    ``unknown`` outside git, and where git does not track the code: an archive that was unpacked
    inside another repository does not come from that one's commit.
    """
    try:
        if not _git("ls-files", "--", "segnet"):
            return "unknown"
        commit = _git("rev-parse", "HEAD")
        dirty = _git("status", "--porcelain", "--untracked-files=no", "--", *CODE)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+dirty" if dirty else "")


def installed_versions() -> dict[str, str]:
    """Versions of the packages that can change a number; one that is missing is left out."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def collect_provenance(
    *, device: str, precision: str, threads: int, data_fingerprint: str
) -> Provenance:
    """The provenance of a result that is made now, in this process."""
    return Provenance(
        commit=git_commit(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        device=device,
        precision=precision,
        threads=threads,
        platform=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions=installed_versions(),
        data_fingerprint=data_fingerprint,
    )


def _git(*arguments: str) -> str:
    return subprocess.run(
        ("git", *arguments), check=True, capture_output=True, text=True
    ).stdout.strip()
