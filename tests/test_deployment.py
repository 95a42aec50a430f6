"""The files of docs/deployment/ fit each other and the package: they were run by hand, and what can rot is tested."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import settings
from pipeline.terminal.cli import main

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "docs" / "deployment"
DOCKERFILE = (FOLDER / "Dockerfile").read_text().replace("\\\n", " ")


def document(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


SERVICES = document("compose.yaml")["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "broadsheet"}


def commands() -> list[list[str]]:
    kubernetes = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    found = [service["command"] for service in OURS.values()]
    for resource in kubernetes:
        pod = resource["spec"].get("jobTemplate", resource)["spec"].get("template", {}).get("spec", {})
        found += [container["command"] for container in pod.get("containers", [])]
    script = (FOLDER / "broadsheet.sbatch").read_text()
    return [*found, *(shlex.split(line) for line in re.findall(r"^broadsheet .*", script, re.MULTILINE))]


def test_the_image_is_made_from_what_is_there_and_let_through_to_the_builder() -> None:
    let_through = [line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"]
    copied = [
        file for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) for file in line.split()[:-1]
    ]
    assert sorted(copied) == sorted(let_through)
    assert all((PROJECT / file).exists() for file in copied)
    assert {"pipeline", "sql", "seeds", "dagster.yaml"} <= set(copied)  # What a wheel is made from.


def test_the_image_has_every_optional_part() -> None:
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    [installed] = re.findall(r"'\.\[(.+?)\]'", DOCKERFILE)
    assert installed.split(",") == sorted(extras)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_a_command_of_ours_is_one_with_such_options(command: list[str]) -> None:
    if command[0] != "broadsheet":
        assert command[0] in {"dagster", "dagster-daemon", "dask", "python"}
        if command[0] == "python":
            assert (PROJECT / (command[2].replace(".", "/") + ".py")).is_file()
        return
    verb = main.commands[command[1]]
    options = {option for parameter in verb.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in command if word.startswith("-")} <= options


def test_containers_get_the_variables_that_are_read() -> None:
    in_image = set(re.findall(r"(\w+)=\S+", DOCKERFILE.partition("\nENV ")[2].partition("\nWORKDIR")[0]))
    assert {"DAGSTER_HOME", settings.SOURCES_VARIABLE, settings.WAREHOUSE_VARIABLE} <= in_image
    asked = set(re.findall(r"\{env: (\w+)\}", (FOLDER / "dagster.yaml").read_text()))
    for service in OURS.values():
        assert asked <= service["environment"].keys()
        ours = {name for name in service["environment"] if name.startswith("BROADSHEET_")}
        assert ours <= {value for name, value in vars(settings).items() if name.endswith("_VARIABLE")}


def test_all_containers_see_documents_and_warehouse_at_the_paths_of_the_image() -> None:
    paths = [re.search(rf"{variable}=(\S+)", DOCKERFILE) for variable in ("BROADSHEET_SOURCES", "BROADSHEET_WAREHOUSE")]
    for service in OURS.values():
        mounted = {volume.removesuffix(":ro").rpartition(":")[2] for volume in service["volumes"]}
        assert {path[1] for path in paths if path} <= mounted
    assert all(paths)


def test_ports_are_open_to_this_machine_alone_and_lead_to_what_listens() -> None:
    for service in SERVICES.values():
        for port in service.get("ports", []):
            address, outside, inside = port.split(":")
            assert address == "127.0.0.1"
            assert outside == inside
            assert inside in service["command"]
    [server] = document("workspace.yaml")["load_from"]
    assert server["grpc_server"]["host"] in OURS
    assert str(server["grpc_server"]["port"]) in OURS[server["grpc_server"]["host"]]["command"]


def test_settings_of_dagster_are_those_of_the_checkout_and_the_history() -> None:
    shared = document("dagster.yaml")
    assert shared.pop("storage")["postgres"]["postgres_db"]["port"] == 5432
    assert shared == yaml.safe_load((PROJECT / "dagster.yaml").read_text())
