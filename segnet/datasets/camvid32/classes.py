"""The 32 colours of CamVid's raw labels, and what each is in the 11 classes of SegNet."""

from __future__ import annotations

from typing import NamedTuple

from segnet.taxonomy import Taxonomy


class RawClass(NamedTuple):
    """A line of ``label_colors.txt``."""

    name: str
    color: tuple[int, int, int]
    group: str | None
    """The class of ``CAMVID_11`` that it belongs to; None is void."""


RAW_CLASSES = (
    RawClass("Animal", (64, 128, 64), "Pedestrian"),
    RawClass("Archway", (192, 0, 128), "Building"),
    RawClass("Bicyclist", (0, 128, 192), "Bicyclist"),
    RawClass("Bridge", (0, 128, 64), "Building"),
    RawClass("Building", (128, 0, 0), "Building"),
    RawClass("Car", (64, 0, 128), "Car"),
    RawClass("CartLuggagePram", (64, 0, 192), "Pedestrian"),
    RawClass("Child", (192, 128, 64), "Pedestrian"),
    RawClass("Column_Pole", (192, 192, 128), "Pole"),
    RawClass("Fence", (64, 64, 128), "Fence"),
    RawClass("LaneMkgsDriv", (128, 0, 192), "Road"),
    RawClass("LaneMkgsNonDriv", (192, 0, 64), "Road"),
    RawClass("Misc_Text", (128, 128, 64), "SignSymbol"),
    RawClass("MotorcycleScooter", (192, 0, 192), "Bicyclist"),
    RawClass("OtherMoving", (128, 64, 64), "Car"),
    RawClass("ParkingBlock", (64, 192, 128), "Pavement"),
    RawClass("Pedestrian", (64, 64, 0), "Pedestrian"),
    RawClass("Road", (128, 64, 128), "Road"),
    RawClass("RoadShoulder", (128, 128, 192), "Pavement"),
    RawClass("Sidewalk", (0, 0, 192), "Pavement"),
    RawClass("SignSymbol", (192, 128, 128), "SignSymbol"),
    RawClass("Sky", (128, 128, 128), "Sky"),
    RawClass("SUVPickupTruck", (64, 128, 192), "Car"),
    RawClass("TrafficCone", (0, 0, 64), "Pole"),
    RawClass("TrafficLight", (0, 64, 64), "SignSymbol"),
    RawClass("Train", (192, 64, 128), "Car"),
    RawClass("Tree", (128, 128, 0), "Tree"),
    RawClass("Truck_Bus", (192, 128, 192), "Car"),
    RawClass("Tunnel", (64, 0, 64), "Building"),
    RawClass("VegetationMisc", (192, 192, 0), "Tree"),
    RawClass("Void", (0, 0, 0), None),
    RawClass("Wall", (64, 192, 0), "Building"),
)
RAW_COLORS = tuple(one.color for one in RAW_CLASSES)
CAMVID_32 = Taxonomy(tuple(one.name for one in RAW_CLASSES), RAW_COLORS)
"""In the order of ``label_colors.txt``, which is alphabetical."""
