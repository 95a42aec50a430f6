"""The warehouse in Dagster: what the UI shows, what a run reports, what runs by itself, and what survives trouble."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster_graphql.test.utils import execute_dagster_graphql

from pipeline.definitions import definitions
from pipeline.errors import InputError
from pipeline.orchestration import automation
from pipeline.orchestration.assets import REJECTED, SCHEMA_CHECK, SNAPSHOT_TAG
from pipeline.orchestration.history import alive, end_dead_runs, open_history
from pipeline.orchestration.runs import RunResult, prepare_home, run_build
from pipeline.schema.tables import TABLES
from pipeline.settings import PROJECT_FOLDER, Options
from pipeline.warehouse.checks import all_checks, snapshot_results
from pipeline.warehouse.database import read_only
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from pipeline.warehouse.sql_files import all_queries
from tests.helpers import TESTS_FOLDER

STORED_QUERIES = [query.name for query in all_queries().values() if query.kind in ("views", "marts")]
WIRING = TESTS_FOLDER / "snapshots" / "assets.txt"


@dataclass(frozen=True)
class Place:
    """A folder of sources, a warehouse and a run history of their own."""

    sources: Path
    warehouse: Warehouse
    home: Path

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

    def build(self, full: bool = False, say: Callable[[str], None] = print) -> RunResult:
        return run_build(
            self.warehouse.folder,
            [f"news={self.sources}"],
            Options(full=full, processes=1),
            lambda step, done, total: None,
            say,
            60,
        )

    def command(self, *words: str, **keywords: Any) -> subprocess.Popen[str]:
        """Start `broadsheet build` in a process of its own."""
        command = [sys.executable, "-m", "pipeline.terminal.cli", "build", f"news={self.sources}"]
        folder = str(self.warehouse.folder)
        return subprocess.Popen(
            [*command, "--warehouse", folder, "--processes", "1", *words],
            cwd=PROJECT_FOLDER,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **keywords,
        )

    @property
    def history(self) -> dg.DagsterInstance:
        prepare_home()
        return dg.DagsterInstance.get()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return _place(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, RunResult]]:
    """The bundled seed, built as the command line does it; for tests that change nothing."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        place = _place(tmp_path_factory.mktemp("built"), monkeypatch)
        for file in (PROJECT_FOLDER / "seeds").iterdir():
            shutil.copy(file, place.sources)
        yield place, place.build()


def _place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(folder / "news", Warehouse(folder / "warehouse"), folder / "home")
    place.sources.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(place.home))
    monkeypatch.setenv("BROADSHEET_WAREHOUSE", str(place.warehouse.folder))
    monkeypatch.setenv("BROADSHEET_SOURCES", str(place.sources))
    return place


# What there is ------------------------------------------------------------------------------------------------------


def test_the_definitions_load() -> None:
    dg.Definitions.validate_loadable(definitions())
    assert {job.name for job in definitions().resolve_all_job_defs()} >= {"build", "full_rebuild", "rollback"}


def test_the_wiring_is_as_written_down() -> None:
    wiring = _wiring()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        WIRING.write_text(wiring, encoding="utf-8")
    assert wiring == WIRING.read_text(encoding="utf-8"), (
        "if this is meant: UPDATE_SNAPSHOTS=1 make test ARGS='-k wiring'"
    )


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
        parts.append(f"check / {key.name}\n    {graph.get(key).description}\n")
    return "\n".join(parts)


def test_every_table_view_and_mart_is_an_asset_that_says_what_it_is(seed_snapshot: Snapshot) -> None:
    specs = {spec.key.to_user_string(): spec for spec in definitions().resolve_all_asset_specs()}
    assert set(specs) == {*TABLES, *STORED_QUERIES, "source_files", "snapshot"}
    for spec in specs.values():
        assert spec.description and spec.group_name and spec.owners and spec.kinds and spec.tags
    with read_only(seed_snapshot.database) as connection:
        for name in [*TABLES, *STORED_QUERIES]:
            described = [column.name for column in specs[name].metadata["dagster/column_schema"].columns]
            assert described == [row[0] for row in connection.execute(f"describe {name}").fetchall()], name
            assert all(column.description for column in specs[name].metadata["dagster/column_schema"].columns)


def test_every_asset_leads_to_the_line_of_its_code() -> None:
    for spec in definitions().resolve_all_asset_specs():
        name = spec.key.to_user_string()
        if name in ("source_files", "snapshot"):
            continue
        [reference] = spec.metadata["dagster/code_references"].code_references
        line = Path(reference.file_path).read_text(encoding="utf-8").splitlines()[reference.line_number - 1]
        if name in TABLES:
            assert line.startswith(f"def {name}(")
        else:
            assert Path(reference.file_path).stem == name


def test_every_check_is_a_check_of_the_snapshot_and_errors_block() -> None:
    graph = definitions().resolve_asset_graph()
    checks = {key.name: graph.get(key) for key in graph.asset_check_keys}
    assert set(checks) == {SCHEMA_CHECK, *(query.name for query in all_checks())}
    assert {key.asset_key for key in graph.asset_check_keys} == {dg.AssetKey("snapshot")}
    for query in all_checks():
        assert checks[query.name].blocking == (query.header["severity"] == "error")
        assert query.question in checks[query.name].description


def test_run_configuration_is_described() -> None:
    schema = definitions().resolve_job_def("build").run_config_schema.config_type
    fields = schema.fields["ops"].config_type.fields["warehouse"].config_type.fields["config"].config_type.fields
    assert {"sources", "warehouse", "full", "max_bytes"} <= set(fields)
    assert all(field.description for field in fields.values())


def test_the_instance_says_nothing_to_anyone_and_runs_one_build_at_a_time(built: tuple[Place, RunResult]) -> None:
    place, _ = built
    with place.history as history:
        assert history.telemetry_enabled is False
        assert history.nux_enabled is False
        assert history.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert max(history.get_tick_retention_settings(InstigatorType.SENSOR).values()) == 30
    assert (place.home / "dagster.yaml").resolve() == PROJECT_FOLDER / "dagster.yaml"


def test_everything_that_would_surprise_is_off() -> None:
    running = [item.name for item in definitions().sensors if item.default_status == dg.DefaultSensorStatus.RUNNING]
    assert running == ["dead_runs"]
    assert all(item.default_status == dg.DefaultScheduleStatus.STOPPED for item in definitions().schedules)


# What a run reports -------------------------------------------------------------------------------------------------


def test_a_build_materializes_every_asset_with_its_numbers(built: tuple[Place, RunResult]) -> None:
    place, result = built
    with place.history as history, read_only(place.warehouse.current().database) as connection:
        for name in [*TABLES, *STORED_QUERIES]:
            event = history.get_latest_materialization_event(dg.AssetKey(name))
            assert event is not None and event.run_id == result.run_id
            metadata = event.asset_materialization.metadata
            [(count,)] = connection.execute(f"select count(*) from {name}").fetchall()
            assert metadata["dagster/row_count"].value == count
            assert metadata["preview"].value.count("\n") == min(count, 5) + 1
            assert metadata["seconds"].value >= 0
            if name in TABLES:
                file = place.warehouse.current().table(name)
                assert metadata["bytes"].value == file.stat().st_size
        snapshot = history.get_latest_materialization_event(dg.AssetKey("snapshot")).asset_materialization.metadata
        assert snapshot["documents"].value == 1
        assert snapshot["megabytes read per second"].value > 0
        assert history.get_run_by_id(result.run_id).tags[SNAPSHOT_TAG] == result.snapshot


GRAPH = """
query {
  assetNodes {
    assetKey { path } groupName description kinds isMaterializable
    owners { ... on TeamAssetOwner { team } }
    metadataEntries { label ... on TableSchemaMetadataEntry { schema { columns { name description } } } }
    assetMaterializations(limit: 1) { runId metadataEntries { label ... on IntMetadataEntry { intValue } } }
    assetChecksOrError {
      ... on AssetChecks {
        checks { name blocking executionForLatestMaterialization { status runId } }
      }
    }
  }
  runsOrError { ... on Runs { results { runId jobName status tags { key value } } } }
}
"""


def test_the_ui_is_told_the_same(built: tuple[Place, RunResult]) -> None:
    place, result = built
    with place.history as history:
        answer = _ask(history, GRAPH)
    nodes = {node["assetKey"]["path"][0]: node for node in answer["assetNodes"]}
    assert set(nodes) == {*TABLES, *STORED_QUERIES, "source_files", "snapshot"}
    assert {node["groupName"] for node in nodes.values()} >= {
        "sources",
        "tables",
        "marts",
        "who_is_first_who_is_late",
        "publish",
    }
    assert not nodes["source_files"]["isMaterializable"]
    for name, node in nodes.items():
        assert node["description"] and node["kinds"] and node["owners"] == [{"team": "broadsheet"}]
        if name != "source_files":
            assert node["assetMaterializations"][0]["runId"] == result.run_id
    checks = {check["name"]: check for check in nodes["snapshot"]["assetChecksOrError"]["checks"]}
    assert set(checks) == {SCHEMA_CHECK, *(query.name for query in all_checks())}
    assert {check["executionForLatestMaterialization"]["status"] for check in checks.values()} == {"SUCCEEDED"}
    [run] = answer["runsOrError"]["results"]
    assert (run["runId"], run["jobName"], run["status"]) == (result.run_id, "build", "SUCCESS")
    assert {"key": SNAPSHOT_TAG, "value": result.snapshot} in run["tags"]


def _ask(history: dg.DagsterInstance, query: str) -> Any:
    """What the web server would answer to the UI."""
    origin = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="pipeline.definitions"), location_name="here")
    with WorkspaceProcessContext(history, InProcessWorkspaceLoadTarget(origin)) as workspace:
        return execute_dagster_graphql(workspace.create_request_context(), query).data


def test_a_selection_of_one_asset_publishes_one_consistent_snapshot(place: Place) -> None:
    with open_history(print) as history:
        for name in ("articles", "share_of_voice"):
            place.write(name, "News")
            job = definitions().resolve_job_def("build")
            result = job.execute_in_process(instance=history, asset_selection=[dg.AssetKey(name)])
            reported = [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]
            assert reported == [name, "snapshot"]
            # The whole snapshot was checked and published, and the UI hears of it.
            logged = history.get_latest_materialization_event(dg.AssetKey("snapshot"))
            assert logged is not None and logged.run_id == result.run_id
            check = dg.AssetCheckKey(dg.AssetKey("snapshot"), "shares_sum_to_one")
            [record] = history.event_log_storage.get_asset_check_execution_history(check, limit=1)
            assert record.run_id == result.run_id and record.event.dagster_event.asset_check_evaluation_data.passed
    with read_only(place.warehouse.current().database) as connection:
        counts = "(select count(*) from documents), (select count(*) from articles), sum(article_count)"
        assert connection.execute(f"select {counts} from share_of_voice").fetchall() == [(2, 2, 2)]


def test_a_check_executed_alone_looks_at_the_published_snapshot(place: Place) -> None:
    place.write("a", "One")
    snapshot = place.build().snapshot
    place.write("b", "Two")
    with open_history(print) as history:
        check = dg.AssetCheckKey(dg.AssetKey("snapshot"), "shares_sum_to_one")
        selection = dg.AssetSelection.checks(check)
        job = dg.Definitions.merge(
            definitions(), dg.Definitions(jobs=[dg.define_asset_job("one_check", selection)])
        ).resolve_job_def("one_check")
        result = job.execute_in_process(instance=history)
        assert [evaluation.check_name for evaluation in result.get_asset_check_evaluations()] == [check.name]
    assert place.warehouse.current().name == snapshot


def test_an_unchanged_run_publishes_nothing_and_stays_green(place: Place) -> None:
    place.write("a", "One", heat="-1")
    first = place.build()
    second = place.build()
    assert (first.is_new, second.is_new) == (True, False)
    assert second.snapshot == first.snapshot
    assert len(place.warehouse.snapshots()) == 1
    found = [result for result in snapshot_results(place.warehouse.current()) if not result.passed]
    assert [result.query.name for result in found] == ["folded_documents_have_heat_minus_one"]
    assert found[0].sample[0]["path"] == "a.md"
    with place.history as history:
        event = history.get_latest_materialization_event(dg.AssetKey("articles"))
        assert event is not None and event.run_id == second.run_id


def test_a_failed_run_says_why_and_names_the_rejected_documents(place: Place) -> None:
    (place.sources / "README.md").write_text("no front matter\n")
    with pytest.raises(InputError, match="no documents"):
        place.build()
    with place.history as history:
        [run] = history.get_runs()
        assert run.status == dg.DagsterRunStatus.FAILURE
        [failure] = [
            record.event_log_entry.dagster_event.step_failure_data
            for record in history.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
        ]
        assert "holds no documents" in failure.user_failure_data.description


BROKEN_CHECK = """/*
question: Does a document promise too much?
severity: error
remedy: change its title
*/
select path, title from documents where title = 'The last story ever'
"""

#: Builds three times, with a good, a broken and a mended document; prints exit code and output.
THREE_BUILDS = """
import sys
from pathlib import Path
from click.testing import CliRunner
from pipeline.terminal.cli import main

document = Path(sys.argv[1]) / "a.md"
good = document.read_text()
for title in ("One", "The last story ever", "Two"):
    document.write_text(good.replace("title: One", f"title: {title}"))
    result = CliRunner().invoke(main, ["build", f"news={document.parent}", "--processes", "1"])
    current = Path(sys.argv[2], "current").resolve().name
    refused = CliRunner().invoke(main, ["sql", "--refused", "--csv", "--file", "sql/checks/promises.sql"])
    offenders = refused.output.replace("\\n", " ").strip()
    print(result.exit_code, "|", result.output.replace("\\n", " "), "|", current, "|", refused.exit_code, offenders)
"""


def test_a_document_that_breaks_a_blocking_check_leaves_the_snapshot_in_place_until_it_is_mended(
    place: Place, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("pipeline", "sql"):
        shutil.copytree(PROJECT_FOLDER / name, project / name)
    shutil.copy(PROJECT_FOLDER / "dagster.yaml", project)
    (project / "sql" / "checks" / "promises.sql").write_text(BROKEN_CHECK)
    place.write("a", "One")
    output = subprocess.run(
        [sys.executable, "-c", THREE_BUILDS, str(place.sources), str(place.warehouse.folder)],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    good, broken, mended = (line.split(" | ") for line in output.splitlines())
    assert [good[0], broken[0], mended[0]] == ["0", "3", "0"]
    assert "not published" in broken[1] and "promises: 1 offender, first: path a.md" in broken[1]
    assert broken[2] == good[2] != mended[2]
    assert broken[3] == "0 path,title a.md,The last story ever"
    assert good[3].startswith("2 ") and mended[3].startswith("2 ")
    with place.history as history:
        runs = sorted(history.get_run_records(), key=lambda record: record.create_timestamp)
        statuses = [record.dagster_run.status.value for record in runs]
        assert statuses == ["SUCCESS", "FAILURE", "SUCCESS"]
        key = dg.AssetCheckKey(dg.AssetKey("snapshot"), "promises")
        found = history.event_log_storage.get_asset_check_execution_history(key, limit=3)
        evaluations = [record.event.dagster_event.asset_check_evaluation_data for record in reversed(found)]
        assert [evaluation.passed for evaluation in evaluations] == [True, False, True]
        assert evaluations[1].severity == dg.AssetCheckSeverity.ERROR
        assert evaluations[1].metadata["offenders"].value == 1
        assert evaluations[1].metadata["first offenders"].records[0].data["path"] == "a.md"
        assert "from documents where title" in evaluations[1].metadata["all offenders"].value


# What runs by itself ------------------------------------------------------------------------------------------------


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock shows a minute later, so that the times of files just written count as settled."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)


def _look(cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    result = automation.sources_changed(dg.build_sensor_context(cursor=cursor))
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


@pytest.mark.usefixtures("settled")
def test_the_sensor_sees_new_changed_and_removed_documents_and_nothing_else(place: Place) -> None:
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
def test_rollback_publishes_the_snapshot_before_and_the_sensor_leaves_it_there(place: Place) -> None:
    place.write("a", "One")
    first = place.build()
    place.write("b", "Two")
    assert place.build().snapshot != first.snapshot
    with place.history as history:
        result = definitions().resolve_job_def("rollback").execute_in_process(instance=history)
        assert history.get_run_by_id(result.run_id).tags[SNAPSHOT_TAG] == first.snapshot
    assert place.warehouse.current().name == first.snapshot
    assert "rolled back" in str(_look())


def test_the_sensor_waits_for_files_that_are_being_written_and_says_what_is_missing(place: Place) -> None:
    assert "holds no documents" in str(_look())
    place.write("a", "One")
    assert "being written" in str(_look())


def test_views_follow_a_table_that_was_made_alone(built: tuple[Place, RunResult]) -> None:
    place, _ = built
    with place.history as history:
        before = dg.evaluate_automation_conditions(definitions(), history)
        definitions().resolve_job_def("build").execute_in_process(
            instance=history, asset_selection=[dg.AssetKey("clock_evidence")]
        )
        after = dg.evaluate_automation_conditions(definitions(), history, cursor=before.cursor)
    assert before.total_requested == 0
    below = {name for name in STORED_QUERIES if "clock_evidence" in _ancestors(name)}
    assert below
    requested = {name for name in [*STORED_QUERIES, *TABLES] if after.get_num_requested(dg.AssetKey(name))}
    assert requested == below
    assert after.get_num_requested(dg.AssetKey("snapshot")) == 1


def _ancestors(name: str) -> set[str]:
    graph = definitions().resolve_asset_graph()
    return {key.to_user_string() for key in graph.get_ancestor_asset_keys(dg.AssetKey(name))}


def test_the_failure_sensor_names_what_was_rejected(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    with place.history as history:
        failure = dg.Failure("not published", {REJECTED: "news/broken.md"}, allow_retries=False)

        @dg.op
        def fail() -> None:
            raise failure

        @dg.job
        def failing() -> None:
            fail()

        result = failing.execute_in_process(instance=history, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            "broken_documents", result.get_run_failure_event(), history, result.dagster_run
        ).for_run_failure()
        automation.broken_documents(context)
    said = capfd.readouterr().err
    assert "not published" in said
    assert "news/broken.md" in said


# What survives trouble ----------------------------------------------------------------------------------------------


def test_two_builds_started_at_once_wait_for_each_other_and_say_so(place: Place) -> None:
    place.write("a", "One")
    with place.warehouse.lock(0):
        builds = [place.command(), place.command()]
        waiting = [build.stderr.readline() for build in builds if build.stderr]
    outputs = [build.communicate(timeout=60) for build in builds]
    assert all("another build holds" in line for line in waiting)
    assert [build.returncode for build in builds] == [0, 0], outputs
    assert len(place.warehouse.snapshots()) == 1
    with place.history as history:
        assert [run.status for run in history.get_runs()] == [dg.DagsterRunStatus.SUCCESS] * 2


def test_a_killed_build_is_ended_in_the_history_and_the_next_one_works(place: Place) -> None:
    place.write("a", "One")
    with place.warehouse.lock(0):
        build = place.command()
        assert build.stderr is not None
        build.stderr.readline()
        with place.history as history:
            assert end_dead_runs(history) == []
        build.send_signal(signal.SIGKILL)
        build.communicate()
    with place.history as history:
        [killed] = history.get_runs()
        assert killed.status == dg.DagsterRunStatus.STARTED
        automation.dead_runs(dg.build_sensor_context(instance=history))
        assert history.get_run_by_id(killed.run_id).status == dg.DagsterRunStatus.FAILURE
    assert place.build().is_new


def test_a_run_is_alive_as_long_as_it_holds_its_mark(place: Place) -> None:
    with place.history as history:
        run = dg.DagsterRun("build", status=dg.DagsterRunStatus.STARTED)
        history.add_run(run)
        with alive(run.run_id):
            assert end_dead_runs(history) == []
        assert end_dead_runs(history) == []  # It has just begun, or is just ending.
        assert list((place.home / "running").iterdir()) == []


@pytest.mark.parametrize("file", ["runs.db", "runs/index.db"])
@pytest.mark.parametrize("first_damaged_byte", [0, 4096])
def test_a_damaged_history_is_put_aside_and_the_build_works(place: Place, file: str, first_damaged_byte: int) -> None:
    place.write("a", "One")
    with open_history(print) as history:
        history.get_runs()
    damaged = place.home / "history" / file
    content = damaged.read_bytes()
    for companion in damaged.parent.glob(f"{damaged.name}*"):
        companion.unlink()
    damaged.write_bytes(content[:first_damaged_byte] + b"\x2a" * (len(content) - first_damaged_byte))
    said: list[str] = []
    assert place.build(say=said.append).is_new
    assert len(said) == 1
    assert "was moved to" in said[0]
    [aside] = place.home.glob("damaged-*")
    assert (aside / "history" / file).exists()
    with place.history as history:
        assert [run.status for run in history.get_runs()] == [dg.DagsterRunStatus.SUCCESS]


def test_a_history_without_room_says_what_to_do(place: Place) -> None:
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
    assert result.returncode == 1
    assert "cannot be written" in result.stderr
    assert "set DAGSTER_HOME" in result.stderr
    assert len(result.stderr.splitlines()) == 1
