"""A bucket as a source: the same rows as from a folder, and what happens when its end point fails."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import obstore
import polars as pl
import pytest

from pipeline.build import ReadFiles, build_warehouse, open_build, read_files, write_tables
from pipeline.entries.store import FragmentStore, listing_frame
from pipeline.errors import InputError, StoreError
from pipeline.settings import SEEDS_FOLDER, Limits, Options, default_sources
from pipeline.sources import argument, list_files, parse_source, source_at
from pipeline.sources.bucket import Bucket
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Snapshot, Warehouse
from tests.helpers.object_store import Endpoint, Fault

SEED = next(SEEDS_FOLDER.glob("*.txt")).read_bytes()
DOCUMENT = b"---\ntitle: One\nurl: https://example.com/1\n---\n"
LIMIT = 30_000
#: Names and contents of all kinds that a folder and a bucket can both have.
FILES = {
    "one.txt": SEED,
    "deep/er/two.txt": SEED.replace(b"recognition", b"cognition"),
    "deep/é %20 #?&+='.txt": DOCUMENT,
    r"back\slash.txt": DOCUMENT.replace(b"/1", b"/2"),
    "empty.txt": b"",
    "broken.txt": b"---\ntitle: [\n---\n",
    "large.txt": DOCUMENT + b"x" * LIMIT,
    "README.md": b"What this is.\n",
    ".hidden": b"",
    "deep/.git/config": b"",
    "deep/.git/head": b"",
    "own/.broadsheet": b"",
    "own/snapshots/x.parquet": b"",
}


def fill(endpoint: Endpoint, prefix: str, files: dict[str, bytes]) -> Bucket:
    for path, content in files.items():
        obstore.put(endpoint.store(), f"{prefix}/{path}", content)
    return Bucket.at("", f"{endpoint.bucket}/{prefix}")


def contents(source: Bucket, max_bytes: int = 1000) -> dict[str, bytes | str]:
    paths = [file[1] for file in source.list().files]
    return dict(zip(paths, source.read(paths, max_bytes), strict=True))


def test_a_bucket_gives_the_same_tables_as_a_folder_with_the_same_files(endpoint: Endpoint, tmp_path: Path) -> None:
    for path, content in FILES.items():
        file = tmp_path / "feed" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    bucket, folder = fill(endpoint, "feed", FILES), Folder.at("", str(tmp_path / "feed"))
    assert bucket.name == folder.name == "feed"
    options = Options(Limits(max_bytes=LIMIT), processes=1)
    built: list[tuple[ReadFiles, dict[str, bytes]]] = []
    for source in (folder, bucket):
        with open_build(Warehouse(tmp_path / "warehouse"), [source], options) as build:
            read = read_files(build)
            tables = write_tables(build, read)
            built.append((read, {name: (tables.folder / f"{name}.parquet").read_bytes() for name in tables.tables}))
    (read, by_folder), (read_again, by_bucket) = built
    assert (read.document_count, read.rejected_count, read.passed_over_count) == (4, 3, 4)
    assert read_again.fingerprint == read.fingerprint
    assert by_bucket == by_folder


def test_what_changed_is_seen_by_its_etag_though_times_and_sizes_are_the_same(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources.interface.RACY_NS", 0)
    source = fill(endpoint, "feed", {"1.txt": DOCUMENT, "2.txt": DOCUMENT})
    store = FragmentStore(tmp_path, "code")

    def read() -> set[str]:
        listing = listing_frame(list_files([source]))
        # As if all had been written in the same second, long ago.
        files, read = store.read(
            listing.with_columns(modified_ns=pl.lit(0, pl.Int64)), time.time_ns(), [source], Limits(), 1
        )
        store.store(files)
        return set(read["path"])

    assert read() == {"1.txt", "2.txt"}
    assert read() == set()
    fill(endpoint, "feed", {"2.txt": DOCUMENT.replace(b"One", b"Two")})
    assert read() == {"2.txt"}


def test_many_are_fetched_at_a_time(endpoint: Endpoint) -> None:
    files = {f"{number}.txt": str(number).encode() for number in range(8)}
    source = fill(endpoint, "feed", files)
    paths = [file[1] for file in source.list().files]
    endpoint.barrier = threading.Barrier(8, timeout=30)  # No request is answered before there are eight.
    assert dict(zip(paths, source.read(paths, 10), strict=True)) == files


def test_folder_markers_of_consoles_are_no_documents(endpoint: Endpoint) -> None:
    source = fill(endpoint, "feed", {"made/1.txt": b"1", "empty": b""})
    connection = endpoint.behind()
    for marker in ("feed/", "feed/made/", "feed/new/"):
        connection.request("PUT", f"/{endpoint.bucket.removeprefix('s3://')}/{marker}")
        connection.getresponse().read()
    connection.close()
    assert contents(source) == {"made/1.txt": b"1", "empty": b""}


def test_a_mirror_is_no_source(endpoint: Endpoint) -> None:
    source = fill(endpoint, "mirror", {".broadsheet": b"", "current.json": b"{}"})
    with pytest.raises(InputError, match="is a mirror that Broadsheet itself writes"):
        source.list()


def test_what_goes_or_grows_between_listing_and_reading_is_a_row(endpoint: Endpoint) -> None:
    source = fill(endpoint, "feed", {"1.txt": b"1", "2.txt": b"2", "3.txt": b"3"})
    paths = sorted(file[1] for file in source.list().files)
    obstore.delete(endpoint.store(), "feed/1.txt")
    obstore.put(endpoint.store(), "feed/2.txt", b"x" * 100)
    gone, grown, same = source.read(paths, 10)
    assert gone == "it went while the source was being read; build again if it is back"
    assert (grown, same) == (b"x" * 11, b"3")


def test_one_object_that_may_not_be_read_is_a_row_and_no_access_at_all_an_error(endpoint: Endpoint) -> None:
    source = fill(endpoint, "feed", {"1.txt": b"1", "2.txt": b"2"})
    endpoint.faults = [Fault("denied", "1.txt")]
    assert contents(source) == {
        "1.txt": "access to it is denied; give the user who builds the right to read it",
        "2.txt": b"2",
    }
    endpoint.faults = [Fault("denied", "GET")]
    with pytest.raises(StoreError, match="denies access; see to the credentials"):
        list(source.read(["1.txt"], 10))


@pytest.mark.parametrize("kind", ["error", "slow_down", "lost", "truncated"])
def test_what_passes_is_tried_again(endpoint: Endpoint, kind: str) -> None:
    source = fill(endpoint, "feed", {"1.txt": b"1111"})
    endpoint.faults = [Fault(kind, "?list-type", 2), Fault(kind, "1.txt", 2)]
    assert contents(source) == {"1.txt": b"1111"}


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        ("?list-type", "denied", "it denies access; see to the credentials and to what they may do"),
        *(
            (text, kind, sentence)
            for text in ("?list-type", "1.txt")
            for kind, sentence in (
                ("error", "it fails; try again later"),
                ("slow_down", "it is too busy and asks to slow down; try again later"),
                ("lost", "it does not answer; see to the end point and to the network"),
                ("truncated", "its answers break off; try again later"),
                ("hang", "it does not answer; see to the end point and to the network"),
            )
        ),
    ],
)
def test_what_stays_is_told_in_a_sentence_after_a_bounded_number_of_requests(
    endpoint: Endpoint, text: str, kind: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = fill(endpoint, "feed", {"1.txt": b"1111"})
    endpoint.faults = [Fault(kind, text)]
    endpoint.requests.clear()
    if kind == "hang":
        monkeypatch.setattr("pipeline.stores.TIMEOUTS", {"read_timeout": "100ms"})
    with pytest.raises(StoreError) as raised:
        list(source.read(["1.txt"], 10)) if text == "1.txt" else source.list()
    assert str(raised.value).startswith(f"the source {endpoint.bucket}/feed cannot be read: {sentence}")
    assert len([request for request in endpoint.requests if text in request]) <= 3


def test_a_build_whose_end_point_fails_leaves_what_is_published(
    endpoint: Endpoint, tmp_path: Path, seed_snapshot: Snapshot
) -> None:
    shutil.copytree(seed_snapshot.folder.parents[1], tmp_path / "warehouse", symlinks=True)
    source, warehouse = fill(endpoint, "feed", {"1.txt": SEED, "2.txt": DOCUMENT}), Warehouse(tmp_path / "warehouse")
    endpoint.faults = [Fault("slow_down", "2.txt")]
    with pytest.raises(StoreError, match="asks to slow down"):
        build_warehouse(warehouse, [source], Options(processes=1))
    assert warehouse.current().name == seed_snapshot.name and not warehouse.staged()


def test_ctrl_c_is_heard_while_an_end_point_does_not_answer(endpoint: Endpoint, tmp_path: Path) -> None:
    source = fill(endpoint, "feed", {"1.txt": b"1111"})
    has_begun = threading.Event()
    endpoint.faults = [Fault("hang", "1.txt", on_hit=has_begun.set)]
    command = [sys.executable, "-m", "pipeline.terminal.cli", "build", source.location, "--warehouse", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as build:
        assert has_begun.wait(60)
        build.send_signal(signal.SIGINT)
        # Without it, the end point would be waited for, and asked again, for more than a minute.
        _, said = build.communicate(timeout=50)
    assert (build.returncode, said) == (130, "broadsheet: stopped; nothing was published\n")


def test_no_end_point_no_bucket_and_no_credentials_are_told(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match="it knows no such bucket"):
        source_at("", "s3://missing").list()
    endpoint.store()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StoreError, match=r"it does not answer; .*\(GET http://127.0.0.1:1/.*, after 2 retries\)"):
        source_at("", endpoint.bucket).list()
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StoreError, match="no credentials are found; set AWS_ACCESS_KEY_ID"):
        source_at("", endpoint.bucket).list()


def test_a_name_that_the_library_cannot_take_is_named(endpoint: Endpoint) -> None:
    connection = endpoint.behind()
    connection.request("PUT", f"/{endpoint.bucket.removeprefix('s3://')}/feed//two")
    connection.getresponse().read()
    connection.close()
    with pytest.raises(StoreError, match=r"cannot read an object with such a name .*\(feed//two\)"):
        source_at("", f"{endpoint.bucket}/feed").list()


@pytest.mark.parametrize(
    ("text", "name", "location"),
    [
        ("s3://bucket", "bucket", "s3://bucket"),
        ("s3://bucket/some/feed/", "feed", "s3://bucket/some/feed"),
        ("news=gs://bucket/feed", "news", "gs://bucket/feed"),
        ("s3://bucket/day=1", "day=1", "s3://bucket/day=1"),
        ("s3://bucket/my%20feed", "my feed", "s3://bucket/my%20feed"),
    ],
)
def test_an_address_is_a_source(text: str, name: str, location: str) -> None:
    source = parse_source(text)
    assert (source.name, source.location) == (name, location)
    assert source_at(source.name, source.location) == parse_source(argument(source)) == source


@pytest.mark.parametrize("text", ["s3://", "news=s3:///feed", "s3://bucket/a?b", "s3://bucket/a#b", "s3://bucket//a"])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(InputError, match="is not the address of an object store; give s3://bucket/prefix"):
        parse_source(text)


def test_addresses_can_stand_in_the_variable_of_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_SOURCES", "/data/feed:news=s3://bucket/feed:gs://other")
    assert default_sources() == ["/data/feed", "news=s3://bucket/feed", "gs://other"]


def test_a_prefix_inside_of_another_is_told(endpoint: Endpoint) -> None:
    fill(endpoint, "feed", {"in/1.txt": b"1"})
    sources = [Bucket.at("", f"{endpoint.bucket}/feed{inner}") for inner in ("", "/in")]
    assert list_files(sources).notes == ["the source in lies inside the source feed: its files are documents of both"]


def test_without_the_library_a_source_in_a_bucket_is_one_sentence_and_all_else_works() -> None:
    code = (
        "import sys; import pipeline.terminal.cli, pipeline.sources\n"
        "assert not {'obstore', 'asyncio'} & set(sys.modules)\n"
        "sys.modules['obstore'] = None\n"
        "pipeline.terminal.cli.main(['build', 's3://bucket'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("broadsheet: this needs the package obstore")
    assert result.stderr.count("\n") == 1
