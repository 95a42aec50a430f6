"""Dask behind the one seam: the same bytes, whatever becomes of workers and schedulers, or one sentence."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import obstore
import polars as pl
import pytest
from dask import config as configuration
from distributed import LocalCluster

from pipeline import dask_engine
from pipeline.build import Watch, build_warehouse, open_build, read_files, write_tables
from pipeline.entries import elsewhere, shard
from pipeline.errors import InputError, WorkerError
from pipeline.orchestration.step import BuildConfig
from pipeline.processes import map_shards
from pipeline.samples import generate_corpus
from pipeline.settings import PROJECT_FOLDER, Dask, Options, default_engine, engine
from pipeline.sources import Source
from pipeline.sources.bucket import Bucket
from pipeline.sources.folder import Folder
from pipeline.warehouse.record import file_hash
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers.elsewhere import (
    Deadly,
    Late,
    Unmounted,
    Unseen,
    Watched,
    hang_for_thirteen,
    square,
    time_out,
    wait_for,
    where,
)
from tests.helpers.object_store import Endpoint

DOCUMENTS = 24
SHARDS = range(1, 61)
SQUARES = [(number, number * number) for number in SHARDS]


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """How each cluster is started: on free ports, with nothing left behind."""
    with configuration.set({"temporary-directory": str(tmp_path_factory.mktemp("dask"))}):
        yield {
            "memory_limit": None,
            "silence_logs": 60,
            "scheduler_kwargs": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        }


@pytest.fixture(scope="module")
def cluster(anywhere: dict[str, Any]) -> Iterator[LocalCluster]:
    """Two workers, which find the tests as this process does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PROJECT_FOLDER))
        with LocalCluster(n_workers=2, threads_per_worker=1, **anywhere) as cluster:
            yield cluster


@pytest.fixture
def dask(cluster: LocalCluster) -> Dask:
    return Dask(cluster.scheduler_address)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents; beside it the number of this process."""
    folder = tmp_path_factory.mktemp("corpus")
    generate_corpus(DOCUMENTS, folder / "feed", processes=1)
    (folder / "home").write_text(str(os.getpid()))
    return folder / "feed"


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "SHARD_FILES", 4)


@pytest.fixture(scope="module")
def read_here(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shard, "SHARD_FILES", 4)
        return read(Folder("feed", corpus), tmp_path_factory.mktemp("here"), Options(processes=1))


def read(source: Source, warehouse: Path, options: Options, watch: Watch | None = None) -> pl.DataFrame:
    """All files after reading. The name of a fragment is the digest of its bytes, so equal frames are equal bytes."""
    with open_build(Warehouse(warehouse), [source], options, watch) as build:
        files = read_files(build).files
        assert [item.name for item in build.store.folder.glob(".*")] == []
        return files.drop("is_trusted")


# The same bytes -------------------------------------------------------------------------------------------------------


def test_workers_give_the_tables_the_same_bytes_and_tell_how_far_they_are(
    corpus: Path, dask: Dask, tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    watch = Watch(lambda *progress: told.append(progress))

    def hashes(name: str, options: Options) -> dict[str, str]:
        with open_build(Warehouse(tmp_path / name), [Folder("feed", corpus)], options, watch) as build:
            folder = write_tables(build, read_files(build)).folder
            return {file.name: file_hash(file) for file in folder.glob("*.parquet")}

    by_dask = hashes("dask", Options(dask=dask))
    assert [done for phase, done, total in told if phase == "reading"] == list(range(4, DOCUMENTS + 1, 4))
    assert by_dask == hashes("processes", Options(processes=1))
    assert "articles.parquet" in by_dask


def test_workers_read_a_bucket_as_they_read_a_folder(
    corpus: Path, read_here: pl.DataFrame, endpoint: Endpoint, anywhere: dict[str, Any], tmp_path: Path
) -> None:
    for file in (found for found in corpus.rglob("*") if found.is_file()):
        obstore.put(endpoint.store(), f"feed/{file.relative_to(corpus)}", file.read_bytes())
    # Threads of this process: they have the credentials of the test.
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", **anywhere) as cluster:
        options = Options(dask=Dask(cluster.scheduler_address))
        files = read(Bucket.at("feed", f"{endpoint.bucket}/feed"), tmp_path, options)
    columns = ["path", "content_hash", "outcome", "fragment"]
    assert files.select(columns).equals(read_here.select(columns))


def test_a_worker_that_is_killed_half_way_changes_nothing(
    corpus: Path, read_here: pl.DataFrame, dask: Dask, tmp_path: Path
) -> None:
    signals, source = corpus.parent / "signals", Watched("feed", corpus)
    signals.mkdir()

    killed: list[int] = []

    def kill_one() -> None:
        wait_for(lambda: any(signals.iterdir()))
        killed.append(int(next(signals.iterdir()).name))
        os.kill(killed[0], signal.SIGKILL)
        (signals / "go").touch()

    killer = threading.Thread(target=kill_one)
    killer.start()
    files = read(source, tmp_path, Options(dask=dask))
    killer.join()
    assert len(killed) == 1
    assert files.equals(read_here)


def test_a_document_that_kills_workers_is_rejected_and_its_neighbors_are_read(
    dask: Dask, cluster: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "SHARD_FILES", 1)
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    (tmp_path / "home").write_text(str(os.getpid()))
    feed = tmp_path / "feed"
    feed.mkdir()
    for name in ("a", "b", "deadly"):
        (feed / f"{name}.txt").write_text(f"---\ntitle: {name}\n---\n")
    files = read(Deadly("feed", feed), tmp_path / "warehouse", Options(processes=1, dask=dask))
    assert dict(files.select("path", "outcome").iter_rows()) == {
        "a.txt": "document",
        "b.txt": "document",
        "deadly.txt": "rejected",
    }
    assert files.filter(path="deadly.txt")["content_hash"].to_list() == [shard.KILLED_HASH]


def test_without_an_address_workers_are_started_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT_FOLDER))
    results = map_shards(where, SHARDS, 1, dask=Dask())
    number, (result, process, threads) = next(results)
    assert (result, threads) == (number * number, "1")
    assert process in [child.pid for child in multiprocessing.active_children()]
    results.close()
    assert process not in [child.pid for child in multiprocessing.active_children()]


def test_an_error_is_raised_as_it_is_also_one_that_waiting_raises(dask: Dask) -> None:
    with pytest.raises(TimeoutError, match="the disk takes too long"):
        list(map_shards(time_out, SHARDS, dask=dask))


def test_one_shard_is_done_here() -> None:
    assert list(map_shards(where, [3], 2, dask=Dask("tcp://127.0.0.1:1"))) == [
        (3, (9, os.getpid(), os.environ.get("POLARS_MAX_THREADS")))
    ]


def test_what_hangs_its_worker_is_done_apart(
    anywhere: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PROJECT_FOLDER))
    monkeypatch.setattr(dask_engine, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(dask_engine, "_LOOK_SECONDS", 0.1)
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", **anywhere) as cluster:
        try:
            hang = partial(hang_for_thirteen, tmp_path)
            done = list(map_shards(hang, SHARDS[:20], 1, dask=Dask(cluster.scheduler_address)))
        finally:
            (tmp_path / "go").touch()
    assert sorted(done) == SQUARES[:20]


# A scheduler that goes ------------------------------------------------------------------------------------------------


def test_a_scheduler_that_is_started_again_is_given_what_is_missing(anywhere: dict[str, Any]) -> None:
    # Below the ports that the system gives away, so that nobody takes it meanwhile.
    scheduler = {**anywhere, "scheduler_port": 20_000 + os.getpid() % 10_000}
    with LocalCluster(n_workers=1, processes=False, protocol="tcp", **scheduler) as cluster:
        results = map_shards(square, SHARDS, dask=Dask(cluster.scheduler_address))
        done = [next(results)]
    with LocalCluster(n_workers=1, processes=False, protocol="tcp", **scheduler):
        done += results
    assert sorted(done) == SQUARES


def test_a_connection_that_breaks_while_a_result_comes_loses_nothing(
    dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, broken = dask_engine._Work._outcome, []

    def break_once(work: Any, future: Any) -> Any:
        if not broken:
            broken.append(future)
            raise OSError("the stream is closed")
        return outcome(work, future)

    monkeypatch.setattr(dask_engine._Work, "_outcome", break_once)
    assert sorted(map_shards(square, SHARDS, dask=dask)) == SQUARES
    assert broken


def test_a_scheduler_that_does_not_come_back_ends_the_build_with_a_sentence(
    anywhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 5)
    with LocalCluster(n_workers=1, processes=False, protocol="tcp", **anywhere) as cluster:
        results = map_shards(square, SHARDS, dask=Dask(cluster.scheduler_address))
        next(results)
    with pytest.raises(WorkerError, match="the scheduler of Dask went and did not come back"):
        list(results)


def test_a_scheduler_without_workers_is_not_waited_for_for_ever(
    anywhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_engine, "WORKERLESS_SECONDS", 0.2)
    monkeypatch.setattr(dask_engine, "_LOOK_SECONDS", 0.1)
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp", **anywhere) as cluster,
        pytest.raises(WorkerError, match="has had no worker"),
    ):
        list(map_shards(square, SHARDS, dask=Dask(cluster.scheduler_address)))


@pytest.mark.parametrize("address", ["nonsense", "carrier-pigeon://loft:1"])
def test_an_address_that_is_none_is_told(address: str) -> None:
    with pytest.raises(InputError, match=f"no scheduler of Dask answers at {address}"):
        list(map_shards(square, SHARDS, dask=Dask(address)))


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 0.2)
    with socket.socket() as taken:  # Bound and not listening: nobody else answers there.
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(InputError, match="no scheduler of Dask answers at"):
            list(map_shards(square, SHARDS, dask=Dask(f"tcp://127.0.0.1:{taken.getsockname()[1]}")))


# Workers that are not fit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "sentence"), [(Unseen, "no such folder"), (Unmounted, "it could open none of the files")]
)
def test_a_worker_that_does_not_see_a_source_is_refused_and_what_is_published_stays(
    kind: type[Folder], sentence: str, corpus: Path, dask: Dask, seed_snapshot: Snapshot, tmp_path: Path
) -> None:
    shutil.copytree(seed_snapshot.folder.parent.parent, tmp_path / "warehouse", symlinks=True)
    warehouse = Warehouse(tmp_path / "warehouse")
    with pytest.raises(WorkerError) as refusal:
        build_warehouse(warehouse, [kind("feed", corpus)], Options(dask=dask))
    assert str(refusal.value) == (
        f"the worker on {socket.gethostname()} does not see the source {corpus} ({sentence}), but this process does; "
        "give it the same documents at the same place"
    )
    assert warehouse.current().name == seed_snapshot.name
    assert [folder.name for folder in warehouse.snapshots_folder.iterdir()] == [seed_snapshot.name]


def test_files_that_only_this_machine_can_open_are_read_here(
    corpus: Path, read_here: pl.DataFrame, dask: Dask, tmp_path: Path
) -> None:
    assert read(Late("feed", corpus), tmp_path, Options(dask=dask)).equals(read_here)


def test_a_worker_that_does_not_see_the_warehouse_is_refused(
    corpus: Path, dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the folder of the same name is another one, without the token."""
    monkeypatch.setattr(Path, "touch", lambda *_, **__: None)
    with pytest.raises(WorkerError, match=r"does not see .*/fragments as this process does; give it the same folder"):
        read(Folder("feed", corpus), tmp_path, Options(dask=dask))


def test_a_worker_that_runs_other_software_is_refused(
    corpus: Path, dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = elsewhere._software()
    monkeypatch.setattr(elsewhere, "_software", lambda: "broadsheet 99, polars 98, Python 97")
    with pytest.raises(WorkerError) as refusal:
        read(Folder("feed", corpus), tmp_path, Options(dask=dask))
    assert f"runs {own}, but this process broadsheet 99, polars 98, Python 97; install the same" in str(refusal.value)


def test_a_worker_that_cannot_load_the_work_is_refused(
    dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "known_here_alone.py").write_text("def work(shard):\n    return shard\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from known_here_alone import work

    with pytest.raises(
        WorkerError, match=r"a worker of Dask cannot load what it is to do \(No module named 'known_here_alone'\)"
    ):
        list(map_shards(work, SHARDS, dask=dask))


# What people ask for --------------------------------------------------------------------------------------------------


def test_where_a_scheduler_is_set_its_workers_read_unless_something_else_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BROADSHEET_SCHEDULER", raising=False)
    assert default_engine() == "processes"
    monkeypatch.setenv("BROADSHEET_SCHEDULER", "tcp://scheduler:8786")
    assert default_engine() == "dask"
    assert engine("dask", None) == Dask("tcp://scheduler:8786")
    assert engine("dask", "tcp://other:8786") == Dask("tcp://other:8786")
    assert engine("processes", None) is None


def test_engines_have_names() -> None:
    assert engine("processes", None) is None
    assert engine("dask", None) == Dask()
    assert BuildConfig(engine="dask", scheduler="tcp://host:8786").options().dask == Dask("tcp://host:8786")
    assert BuildConfig(engine="dask").options().dask == Dask()
    assert BuildConfig().options().dask is None


@pytest.mark.parametrize(
    ("name", "scheduler", "sentence"),
    [
        ("spark", None, "there is no engine spark; give one of processes, dask"),
        ("processes", "tcp://host:8786", "the scheduler tcp://host:8786 is one of Dask; give the engine dask as well"),
    ],
)
def test_what_cannot_be_an_engine_is_told(name: str, scheduler: str | None, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        engine(name, scheduler)


def test_dask_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules is how Python itself marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"this needs the package distributed .* pip install --upgrade distributed"):
        engine("dask", None)


def test_the_command_line_starts_without_dask() -> None:
    code = "import sys, pipeline.terminal.cli, pipeline.processes; print({'dask', 'distributed'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
