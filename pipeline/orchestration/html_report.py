"""The report of a snapshot as an asset, where somebody switched it on."""

from pathlib import Path
from typing import Any

import dagster as dg

from pipeline.errors import BroadsheetError
from pipeline.orchestration.resource import WarehouseResource
from pipeline.orchestration.specs import OWNERS, SNAPSHOT
from pipeline.warehouse.snapshots import Warehouse


def html_report(file: Path) -> dg.AssetsDefinition:
    """The asset `report`: the page that `broadsheet report` writes, of the snapshot that a run published, in `file`."""

    @dg.asset(
        deps=[SNAPSHOT],
        group_name="publish",
        description=f"What broadsheet report {file} writes: one page of HTML with figures, charts and tables of the "
        "snapshot, to mail and to print. Each run of Dagster replaces it; a build from the shell does not.",
        kinds={"html"},
        owners=OWNERS,
    )
    def report(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult[Any]:
        try:
            from pipeline.dashboard.report import write_report
            from pipeline.dashboard.selection import Selection

            snapshot = Warehouse(Path(warehouse.folder)).current()
            count = write_report(snapshot, Selection(), file)
        except ImportError as error:
            raise dg.Failure(f"the report needs altair and vl-convert-python ({error}); install them") from None
        except BroadsheetError as error:
            raise dg.Failure(str(error)) from None
        except OSError as error:
            raise dg.Failure(f"{file} cannot be written ({error.strerror}); give another place") from None
        return dg.MaterializeResult(
            metadata={
                "file": dg.MetadataValue.path(str(file.absolute())),
                "snapshot": snapshot.name,
                "articles": count,
                "bytes": file.stat().st_size,
            },
            data_version=dg.DataVersion(snapshot.record.fingerprint),
        )

    return report
