"""The page of trust: what counting rows gets wrong, and what is odd about the documents."""

from __future__ import annotations

from pipeline.dashboard.panel import Column, Page, Panel
from pipeline.dashboard.selection import Completed


def _rejected(selection: Completed) -> str:
    return f"rejected_documents\n{selection.where(source='source_name = source_named({})')}"


TRUST = Page(
    "Trust",
    "What counting rows gets wrong, and what is odd about the documents.",
    (
        Panel(
            "naive",
            "What counting rows gets wrong",
            ("naive_against_correct",),
            lambda selection: "naive_against_correct",
            (
                Column("metric", "Figure"),
                Column("naive_value", "Counted as rows", "decimal"),
                Column("correct_value", "By the rules", "decimal"),
                Column("naive_definition", "What rows count"),
                Column("correct_definition", "What the rules count"),
            ),
            "There is nothing to compare.",
            is_wide=True,
        ),
        Panel(
            "findings",
            "What is odd about the documents",
            ("findings_summary",),
            lambda selection: "findings_summary",
            (
                Column("rule", "Rule", "code"),
                Column("severity", "Severity"),
                Column("finding_count", "Findings", "count"),
                Column("document_count", "Documents", "count"),
                Column("example_detail", "For example", "path"),
                Column("example_path", "In", "path"),
            ),
            "Nothing odd was found.",
            is_wide=True,
        ),
        Panel(
            "rejected",
            "Rejected documents",
            (),
            _rejected,
            (
                Column("reason", "Why", "code"),
                Column("path", "Document", "path"),
                Column("line", "Line", "count"),
                Column("detail", "What was found", "path"),
                Column("source_name", "Source"),
            ),
            "No document was rejected.",
            order="source_name, path",
            limit=50,
            is_wide=True,
        ),
        Panel(
            "clocks",
            "Clocks that seem to be off",
            ("clock_summary",),
            lambda selection: "clock_summary",
            (
                Column("provider_name", "Host"),
                Column("kind", "Told by", "code"),
                Column("evidence_count", "Evidence", "count"),
                Column("article_count", "Articles", "count"),
                Column("median_offset_hours", "Hours off", "decimal"),
            ),
            "No document tells of a clock that is off.",
            limit=30,
            is_wide=True,
        ),
    ),
)
