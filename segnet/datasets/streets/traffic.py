"""Who moves in a street: cars, vans, buses, pedestrians and cyclists, in metres."""

import numpy as np

from segnet.datasets.streets.objects import (
    DARK,
    PAINTS,
    Part,
    build_figure,
    build_solid,
    draw_colour,
    draw_grey,
)
from segnet.datasets.streets.shapes import (
    Camera,
    Floats,
    Label,
    Line,
    Patch,
    Side,
    Thing,
    bars,
    box,
    ellipse,
    grid,
    grow,
    on_face,
    rectangle,
    ring,
)

CLOTHES = np.array([[10, 8, 26], [66, 6, 10], [70, 10, 34], [46, 8, 46], [70, 26, 30]]) / 100
VESTS = np.array([[80, 88, 6], [95, 42, 4], [10, 80, 70]]) / 100
SKIN = np.array([[86, 64, 50], [62, 42, 30], [36, 24, 18]]) / 100
HEADLAMPS = np.array([[90, 90, 80], [75, 6, 5]]) / 100  # coming, going

# Length, width, height and height of the shoulder of a car, a saloon, a van and a bus; and how much
# their roof falls short of the shoulder at either end. All in metres.
VEHICLES = (
    (4.0, 1.75, 1.5, 0.9, 0.7),
    (4.5, 1.80, 1.45, 0.9, 1.0),
    (5.2, 2.00, 2.3, 1.2, 0.3),
    (9.0, 2.50, 3.1, 1.2, 0.1),
)
VEHICLE_SHARES = (0.45, 0.35, 0.13, 0.07)
SIDE_WHEELS = np.concatenate([ellipse(u, -0.05, 0.08, 0.45) for u in (0.2, 0.8)])
END_WHEELS = np.concatenate([rectangle(u, u + 0.14, -0.4, 0.0) for u in (0.02, 0.84)])
LAMPS = np.concatenate([rectangle(u, u + 0.16, 0.5, 0.8) for u in (0.04, 0.8)])

# Frame, legs, torso, arms and head of a cyclist, as lines in metres.
FRAME: list[Line] = [
    ((-0.52, 0.34), (-0.2, 0.8)),
    ((-0.2, 0.8), (0.4, 0.8)),
    ((-0.05, 0.3), (0.4, 0.8)),
    ((0.52, 0.34), (0.38, 1.05)),
]
RIDER_FROM_SIDE: tuple[list[Line], ...] = (
    FRAME,
    [((-0.15, 0.95), (0.17, 0.65)), ((0.17, 0.65), (0.0, 0.2)), ((-0.15, 0.95), (-0.1, 0.4))],
    [((-0.18, 0.9), (0.12, 1.42))],
    [((0.12, 1.4), (0.4, 1.05))],
    [((0.18, 1.5), (0.22, 1.74))],
)
RIDER_FROM_BEHIND: tuple[list[Line], ...] = (
    [((-0.03, 0.0), (-0.03, 0.8)), ((0.03, 0.0), (0.03, 0.8)), ((-0.3, 1.05), (0.3, 1.05))],
    [((-0.11, 0.95), (-0.14, 0.25)), ((0.11, 0.95), (0.14, 0.4))],
    [((0.0, 0.85), (0.0, 1.46))],
    [((-0.18, 1.42), (-0.28, 1.05)), ((0.18, 1.42), (0.28, 1.05))],
    [((0.0, 1.5), (0.0, 1.74))],
)


def build_vehicle(
    rng: np.random.Generator, camera: Camera, x: float, z: float, *, across: bool
) -> Thing:
    """A car, van or bus along the road or across it; z is its near end."""
    kind = rng.choice(len(VEHICLES), p=VEHICLE_SHARES)
    length, width, height, shoulder, slope = VEHICLES[kind]
    dx, dz = (length, width) if across else (width, length)
    extent = (x - dx / 2, x + dx / 2, z, z + dz)
    roof = grow(extent, -slope, -0.15) if across else grow(extent, -0.15, -slope)
    ends = (Side.LEFT, Side.RIGHT) if across else (Side.NEAR, Side.FAR)
    paint, glass = draw_colour(rng, PAINTS, 0.04), draw_grey(rng, 0.08, 0.35)
    lamps = draw_colour(rng, HEADLAMPS)
    patches: list[Patch] = []
    for body in build_solid(camera, box(extent, extent, 0.25, shoulder), paint, Label.CAR):
        face, is_end = body.shape[0], body.side in ends
        patches.append(body)
        if body.side is not Side.TOP:
            wheels = on_face(face, END_WHEELS if is_end else SIDE_WHEELS)
            patches.append(Patch(wheels, DARK, Label.CAR))
        if is_end:
            patches.append(Patch(on_face(face, LAMPS), lamps, None))
    for cabin in build_solid(camera, box(extent, roof, shoulder, height), paint, Label.CAR):
        patches.append(cabin)
        if cabin.side is not Side.TOP:
            panes = grid(1 if cabin.side in ends else 2, 1, 0.86, 0.7)
            patches.append(Patch(on_face(cabin.shape[0], panes), glass, None, side=cabin.side))
    return Thing(z + dz / 2, patches, extent, height)


def build_pedestrian(rng: np.random.Generator, x: float, z: float) -> Thing:
    """A grown-up or a child, in trousers or a long coat; drawn for a height of 1."""
    height = rng.uniform(1.55, 1.9) if rng.random() < 0.85 else rng.uniform(1, 1.4)
    foot, hem, top = rng.uniform(0.04, 0.18), rng.choice([0.5, 0.28]), draw_colour(rng, CLOTHES)
    legs: list[Line] = [((s * 0.06, 0.5), (s * foot, 0.0)) for s in (-1, 1)]
    arms: list[Line] = [((s * 0.12, 0.8), (s * (0.14 + foot / 3), 0.48)) for s in (-1, 1)]
    coat = np.array([[(-0.15, 0.83), (0.15, 0.83), (0.14, hem), (-0.14, hem)]])
    shapes = [
        (bars(legs, 0.12), draw_colour(rng, CLOTHES)),
        (coat, top),
        (bars(arms, 0.08), top * 0.8),
        (ellipse(0.0, 0.92, 0.065, 0.08), draw_colour(rng, SKIN)),
        (ellipse(0.0, 0.955, 0.068, 0.05), draw_grey(rng, 0.03, 0.3)),
    ]
    parts: list[Part] = [(shape * height, paint, Label.PEDESTRIAN) for shape, paint in shapes]
    return build_figure(x, z, (0.5, height), parts)


def build_cyclist(rng: np.random.Generator, x: float, z: float, *, across: bool) -> Thing:
    """A person and a bicycle, from the side or from behind; both are Bicyclist."""
    frame, legs, torso, arms, head = RIDER_FROM_SIDE if across else RIDER_FROM_BEHIND
    top = draw_colour(rng, VESTS if rng.random() < 0.9 else CLOTHES)
    wheels = [ellipse(u, 0.34, 0.37, 0.37, 14) for u in (-0.52, 0.52)] if across else []
    shapes: list[tuple[Floats, Floats | None]] = [(wheel, None) for wheel in wheels]
    shapes += [(ring(wheel, 0.82), DARK) for wheel in wheels]
    shapes += [
        (bars(frame, 0.08), draw_grey(rng, 0.05, 0.5, 0.15)),
        (bars(legs, 0.14), draw_colour(rng, CLOTHES)),
        (bars(torso, 0.34), top),
        (bars(arms, 0.1), top * 0.8),
        (bars(head, 0.2), draw_colour(rng, SKIN if rng.random() < 0.5 else PAINTS)),
    ]
    size = rng.uniform(0.9, 1.1) * np.array([rng.choice([-1, 1]), 1])  # to the left or right
    parts: list[Part] = [(shape * size, colour, Label.BICYCLIST) for shape, colour in shapes]
    return build_figure(x, z, (1.7 if across else 0.5, 1.7), parts)
