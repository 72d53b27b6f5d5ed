"""The settings of an engine, from ``--engine-config``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segnet.errors import UserError, nearest


def require_known(settings: Mapping[str, Any], known: Sequence[str], *, engine: str) -> None:
    """Check that an engine takes all settings.

    Raises:
        UserError: for one that it does not take; a misspelt one would be a default in disguise.
    """
    for key in settings:
        if key not in known:
            names = ", ".join(known) or "none"
            raise UserError(
                f"engine {engine} has no setting '{key}'. {nearest(key, known)}Known: {names}."
            )
