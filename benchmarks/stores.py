"""Object stores: a bucket as a source beside a folder with the same files, and a mirror that is read while it turns.

    .venv/bin/python -m benchmarks.stores [--documents 20000] [--repeats 2] [--reads 10000] [--corpus FOLDER]

The store is the S3 server of the tests (moto) in a process of its own. It takes some milliseconds of processor time for
each request, more than the network to a real store, so that its seconds say little; what a reader costs is its own
processor time. The second table is of an end point that answers after 20 ms, one request at a time and as many as
Broadsheet makes. The benchmark fails when the bucket gives other bytes than the folder, or a reader sees anything but
one whole snapshot.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import obstore
import xxhash

from benchmarks import describe_machine, table
from benchmarks.corpus import corpus_options, prepared_corpus
from pipeline import stores
from pipeline.build import build_warehouse
from pipeline.entries.shard import SHARD_FILES
from pipeline.samples import generate_corpus
from pipeline.settings import Limits, Options, Retention
from pipeline.sources import Source, source_at
from pipeline.stores import open_store
from pipeline.warehouse.mirror import POINTER, Pointer, mirror
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers.object_store import Endpoint, s3_server, variables

DELAY_SECONDS = 0.02
#: Objects that are read with a delay.
DELAYED_COUNT = 500
READERS = 4


@click.command(help=__doc__.partition("\n")[0])
@corpus_options(default_documents=20_000)
@click.option("--repeats", default=2, show_default=True, help="How often each source is listed and read.")
@click.option("--reads", default=10_000, show_default=True, help="How many tables of the mirror are read.")
def main(documents: int, origin: Path | None, repeats: int, reads: int) -> None:
    with (
        s3_server() as direct,
        Endpoint(direct) as delayed,
        tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary,
    ):
        delayed.delay_seconds = DELAY_SECONDS
        address = delayed.bucket
        os.environ.update(variables(direct))
        with prepared_corpus(documents, origin) as corpus:
            click.echo(f"Machine: {describe_machine(('obstore', 'moto'))}\nDocuments: {corpus.sentence}\n")
            send([Path(file) for file in corpus.files], f"{address}/feed")
            sources = {
                "a folder": source_at("feed", str(corpus.folder)),
                "a bucket": source_at("feed", f"{address}/feed"),
            }
            is_same = compare(sources, repeats)
        os.environ.update(variables(delayed.url))
        compare_numbers_at_a_time(sources["a bucket"])
        os.environ.update(variables(direct))
        is_consistent = read_while_pointers_turn(Path(temporary), f"{address}/mirror", reads)
    sys.exit(int(not (is_same and is_consistent)))


def send(files: list[Path], address: str) -> None:
    store = open_store(address)
    with ThreadPoolExecutor(stores.AT_ONCE) as pool:
        list(pool.map(lambda file: obstore.put(store, file.name, file.read_bytes()), files))


def measured(function: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and seconds of the processor in this process."""
    started, processor = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - started, time.process_time() - processor


def content_of(source: Source, count: int | None = None) -> str:
    """A digest of the paths and bytes of a source, read in shards as builds read."""
    paths = sorted(file[1] for file in source.list().files)[:count]
    digest = xxhash.xxh3_128()
    for start in range(0, len(paths), SHARD_FILES):
        shard = paths[start : start + SHARD_FILES]
        for path, content in zip(shard, source.read(shard, Limits().max_bytes), strict=True):
            digest.update(path.encode() + b"\0" + (content if isinstance(content, bytes) else b"?"))
    return digest.hexdigest()


def compare(sources: dict[str, Source], repeats: int) -> bool:
    """List and read each source, in turns. Returns whether all gave the same."""
    times: dict[tuple[str, str], list[tuple[float, float]]] = {}
    digests: set[str] = set()
    count = len(sources["a folder"].list().files)
    for _ in range(repeats):
        for name, source in sources.items():
            times.setdefault((name, "listed"), []).append(measured(source.list))
            both = measured(lambda source=source: digests.add(content_of(source)))
            times.setdefault((name, "listed and read"), []).append(both)
    rows = []
    for (name, what), runs in times.items():
        seconds, processor = (statistics.median(column) for column in zip(*runs, strict=True))
        rows.append([f"{name}, {what}", f"{seconds:.2f}", f"{processor:.2f}", f"{processor / count * 1e6:.0f}"])
    click.echo(table([f"{count:,} files", "seconds", "of our processor", "µs per file"], rows))
    click.echo(f"\nThe bytes are {'the same' if len(digests) == 1 else 'NOT THE SAME'}.\n")
    return len(digests) == 1


def compare_numbers_at_a_time(source: Source) -> None:
    rows = []
    for number in (1, stores.AT_ONCE):
        stores.AT_ONCE = number
        seconds, _ = measured(lambda: content_of(source, DELAYED_COUNT))
        rows.append([f"{number} at a time", f"{seconds:.1f}"])
    click.echo(table([f"{DELAYED_COUNT} objects, each after {DELAY_SECONDS * 1e3:.0f} ms", "seconds"], rows))


def read_while_pointers_turn(folder: Path, address: str, reads: int) -> bool:
    """Read tables of a mirror, all of a look from the folder that the pointer named, while it turns between snapshots.
    Returns whether each had the bytes that its snapshot was published with."""
    snapshots: dict[str, Snapshot] = {}
    for number in (1, 2, 3):
        corpus = folder / f"corpus{number}"
        generate_corpus(20, corpus, number)
        built = build_warehouse(Warehouse(folder / f"warehouse{number}"), [source_at("feed", str(corpus))], Options())
        snapshots[built.snapshot.name] = built.snapshot
    mirror(next(iter(snapshots.values())), address, Retention())
    is_done = threading.Event()

    def turn() -> int:
        turns = 0
        while not is_done.is_set():
            turns += sum(mirror(snapshot, address, Retention()).is_new for snapshot in snapshots.values())
        return turns

    def look(seed: int) -> tuple[int, int]:
        """Tables that were read, and those of them that were not as published."""
        store, chance = open_store(address), random.Random(seed)
        good = bad = 0
        while good + bad < reads / READERS:
            pointer = Pointer.from_json(bytes(obstore.get(store, POINTER).bytes()).decode())
            record = snapshots[pointer.current.snapshot].record
            for path, stored in chance.sample(sorted(record.files.items()), 20):
                content = obstore.get(store, f"{pointer.current.folder}/{path}").bytes()
                is_good = xxhash.xxh3_128_hexdigest(content) == stored.content_hash
                good, bad = good + is_good, bad + (not is_good)
        return good, bad

    with ThreadPoolExecutor(READERS + 1) as pool:
        turning = pool.submit(turn)
        try:
            counts = list(pool.map(look, range(READERS)))
        finally:
            is_done.set()
        turns = turning.result()
    good, bad = (sum(column) for column in zip(*counts, strict=True))
    click.echo(
        f"\n{good + bad:,} files of a mirror read by {READERS} readers while its pointer turned {turns:,} times: "
        f"{bad:,} were not of the snapshot that the pointer named."
    )
    return bad == 0


if __name__ == "__main__":
    main()
