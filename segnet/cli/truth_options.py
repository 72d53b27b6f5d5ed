"""Which masks predictions are held against: from a name and a split to the labelled images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segnet.bench.config import load_config
from segnet.errors import UserError
from segnet.paths import prepared_folder, raw_folder

if TYPE_CHECKING:
    from segnet.submissions.truth import Truth

YAML_SUFFIXES = (".yaml", ".yml")


def find_truth(dataset: str, split: str) -> Truth:
    """The masks of a data set of ``params.yaml``, or of a user's YAML.

    Those of any bench's prepared data are taken, as masks stay at their own size, else the raw
    files.

    Raises:
        UserError: if the data set is not known, not here, or has no such split.
    """
    from segnet.datasets.custom.description import read_description
    from segnet.datasets.prepared.store import read_dataset
    from segnet.datasets.registry import define_dataset
    from segnet.submissions.truth import truth_of_description, truth_of_raw, truth_of_store

    if dataset.lower().endswith(YAML_SUFFIXES):
        file = Path(dataset)
        return truth_of_description(read_description(file), file, split)
    config = load_config()
    definition = define_dataset(dataset, config.datasets)
    folders = [prepared_folder(config.bench.name, dataset)]
    folders += sorted(Path("data/prepared").glob(f"*/{dataset}"))
    for folder in folders:
        if (folder / "dataset.json").exists():
            prepared = read_dataset(folder)
            if prepared.taxonomy == definition.taxonomy:
                return truth_of_store(dataset, definition, prepared, split)
    raw = raw_folder(dataset)
    if not raw.exists():
        raise UserError(
            f"the masks of {dataset} are not here: neither {folders[0]} nor {raw} exists. Run "
            f"`python -m pipelines.fetch {dataset}`."
        )
    return truth_of_raw(dataset, definition, raw, split)
