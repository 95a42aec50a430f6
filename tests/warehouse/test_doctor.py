"""The doctor finds each kind of damage, says where, and heals it from sources and whole snapshots."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from pipeline.sources import source_at
from pipeline.warehouse.doctor import Finding, examine, repair
from pipeline.warehouse.snapshots import MANIFEST, Snapshot
from tests.helpers.damage import FULL, BuiltCopy, flip_bit, spoil_manifest, zeros


def found(place: BuiltCopy) -> dict[str, set[str]]:
    """What is found, and in which files."""
    findings: dict[str, set[str]] = {}
    for finding in examine(place.warehouse):
        assert finding.meaning
        assert finding.remedy
        findings.setdefault(finding.what, set()).add(finding.where.name)
    return findings


def heal(place: BuiltCopy) -> list[str]:
    said: list[str] = []

    def rebuild(snapshot: Snapshot) -> None:
        assert [source_at(name, place_of) for name, place_of in snapshot.record.sources.items()] == place.sources
        place.build(FULL)

    repair(place.warehouse, rebuild, said.append)
    return said


def test_every_kind_of_damage_is_found_and_healed(place: BuiltCopy) -> None:
    first = place.warehouse.current()
    place.edit("new")
    second = place.build().snapshot
    assert found(place) == {}
    titles = place.titles()
    # Topics are shared by both snapshots, articles are not; what a snapshot is damaged in alone, others cannot heal.
    assert first.table("topics").samefile(second.table("topics"))
    zeros(second.table("topics"))
    zeros(second.table("articles"))
    (place.warehouse.folder / ".current.123").symlink_to("snapshots/none")
    (place.warehouse.folder / "warehouse.duckdb").unlink()
    (place.warehouse.folder / "warehouse.duckdb").symlink_to(f"snapshots/{first.name}/warehouse.duckdb")
    second.folder.chmod(0o777)
    [fragment, *_] = place.warehouse.fragments_folder.glob("*/entries.parquet")
    flip_bit(fragment, 1)
    with place.warehouse.lock(0):
        staged = place.warehouse.stage(first.record.built_at, "killed")
    third = place.warehouse.snapshots_folder / "20000101T000000000Z-aaaaaaaa"
    shutil.copytree(first.folder, third)
    spoil_manifest(third, b"{")
    assert found(place) == {
        "changed file": {"topics.parquet", "articles.parquet"},
        "damaged manifest": {third.name},
        "link of the database": {"warehouse.duckdb"},
        "leftover": {staged.name, ".current.123"},
        "open to all": {second.name},
        "damaged fragment": {fragment.parent.name},
    }
    said = heal(place)
    assert found(place) == {}
    assert place.titles() == titles
    assert any(first.name in sentence and sentence.endswith("has its bytes again") for sentence in said)
    assert first.name in [snapshot.name for snapshot in place.warehouse.snapshots()]


def test_without_its_sources_a_damaged_current_snapshot_gives_way_to_the_latest_whole_one(place: BuiltCopy) -> None:
    first = place.warehouse.current()
    titles = place.titles()
    place.edit("new")
    second = place.build().snapshot
    zeros(second.table("articles"))
    shutil.rmtree(place.folder / "seeds")
    said = heal(place)
    assert any(sentence.startswith(f"the sources of {second.name} cannot be built: ") for sentence in said)
    assert place.titles() == titles
    assert [snapshot.name for snapshot in place.warehouse.snapshots()] == [first.name]
    assert found(place) == {}


def test_a_broken_law_of_the_current_snapshot_is_found_though_its_bytes_are_those_recorded(place: BuiltCopy) -> None:
    current = place.warehouse.current()
    tables, articles = current.record.tables, current.folder / "articles.parquet"
    articles.unlink()
    articles.hardlink_to(current.folder / "topics.parquet")
    manifest = current.folder / MANIFEST
    manifest.unlink()
    manifest.write_text(replace(current.record, tables=tables | {"articles": tables["topics"]}).to_json())
    [finding] = examine(place.warehouse)
    assert isinstance(finding, Finding)
    assert finding.what == "keys of articles"
    assert "article_id" in finding.meaning


def test_a_warehouse_whose_current_leads_nowhere_is_healed_without_a_build(place: BuiltCopy) -> None:
    (place.warehouse.folder / "current").unlink()
    assert set(found(place)) == {"no current snapshot"}
    repair(place.warehouse, lambda snapshot: pytest.fail("nothing to build"), lambda sentence: None)
    assert found(place) == {}
    assert len(place.titles()) == 19
