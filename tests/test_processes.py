"""The one seam for parallel work: every shard once, also when workers are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from pipeline import processes as processes_module
from pipeline.processes import map_shards
from pipeline.settings import PROJECT_FOLDER


@pytest.fixture(autouse=True)
def _workers_find_this_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers import the functions below by the name of this module, and inherit the path of this process."""
    monkeypatch.syspath_prepend(str(PROJECT_FOLDER))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


# What workers do ------------------------------------------------------------------------------------------------------


def where(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def threads(number: int) -> tuple[str | None, int]:
    return os.environ.get("POLARS_MAX_THREADS"), pl.thread_pool_size()


def refuse_three(number: int) -> int:
    if number == 3:
        raise LookupError("three cannot be found")
    return number


def refuse_the_first(folder: Path, number: int) -> None:
    if number == 0:
        raise LookupError("the first cannot be found")
    (folder / f"{number}.begun").touch()
    time.sleep(0.1)


def take_long_after_the_first(folder: Path, number: int) -> None:
    if number > 0:
        time.sleep(20)
        (folder / f"{number}.done").touch()


def kill_once(folder: Path, victim: int, number: int) -> int:
    """Leaves a trace of each call, and kills its worker the first time that it is called for the victim."""
    with (folder / f"{number}.calls").open("a") as calls:
        calls.write("x")
    if number == victim and not (folder / "killed").exists():
        _wait_for((folder / "first-result").exists)
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def kill_always(folder: Path, number: int) -> int:
    (folder / f"{os.getpid()}.worker").touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def kill_for_thirteen(shard: tuple[int, ...]) -> int:
    if 13 in shard:
        os.kill(os.getpid(), signal.SIGKILL)
    return sum(shard)


def hang_for_thirteen(shard: tuple[int, ...]) -> int:
    if 13 in shard:
        time.sleep(600)
    return sum(shard)


def halves_without_thirteen(shard: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [shard[: len(shard) // 2], shard[len(shard) // 2 :]] if len(shard) > 1 else [()]


def _wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not happened() and time.monotonic() < end:
        time.sleep(0.01)


# In this process and in others ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shards", "processes"), [([4, 1, 3], 1), ([4, 1, 3], 0), ([4], 8), ([], 8)])
def test_one_process_or_one_shard_is_done_here_in_the_order_given(shards: list[int], processes: int) -> None:
    expected = [(shard, (shard * shard, os.getpid())) for shard in shards]
    assert list(map_shards(where, shards, processes)) == expected


def test_here_a_shard_is_begun_when_its_result_is_asked_for() -> None:
    begun: list[int] = []
    results = map_shards(begun.append, [1, 2, 3])
    assert begun == []
    next(results)
    assert begun == [1]


def test_a_pool_gives_each_shard_once_with_its_result_from_processes_of_its_own() -> None:
    # Equal shards are shards of their own.
    shards = [5, 2, 2, 9, 0, 7, 1]
    results = list(map_shards(where, shards, 2))
    assert sorted((shard, square) for shard, (square, _) in results) == sorted((shard, shard**2) for shard in shards)
    workers = {worker for _, (_, worker) in results}
    assert os.getpid() not in workers
    assert 1 <= len(workers) <= 2


def test_a_worker_has_one_thread_of_polars() -> None:
    assert dict(map_shards(threads, [1, 2], 2)) == {1: ("1", 1), 2: ("1", 1)}


# Trouble --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_the_function_is_raised_as_it_is(processes: int) -> None:
    with pytest.raises(LookupError, match="three cannot be found"):
        list(map_shards(refuse_three, range(6), processes))


def test_an_error_drops_the_shards_that_wait(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        list(map_shards(partial(refuse_the_first, tmp_path), range(40), 2))
    assert len(list(tmp_path.glob("*.begun"))) < 39


def test_who_wants_no_more_results_drops_the_shards_that_wait(tmp_path: Path) -> None:
    """As an error of the caller or Ctrl-C does."""
    results = map_shards(partial(refuse_the_first, tmp_path), range(1, 41), 2)
    next(results)
    results.close()
    assert len(list(tmp_path.glob("*.begun"))) < 40


def test_who_wants_no_more_results_does_not_wait_for_what_was_begun(tmp_path: Path) -> None:
    others = set(multiprocessing.active_children())  # A server that other tests of this process share may be one.
    results = map_shards(partial(take_long_after_the_first, tmp_path), range(3), 2)
    next(results)
    results.close()
    assert set(multiprocessing.active_children()) == others
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_worker_left_is_done_again_and_what_was_done_is_not(tmp_path: Path) -> None:
    shards = list(range(8))
    results = []
    for shard, result in map_shards(partial(kill_once, tmp_path, 4), shards, 2):
        results.append((shard, result))
        (tmp_path / "first-result").touch()
    assert (tmp_path / "killed").exists()
    assert sorted(results) == [(shard, shard * shard) for shard in shards]
    calls = {shard: len((tmp_path / f"{shard}.calls").read_text()) for shard in shards}
    assert calls[4] == 2
    assert calls[results[0][0]] == 1
    assert max(calls.values()) == 2


def test_what_kills_its_workers_is_found_and_the_rest_is_done() -> None:
    shards = [(1, 2), (3, 13, 4, 5, 6), (7,)]
    done = list(map_shards(kill_for_thirteen, shards, 2, halves_without_thirteen))
    assert sorted(item for shard, _ in done for item in shard) == [1, 2, 3, 4, 5, 6, 7]
    assert all(result == sum(shard) for shard, result in done)


def test_what_kills_its_worker_is_found_also_alone_in_one_process() -> None:
    assert dict(map_shards(kill_for_thirteen, [(1, 13)], 1, halves_without_thirteen, is_apart=True)) == {(1,): 1, (): 0}


def test_a_worker_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes_module, "PATIENCE_SECONDS", 3)
    assert dict(map_shards(hang_for_thirteen, [(1, 13), (2,)], 2, halves_without_thirteen)) == {(1,): 1, (): 0, (2,): 2}


def test_workers_that_keep_dying_end_the_build_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes_module, "_KILLED_WORKERS", 3)
    with pytest.raises(RuntimeError, match="worker processes were killed 3 times; is the machine short of memory"):
        list(map_shards(partial(kill_always, tmp_path), [1, 2, 3], 2))
    assert len(list(tmp_path.glob("*.worker"))) >= 3
