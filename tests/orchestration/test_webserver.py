"""Nobody gets in: what the guard before Dagster's webserver refuses, asked with real requests of a running UI."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.helpers import PATIENCE_SECONDS
from tests.orchestration.test_ui import LAUNCH, Ui, running_ui

GRAPHQL = "/graphql"
BY_GET = f"{GRAPHQL}?query={quote(LAUNCH)}"
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    with running_ui(tmp_path_factory.mktemp("guarded")) as ui:
        yield ui


def ask(ui: Ui, method: str, path: str, headers: dict[str, str], body: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", ui.port, timeout=PATIENCE_SECONDS)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def post(ui: Ui, **headers: str) -> int:
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(ui, "POST", GRAPHQL, sent, json.dumps({"query": "{ version }"})).status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    ],
)
@pytest.mark.parametrize("path", [BY_GET, BY_GET.replace("graphql", "%67raphql")])
def test_no_mutation_comes_by_get(ui: Ui, headers: dict[str, str], path: str) -> None:
    assert ask(ui, "GET", path, headers).status == 403
    assert ui.runs() == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost.evil.example", "10.1.2.3", "", "a@localhost"]
)
def test_a_foreign_host_is_refused(ui: Ui, host: str) -> None:
    host = host.format(port=ui.port)
    assert post(ui, Host=host) == 403
    assert ask(ui, "GET", "/server_info", {"Host": host}).status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_this_machine_is_served_under_each_of_its_names(ui: Ui, host: str) -> None:
    for name in (host, f"{host}:{ui.port}"):
        assert post(ui, Host=name) == 200
        assert post(ui, Host=name, Origin=f"http://{name}") == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "cors"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"},
    ],
)
def test_a_page_of_another_site_may_not_ask(ui: Ui, headers: dict[str, str]) -> None:
    assert post(ui, **headers) == 403


def test_a_link_leads_here_and_a_frame_does_not(ui: Ui) -> None:
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    answer = ask(ui, "GET", "/asset-groups", visit)
    assert (answer.status, answer.headers["X-Frame-Options"]) == (200, "SAMEORIGIN")
    assert ask(ui, "GET", "/asset-groups", visit | {"Sec-Fetch-Dest": "iframe"}).status == 403


def test_a_websocket_opens_for_the_ui_alone(ui: Ui) -> None:
    address = f"ws://127.0.0.1:{ui.port}{GRAPHQL}"
    protocols = [Subprotocol("graphql-ws")]
    for origin in (None, Origin(ui.address)):
        with connect(address, origin=origin, subprotocols=protocols) as opened:
            assert opened.response and opened.response.status_code == 101
    for headers in ({"origin": Origin(EVIL)}, {"additional_headers": {"Sec-Fetch-Site": "cross-site"}}):
        with pytest.raises(InvalidStatus) as refused, connect(address, subprotocols=protocols, **headers):
            pass
        assert refused.value.response.status_code == 403
