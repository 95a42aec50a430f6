"""Where Dagster keeps its run history: `DAGSTER_HOME`, else `.dagster/` beside the warehouse."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.settings import DAGSTER_SETTINGS, work_folder
from pipeline.sources.own_folders import mark_own

_VARIABLE = "DAGSTER_HOME"


def home_folder() -> Path:
    """The folder of the run history, whether it is there or not."""
    return Path(os.environ.get(_VARIABLE) or work_folder() / ".dagster").absolute()


def prepare_home() -> Path:
    """Make the folder, with a link to the settings in `dagster.yaml` where it has none, and tell Dagster about it."""
    home = home_folder()
    home.mkdir(parents=True, exist_ok=True)
    mark_own(home)
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.unlink(missing_ok=True)
        settings.symlink_to(os.path.relpath(DAGSTER_SETTINGS, home.resolve()))
    os.environ[_VARIABLE] = str(home)
    return home
