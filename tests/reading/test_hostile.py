"""The short form of `python -m benchmarks.hostile`: whatever strangers send ends as a row or as a rejection."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from benchmarks.hostile import build_all, hostile_document, mutated_document


def test_hostile_and_mutated_documents_become_rows_or_rejections_and_none_is_lost(tmp_path: Path) -> None:
    documents = [make(7, number) for make in (hostile_document, mutated_document) for number in range(500)]
    built = build_all(iter(documents), tmp_path)
    assert built.read.file_count == 1_000 == built.read.document_count + built.read.rejected_count
    rejected = pl.read_parquet(built.snapshot.folder / "rejected_documents.parquet")
    assert rejected.filter(pl.col("reason").is_in(["reader_failed", "unreadable"])).rows() == []
    assert 200 < rejected.height < 800
