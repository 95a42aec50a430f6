"""An S3 server (moto), and an end point before it that can be told to fail as real ones do."""

from __future__ import annotations

import http.client
import itertools
import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Self

from pipeline.stores import open_store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

#: Faults that are an answer.
_ANSWERS = {
    "error": (500, "InternalError"),
    "slow_down": (503, "SlowDown"),
    "denied": (403, "AccessDenied"),
    "vanished": (404, "NoSuchKey"),
}
_numbers = itertools.count(1)


@dataclass
class Fault:
    """What becomes of requests of a method, or of any, whose path or query holds a text: so many times, or always.

    `error`, `slow_down`, `denied` and `vanished` are answers. With `hang` there is none, `truncated` breaks off in the
    middle of it, and `lost` does what is asked, but the answer does not arrive. `garbled` stores other bytes.
    `on_hit` is told of each.
    """

    kind: str
    text: str
    times: int = -1
    method: str = ""
    on_hit: Callable[[], None] = lambda: None


class Endpoint:
    """Passes requests on, but for its faults, and notes them. `barrier` is where each request waits for others, and
    `delay_seconds` how long by itself."""

    def __init__(self, behind: str) -> None:
        self.bucket = f"s3://bucket-{next(_numbers)}"
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.barrier: threading.Barrier | None = None
        self.delay_seconds = 0.0
        self._is_closed = threading.Event()
        self._lock = threading.Lock()
        self._behind = behind.removeprefix("http://")
        self._server = _server_of(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        connection = self.behind()
        connection.request("PUT", f"/{self.bucket.removeprefix('s3://')}")
        assert connection.getresponse().status == 200
        connection.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed.set()
        self._server.shutdown()
        self._server.server_close()

    def behind(self) -> http.client.HTTPConnection:
        """A connection to the server to which requests are passed on."""
        return http.client.HTTPConnection(self._behind)

    def store(self) -> ObjectStore:
        """The bucket."""
        return open_store(self.bucket)

    def fault_of(self, request: str) -> str | None:
        """Note a request; what is to become of it."""
        with self._lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.text in request and request.startswith(fault.method) and fault.times:
                    fault.times -= 1
                    break
            else:
                fault = None
        if fault:
            fault.on_hit()
        if fault and fault.kind == "hang":
            self._is_closed.wait()
        if self.barrier:
            self.barrier.wait()
        time.sleep(self.delay_seconds)
        return fault.kind if fault else None


def _server_of(endpoint: Endpoint) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.behind = endpoint.behind()

        def finish(self) -> None:
            self.behind.close()
            with suppress(OSError):
                super().finish()

        def pass_on(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = endpoint.fault_of(f"{self.command} {self.path}")
            if kind in _ANSWERS:
                status, code = _ANSWERS[kind]
                self.answer(status, {}, f"<Error><Code>{code}</Code></Error>".encode())
                return
            if kind == "garbled":
                content = content[::-1]
            if kind != "hang":
                self.behind.request(self.command, self.path, content, dict(self.headers))
                answer = self.behind.getresponse()
                content = answer.read()
                if kind != "lost":
                    self.answer(answer.status, dict(answer.getheaders()), content, is_cut=kind == "truncated")
                    return
            self.close_connection = True

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = pass_on

        def answer(self, status: int, headers: Mapping[str, str], content: bytes, is_cut: bool = False) -> None:
            is_head = self.command == "HEAD"
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", headers.get("Content-Length", "0") if is_head else str(len(content)))
            self.end_headers()
            if not is_head:
                self.wfile.write(content[: len(content) // 2] if is_cut else content)
            self.close_connection |= is_cut

        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests look at `Endpoint.requests`."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that gave up is what tests ask for."""

    return Server(("127.0.0.1", 0), Handler)


@contextmanager
def s3_server() -> Iterator[str]:
    """Address of an S3 server, on a port that it takes itself. It has a process of its own: what it warns of when it
    collects its garbage would fail whichever test is running."""
    context = multiprocessing.get_context("spawn")
    pipe, its_end = context.Pipe()
    process = context.Process(target=_serve, args=(its_end,), daemon=True)
    process.start()
    its_end.close()
    try:
        yield pipe.recv()
    finally:
        process.terminate()
        process.join()
        process.close()
        pipe.close()


def _serve(pipe: Connection) -> None:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    pipe.send(f"http://{host}:{port}")
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])


def variables(url: str) -> dict[str, str]:
    """The environment in which this end point is used, also where there is a proxy for the world outside."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
