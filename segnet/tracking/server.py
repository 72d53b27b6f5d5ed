"""MLflow's user interface, started lean."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress

from segnet.errors import UserError
from segnet.tracking.location import ARTIFACTS, tracking_uri

SERVER_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # a dozen processes that we have no use for
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "PYTHONWARNINGS": "ignore",  # deprecations inside MLflow that a user cannot mend
}


def serve_ui(*, host: str = "127.0.0.1", port: int = 5000) -> int:
    """Serve MLflow's user interface until Ctrl-C; gives the server's exit status, 0 after Ctrl-C.

    Raises:
        UserError: if the port is taken, or the runs are on a server that has an interface already.
    """
    uri = tracking_uri()
    if uri.startswith(("http://", "https://")):
        raise UserError(f"MLFLOW_TRACKING_URI is a server already. Open {uri} in a browser.")
    _check_port(host, port)
    name = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host
    # Without the query, MLflow shows its menus for language models.
    url = f"http://{name}:{port}/#/experiments?workflowType=machine_learning"
    print(f"MLflow at {url} in about 15 s. Ctrl-C ends it.", file=sys.stderr)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri),
            *("--default-artifact-root", ARTIFACTS.resolve().as_uri(), "--no-serve-artifacts"),
            *("--host", host, "--port", str(port), "--workers", "1"),
            *("--uvicorn-opts", "--log-level warning"),
        ],
        env=SERVER_ENVIRONMENT | os.environ,
        start_new_session=True,  # so that the server and its workers can be ended together
    )
    # `kill` shall end the server like Ctrl-C, not orphan it.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _wait_until_ready(server, f"http://{host}:{port}/health")
        if server.poll() is None:
            print(f"Ready: {url}", file=sys.stderr)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _end(server)
        signal.signal(signal.SIGTERM, before)


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"{host}:{port} cannot be served: {error.strerror}. Perhaps `segbench ui` runs "
                f"already; else take another port: `segbench ui --port {port + 1}`."
            ) from None


def _wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    """Return when the server answers or has ended."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:  # not listening yet
            with suppress(subprocess.TimeoutExpired):
                server.wait(timeout=0.5)


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server and its workers, with force after ten seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=10)
            return
