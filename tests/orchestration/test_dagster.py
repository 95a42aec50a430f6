"""The warehouse in Dagster: what the catalog shows, what a run and a report tell it, and what survives trouble."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline.build import Built, build_warehouse
from pipeline.definitions import definitions
from pipeline.errors import BroadsheetError
from pipeline.orchestration import automation, liveness
from pipeline.orchestration.facts import events
from pipeline.orchestration.home import prepare_home
from pipeline.orchestration.report import report_snapshot
from pipeline.orchestration.specs import (
    READ_CHECK,
    SCHEMA_CHECK,
    asset_names,
    checked_asset,
    code_version,
    inputs,
)
from pipeline.orchestration.step import ELSEWHERE, SNAPSHOT_TAG
from pipeline.orchestration.ui import serve_ui
from pipeline.schema.tables import TABLES
from pipeline.settings import DAGSTER_SETTINGS, PROJECT_FOLDER, Options
from pipeline.sources import parse_sources
from pipeline.tables import made_from
from pipeline.warehouse.checks import all_checks
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from pipeline.warehouse.sql_files import all_queries

STORED_QUERIES = [query.name for query in all_queries().values() if query.kind in ("views", "marts")]
WIRING = Path(__file__).parents[1] / "snapshots" / "assets.txt"
SNAPSHOT = dg.AssetKey("snapshot")


@dataclass(frozen=True)
class Deployment:
    """A folder of sources, a warehouse and a run history of their own."""

    sources: Path
    warehouse: Warehouse
    home: Path
    #: In memory, which is many times faster than in `home`; nothing else differs.
    history: dg.DagsterInstance

    def write(self, name: str, title: str, **keys: str) -> None:
        """Write one document; keys replace or add lines of its front matter."""
        lines = {
            "title": title,
            "publishedDateTime": "2020-06-17T18:00:00Z",
            "webUrl": f"https://example.com/{name}",
            "type": "article",
            "heat": "10",
            "published": "true",
            "provider": "{name: Example, domain: example.com}",
        } | keys
        text = "".join(f"{key}: {value}\n" for key, value in lines.items())
        (self.sources / f"{name}.md").write_text(f"---\n{text}---\n")

    def build(self) -> Built:
        """Build as the command line does, without Dagster."""
        return build_warehouse(self.warehouse, parse_sources([str(self.sources)]), Options(processes=1))

    def run(self, job: str = "build", config: Any = None, resource: Any = None) -> dg.ExecuteInProcessResult:
        """Run a job as the UI does, in this process."""
        run_config = {
            **({"ops": config} if config else {}),
            **({"resources": {"warehouse": {"config": resource}}} if resource else {}),
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        }
        found = definitions().resolve_job_def(job)
        return found.execute_in_process(instance=self.history, raise_on_error=False, run_config=run_config)

    def told(self) -> list[str]:
        """Report the current snapshot; returns what was said."""
        said: list[str] = []
        report_snapshot(self.warehouse.current(), self.warehouse, said.append)
        return said

    def shown(self, name: str, history: dg.DagsterInstance | None = None) -> dg.AssetMaterialization:
        """The latest materialization that the catalog shows of an asset."""
        event = (history or self.history).get_latest_materialization_event(dg.AssetKey(name))
        assert event is not None and event.asset_materialization is not None, name
        return event.asset_materialization


def history_on_disk() -> dg.DagsterInstance:
    """The run history in `DAGSTER_HOME`."""
    prepare_home()
    return dg.DagsterInstance.get()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with _place(tmp_path, monkeypatch) as place:
        yield place


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, dg.ExecuteInProcessResult]]:
    """The bundled seed, built by a run; for tests that change nothing."""
    folder = tmp_path_factory.mktemp("ran")
    with pytest.MonkeyPatch.context() as monkeypatch, _place(folder, monkeypatch) as place:
        for file in (PROJECT_FOLDER / "seeds").iterdir():
            shutil.copy(file, place.sources)
        yield place, place.run()


@contextmanager
def _place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    with dg.DagsterInstance.ephemeral() as history:
        place = Deployment(folder / "news", Warehouse(folder / "warehouse"), folder / "home", history)
        place.sources.mkdir()
        monkeypatch.setenv("DAGSTER_HOME", str(place.home))
        monkeypatch.setenv("BROADSHEET_WAREHOUSE", str(place.warehouse.folder))
        monkeypatch.setenv("BROADSHEET_SOURCES", str(place.sources))
        yield place


def _failure(result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """The step that failed and what it says."""
    [event] = [event for event in result.all_events if event.is_step_failure]
    failure = event.step_failure_data.user_failure_data
    assert failure is not None and failure.description is not None and event.step_key is not None
    return event.step_key.rpartition(".")[2], failure.description


def _checks(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    return {
        (found.asset_key.to_user_string(), found.check_name): found for found in result.get_asset_check_evaluations()
    }


def _log(result: dg.ExecuteInProcessResult, history: dg.DagsterInstance) -> list[str]:
    """What the steps themselves have said, but for how far they were: a busy machine says that, a fast one does not."""
    said = (entry.user_message for entry in history.all_logs(result.run_id) if not entry.is_dagster_event)
    return [text for text in said if not re.fullmatch(r"\w+: [\d,]+ of [\d,]+", text)]


# What there is ------------------------------------------------------------------------------------------------------


def test_the_definitions_load() -> None:
    dg.Definitions.validate_loadable(definitions())
    assert {job.name for job in definitions().resolve_all_job_defs()} >= {
        "build",
        "full_rebuild",
        "rollback",
        ELSEWHERE,
    }


def test_the_wiring_is_as_written_down() -> None:
    wiring = _wiring()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        WIRING.write_text(wiring, encoding="utf-8")
    assert wiring == WIRING.read_text(encoding="utf-8"), "if this is meant: make docs"


def _wiring() -> str:
    """Key, dependencies and description of every asset, by group, and of every check."""
    graph = definitions().resolve_asset_graph()
    parts = []
    for group, key in sorted((graph.get(key).group_name, key) for key in graph.get_all_asset_keys()):
        node = graph.get(key)
        inputs = ", ".join(sorted(parent.to_user_string() for parent in node.parent_keys))
        described = textwrap.indent(node.description or "", "    ", lambda line: bool(line.strip()))
        parts.append(f"{group} / {key.to_user_string()}\n  from: {inputs or '-'}\n{described}\n")
    for key in sorted(graph.asset_check_keys):
        name = f"{key.asset_key.to_user_string()} / {key.name}"
        if key.name != SCHEMA_CHECK:
            parts.append(f"check / {name}\n    {graph.get(key).description}\n")
    return "\n".join(parts)


def test_every_table_view_and_mart_is_an_asset_that_says_what_it_is(seed_snapshot: Snapshot) -> None:
    specs = {spec.key.to_user_string(): spec for spec in definitions().resolve_all_asset_specs()}
    assert set(specs) == {*TABLES, *STORED_QUERIES, "source_files", "reference", "snapshot"}
    for spec in specs.values():
        assert spec.description and spec.group_name and spec.owners and spec.kinds
    with read_only(seed_snapshot.database) as connection:
        for name in [*TABLES, *STORED_QUERIES]:
            described = [column.name for column in specs[name].metadata["dagster/column_schema"].columns]
            assert described == [row[0] for row in connection.execute(f"describe {name}").fetchall()], name
            assert all(column.description for column in specs[name].metadata["dagster/column_schema"].columns)


def test_every_asset_leads_to_the_line_of_its_code() -> None:
    for spec in definitions().resolve_all_asset_specs():
        name = spec.key.to_user_string()
        if name in ("source_files", "reference", "snapshot"):
            continue
        [reference] = spec.metadata["dagster/code_references"].code_references
        line = Path(reference.file_path).read_text(encoding="utf-8").splitlines()[reference.line_number - 1]
        if name in TABLES:
            assert line.startswith(f"def {name}(")
        else:
            assert Path(reference.file_path).stem == name


def test_descriptions_are_plain_text_that_a_list_can_show() -> None:
    for spec in definitions().resolve_all_asset_specs():
        assert spec.description and "**" not in spec.description
        assert not set("*`#") & set(spec.description.splitlines()[0]), spec.key


def test_the_graph_says_what_tables_and_views_are_made_from() -> None:
    assert "articles" in inputs("findings")
    assert "reference" in inputs("clock_offsets")
    assert inputs("share_of_voice") and set(inputs("snapshot")) == {*TABLES, *STORED_QUERIES}
    for name in TABLES:
        assert set(inputs(name)) == {"reference" if each.endswith(".csv") else each for each in made_from()[name]}
    for number, name in enumerate(asset_names()):
        assert set(inputs(name)) <= {*asset_names()[:number], "source_files", "reference"}


def test_the_code_version_of_a_view_follows_the_macros_that_it_uses(tmp_path: Path) -> None:
    script = "from pipeline.orchestration.specs import asset_names, code_version\n"
    script += "print(*(f'{name}={code_version(name)}' for name in asset_names()))"

    def versions() -> dict[str, str]:
        output = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return dict(each.split("=") for each in output.split())

    for name in ("pipeline", "sql"):
        shutil.copytree(PROJECT_FOLDER / name, tmp_path / name)
    before = versions()
    macro = tmp_path / "sql" / "macros" / "coverage_units.sql"
    macro.write_text(f"{macro.read_text()}\n-- changed\n")
    after = versions()
    changed = {name for name in before if before[name] != after[name]}
    assert {"first_mover", "snapshot"} <= changed
    assert not changed & set(TABLES)
    assert changed < {*STORED_QUERIES, "snapshot"}
    assert before == {name: code_version(name) for name in asset_names()}


def test_every_check_hangs_on_what_it_speaks_of_and_errors_block() -> None:
    graph = definitions().resolve_asset_graph()
    keys = set(graph.asset_check_keys)
    assert keys == {
        READ_CHECK,
        *(dg.AssetCheckKey(dg.AssetKey(name), SCHEMA_CHECK) for name in TABLES),
        *(dg.AssetCheckKey(checked_asset(query), query.name) for query in all_checks()),
    }
    assert checked_asset(all_queries()["shares_sum_to_one"]) == dg.AssetKey("share_of_voice")
    for query in all_checks():
        node = graph.get(dg.AssetCheckKey(checked_asset(query), query.name))
        assert node.blocking == (query.header["severity"] == "error")
        assert query.question in (node.description or "")


def test_run_configuration_is_described_and_shows_the_sources() -> None:
    schema = definitions().resolve_job_def("build").run_config_schema.config_type
    fields = schema.fields["ops"].config_type.fields["warehouse"].config_type.fields["config"].config_type.fields
    assert {"sources", "full", "max_bytes", "max_rejected_share"} <= set(fields)
    assert fields["sources"].default_value == []
    assert all(field.description for field in fields.values())


def test_the_instance_says_nothing_to_anyone_and_runs_one_build_at_a_time(place: Deployment) -> None:
    with history_on_disk() as history:
        assert history.telemetry_enabled is False
        assert history.nux_enabled is False
        assert history.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
    assert (place.home / "dagster.yaml").resolve() == DAGSTER_SETTINGS


def test_everything_that_would_surprise_is_off() -> None:
    running = [item.name for item in definitions().sensors if item.default_status == dg.DefaultSensorStatus.RUNNING]
    assert running == ["dead_runs"]
    assert all(item.default_status == dg.DefaultScheduleStatus.STOPPED for item in definitions().schedules)


# What a run tells -----------------------------------------------------------------------------------------------------


def test_a_run_materializes_every_asset_with_its_numbers(ran: tuple[Deployment, dg.ExecuteInProcessResult]) -> None:
    place, result = ran
    assert result.success
    snapshot = place.warehouse.current()
    made = {event.asset_key.to_user_string(): event for event in result.get_asset_materialization_events()}
    assert list(made) == list(asset_names())
    with read_only(snapshot.database) as connection:
        for name in [*TABLES, *STORED_QUERIES]:
            metadata = made[name].materialization.metadata
            [(count,)] = connection.execute(f"select count(*) from {name}").fetchall()
            assert metadata["dagster/row_count"].value == count
            assert str(metadata["preview"].value).count("\n") == min(count, 5) + 1
    assert made["articles"].materialization.metadata["bytes"].value == snapshot.table("articles").stat().st_size
    assert made["snapshot"].materialization.metadata["documents"].value == 1
    checks = _checks(result)
    assert len(checks) == 1 + len(TABLES) + len(all_checks())
    assert all(found.passed for found in checks.values())
    run = place.history.get_run_by_id(result.run_id)
    assert run is not None and run.tags[SNAPSHOT_TAG] == snapshot.name
    said = _log(result, place.history)
    assert [line.split()[0] for line in said] == ["read", "20", "database", "14", "published"]


def test_a_report_tells_what_a_run_tells(ran: tuple[Deployment, dg.ExecuteInProcessResult]) -> None:
    place, result = ran
    reported = list(events(place.warehouse.current()))
    for event in result.get_asset_materialization_events():
        told = event.materialization
        [same] = [
            each for each in reported if isinstance(each, dg.AssetMaterialization) and each.asset_key == told.asset_key
        ]
        assert set(same.metadata) == set(told.metadata)
        # Dagster's own names for what it knows of versions: should they change, the report has to follow.
        ran_tags, reported_tags = (
            {tag: "" if "event" in tag else value for tag, value in (each.tags or {}).items()} for each in (told, same)
        )
        assert reported_tags | {"dagster/data_version_is_user_provided": "true"} == ran_tags
    found = {
        (each.asset_key.to_user_string(), each.check_name): each.passed
        for each in reported
        if isinstance(each, dg.AssetCheckEvaluation)
    }
    assert found == {key: each.passed for key, each in _checks(result).items()}


def test_an_unchanged_run_publishes_nothing_and_tells_everything_again(place: Deployment) -> None:
    place.write("a", "One", heat="-1")
    first = place.run()
    second = place.run()
    assert first.success and second.success
    assert len(place.warehouse.snapshots()) == 1
    assert len(second.get_asset_materialization_events()) == len(asset_names())
    found = _checks(second)
    assert len(found) == len(_checks(first))
    [broken] = [each for each in found.values() if not each.passed]
    assert broken.check_name == "folded_documents_have_heat_minus_one"
    assert broken.severity == dg.AssetCheckSeverity.WARN
    assert "nothing has changed since" in (broken.description or "")


def test_rejected_documents_turn_a_check_yellow_with_file_line_and_reason(place: Deployment) -> None:
    place.write("good", "One")
    for name in "abc":
        (place.sources / f"{name}.md").write_text("---\ntitle: [\n---\n")
    result = place.run()
    assert result.success
    found = _checks(result)["rejected_documents", "documents_are_read"]
    assert not found.passed and found.severity == dg.AssetCheckSeverity.WARN
    assert "3 of 4 files were rejected, first: news/a.md, line" in (found.description or "")
    assert found.metadata["first offenders"].records[0].data["file"] == "news/a.md"
    refused = place.run(config={"warehouse": {"config": {"max_rejected_share": 0.5}}})
    step, text = _failure(refused)
    assert step == "read" and "not published" in text and "news/a.md" in text
    assert _checks(refused)["rejected_documents", "documents_are_read"].severity == dg.AssetCheckSeverity.ERROR


def test_a_build_that_could_read_nothing_is_refused_and_its_repair_publishes(place: Deployment) -> None:
    (place.sources / "a.md").write_text("---\ntitle: [\n---\n")
    step, text = _failure(place.run())
    assert step == "read" and "not published" in text and "news/a.md" in text
    assert place.warehouse.current_or_none() is None
    place.write("a", "One")
    assert place.run().success


def test_a_run_for_another_warehouse_than_the_catalog_shows_is_refused_and_its_own_job_builds_it(
    place: Deployment, tmp_path: Path
) -> None:
    place.write("a", "One")
    assert place.run().success
    shown = place.warehouse.current().name
    other = Warehouse(tmp_path / "other")
    place.write("b", "Two")
    resource = {"folder": str(other.folder), "sources": [str(place.sources)]}
    step, text = _failure(place.run(resource=resource))
    assert step == "read" and ELSEWHERE in text
    assert other.current_or_none() is None
    result = place.run(ELSEWHERE, resource=resource)
    assert result.success
    assert other.current().record.document_count == 2
    assert result.get_asset_materialization_events() == []
    place.home.mkdir(exist_ok=True)
    report_snapshot(other.current(), other, print)
    assert not (place.home / "history").exists()
    assert place.shown("snapshot").metadata["snapshot"].value == shown == place.warehouse.current().name


def test_a_file_system_that_fails_once_is_tried_again_from_the_start(
    place: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.orchestration import phases, step

    place.write("a", "One")
    database, calls = phases.verbs.build_database, []

    def fail_once(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 1:
            raise OSError("the disk is away")
        return database(*given)

    monkeypatch.setattr(phases.verbs, "build_database", fail_once)
    monkeypatch.setattr(step, "_RETRY_SECONDS", 0)
    assert place.run().success
    assert len(calls) == 2
    assert place.warehouse.current().record.document_count == 1


def test_a_run_that_begins_at_the_step_that_failed_does_what_it_needs(
    place: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.orchestration import phases

    place.write("a", "One")
    with monkeypatch.context() as broken, history_on_disk() as history:

        def fail(*_: Any) -> Any:
            raise ValueError("a defect")

        broken.setattr(phases.verbs, "run_checks", fail)
        job = definitions().resolve_job_def("build")
        failed = job.execute_in_process(instance=history, raise_on_error=False)
        assert _failure(failed) == ("checks", "ValueError: a defect")
        broken.undo()
        again = dg.execute_job(
            dg.reconstructable(build_job),
            history,
            reexecution_options=dg.ReexecutionOptions.from_failure(failed.run_id, history),
        )
        assert again.success
    assert place.warehouse.current().record.document_count == 1


def build_job() -> dg.JobDefinition:
    """The job as another process would find it."""
    return definitions().resolve_job_def("build")


BROKEN_CHECK = """/*
question: Does a document promise too much?
severity: error
remedy: change its title
*/
select path, title from documents where title = 'The last story ever'
"""


def test_a_broken_check_leaves_the_snapshot_in_place_until_it_is_mended(place: Deployment, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("pipeline", "sql", "tests"):
        shutil.copytree(PROJECT_FOLDER / name, project / name)
    shutil.copy(DAGSTER_SETTINGS, project)
    (project / "sql" / "checks" / "promises.sql").write_text(BROKEN_CHECK)
    script = """
import sys
from pathlib import Path
import dagster as dg
from pipeline.warehouse.snapshots import Warehouse
from tests.orchestration.test_dagster import Deployment, _checks, _failure
place = Deployment(Path(sys.argv[1]), Warehouse(Path(sys.argv[2])), Path(sys.argv[3]), dg.DagsterInstance.ephemeral())
for title in ("One", "The last story ever", "Two"):
    place.write("a", title)
    result = place.run()
    found = _checks(result)["documents", "promises"]
    print(result.success, found.passed, place.warehouse.current().name, found.metadata["offenders"].value, sep="|")
    if not result.success:
        print(*_failure(result), sep="|")
print({place.shown(name).metadata["snapshot"].value for name in ["snapshot"]} == {place.warehouse.current().name})
"""
    output = subprocess.run(
        [sys.executable, "-c", script, str(place.sources), str(place.warehouse.folder), str(place.home)],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    good, broken, refusal, mended, is_shown = (line.split("|") for line in output.stdout.splitlines())
    assert (good[0], broken[0], mended[0]) == ("True", "False", "True"), output.stderr
    assert (good[1], broken[1], mended[1]) == ("True", "False", "True")
    assert good[2] == broken[2] != mended[2] and broken[3] == "1"
    assert refusal[0] == "checks" and "promises: 1 offender, first: path a.md" in refusal[1]
    assert is_shown == ["True"]


# Telling it without a run ---------------------------------------------------------------------------------------------


def test_a_build_from_the_shell_is_told_once_and_only_where_there_is_a_home(place: Deployment) -> None:
    place.write("a", "One")
    place.build()
    assert place.told() == []
    assert not place.home.exists()
    place.home.mkdir()
    assert place.told() == []
    assert place.told() == []
    with history_on_disk() as history:
        assert all(place.shown(name, history).metadata for name in asset_names())
        assert place.shown("snapshot", history).metadata["snapshot"].value == place.warehouse.current().name
        assert len(history.fetch_materializations(SNAPSHOT, limit=5).records) == 1


def test_a_rollback_shows_every_asset_as_it_was(place: Deployment) -> None:
    place.write("a", "One")
    first = place.build().snapshot
    place.write("b", "Two")
    assert place.run().success
    assert place.shown("documents").metadata["dagster/row_count"].value == 2
    assert place.run("rollback").success
    assert place.warehouse.current().name == first.name
    assert place.shown("documents").metadata["dagster/row_count"].value == 1
    assert place.shown("snapshot").metadata["snapshot"].value == first.name


@pytest.mark.parametrize("file", ["runs.db", "runs/index.db"])
def test_a_damaged_history_costs_a_sentence(place: Deployment, file: str) -> None:
    place.write("a", "One")
    place.build()
    with history_on_disk() as history:
        history.get_run_records(limit=1)
    damaged = place.home / "history" / file
    for companion in damaged.parent.glob(f"{damaged.name}*"):
        companion.unlink()
    damaged.write_bytes(b"\x2a" * 40_000)
    [said] = place.told()
    assert "could not be told" in said and str(place.home) in said and "\n" not in said
    with pytest.raises(BroadsheetError, match="move it away to begin a new one"):
        serve_ui(place.warehouse.folder, "127.0.0.1", 0, False)


@pytest.mark.slow
def test_a_locked_history_costs_a_sentence(place: Deployment) -> None:
    place.write("a", "One")
    place.build()
    with history_on_disk() as history:
        history.get_run_records(limit=1)
    other = sqlite3.connect(place.home / "history" / "runs" / "index.db", isolation_level=None)
    try:
        other.execute("begin exclusive")
        [said] = place.told()
    finally:
        other.close()
    assert "database is locked" in said
    assert place.told() == []


def test_a_full_history_costs_a_sentence(place: Deployment) -> None:
    place.write("a", "One")
    place.home.mkdir()
    mount = f'mount -t tmpfs -o size=300k tmpfs "{place.home}"'
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*alone, mount], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let tests mount a small file system")
    build = [sys.executable, "-m", "pipeline.terminal.cli", "build", str(place.sources)]
    result = subprocess.run(
        [*alone, f'{mount} && exec "$@"', "sh", *build], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    assert "could not be told" in result.stderr and len(result.stderr.splitlines()) == 1


# What runs by itself --------------------------------------------------------------------------------------------------


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock shows a minute later, so that the times of files just written count as settled."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)


def _look(cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    resources = definitions().resources
    with dg.build_sensor_context(cursor=cursor, resources=resources) as context:
        result = automation.sources_changed(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


@pytest.mark.usefixtures("settled")
def test_the_sensor_sees_new_changed_and_removed_documents_and_nothing_else(place: Deployment) -> None:
    place.write("a", "One")
    place.write("b", "Two")
    place.build()
    assert "nothing changed" in str(_look())
    cursors = []
    for change in (
        lambda: place.write("c", "Three"),
        lambda: place.write("c", "Three and a half"),
        lambda: (place.sources / "b.md").unlink(missing_ok=True),
    ):
        change()
        asked = _look(cursors[-1] if cursors else None)
        assert isinstance(asked, dg.SensorResult)
        [request] = asked.run_requests or []
        assert request.run_key == asked.cursor
        assert "asked for already" in str(_look(asked.cursor))
        cursors.append(asked.cursor)
    assert len(set(cursors)) == 3
    place.build()
    assert "nothing changed" in str(_look())


@pytest.mark.usefixtures("settled")
def test_the_sensor_leaves_a_rollback_alone(place: Deployment) -> None:
    place.write("a", "One")
    first = place.build().snapshot
    place.write("b", "Two")
    place.build()
    place.warehouse.rollback(first.name)
    assert "rolled back" in str(_look())


def test_the_sensor_waits_for_files_that_are_being_written_and_says_what_is_missing(place: Deployment) -> None:
    assert "holds no documents" in str(_look())
    place.write("a", "One")
    assert "being written" in str(_look())


@pytest.mark.usefixtures("settled")
def test_the_sensor_asks_for_a_run_also_when_a_file_is_dated_in_the_future_and_names_it(
    place: Deployment, capfd: pytest.CaptureFixture[str]
) -> None:
    place.write("a", "One")
    os.utime(place.sources / "a.md", (4_102_444_800, 4_102_444_800))
    assert isinstance(_look(), dg.SensorResult)
    assert "1 file is dated in the future, first: news/a.md (2100-01-01 00:00:00 UTC)" in "".join(capfd.readouterr())
    place.build()
    assert "nothing changed" in str(_look())


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock shows an hour later."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 3600)


@pytest.mark.usefixtures("later")
def test_a_run_of_another_job_in_the_same_home_is_never_touched(place: Deployment) -> None:
    statuses = []

    @dg.op
    def work(context) -> None:  # type: ignore[no-untyped-def]  # Dagster does not read annotations that are texts.
        automation.dead_runs(dg.build_sensor_context(instance=context.instance))
        run = context.instance.get_run_by_id(context.run_id)
        assert run is not None
        statuses.append(run.status)

    @dg.job
    def another_team() -> None:
        work()

    assert another_team.execute_in_process(instance=place.history).success
    assert statuses == [dg.DagsterRunStatus.STARTED]


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.orchestration import phases
from pipeline.warehouse.snapshots import Warehouse
from tests.orchestration.test_dagster import Deployment, history_on_disk
phases.verbs.run_checks = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Deployment(Path(sys.argv[1]), Warehouse(Path(sys.argv[2])), Path(sys.argv[3]), history_on_disk()).run()
"""


@pytest.mark.slow
def test_a_killed_run_is_ended_and_the_next_one_works(place: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("a", "One")
    arguments = [str(place.sources), str(place.warehouse.folder), str(place.home)]
    subprocess.run([sys.executable, "-c", KILLED, *arguments], cwd=PROJECT_FOLDER, capture_output=True, check=False)
    with history_on_disk() as history:
        [killed] = history.get_runs()
        assert killed.status == dg.DagsterRunStatus.STARTED
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 60)
        automation.dead_runs(dg.build_sensor_context(instance=history))
        ended = history.get_run_by_id(killed.run_id)
        assert ended is not None and ended.status == dg.DagsterRunStatus.FAILURE
    assert place.run().success


@pytest.mark.usefixtures("later")
def test_a_living_run_is_left_alone(place: Deployment) -> None:
    liveness.mark_alive("11111111-1111-1111-1111-111111111111")
    assert liveness.end_dead_runs(place.history) == []
    assert [mark.name for mark in (place.home / "running").iterdir()] == ["11111111-1111-1111-1111-111111111111"]
