"""Dagster's webserver behind a guard, so that no page of another site can start a build or read what the UI shows.

By itself the webserver runs mutations that come by GET, which an image on any page can send, and looks at neither
`Origin` nor `Host`. `broadsheet ui` starts this module in its place; `dagster dev` and `dg dev` are not guarded.
"""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

import dagster_webserver.app
from dagster_webserver.cli import cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s/@:\[\]]+))(?::\d+)?", re.IGNORECASE)


class Guard:
    """Refuses, with status 403, what a browser sends on behalf of another site, and queries by GET.

    The host asked for must be this machine under a name that no stranger can point to it: an address that the request
    came to, `localhost`, or the host that the UI was told to listen on. Programs other than browsers send no `Origin`.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._hosts = {"localhost", "127.0.0.1", "::1", host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif reason := self._objection(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": reason})
            else:
                await PlainTextResponse(f"{reason}\n", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, partial(_send_unframed, send))

    def _objection(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        [host, *others] = headers.getlist("host") or [""]
        match = _HOST.fullmatch(host)
        name = (match[1] or match[2]).lower() if match else None
        if others or name not in self._hosts | {(scope.get("server") or ("",))[0]}:
            return "this host is not served here; ask for localhost, or start broadsheet ui with --host"
        own = {f"{scheme}://{host}".lower() for scheme in ("http", "https")}
        if any(origin.lower() not in own for origin in headers.getlist("origin")):
            return "pages of other sites may not ask"
        # Links from other pages lead here, but nothing that they embed or fetch without an Origin.
        is_visit = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_visit:
            return "pages of other sites may not ask"
        if scope["path"] == "/graphql" and scope.get("method", "POST") != "POST" and scope["query_string"]:
            return "queries are taken by POST alone"
        return None


async def _send_unframed(send: Send, message: Message) -> None:
    """Send an answer that no page of another site can show inside of itself, to have its buttons clicked unseen."""
    if message["type"] == "http.response.start":
        MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
    await send(message)


def serve(host: str, port: int, workspace: Path) -> None:
    """Serve the UI of a workspace behind the guard until a signal ends it."""

    class GuardedWebserver(DagsterWebserver):  # type: ignore[type-arg]
        def build_middleware(self) -> list[Middleware]:
            return [Middleware(Guard, host), *super().build_middleware()]

    dagster_webserver.app.DagsterWebserver = GuardedWebserver  # type: ignore[attr-defined]
    cli(["--host", host, "--port", str(port), "--workspace", str(workspace)])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
