"""What several test files share; no test file imports from another one."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.settings import PROJECT_FOLDER

#: Data of tests lies below it: `cases`, `worlds`, `documents`, `snapshots`.
TESTS_FOLDER = PROJECT_FOLDER / "tests"
#: Corpora of others, each a folder of its own: below this variable's folder, or where they lie beside the repository.
#: Tests that need one skip without it.
CORPORA = Path(os.environ.get("BROADSHEET_CORPORA") or PROJECT_FOLDER.parent / "shared" / "corpora")

#: How long a test waits for what must happen. It is there to notice what hangs, not to ask for speed.
PATIENCE_SECONDS = 300
