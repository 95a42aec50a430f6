"""Serve the dashboard in a browser, or open it as a notebook."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import webbrowser
from pathlib import Path

import marimo
import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware

from pipeline.dashboard import following, view
from pipeline.errors import BroadsheetError
from pipeline.settings import WAREHOUSE_VARIABLE

APP = Path(__file__).with_name("app.py")


def serve(warehouse: Path, host: str, port: int, open_browser: bool) -> None:
    """Serve the dashboard of a warehouse until Ctrl-C or SIGTERM, and end the process. Port 0 is any that is free.

    It is there as well before anything is built, and says so. Raises `BroadsheetError` when the port cannot be used.
    """
    with _listening(host, port) as listener:
        os.environ[WAREHOUSE_VARIABLE] = str(warehouse)
        view.warm_up(following.follower(warehouse))
        app = marimo.create_asgi_app(quiet=True).with_app(path="/", root=str(APP)).build()
        address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"
        print(f"The dashboard is at {address}; Ctrl-C ends it.", flush=True)
        if open_browser:
            webbrowser.open(address)
        # Uvicorn ends by these signals and sends them on to whoever was there before: here they have done their work.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        # A page of another site could have its own name lead here, and read what is shown. Open pages keep nobody
        # waiting.
        guarded = TrustedHostMiddleware(app, _names(host))
        uvicorn.Server(uvicorn.Config(guarded, log_level="error", timeout_graceful_shutdown=1)).run([listener])
    # Threads of marimo that serve open pages outlive its server and would be waited for. They only read.
    sys.stdout.flush()
    os._exit(0)


def edit(warehouse: Path, host: str, port: int, open_browser: bool) -> None:
    """Open the dashboard as a notebook until Ctrl-C; what is changed there is saved in its file. The address has a
    token, because a notebook runs what is typed. Raises `BroadsheetError` when the port cannot be used."""
    with _listening(host, port) as free:
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "marimo", "edit", str(APP), "--host", host, "--port", str(port)]
    command += ["--skip-update-check", *([] if open_browser else ["--headless"])]
    with subprocess.Popen(command, env=os.environ | {WAREHOUSE_VARIABLE: str(warehouse)}) as notebook:
        try:
            notebook.wait()
        except KeyboardInterrupt:  # It got the signal as well, and ends itself.
            notebook.wait()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that holds the port. Raises `BroadsheetError` when that cannot be used."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise BroadsheetError(f"port {port} of {host} cannot be used ({error.strerror}); try --port") from None
    return listener


def _names(host: str) -> list[str]:
    """Names under which a browser may ask: those of this machine and the one that is listened on; any, where all
    networks are listened on."""
    return ["*"] if host in ("0.0.0.0", "::") else ["localhost", "127.0.0.1", "[::1]", host]
