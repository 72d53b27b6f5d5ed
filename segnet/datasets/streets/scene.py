"""`streets`: procedural street scenes with CamVid's classes, drawn from a seed.

A scene is a list of things, sorted by depth and painted from far to near.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from segnet.datasets.streets.canvas import Bytes, Canvas, Weather
from segnet.datasets.streets.objects import (
    LEAVES,
    PAVING,
    build_bin,
    build_fence,
    build_hedge,
    build_house,
    build_pole,
    build_sign,
    build_traffic_light,
    build_tree,
    draw_colour,
    draw_grey,
)
from segnet.datasets.streets.shapes import (
    NEAR_PLANE,
    Camera,
    Floats,
    Label,
    Patch,
    Texture,
    Thing,
    beside,
    flat,
)
from segnet.datasets.streets.traffic import build_cyclist, build_pedestrian, build_vehicle

HORIZON_DEPTH = 250.0  # metres; the ground ends here
SIDES = (-1, 1)  # left and right


class Scene(NamedTuple):
    """An RGB image (H, W, 3) and its labels (H, W): 0..10 as in `Label`, void 11."""

    image: Bytes
    mask: Bytes


class Street(NamedTuple):
    """What runs along the road, in metres from its middle; pairs are left and right."""

    kerb: float
    path: tuple[float, float]  # where the pavement ends
    wall: tuple[float, float]  # where houses and gardens begin
    crossing: tuple[float, float]  # depths between which another road crosses
    end: float  # depth of the last house


def draw_scene(seed: int, index: int, *, height: int, width: int) -> Scene:
    """Scene number `index` of `seed`; depends on the arguments alone, not on earlier draws.

    Any size from 48 x 64 pixels works. Another size is another view, not the same one resampled.
    """
    rng = np.random.default_rng([seed, index])
    camera, weather, street = draw_camera(rng, height, width), draw_weather(rng), draw_street(rng)
    things = close_view(rng, camera, street) + line_street(rng, camera, street)
    things += furnish_kerb(rng, camera, street)
    things += keep_apart(draw_people(rng, street) + draw_traffic(rng, camera, street))
    canvas = Canvas(camera, weather, (height, width))
    for patch in lay_ground(rng, street) + mark_road(rng, street):
        canvas.fill(patch)
    for thing in sorted(things, key=lambda thing: -thing.depth):
        canvas.cast_shadow(thing)
        if rng.random() < 0.5:  # on every border there would be too much void
            canvas.blur_border(thing)
        for patch in thing.patches:
            canvas.fill(patch)
    return Scene(canvas.photograph(rng), canvas.mask())


def draw_camera(rng: np.random.Generator, height: int, width: int) -> Camera:
    """Somebody who walks or drives along the road and looks almost along it."""
    return Camera(
        focal=float(np.sqrt(height * width)) * rng.uniform(0.9, 1.2),
        u=width * rng.uniform(0.3, 0.7),
        v=height * rng.uniform(0.44, 0.54),
        height=rng.uniform(1.4, 2.2),
        offset=rng.uniform(-2.0, 2.0),
        roll=rng.normal(0, 0.01),
        curvature=rng.normal(0, 0.001),
    )


def draw_weather(rng: np.random.Generator) -> Weather:
    """Sun, overcast or dusk."""
    kind = int(rng.choice(3, p=[0.6, 0.3, 0.1]))
    x, z = rng.uniform(-1.4, 1.4), rng.uniform(-0.8, 0.8)
    towards_sun = np.array([z, x, -x, -z, 0.6])  # by `Side`
    contrast, exposure = ((0.25, 1.0), (0.06, 0.95), (0.15, 0.85))[kind]
    zenith = np.array([[0.25, 0.45, 0.85], [0.70, 0.72, 0.76], [0.30, 0.32, 0.50]])[kind]
    horizon = np.array([[0.75, 0.82, 0.92], [0.82, 0.83, 0.84], [0.85, 0.62, 0.48]])[kind]
    return Weather(
        sun=((x, z), (0.0, 0.0), (2 * x, 2 * z))[kind],
        shadow=(rng.uniform(0.3, 0.6), 0.2, rng.uniform(0.1, 0.3))[kind],
        brightness=np.clip(0.95 + contrast * towards_sun, 0.5, 1.4) * exposure,
        zenith=np.clip(zenith + rng.normal(0, 0.05, 3), 0, 1),
        horizon=np.clip(horizon + rng.normal(0, 0.05, 3), 0, 1),
        haze=rng.choice([0.001, 0.002, 0.005]),
        wetness=rng.choice([0.0, 0.0, 0.0, 0.2]),
    )


def draw_street(rng: np.random.Generator) -> Street:
    """Widths, a crossing road in most streets, and an end in sight in some."""
    kerb = rng.uniform(2.8, 4.4)
    left, right = kerb + rng.uniform(3.5, 8, 2)
    left_wall, right_wall = np.add((left, right), rng.choice([0.0, 1.5, 4.0], 2))
    crossing = rng.uniform(12, 45) if rng.random() < 0.6 else HORIZON_DEPTH
    end = rng.uniform(30, 60) if rng.random() < 0.3 else 110.0
    depths = (crossing, crossing + rng.uniform(6, 10))
    return Street(kerb, (left, right), (left_wall, right_wall), depths, end)


def lay_ground(rng: np.random.Generator, street: Street) -> list[Patch]:
    """Verges, pavements, kerbs, the road and the one that crosses it."""
    edges = np.geomspace(NEAR_PLANE, HORIZON_DEPTH, 13)  # short pieces follow the curve
    asphalt = draw_grey(rng, 0.25, 0.42, 0.02)
    paving = draw_colour(rng, PAVING) if rng.random() < 0.95 else asphalt * 1.15
    verge = (-300.0, 300.0, paving, Label.PAVEMENT, Texture.GRAIN)
    if rng.random() < 0.25:
        verge = (-300.0, 300.0, draw_colour(rng, LEAVES), Label.TREE, Texture.LEAVES)
    (left, right), kerb = street.path, street.kerb
    bands = [
        verge,
        (-left, right, paving, Label.PAVEMENT, Texture.GRAIN),
        (-kerb - 0.2, kerb + 0.2, paving * 1.15, Label.PAVEMENT, Texture.PLAIN),
        (-kerb, kerb, asphalt, Label.ROAD, Texture.STAINS),
    ]
    patches = [
        Patch(flat(x0, x1, z0, z1), colour, label, texture)
        for x0, x1, colour, label, texture in bands
        for z0, z1 in pairwise(edges)
    ]
    crossing = flat(-200.0, 200.0, *street.crossing)
    mended = rng.uniform((-kerb, 4), (kerb - 1.5, 25), (4, 2))
    return [
        *patches,
        Patch(crossing, asphalt, Label.ROAD, Texture.STAINS),
        *(Patch(flat(x, x + 1.5, z, z * 1.3), asphalt * 0.8, None) for x, z in mended),
    ]


def mark_road(rng: np.random.Generator, street: Street) -> list[Patch]:
    """Lines and a zebra crossing: details of the road."""
    kerb, (gap, gap_end) = street.kerb, street.crossing
    shapes: list[Floats] = []
    if rng.random() < 0.7:
        starts = [z for z in np.arange(2.0, 90.0, 5.0) if not gap - 2 < z < gap_end]
        shapes += [flat(-0.08, 0.08, z, z + 2) for z in starts]
    if rng.random() < 0.4:
        shapes += [flat(x, x + 0.15, NEAR_PLANE, gap) for x in (0.4 - kerb, kerb - 0.55)]
    if rng.random() < 0.5:
        z = min(rng.uniform(6, 16), gap - 4)
        stripes = [flat(x, x + 0.5, z, z + 3) for x in np.arange(0.3 - kerb, kerb - 0.5)]
        shapes.append(np.concatenate(stripes))
    white = draw_grey(rng, 0.6, 0.95, 0.03)
    return [Patch(shape, white, None, Texture.GRAIN) for shape in shapes]


def close_view(rng: np.random.Generator, camera: Camera, street: Street) -> list[Thing]:
    """Trees and houses behind the end of the street; across it, where the end is in sight."""
    things: list[Thing] = []
    z = street.end + 20
    for x in np.arange(-70.0, 70.0, 28.0):
        if rng.random() < 0.5:
            things.append(build_house(rng, camera, (x, x + 28, z, z + 10)))
        else:
            things.append(build_tree(rng, x, z, rng.uniform(8, 16)))
    if street.end < 100:
        things.append(build_house(rng, camera, (-12.0, 12.0, street.end, street.end + 10)))
    return things


def line_street(rng: np.random.Generator, camera: Camera, street: Street) -> list[Thing]:
    """Houses and gardens on both sides, lot by lot, with a gap where another road crosses."""
    things: list[Thing] = []
    gap, gap_end = street.crossing
    for side, wall in zip(SIDES, street.wall, strict=True):
        z, built = NEAR_PLANE, rng.choice([0.5, 0.8, 1.0])
        while z < street.end:
            if gap - 2 < z < gap_end:
                z = gap_end
            length = rng.uniform(6, 16) * (1 + z / 50)  # far lots may be coarse
            lot = (z, min(z + length, gap) if z < gap else z + length)
            if rng.random() < built:
                things.append(build_house(rng, camera, (*beside(side, wall, wall + 10), *lot)))
            else:
                things += plant_garden(rng, camera, side, wall, lot)
            z = lot[1]
    return things


def plant_garden(
    rng: np.random.Generator, camera: Camera, side: int, wall: float, lot: tuple[float, float]
) -> list[Thing]:
    """A fence or a hedge, trees behind it, and behind them sometimes a house."""
    things: list[Thing] = []
    if rng.random() < 0.75:
        things.append(build_fence(rng, side * wall, side * wall, *lot))
    else:
        things.append(build_hedge(rng, camera, (*beside(side, wall, wall + 1), *lot)))
    for z in rng.uniform(*lot, rng.integers(1, 3)):
        things.append(build_tree(rng, side * (wall + rng.uniform(1, 5)), z, rng.uniform(3, 9)))
    if rng.random() < 0.5:
        things.append(build_house(rng, camera, (*beside(side, wall + 6, wall + 15), *lot)))
    return things


def draw_depths(
    rng: np.random.Generator, fewest: int, most: int, near: float, far: float
) -> Floats:
    """Depths for `fewest` to `most` things, even in log: as many large ones as small ones."""
    count = rng.integers(fewest, most + 1)
    return near * (far / near) ** rng.random(count)


def furnish_kerb(rng: np.random.Generator, camera: Camera, street: Street) -> list[Thing]:
    """Poles, signs, lights, trees, bins and railings at the kerb, and barriers on the road."""
    kerb, things = street.kerb, list[Thing]()
    for z in draw_depths(rng, 1, 4, 4.0, 14.0):
        things.append(build_pole(rng, camera, rng.choice(SIDES) * (kerb + 0.5), z))
    for z in draw_depths(rng, 1, 3, 5.0, 14.0):
        things.append(build_sign(rng, camera, rng.choice(SIDES) * (kerb + 0.7), z))
    for z in draw_depths(rng, 0, 1, 6.0, 20.0):
        things.append(build_traffic_light(rng, camera, rng.choice(SIDES) * (kerb + 0.4), z))
    for z in draw_depths(rng, 1, 3, 7.0, 20.0):
        things.append(build_tree(rng, rng.choice(SIDES) * (kerb + 1), z, rng.uniform(4, 8)))
    for z in draw_depths(rng, 0, 1, 7.0, 25.0):
        things.append(build_bin(rng, camera, rng.choice(SIDES) * (kerb + 1), z))
    for z in draw_depths(rng, 1, 2, 5.0, 14.0):
        x = rng.choice(SIDES) * (kerb + 0.3)
        things.append(build_fence(rng, x, x, z, z + rng.uniform(4, 12)))
    for z in draw_depths(rng, 0, 1, 8.0, 25.0):
        x = rng.uniform(-kerb, kerb)
        things.append(build_fence(rng, x, x + rng.uniform(1.5, 3), z, z))
    return things


def draw_traffic(rng: np.random.Generator, camera: Camera, street: Street) -> list[Thing]:
    """Cars parked at the kerb, cars on their lanes, and cars on the crossing road."""
    places = [
        (side * (street.kerb - 1), z)
        for side in SIDES
        for z in np.arange(rng.uniform(5, 12), 40, 6.5)
        if rng.random() < 0.3
    ]
    for z in draw_depths(rng, 0, 3, 6.0, 30.0):
        places.append((rng.choice(SIDES) * street.kerb * 0.45, z))
    things = [build_vehicle(rng, camera, x, z, across=False) for x, z in places]
    if street.crossing[0] < 60 and rng.random() < 0.6:
        x, z = rng.uniform(-8, 8), street.crossing[0] + rng.uniform(1, 3)
        things.append(build_vehicle(rng, camera, x, z, across=True))
    return things


def draw_people(rng: np.random.Generator, street: Street) -> list[Thing]:
    """Pedestrians, most of them on the pavement, and cyclists, most of them on the road."""
    things: list[Thing] = []
    for z in draw_depths(rng, 2, 6, 3.2, 8.0):
        side = rng.integers(2)
        x = SIDES[side] * rng.uniform(street.kerb + 0.3, street.path[side])
        things.append(build_pedestrian(rng, x if rng.random() < 0.75 else rng.uniform(-4, 4), z))
    for z in draw_depths(rng, 1, 2, 3.2, 7.0):
        x = rng.uniform(-1, 1) * (street.kerb + 1)
        things.append(build_cyclist(rng, x, z, across=rng.random() < 0.6))
    return things


def keep_apart(things: list[Thing]) -> list[Thing]:
    """The things without those that stand in an earlier one."""
    kept: list[Thing] = []
    for thing in things:
        x0, x1, z0, z1 = thing.footprint
        others = [other.footprint for other in kept]
        if not any(x0 < b and a < x1 and z0 < d and c < z1 for a, b, c, d in others):
            kept.append(thing)
    return kept
