"""What Dagster loads: `make ui`, `dagster dev` or `dg dev`. All that knows Dagster is in `orchestration/`."""

from pipeline.orchestration.definitions import definitions

__all__ = ["definitions"]
