"""Tell Dagster's catalog what is published, without a run. Dagster is imported only where somebody may look."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable

from pipeline.orchestration.home import home_folder, prepare_home
from pipeline.settings import default_warehouse
from pipeline.warehouse.snapshots import Snapshot, Warehouse


def report_snapshot(
    snapshot: Snapshot, warehouse: Warehouse, say: Callable[[str], None], preview_seconds: float = 0
) -> None:
    """Report every asset and every check of a published snapshot, unless the catalog shows it already.

    Views that are not written are computed to be counted and previewed for as long as `preview_seconds`: as costly as
    all the rest, so a build from the shell leaves that to runs of the UI.

    Does nothing where there is no Dagster home yet (`broadsheet ui` makes it), and for another warehouse than the
    default one, which is what the catalog shows. The catalog is no part of the warehouse: when its run history is
    damaged, locked or full, `say` hears one sentence, and nothing else happens.
    """
    if not home_folder().is_dir() or not is_shown(warehouse):
        return
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    gc.disable()  # What importing Dagster and reporting leave is little; looking for it takes a fifth of the time.
    try:
        prepare_home()
        import dagster as dg

        from pipeline.orchestration.facts import events, snapshot_name
        from pipeline.orchestration.specs import SNAPSHOT

        with dg.DagsterInstance.get() as instance:
            shown = instance.get_latest_materialization_event(SNAPSHOT)
            if shown is None or snapshot_name(shown.asset_materialization) != snapshot.name:
                for event in events(snapshot, preview_seconds):
                    instance.report_runless_asset_event(event)
    except Exception as error:  # Whatever a database, a disk or a library may raise.
        say(f"{snapshot.name} is published, but Dagster's catalog could not be told: {trouble(error)}")
    finally:
        gc.enable()


def trouble(error: Exception) -> str:
    """What is wrong with a run history, and what helps."""
    reason = next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)
    return (
        f"the run history in {home_folder()} cannot be used ({reason}); make room, move it away to begin a new one, or "
        "set DAGSTER_HOME to another folder"
    )


def is_shown(warehouse: Warehouse) -> bool:
    """Whether the catalog speaks of this warehouse: it has one set of assets, those of the default warehouse."""
    return warehouse.folder.resolve() == default_warehouse().resolve()
