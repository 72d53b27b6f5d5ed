"""`voc`: photos with objects of 20 classes, Pascal VOC 2012 segmentation and its SBD extension.

Source: the devkit ``VOCtrainval_11-May-2012.tar`` (http://host.robots.ox.ac.uk/pascal/VOC/voc2012/),
the Semantic Boundaries Dataset ``benchmark.tgz`` (http://home.bharathh.info/pubs/codes/SBD), and
two lists (``voc_lists.py``). Digests: torchvision's prototype data sets (both archives).

Licence: the photos are Flickr's, under Flickr's terms of use; annotations for research.

Citation: M. Everingham et al., "The Pascal Visual Object Classes Challenge: A Retrospective", IJCV
111 (2015) 98-136; B. Hariharan et al., "Semantic Contours from Inverse Detectors", ICCV 2011 (SBD).

Splits: VOC keeps the labels of its own test split, so each protocol scores a list that has labels:
that is our ``test``. ``val``, which chooses the checkpoint, is ``held_out`` training images; so
``train`` is that much smaller than published. They are evenly spaced in the order of ids.

- ``train_aug``: 10,582 -> VOC 2012 val, 1,449. The training list is VOC's train (1,464) and what
  SBD adds, without VOC's val. Held out are images of VOC's train, labelled as the test images are.
- ``sbd_train``: 8,498 -> ``seg11valid``, 736, as FCN: SBD's train, and of VOC 2011 val what is not
  in it. The list of 8,498 holds some hundreds of VOC 2012 val images, which the 736 leave out: what
  was trained on it must never be scored on VOC 2012 val.
- ``sample``: 120 -> 120 pairs of VOC's train and val, mostly animals and people; 69 of the 120
  that are scored are in ``seg11valid``. For development; compares with nothing published.

Classes: 21, background included. Percent of labelled pixels of the sample, train and val / test:
background 64.5/66.0, sofa 6.1/5.2, cat 4.2/3.1, chair 4.0/2.1, cow 3.8/5.4, person 3.8/5.5,
dog 3.6/3.3, sheep 3.3/3.6, horse 2.4/3.1, tvmonitor 1.4/0.2, diningtable 1.1/0.3, car 1.0/0.7,
pottedplant 0.7/0.5, bottle 0.1/0.2; bicycle, bus and motorbike occur in test only, aeroplane and
train nowhere. 6.3/6.7 of all pixels are void.

Quirks: images have many sizes, mostly 500x375; they are scored at their own. Devkit masks are
palette PNGs with a border of void (255) around each object and difficult objects void; SBD masks
(``cls/ID.mat``, ``GTcls.Segmentation``) have neither, and coarser outlines. A training image that
is in VOC's train has the devkit's mask in ``train_aug``, and SBD's in ``sbd_train``, as in FCN.
``seg11valid`` is scored on the masks of 2012, which may differ from those of 2011.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field

from segnet.datasets.definition import DatasetDefinition, DatasetFamily
from segnet.datasets.preparing.images import map_labels, read_labels, read_rgb
from segnet.datasets.preparing.palette import voc_colors
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.voc.files import FETCH_AGAIN, fetch, find_pairs
from segnet.datasets.voc.lists import PROTOCOLS, Protocol
from segnet.datasets.voc.sbd import read_sbd_labels
from segnet.errors import UserError
from segnet.schema import Section
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

NAMES = (
    "background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse "
    "motorbike person pottedplant sheep sofa train tvmonitor"
)
VOC_21 = Taxonomy(tuple(NAMES.split()), voc_colors(0, 21))


class VocOptions(Section):
    """``params.yaml: datasets.voc``."""

    protocol: Literal["train_aug", "sbd_train", "sample"]
    held_out: int = Field(ge=1)
    """How many training images are ``val`` instead."""


def samples(protocol: Protocol, held_out: int, raw_folder: Path) -> dict[str, list[Sample]]:
    """The photos of each split.

    Raises:
        UserError: if a list is not the published one, two lists share an id, or a file is missing.
    """
    return {
        split: [
            Sample(name, name, partial(read_pair, image, mask))
            for name, (image, mask) in pairs.items()
        ]
        for split, pairs in find_pairs(protocol, held_out, raw_folder).items()
    }


def read_pair(image_path: Path, mask_path: Path) -> Pair:
    """A photo and its mask.

    Raises:
        UserError: if a file is damaged, the sizes differ, or a label is not 0..20 or 255; names
            the file.
    """
    read = read_sbd_labels if mask_path.suffix == ".mat" else read_labels
    image, labels = read_rgb(image_path), read(mask_path)
    if image.shape[:2] != labels.shape:
        raise UserError(
            f"{image_path} is {image.shape[1]}x{image.shape[0]} but {mask_path} is "
            f"{labels.shape[1]}x{labels.shape[0]}. {FETCH_AGAIN}"
        )
    mask = map_labels(labels, mask_path, num_classes=VOC_21.num_classes, void=IGNORE_INDEX)
    return Pair(image, mask)


def define(options: VocOptions) -> DatasetDefinition:
    """VOC by one of its protocols."""
    protocol = PROTOCOLS[options.protocol]
    total = protocol.train.size
    note = (
        f"{options.held_out} of the {total} training images are held out to choose the checkpoint; "
        f"{total - options.held_out} are trained on. Void surrounds every object, so BF, which "
        "leaves boundaries with void out, finds hardly any and is near 0; BFs counts them."
    )
    if not protocol.is_published:
        note += " A sample for development: it compares with nothing published."
    return DatasetDefinition(
        title=f"Pascal VOC 2012, {protocol.title}",
        taxonomy=VOC_21,
        synthetic=False,
        source="VOCtrainval_11-May-2012.tar and SBD's benchmark.tgz",
        licence="Flickr's terms of use (photos); research use (annotations)",
        citation="Everingham et al., IJCV 111 (2015) 98-136; Hariharan et al., ICCV 2011",
        fetch=partial(fetch, protocol, options.held_out),
        samples=partial(samples, protocol, options.held_out),
        note=note,
    )


VOC = DatasetFamily(VocOptions, define)
