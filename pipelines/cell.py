"""What the stages of a cell work with, built from the names that ``params.yaml`` gives.

Which seed, split and options go where changes numbers. So this stands here, where the stages name
it as a dependency, and not in ``segnet.bench``, on which none depends. What training alone needs is
apart, in ``pipelines.training_start``: an edit of a loss must not measure a network again.
"""

from __future__ import annotations

from functools import cached_property

from torch import nn

from segnet.bench.config import Config
from segnet.bench.steady import load_config_of, require_unchanged
from segnet.compute import Compute, choose_compute
from segnet.datasets.prepared.store import PreparedDataset, read_dataset
from segnet.datasets.prepared.tensor_split import ResidentSplit, load_resident
from segnet.grid import Cell
from segnet.models.building import build_model
from segnet.paths import prepared_folder
from segnet.results.provenance import collect_provenance
from segnet.results.records import Provenance


class OpenCell:
    """A cell of the bench; torch is set up at once, each part is made when it is asked for.

    Args:
        config: of the bench.
        cell: one whose names the bench knows.
    """

    def __init__(self, config: Config, cell: Cell) -> None:
        self.config = config
        self.cell = cell
        self.compute = choose_compute(config.bench.precision)

    @cached_property
    def data(self) -> PreparedDataset:
        """The prepared data set."""
        return read_dataset(prepared_folder(self.cell.bench, self.cell.dataset))

    def split(self, name: str) -> ResidentSplit:
        """A split of the data set, on the device."""
        return load_resident(self.data.splits[name], self.compute.device)

    def network(self) -> nn.Module:
        """The network for the classes of the data set, at its random initialisation."""
        num_classes = self.data.taxonomy.num_classes
        return build_network(
            self.config, self.cell.model, num_classes=num_classes, seed=self.cell.seed
        )

    def provenance(self) -> Provenance:
        """Of a result that is made now from these parts."""
        return provenance_of(self.compute, self.data)

    def require_unchanged(self) -> None:
        """Check at the end of a stage that ``params.yaml`` still describes this very cell.

        Raises:
            UserError: if not: DVC would write down the new settings beside the old result.
        """
        require_unchanged(self.config, lambda config: config.resolved(self.cell))


def open_cell(
    dataset: str, model: str, loss: str, seed: int, *, bench: str | None = None
) -> OpenCell:
    """The cell of that name, of the bench that ``params.yaml`` describes.

    Raises:
        UserError: if the file describes another bench than the one named.
    """
    config = load_config_of(bench)
    name = config.bench.name
    return OpenCell(config, Cell(bench=name, dataset=dataset, model=model, loss=loss, seed=seed))


def build_network(config: Config, model: str, *, num_classes: int, seed: int) -> nn.Module:
    """A network with the bench's width and its own options, at its random initialisation."""
    return build_model(
        model,
        num_classes=num_classes,
        width=config.bench.width,
        options=config.models[model],
        seed=seed,
    )


def provenance_of(compute: Compute, data: PreparedDataset) -> Provenance:
    """Of a result that is made now, on that device and of those data."""
    return collect_provenance(
        device=compute.device_name,
        precision=compute.precision,
        threads=compute.threads,
        data_fingerprint=data.fingerprint,
    )
