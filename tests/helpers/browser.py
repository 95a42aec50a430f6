"""A page of headless Chromium, driven through its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.helpers import PATIENCE_SECONDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One page of headless Chromium, driven through its DevTools protocol."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        #: What the browser told besides answers, of the domains that are enabled.
        self.events: list[dict[str, Any]] = []
        #: Documents that were opened, with the place in `events` at which each of them was left for the next one.
        self._left: dict[str, int] = {}
        self._document = ""
        self.call("Page.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def evaluate(self, script: str) -> Any:
        """The value of a script; that of a promise once it is kept."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self) -> str:
        return str(self.evaluate("document.body ? document.body.innerText : ''"))

    def open(self, address: str, expected: str) -> None:
        """Open an address and wait until the page shows the expected text."""
        self._left[self._document] = len(self.events)
        self._document = str(self.call("Page.navigate", url=address)["loaderId"])
        wait_for(lambda: expected in self.text(), f"{expected!r} on {address}", self.text)

    def click(self, label: str) -> None:
        """Click the button whose label begins so."""
        x, y = wait_for(lambda: self._middle_of(label), f"a button {label!r}", self.text)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Press a key and let it go: `Tab`, `Enter`."""
        number = {"Tab": 9, "Enter": 13}[key]
        typed = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=number,
                **(typed if kind == "keyDown" else {}),
            )

    def errors(self) -> list[str]:
        """Uncaught exceptions and errors of the console since the domains Network, Runtime and Log were enabled.

        A document that is left cannot end what it asks for, and says so: what it says after that is no error.
        """
        document_of: dict[Any, str] = {}
        found = []
        for place, event in enumerate(self.events):
            method, told = event.get("method"), event.get("params", {})
            if method == "Network.requestWillBeSent":
                document_of[told["requestId"]] = told["loaderId"]
            elif method == "Runtime.executionContextCreated":
                document_of[told["context"]["id"]] = self._document_at(place)
            elif method == "Runtime.exceptionThrown":
                found.append((place, told["exceptionDetails"].get("executionContextId"), str(told)))
            elif method == "Runtime.consoleAPICalled" and told["type"] == "error":
                found.append((place, told["executionContextId"], str(told["args"])))
            elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
                found.append((place, told["entry"].get("networkRequestId"), str(told["entry"])))
        return [
            text
            for place, origin, text in found
            if place < self._left.get(document_of.get(origin, ""), len(self.events))
        ]

    def _document_at(self, place: int) -> str:
        """The document that a context is made for: the first one that is left later."""
        later = [(left, document) for document, left in self._left.items() if left > place]
        return min(later)[1] if later else self._document

    def text_of_charts(self) -> str:
        """What is written in the drawings of the page, also inside of shadow roots."""
        return str(
            self.evaluate(
                "(() => { const walk = root => [...root.querySelectorAll('*')].flatMap(item => ["
                "...(item.tagName === 'text' ? [item.textContent] : []), "
                "...(item.shadowRoot ? walk(item.shadowRoot) : [])]);"
                " return walk(document).join('\\n'); })()"
            )
        )

    def _middle_of(self, label: str) -> Any:
        return self.evaluate(
            f"(() => {{ const found = [...document.querySelectorAll('button:not([disabled])')]"
            f".find(button => button.innerText.trim().startsWith({json.dumps(label)}));"
            " if (!found) return null; const box = found.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )

    def save(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


def wait_for(condition: Callable[[], Any], what: str, details: Callable[[], Any] = str) -> Any:
    """What the condition returns, once that is true."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {what} within {PATIENCE_SECONDS} seconds: {details()}")


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A page of a headless Chromium with a profile of its own."""
    assert CHROMIUM
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    browser = subprocess.Popen(
        [
            CHROMIUM,
            *options,
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "--window-size=1600,1000",
            "--disable-background-networking",
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        active = folder / "DevToolsActivePort"
        wait_for(lambda: active.exists() and active.read_text().count("\n"), "Chromium")
        port = active.read_text().split()[0]
        [target] = [item for item in get_json(f"http://127.0.0.1:{port}/json") if item["type"] == "page"]
        with connect(target["webSocketDebuggerUrl"], max_size=None) as connection:
            yield Page(connection)
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


def get_json(address: str) -> Any:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
