"""A build after changes against a full build: the same bytes, whatever changed, and only what changed is read."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
import xxhash
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline.build import Build, Watch, is_unchanged, keep, open_build, read_files, run_build, write_tables
from pipeline.entries import shard, store
from pipeline.entries.store import FragmentStore, listing_frame
from pipeline.settings import PROJECT_FOLDER, Limits, Options
from pipeline.sources import Source, list_files
from pipeline.sources.folder import Folder
from pipeline.sources.interface import RACY_NS, Found
from pipeline.warehouse.last_build import built_from, remember
from pipeline.warehouse.snapshots import Warehouse

ONE_PROCESS = Options(processes=1)
#: Builds take long: few examples, and the first one that fails as it is.
FEW = settings(
    max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False, database=None
)
#: Files that a test has just written are too fresh to be trusted; listed as from later on, they are old.
LATER_NS = 10 * RACY_NS

# A corpus and its edits -----------------------------------------------------------------------------------------------


def document(number: int, title: str = "Story") -> bytes:
    """A document that lists articles of its neighbors: each has a say in rows that others have a say in, too."""
    related = "".join(
        f"  - title: Story {other}\n"
        f"    publishedDateTime: 2020-06-{other % 28 + 1:02}T0{number % 9}:30:00Z\n"
        f"    webUrl: https://site{other % 3}.example/{other}?utm_source={number}\n"
        f"    provider:\n      name: Site {number % 2}\n      domain: site{other % 3}.example\n"
        for other in (number + 1, number + 2)
    )
    return (
        f"---\ntitle: {title} {number}\npublishedDateTime: 2020-06-{number % 28 + 1:02}T10:00:00Z\n"
        f"webUrl: https://site{number % 3}.example/{number}\nheat: {number % 2 * 90 - 1}\n"
        f"published: {('false', 'true')[number % 2]}\n"
        f"provider:\n  name: Site\n  domain: site{number % 3}.example\ntopics:\n  - Topic {number % 2}\n"
        f"related:\n{related}---\n"
    ).encode()


@dataclass
class Corpus:
    """Two sources below a folder. Each edit changes the file that `number` picks, and returns the file to be read
    because of it, if there is one."""

    folder: Path

    @property
    def sources(self) -> list[Source]:
        return [Folder(name, self.folder / name) for name in ("archive", "feed")]

    @property
    def files(self) -> list[str]:
        return sorted(str(file.relative_to(self.folder)) for file in self.folder.rglob("*.md"))

    def start(self) -> Corpus:
        # Edits pick other files than these, so that no source is ever empty.
        self.write("archive/stays.txt", document(4))
        self.write("feed/README.txt", b"Passed over.")
        self.write("feed/broken.txt", b"---\ntitle: 'x\n---\n")
        for number in range(8):
            self.write(f"feed/{number % 2}/{number}.md", document(number))
        return self

    def write(self, file: str, content: bytes) -> str:
        (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).write_bytes(content)
        return file

    def read(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()

    def pick(self, number: int) -> str:
        return self.files[number % len(self.files)]

    def move(self, file: str, target: str) -> str:
        (self.folder / target).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / file).replace(self.folder / target)
        return target

    def add(self, number: int) -> str:
        return self.write(f"feed/new/{number}.md", document(number))

    def copy(self, number: int) -> str:
        return self.write(f"feed/copy-{number}.md", self.read(self.pick(number)))

    def change(self, number: int) -> str:
        return self.write(self.pick(number), document(number, "Update"))

    def change_keeping_size_and_time(self, number: int) -> str:
        file = self.pick(number)
        modified_ns = (self.folder / file).stat().st_mtime_ns
        self.write(file, self.read(file).replace(b"title: S", b"title: s", 1))
        os.utime(self.folder / file, ns=(modified_ns, modified_ns))
        return file

    def replace(self, number: int) -> str:
        """A new file under the old name, as careful programs write."""
        return self.move(self.write("feed/.beside", document(number, "Other")), self.pick(number))

    def remove(self, number: int) -> None:
        if len(self.files) > 3:
            (self.folder / self.pick(number)).unlink()

    def rename(self, number: int) -> str:
        return self.move(self.pick(number), f"feed/renamed-{number}.md")

    def move_to_the_other_source(self, number: int) -> str:
        name, _, path = self.pick(number).partition("/")
        return self.move(f"{name}/{path}", f"{'feed' if name == 'archive' else 'archive'}/{path}")

    def touch(self, number: int) -> str:
        os.utime(self.folder / self.pick(number), (number, number))
        return self.pick(number)

    def spoil(self, number: int) -> str:
        return self.write(self.pick(number), b"x" + self.read(self.pick(number)))

    def mend(self, number: int) -> str | None:
        spoiled = [file for file in self.files if self.read(file).startswith(b"x")]
        return self.write(spoiled[number % len(spoiled)], document(number, "Mended")) if spoiled else None


Edit = Callable[[Corpus, int], str | None]
EDITS: tuple[Edit, ...] = (
    *(Corpus.add, Corpus.copy, Corpus.change, Corpus.change_keeping_size_and_time, Corpus.replace, Corpus.remove),
    *(Corpus.rename, Corpus.move_to_the_other_source, Corpus.touch, Corpus.spoil, Corpus.mend),
)


def next_tick(folder: Path) -> None:
    """Wait until the clock of the file system, a coarse one, has moved on."""
    probe = folder / ".probe"
    probe.touch()
    before = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns == before:
        probe.touch()
    probe.unlink()


# Builds ---------------------------------------------------------------------------------------------------------------


@contextmanager
def later_build(warehouse: Warehouse, sources: list[Source], options: Options = ONE_PROCESS) -> Iterator[Build]:
    """A build that takes place when the files are no longer fresh."""
    with open_build(warehouse, sources, options) as build:
        yield replace(build, listed_at_ns=build.listed_at_ns + LATER_NS)


def digests(folder: Path) -> dict[str, str]:
    """Parquet files of a snapshot, tables and marts, by the digest of their bytes."""
    files = sorted(folder.rglob("*.parquet"))
    return {str(file.relative_to(folder)): xxhash.xxh3_128_hexdigest(file.read_bytes()) for file in files}


def tables_of(warehouse: Warehouse, sources: list[Source]) -> dict[str, str]:
    """Digests of the tables that a build makes, without publishing them."""
    with later_build(warehouse, sources) as build:
        return digests(write_tables(build, read_files(build)).folder)


def tables_anew(sources: list[Source]) -> dict[str, str]:
    """Digests of the tables in a warehouse of their own."""
    with tempfile.TemporaryDirectory() as folder:
        return tables_of(Warehouse(Path(folder)), sources)


@dataclass(frozen=True)
class BuiltCorpus:
    """A corpus and the warehouse that was built from it."""

    corpus: Corpus
    warehouse: Warehouse


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltCorpus:
    """For tests that leave both as they are."""
    folder = tmp_path_factory.mktemp("incremental")
    place = BuiltCorpus(Corpus(folder / "corpus").start(), Warehouse(folder / "warehouse"))
    with later_build(place.warehouse, place.corpus.sources) as build:
        assert run_build(build).snapshot.record.document_count == 9
    next_tick(folder)
    return place


@pytest.fixture
def place(built: BuiltCorpus, tmp_path: Path) -> BuiltCorpus:
    """The same corpus with a copy of its warehouse."""
    shutil.copytree(built.warehouse.folder, tmp_path / "warehouse", symlinks=True)
    return BuiltCorpus(built.corpus, Warehouse(tmp_path / "warehouse"))


# The same bytes -------------------------------------------------------------------------------------------------------


STEPS = st.lists(
    st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 99)), min_size=1, max_size=4), min_size=3, max_size=4
)


@given(STEPS)
@FEW
def test_after_any_edits_the_tables_are_those_of_reading_everything(steps: list[list[tuple[Edit, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        corpus, warehouse = Corpus(Path(folder) / "corpus").start(), Warehouse(Path(folder) / "warehouse")
        for edits in [[], *steps]:
            changed = {edit(corpus, number) for edit, number in edits}
            assert changed & set(corpus.files) <= remembered_read(warehouse, corpus)
            next_tick(corpus.folder)
        assert tables_of(warehouse, corpus.sources) == tables_anew(corpus.sources)


def remembered_read(warehouse: Warehouse, corpus: Corpus) -> set[str]:
    """Read as a build does, without the tables that it makes then; returns the files that were opened."""
    with later_build(warehouse, corpus.sources) as build:
        listed = listing_frame(list_files(build.sources))
        files, read = build.store.read(listed, build.listed_at_ns, build.sources, Limits(), 1)
        build.store.store(files)
    return {f"{source}/{path}" for source, path in read.select("source_name", "path").rows()}


def test_a_published_build_after_every_kind_of_edit_is_a_full_build(tmp_path: Path) -> None:
    corpus, warehouse = Corpus(tmp_path / "corpus").start(), Warehouse(tmp_path / "warehouse")
    remembered_read(warehouse, corpus)
    next_tick(tmp_path)
    for number, edit in enumerate(EDITS):
        edit(corpus, number * 7)
    found = []
    for folder in (warehouse.folder, tmp_path / "anew"):
        with later_build(Warehouse(folder), corpus.sources) as build:
            built = run_build(build)
        found.append(digests(built.snapshot.folder))
        assert (built.read.read_count < built.read.file_count) == (folder == warehouse.folder)
    assert found[0] == found[1]
    assert {"articles.parquet", "marts/article_hours.parquet"} <= set(found[0])


@given(st.permutations(range(11)), st.booleans())
@FEW
def test_neither_order_nor_place_nor_time_changes_a_byte(
    built: BuiltCorpus, order: list[int], is_reversed: bool
) -> None:
    files = [file for file in sorted(built.corpus.folder.rglob("*.*")) if file.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = Corpus(Path(folder) / "another" / "place")
        for number in order:
            file = str(files[number].relative_to(built.corpus.folder))
            elsewhere.write(file, built.corpus.read(file))
            os.utime(elsewhere.folder / file, (number, 1_000_000_000 - number))
        sources = elsewhere.sources[::-1] if is_reversed else elsewhere.sources
        assert tables_anew(sources).items() <= digests(built.warehouse.current().folder).items()


def test_neither_shards_nor_parts_change_a_byte(built: BuiltCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "SHARD_FILES", 3)
    monkeypatch.setattr(store, "PART_BYTES", 2_000)
    assert tables_anew(built.corpus.sources).items() <= digests(built.warehouse.current().folder).items()


# What is read ---------------------------------------------------------------------------------------------------------


def test_nothing_changed_gives_the_same_snapshot_and_reads_nothing(place: BuiltCorpus) -> None:
    before = place.warehouse.current()
    with later_build(place.warehouse, place.corpus.sources) as build:
        built = run_build(build)
    assert (built.snapshot.name, built.is_new, built.read.read_count) == (before.name, False, 0)
    assert [snapshot.name for snapshot in place.warehouse.snapshots()] == [before.name]


def test_one_changed_file_is_the_only_one_that_is_read(tmp_path: Path) -> None:
    corpus, warehouse = Corpus(tmp_path / "corpus").start(), Warehouse(tmp_path / "warehouse")
    assert remembered_read(warehouse, corpus) >= set(corpus.files)
    next_tick(tmp_path)
    for edit in (Corpus.add, Corpus.change, Corpus.change_keeping_size_and_time, Corpus.touch):
        assert remembered_read(warehouse, corpus) == set()
        changed = edit(corpus, 5)
        assert remembered_read(warehouse, corpus) == {changed}, edit
        next_tick(tmp_path)


def test_files_with_other_times_only_give_no_new_snapshot(place: BuiltCorpus, tmp_path: Path) -> None:
    shutil.copytree(place.corpus.folder, tmp_path / "corpus", copy_function=shutil.copyfile)
    with later_build(place.warehouse, Corpus(tmp_path / "corpus").sources) as build:
        assert is_unchanged(build, read_files(build))


@pytest.mark.parametrize(
    "options", [Options(full=True, processes=1), Options(Limits(max_bytes=200), processes=1)], ids=["full", "limit"]
)
def test_a_full_build_and_one_with_another_limit_read_everything(options: Options, place: BuiltCorpus) -> None:
    with later_build(place.warehouse, place.corpus.sources, options) as build:
        read = read_files(build)
        assert not is_unchanged(build, read)
    assert read.read_count == read.file_count
    assert (read.document_count == 0) == (not options.full)


def test_a_change_without_a_trace_in_size_and_times_is_noticed_within_two_seconds(tmp_path: Path) -> None:
    """As git does: a file that was fresh when it was listed is read once more."""
    file = tmp_path / "news" / "a.md"
    file.parent.mkdir()
    sources, fragments = [Folder("news", file.parent)], FragmentStore(tmp_path / "fragments", "")
    changed_ns = time.time_ns()

    def is_read(listed_after_ns: int) -> bool:
        # The clock of the file system stands still, which that of a real one does for milliseconds.
        times = pl.lit(changed_ns).alias("modified_ns"), pl.lit(changed_ns).alias("changed_ns")
        listed = listing_frame(list_files(sources)).with_columns(times)
        files, read = fragments.read(listed, changed_ns + listed_after_ns, sources, Limits(), 1)
        fragments.store(files)
        return bool(read.height)

    file.write_bytes(document(1, "One"))
    assert is_read(RACY_NS - 1)
    file.write_bytes(document(1, "Two"))
    assert is_read(RACY_NS + 1)
    assert not is_read(RACY_NS + 1)


def test_a_listing_proves_something_two_seconds_after_the_last_change(built: BuiltCorpus) -> None:
    listing = list_files(built.corpus.sources)
    last_ns = max(max(modified_ns, changed_ns) for _, _, _, modified_ns, changed_ns, *_ in listing.files)
    assert listing.fingerprint(last_ns + RACY_NS - 1) is None
    assert listing.fingerprint(last_ns + RACY_NS) is not None


def test_a_file_dated_in_the_future_delays_nothing_and_is_named(tmp_path: Path) -> None:
    corpus, warehouse = Corpus(tmp_path / "corpus").start(), Warehouse(tmp_path / "warehouse")
    os.utime(corpus.folder / "feed/0/0.md", (4_102_444_800, 4_102_444_800))
    os.utime(corpus.folder / "feed/1/1.md", (4_102_444_800, 4_102_444_800))
    warnings: list[str] = []
    with later_build(warehouse, corpus.sources) as build:
        read = read_files(replace(build, watch=Watch(warn=warnings.append)))
        build.store.store(read.files)
    assert read.listing_fingerprint is not None
    assert warnings == [
        "2 files are dated in the future, first: feed/0/0.md (2100-01-01 00:00:00 UTC); that delays nothing, but a "
        "clock may be wrong"
    ]
    assert remembered_read(warehouse, corpus) == set()
    # Its next change gives it another time, if only that of the change.
    next_tick(tmp_path)
    assert corpus.pick(0) == "feed/0/0.md"
    changed = corpus.change_keeping_size_and_time(0)
    assert remembered_read(warehouse, corpus) == {changed}


def test_a_clock_that_was_set_back_makes_files_neither_fresh_nor_unknown(tmp_path: Path) -> None:
    """Then all times lie in the future, those of changes, too."""
    listing = list_files(Corpus(tmp_path / "corpus").start().sources)
    ahead_ns = 30 * 86_400 * 1_000_000_000
    later = [(*file[:3], file[3] + ahead_ns, file[4] + ahead_ns, *file[5:]) for file in listing.files]
    assert replace(listing, files=later).fingerprint(time.time_ns()) is not None
    # A server's clock may be ahead by a little; its files are as fresh as others.
    ahead_ns = time.time_ns() + RACY_NS // 2
    fresh = [(*file[:3], 0, ahead_ns, *file[5:]) for file in listing.files]
    assert replace(listing, files=fresh).fingerprint(time.time_ns()) is None


def test_files_that_could_not_be_read_are_tried_again(place: BuiltCorpus, tmp_path: Path) -> None:
    """A network folder that goes for a moment changes no time of any file."""
    corpus, warehouse = Corpus(tmp_path / "corpus").start(), place.warehouse

    class GoneAfterListing(Folder):
        def list(self) -> Found:
            found = super().list()
            self.path.rename(tmp_path / "away")
            return found

    archive, feed = corpus.sources
    with later_build(warehouse, [archive, GoneAfterListing("feed", corpus.folder / "feed")]) as build:
        read = read_files(build)
        assert (read.document_count, read.rejected_count, read.passed_over_count) == (1, 10, 0)
        keep(build, read)
    (tmp_path / "away").rename(corpus.folder / "feed")
    seen = list_files(corpus.sources).fingerprint(time.time_ns() + LATER_NS)
    assert built_from(warehouse, seen, Limits()) is None
    with later_build(warehouse, [archive, feed]) as build:
        assert not run_build(build).is_new
    assert built_from(warehouse, seen, Limits()) == warehouse.current().name


def test_a_link_that_leads_nowhere_else_than_before_is_a_change(tmp_path: Path) -> None:
    corpus, found = Corpus(tmp_path / "corpus").start(), []
    for target in ("gone-1", "gone-2"):
        (corpus.folder / "feed" / "link.txt").unlink(missing_ok=True)
        (corpus.folder / "feed" / "link.txt").symlink_to(target)
        with later_build(Warehouse(tmp_path / "warehouse"), corpus.sources) as build:
            found.append(read_files(build).fingerprint)
    assert found[0] != found[1]


# Trouble --------------------------------------------------------------------------------------------------------------

DYING_BUILD = """
import os, signal, sys
from pathlib import Path
from pipeline.build import Watch, build_warehouse
from pipeline.settings import Options
from pipeline.sources import parse_sources
from pipeline.warehouse.snapshots import Warehouse

def progress(step, done, total):
    if step == "tables":
        os.kill(os.getpid(), signal.SIGKILL)

folder, *sources = sys.argv[1:]
build_warehouse(
    Warehouse(Path(folder)), parse_sources(sources), Options(full=True, processes=1), Watch(progress)
)
"""


def test_a_killed_build_leaves_the_snapshot_and_the_next_one_works(place: BuiltCorpus) -> None:
    before = place.warehouse.current()
    sources = [f"{source.name}={source.location}" for source in place.corpus.sources]
    command = [sys.executable, "-c", DYING_BUILD, str(place.warehouse.folder), *sources]
    assert subprocess.run(command, cwd=PROJECT_FOLDER, check=False).returncode == -signal.SIGKILL
    assert place.warehouse.current() == before
    assert len(list(place.warehouse.snapshots_folder.iterdir())) == 2
    assert tables_of(place.warehouse, place.corpus.sources).items() <= digests(before.folder).items()
    assert [folder.name for folder in place.warehouse.snapshots_folder.iterdir()] == [before.name]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def blanked(file: Path) -> None:
    """As a power cut leaves a file whose size was written, but not its bytes."""
    file.write_bytes(bytes(file.stat().st_size))


@pytest.mark.parametrize("damage", [Path.unlink, cut, blanked, lambda file: file.write_bytes(b"")])
@pytest.mark.parametrize("kept", ["files-*.parquet", "*/documents.parquet", "*/entries.parquet"])
def test_what_is_kept_between_builds_is_made_anew_when_damaged(
    damage: Callable[[Path], object], kept: str, place: BuiltCorpus
) -> None:
    [file] = place.warehouse.fragments_folder.glob(kept)
    damage(file)
    with later_build(place.warehouse, place.corpus.sources) as build:
        read = read_files(build)
        assert is_unchanged(build, read)
        assert read.read_count == read.file_count
        frames = [part for parts in build.store.parts(read.files).values() for part in parts]
        assert all(frame.collect().width for frame in frames)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "null", '{"seen": ["other"], "snapshot": "x"}'])
def test_a_damaged_note_of_the_last_build_says_to_look_closer(text: str, tmp_path: Path) -> None:
    warehouse, limits = Warehouse(tmp_path), Limits()
    remember(warehouse, "listing", limits, "a snapshot")
    assert built_from(warehouse, "listing", limits) == "a snapshot"
    assert built_from(warehouse, "another", limits) is None
    assert built_from(warehouse, None, limits) is None
    assert built_from(warehouse, "listing", Limits(max_bytes=1)) is None
    (warehouse.fragments_folder / "last-build.json").write_text(text)
    assert built_from(warehouse, "listing", limits) is None
