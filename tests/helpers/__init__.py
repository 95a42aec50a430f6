"""What several test files share; no test file imports from another one."""

from __future__ import annotations

from pipeline.settings import PROJECT_FOLDER

#: Data of tests lies below it: `cases`, `worlds`, `documents`, `snapshots`.
TESTS_FOLDER = PROJECT_FOLDER / "tests"
#: Corpora of others, where they lie beside the repository; tests that need them skip without.
CORPORA = PROJECT_FOLDER.parent / "shared" / "corpora"
