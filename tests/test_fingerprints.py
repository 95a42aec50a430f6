"""What makes read documents, tables and snapshots useless."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from pipeline import fingerprints
from pipeline.fingerprints import code_fingerprint, reading_fingerprint, table_fingerprint


@pytest.mark.parametrize("library", ["ada-url", "publicsuffixlist"])
def test_another_version_of_what_tells_hosts_apart_is_another_fingerprint(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def versions_with(other: str) -> list[str]:
        monkeypatch.setattr(fingerprints, "version", lambda name: other if name == library else version(name))
        # Past the cache, which holds for one process with one set of libraries.
        return [made.__wrapped__() for made in (reading_fingerprint, table_fingerprint, code_fingerprint)]

    installed = versions_with(version(library))
    assert installed == [reading_fingerprint(), table_fingerprint(), code_fingerprint()]
    assert not set(installed) & set(versions_with("0.0.1"))
