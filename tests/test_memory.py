"""A build whose tables would not fit into memory is refused before it begins with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import memory
from pipeline.build import build_warehouse
from pipeline.errors import MemoryShortError
from pipeline.samples import generate_corpus
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Warehouse

GIGABYTE = 10**9
MEMINFO = {"proc/meminfo": "MemTotal: 9000000 kB\nMemFree: 1 kB\nMemAvailable: 4000000 kB\n"}


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        (MEMINFO, 4_096_000_000),
        # A container that sees its own group as the topmost.
        (
            MEMINFO
            | {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": "3000000000\n",
                "sys/fs/cgroup/memory.current": "2000000000\n",
                "sys/fs/cgroup/memory.stat": "anon 5\ninactive_file 400000000\nactive_file 7\n",
            },
            1_400_000_000,
        ),
        # A job: its own group has no limit, the one above has.
        (
            MEMINFO
            | {
                "proc/self/cgroup": "0::/slurm/job_1/step_0\n",
                "sys/fs/cgroup/slurm/job_1/step_0/memory.max": "max\n",
                "sys/fs/cgroup/slurm/job_1/step_0/memory.current": "5\n",
                "sys/fs/cgroup/slurm/job_1/memory.max": "2000000000\n",
                "sys/fs/cgroup/slurm/job_1/memory.current": "500000000\n",
            },
            1_500_000_000,
        ),
        # Version 1, where "no limit" is a number.
        (
            MEMINFO
            | {
                "proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/a\n",
                "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000000000\n",
                "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "1200000000\n",
                "sys/fs/cgroup/memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 300000000\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "8000000000\n",
            },
            100_000_000,
        ),
        # More is used than allowed.
        (
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/memory.max": "1000\n",
                "sys/fs/cgroup/memory.current": "2000\n",
            },
            0,
        ),
    ],
    ids=["no Linux", "no limit", "container", "job", "version 1", "nothing left"],
)
def test_what_is_free_is_what_the_system_and_each_control_group_leave(
    files: dict[str, str], expected: int | None, tmp_path: Path
) -> None:
    assert memory.available_memory(written(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("entry_count", "measured"), [(38_269, 332_591_104), (381_879, 781_152_256), (3_830_557, 2_031_280_128)]
)
def test_the_model_is_what_was_measured(entry_count: int, measured: int) -> None:
    assert memory.needed_memory(entry_count) == pytest.approx(measured, rel=0.05)


def test_this_machine_has_room_for_a_small_build() -> None:
    memory.refuse_too_many(1000)


def test_a_build_without_room_is_refused_in_a_sentence_and_readers_keep_what_they_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_corpus(3, tmp_path / "news")
    warehouse, sources = Warehouse(tmp_path / "warehouse"), [Folder("news", tmp_path / "news")]
    before = build_warehouse(warehouse, sources).snapshot
    generate_corpus(5, tmp_path / "more")
    more = [*sources, Folder("more", tmp_path / "more")]
    monkeypatch.setenv("BROADSHEET_MEMORY_BYTES", str(memory.BASE_BYTES))
    with pytest.raises(
        MemoryShortError, match=r"entries take about 0\.3 GB of memory, and there are 0\.3 GB; build where"
    ):
        build_warehouse(warehouse, more)
    assert warehouse.current() == before
    assert list(warehouse.folder.glob("snapshots/*")) == [before.folder]
    monkeypatch.setenv("BROADSHEET_MEMORY_BYTES", "0")
    with pytest.raises(MemoryShortError):
        memory.refuse_too_many(1)
    monkeypatch.setenv("BROADSHEET_MEMORY_BYTES", str(GIGABYTE))
    assert build_warehouse(warehouse, more).is_new
