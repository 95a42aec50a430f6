"""Documents as strangers may send them: made from a seed, read, typed and built; nothing may crash, hang or get lost.

    .venv/bin/python -m benchmarks.hostile [--hostile 1000] [--mutated 100000] [--seed 1]

Hostile documents hold what breaks readers (extreme numbers and times, references of thousands of digits, odd line ends,
nesting, tags, control characters); mutated ones are right but for some bytes that were changed, doubled or dropped. All
hostile and a thousand of the mutated ones are built together; all are read and typed.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click
import polars as pl

from benchmarks import describe_machine, peak_memory
from pipeline.build import Built, build_warehouse
from pipeline.entries.shard import read_shard
from pipeline.reading.rejections import Rejection
from pipeline.reading.yaml_reader import read_document
from pipeline.settings import Limits, Options
from pipeline.sources.folder import Folder
from pipeline.warehouse.snapshots import Warehouse

_RIGHT = """---
title: "A bridge opens"
webUrl: https://news.example/bridge?id=1
publishedDateTime: 2021-03-04T12:00:00Z
published: true
heat: 12
quality: 71
type: article
topics:
  - Bridges
provider:
  name: The Daily
  domain: news.example
images:
  - url: https://img.example/1.png
    width: 640
    height: 480
related:
  - title: It opened
    webUrl: https://other.example/2
    publishedDateTime: 2021-03-04T13:00:00Z
    quality: 20
    provider:
      domain: other.example
---
"""
_KEYS = (
    "title",
    "webUrl",
    "originalUrl",
    "publishedDateTime",
    "published",
    "heat",
    "quality",
    "type",
    "excerpt",
    "mood",
)
_NUMBERS = [sign * (2**power + more) for sign in (1, -1) for power in (31, 53, 63, 64, 4000) for more in (-1, 0, 1)]
_VALUES = (
    *map(str, _NUMBERS),
    *("&#" + "1" * 4301 + ";", "&#" + "0" * 9000 + "65;", "&#x" + "f" * 5000 + ";", "&" * 5000, "&amp;" * 2000),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2021-02-30", "2021-W60-9"),
    *("1e999", "-.inf", ".nan", "0x" + "f" * 99, "1" * 5000, "\u0661\u0662", "~", "null", "yes", "=", "<<"),
    *("http://[::1", "https://a:b:c@d:99999/%zz", "//", "data:,x", "https://" + "a." * 3000 + "example/", "\\\\host"),
    *("a\u2028b", "a\x85b", "\u202egnp.exe", "\u200b", "\ufdfa" * 500, "\u0390\u1fd3", "e\u0301" * 999, "\U0010ffff"),
    *(
        "=cmd()",
        "'; drop table articles; --",
        "\x1b]0;owned\x07",
        "<script>",
        "![x](http://e.example/p.png)",
        "x" * 99_999,
    ),
)
_STRUCTURES = (
    *("mood: " + "[" * depth + "]" * depth for depth in (5, 19, 21, 999)),
    *(
        "a: &x 1\nb: *x",
        "a: !!python/object/apply:os.system [id]",
        "<<: {title: x}",
        "title: a\ntitle: b",
        "? [a]\n: b",
    ),
    *(
        "title: [",
        "title: 'a",
        "title: |\n x\n  y\n\ttab",
        "%YAML 9.9\n---\ntitle: a",
        "...\n---\ntitle: b",
        "- a",
        "{}",
    ),
    *("related: x", "related: [x, [y], {z: 1}]", "topics: {a: b}", "images: [[]]", "provider: []", "related: {1: {}}"),
    "related:\n" + "  - title: one\n" * 2_000,
    "related:\n"
    + "".join(f"  - {{provider: {{domain: d{n}.example}}, webUrl: https://d{n}.example}}\n" for n in range(400)),
    "topics: [" + "a, " * 9_000 + "]",
    "".join(f"key{n}: {n}\n" for n in range(2_000)),
)
_BYTES = (
    b"\x00",
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\r",
    b"\r\n",
    b"\t",
    b"---\n",
    b"\xef\xbb\xbf",
    b": ",
    b"#",
    b'"',
)


def hostile_document(seed: int, number: int) -> bytes:
    """A document of one to five hostile parts; the same for the same seed and number."""
    random = Random(f"hostile {seed} {number}")
    lines = [f"webUrl: https://hostile.example/{number}"] if random.random() < 0.8 else []
    for _ in range(random.randint(1, 5)):
        value = random.choice(_VALUES)
        quoted = value if random.random() < 0.3 else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        item = f"{random.choice(_KEYS)}: {quoted}"
        lines.append(random.choice([item, f"related:\n  - {item}\n    heat: 1", random.choice(_STRUCTURES)]))
    end = random.choice(["\n", "\n", "\n", "\r\n", "\u2028"])
    return ("---\n" + end.join(lines) + "\n---\n").encode("utf-8", "surrogatepass")


def mutated_document(seed: int, number: int) -> bytes:
    """A right document of which one to eight places were changed; the same for the same seed and number."""
    random = Random(f"mutated {seed} {number}")
    content = bytearray(_RIGHT.encode())
    for _ in range(random.randint(1, 8)):
        start = random.randrange(len(content))
        end = start + random.randrange(12)
        part = bytes(content[start:end])
        content[start:end] = random.choice(
            [b"", part * 2, part[::-1], bytes([random.randrange(256)]), random.choice(_BYTES), part.upper()]
        )
    return bytes(content)


def build_all(documents: Iterator[bytes], folder: Path) -> Built:
    """One build of documents, each in a file of its own."""
    (folder / "feed").mkdir()
    for number, content in enumerate(documents):
        (folder / "feed" / f"{number}.txt").write_bytes(content)
    return build_warehouse(Warehouse(folder / "warehouse"), [Folder("feed", folder / "feed")], Options(processes=1))


def read_all(documents: list[bytes], folder: Path) -> Counter[str]:
    """Read and type documents as a build does: how many became documents, how many were rejected for which reason."""
    (folder / "feed").mkdir(parents=True)
    for number, content in enumerate(documents):
        (folder / "feed" / f"{number}.txt").write_bytes(content)
    source = Folder("feed", folder / "feed")
    shard = tuple(("feed", f"{number}.txt", len(content), None, None) for number, content in enumerate(documents))
    rows = read_shard(shard, {"feed": source}, folder / "fragments", Limits())
    reasons = [
        reason
        for name in rows["fragment"].unique()
        for reason in pl.read_parquet(folder / "fragments" / name / "rejected_documents.parquet")["reason"]
    ]
    return Counter({"document": (rows["outcome"] == "document").sum()}) + Counter(reasons)


def slowest(documents: list[bytes]) -> tuple[float, int]:
    """Seconds of the document that takes longest to read alone, and its number."""

    def seconds(content: bytes) -> float:
        started = time.perf_counter()
        with contextlib.suppress(Rejection):
            read_document(content, Limits())
        return time.perf_counter() - started

    return max((seconds(content), number) for number, content in enumerate(documents))


@click.command(help=__doc__.partition("\n")[0])
@click.option("--hostile", default=1_000, show_default=True, help="Hostile documents.")
@click.option("--mutated", default=100_000, show_default=True, help="Mutated documents.")
@click.option("--seed", default=1, show_default=True)
def main(hostile: int, mutated: int, seed: int) -> None:
    click.echo(f"Machine: {describe_machine(('polars', 'duckdb', 'pyyaml'))}")
    found: Counter[str] = Counter()
    longest = (0.0, "")
    with tempfile.TemporaryDirectory(prefix="broadsheet-hostile-") as temporary:
        started = time.monotonic()
        built = build_all((hostile_document(seed, number) for number in range(hostile)), Path(temporary))
        read = built.read
        click.echo(
            f"One build: {read.file_count:,} hostile files = {read.document_count:,} documents "
            f"+ {read.rejected_count:,} rejected, {time.monotonic() - started:.1f} s"
        )
        for make, count in ((hostile_document, hostile), (mutated_document, mutated)):
            for start in range(0, count, 5_000):
                documents = [make(seed, number) for number in range(start, min(start + 5_000, count))]
                found += read_all(documents, Path(temporary, f"{make.__name__}-{start}"))
                seconds, number = slowest(documents)
                longest = max(longest, (seconds, f"{make.__name__} {start + number}"))
    lost = hostile + mutated - found.total()
    click.echo(f"Read and typed: {hostile + mutated:,}; " + ", ".join(f"{n:,} {k}" for k, n in found.most_common()))
    click.echo(f"Crashed: {found['reader_failed']}, lost: {lost}")
    click.echo(f"Slowest to read: {longest[1]}, {longest[0]:.3f} s; peak of memory {peak_memory() / 1e6:,.0f} MB")
    if lost or found["reader_failed"]:
        raise click.ClickException("documents crashed the reader, or were lost")


if __name__ == "__main__":
    main()
