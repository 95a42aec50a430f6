"""What Dagster is told of a snapshot: a materialization of every asset and a result of every check.

A run, a rollback and a report from the shell tell the same, from the record of the snapshot and a look into it.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from pipeline.fingerprints import code_fingerprint
from pipeline.orchestration.previews import Previews, records
from pipeline.orchestration.specs import (
    READ_CHECK,
    SCHEMA_CHECK,
    SNAPSHOT,
    SOURCE_FILES,
    asset_names,
    checked_asset,
    code_version,
    external_specs,
    inputs,
)
from pipeline.schema.tables import TABLES
from pipeline.settings import SQL_FOLDER
from pipeline.texts import counted
from pipeline.warehouse.checks import SAMPLE_SIZE, CheckResult, snapshot_results
from pipeline.warehouse.database import read_from_files, read_only
from pipeline.warehouse.snapshots import Snapshot
from pipeline.warehouse.sql_files import all_queries

# Links to code and versions of data are marked beta; Dagster's version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

#: Where a materialization of `SNAPSHOT` names the snapshot.
_NAME = "snapshot"
#: Seconds that counting and previewing views may take, those that are not written; a very large warehouse shows fewer
#: previews.
PREVIEW_SECONDS = 3.0
#: Tags by which Dagster knows whether an asset is in step with its code and its inputs. It sets them on what its own
#: runs materialize; a test holds these against those.
_DATA_VERSION, _CODE_VERSION, _INPUT_VERSION, _INPUT_EVENT = (
    "dagster/data_version",
    "dagster/code_version",
    "dagster/input_data_version",
    "dagster/input_event_pointer",
)
#: What Dagster takes for the version of an asset that it does not make, and for an event that is not known.
_UNVERSIONED, _UNKNOWN_EVENT = "INITIAL", "NULL"


def materializations(snapshot: Snapshot, preview_seconds: float = PREVIEW_SECONDS) -> Iterator[dg.AssetMaterialization]:
    """Every asset that the snapshot holds, after those that it is made from."""
    record = snapshot.record
    versions = {spec.key.to_user_string(): _UNVERSIONED for spec in external_specs()}
    is_of_this_code = record.code == code_fingerprint()
    with read_only(snapshot.database) as connection:
        written = {name: snapshot.folder / "views" / f"{name}.parquet" for name in record.views}
        # One that is gone is computed; the doctor tells of it.
        read_from_files(connection, {name: file for name, file in written.items() if file.is_file()})
        previews = Previews(connection, preview_seconds)
        for name in asset_names():
            stored = (record.tables | record.marts | record.views).get(name)
            if name == SNAPSHOT.to_user_string():
                versions[name], metadata = record.fingerprint, _snapshot_metadata(snapshot)
            elif stored is not None:
                versions[name] = stored.content_hash
                metadata = {"dagster/row_count": stored.row_count, "bytes": stored.byte_count}
                # Marts and views are written together: only a table has a time of its own.
                if stored.seconds and name in record.tables:
                    rate = round(stored.row_count / stored.seconds, 1)
                    metadata |= {"seconds": round(stored.seconds, 3), "rows per second": rate}
                metadata |= previews.table(name)
            elif previews.has(name):
                versions[name], metadata = f"{record.fingerprint}-{name}", previews.view(name)
            else:
                continue  # The snapshot was built before there was such an asset.
            if name in all_queries():
                metadata["dagster/column_schema"] = previews.schema(all_queries()[name])
            version = code_version(name) if is_of_this_code else record.code[:8]
            tags = {_DATA_VERSION: versions[name], _CODE_VERSION: version}
            for each in filter(versions.__contains__, inputs(name)):
                tags |= {f"{_INPUT_VERSION}/{each}": versions[each], f"{_INPUT_EVENT}/{each}": _UNKNOWN_EVENT}
            yield dg.AssetMaterialization(name, metadata=metadata, tags=tags)


def observation(snapshot: Snapshot) -> dg.AssetObservation:
    """The source files as the snapshot found them."""
    record = snapshot.record
    return dg.AssetObservation(
        SOURCE_FILES,
        description=", ".join(f"{name}: {location}" for name, location in record.sources.items()),
        metadata={
            "files": record.file_count,
            "bytes": record.byte_count,
            "files passed over": record.passed_over_count,
            **{f"folder of {name}": dg.MetadataValue.path(location) for name, location in record.sources.items()},
        },
    )


def data_version(materialization: dg.AssetMaterialization) -> dg.DataVersion:
    """The version of what was materialized: equal content has equal versions."""
    assert materialization.tags is not None
    return dg.DataVersion(materialization.tags[_DATA_VERSION])


def snapshot_name(materialization: dg.AssetMaterialization | None) -> str | None:
    """The snapshot that a materialization of `SNAPSHOT` speaks of."""
    named = materialization.metadata.get(_NAME) if materialization else None
    return str(named.value) if named else None


def _snapshot_metadata(snapshot: Snapshot) -> dict[str, Any]:
    record = snapshot.record
    metadata: dict[str, Any] = {
        _NAME: snapshot.name,
        "folder": dg.MetadataValue.path(str(snapshot.folder)),
        "database": dg.MetadataValue.path(str(snapshot.database)),
        "bytes": sum(
            stored.byte_count for stored in [*record.tables.values(), *record.marts.values(), *record.views.values()]
        ),
        "documents": record.document_count,
        "rejected documents": record.rejected_count,
        "files": record.file_count,
        "files read": record.read_count,
        "megabytes read": round(record.read_byte_count / 1e6, 3),
        "seconds": round(sum(record.seconds.values()), 3),
    }
    return metadata | {f"seconds {phase}": round(seconds, 3) for phase, seconds in record.seconds.items()}


# Checks ---------------------------------------------------------------------------------------------------------------


def results_of(snapshot: Snapshot) -> Iterator[dg.AssetCheckResult]:
    """What every check found when the snapshot was built."""
    record = snapshot.record
    with read_only(snapshot.database) as connection:
        found = connection.execute(
            "select concat(source_name, '/', path) as file, line, reason, detail from rejected_documents "
            f"order by source_name, path limit {SAMPLE_SIZE}"
        )
        names = [name for name, *_ in found.description or []]
        rejected = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    yield reading_result(record.document_count, record.rejected_count, rejected)
    note = f" (when {snapshot.name} was built)"
    yield from (schema_result(name, note=note) for name in record.tables if name in TABLES)
    yield from (check_result(result, note) for result in snapshot_results(snapshot))


def reading_result(
    document_count: int, rejected_count: int, first: Iterable[Mapping[str, object]], is_refused: bool = False
) -> dg.AssetCheckResult:
    """Whether every file became a document, and which did not: `file`, `line`, `reason` and `detail`.

    Rejected files are a warning, unless the build was refused for them.
    """
    total = document_count + rejected_count
    shown = list(first)[:SAMPLE_SIZE]
    metadata: dict[str, Any] = {
        "offenders": rejected_count,
        "all offenders": dg.MetadataValue.md('`broadsheet sql "from rejected_documents"`'),
    }
    description = f"{counted(total, 'file')}, all of them documents"
    if shown:
        metadata["first offenders"] = records(shown)
        file, line, reason, detail = (shown[0][name] for name in ("file", "line", "reason", "detail"))
        place = f"{file}, line {line}" if line else f"{file}"
        description = f"{rejected_count:,} of {total:,} files were rejected, first: {place}: {reason} ({detail})"
    return dg.AssetCheckResult(
        passed=rejected_count == 0,
        asset_key=READ_CHECK.asset_key,
        check_name=READ_CHECK.name,
        severity=dg.AssetCheckSeverity.ERROR if is_refused else dg.AssetCheckSeverity.WARN,
        description=description,
        metadata=metadata,
    )


def schema_result(table: str, problem: str = "", note: str = "") -> dg.AssetCheckResult:
    """Whether a table fits the schema; without a problem it does."""
    return dg.AssetCheckResult(
        passed=not problem,
        asset_key=dg.AssetKey(table),
        check_name=SCHEMA_CHECK,
        description=(problem or "columns, types and keys are as the schema says") + note,
        metadata={"offenders": int(bool(problem))},
    )


def check_result(result: CheckResult, note: str = "") -> dg.AssetCheckResult:
    """What a check of `sql/checks/` found, with the first offenders and the way to all of them."""
    path = result.query.path.relative_to(SQL_FOLDER.parent)
    option = "--refused " if result.is_error else ""
    metadata: dict[str, Any] = {
        "offenders": result.offender_count,
        "all offenders": dg.MetadataValue.md(
            f"`broadsheet sql {option}--file {path}`\n\n```sql\n{result.query.select}\n```"
        ),
    }
    if result.sample:
        metadata["first offenders"] = records(result.sample)
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=checked_asset(result.query),
        check_name=result.query.name,
        severity=_SEVERITIES[result.query.header["severity"]],
        description=result.sentence + note,
        metadata=metadata,
    )


_SEVERITIES = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


# All of it as events --------------------------------------------------------------------------------------------------

Event = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation


def events(snapshot: Snapshot, preview_seconds: float = PREVIEW_SECONDS) -> Iterator[Event]:
    """All that there is to tell of a snapshot outside the run that built it."""
    yield observation(snapshot)
    yield from materializations(snapshot, preview_seconds)
    for result in results_of(snapshot):
        assert result.asset_key is not None and result.check_name is not None
        yield dg.AssetCheckEvaluation(
            asset_key=result.asset_key,
            check_name=result.check_name,
            passed=result.passed,
            severity=result.severity,
            description=result.description,
            metadata=result.metadata,
        )
