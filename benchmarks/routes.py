"""Ways from files to a table: what others offer, and ours. Each reads the same files and writes the same nested data.

A route is a function `(files, output) -> None` that writes into the new folder `output`: either `documents.parquet`,
one row per document with lists of structs, or `warehouse.duckdb` with one table per list. A route that works in several
processes returns its seconds, from the moment when all of them are ready: the others do not count imports either.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.corpus import is_readable
from pipeline.entries.shard import SHARD_FILES, read_shard
from pipeline.entries.values import booleans, integers
from pipeline.processes import map_shards
from pipeline.reading import read_documents
from pipeline.reading.fast_reader import read_strict_documents
from pipeline.reading.yaml_reader import read_document
from pipeline.schema.upstream import DOCUMENT, ListOf, Record, Scalar, Shape, raw_schema
from pipeline.settings import Limits
from pipeline.sources.folder import Folder

PARQUET = "documents.parquet"
DATABASE = "warehouse.duckdb"
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
#: Outputs for which this process is ready to work.
_READY: set[Path] = set()


@dataclass(frozen=True)
class Route:
    """One way: its letter or name in the table, what it does in words, and the packages it needs beyond the project's.

    `is_slow` routes may read a sample; `keeps_warm` ones prepare something from all files while they warm up;
    `is_ours` ones must give the data of the baseline, or the benchmark fails.
    """

    name: str
    words: str
    function: Callable[[Sequence[str], Path], float | None]
    packages: tuple[str, ...] = ()
    is_slow: bool = False
    keeps_warm: bool = False
    is_ours: bool = False


def read_bytes(file: str) -> bytes:
    """Bytes of a file. The same for all routes that open files themselves."""
    with open(file, "rb", buffering=0) as stream:  # noqa: PTH123 (a Path object costs more than the reading)
        return stream.read()


def front_matter(content: bytes) -> str:
    """What a script takes for the front matter: the text between the first two lines of dashes."""
    text = content.decode()
    return text[4 : text.index("\n---", 4) + 1]


def write_parquet(frame: pl.DataFrame, output: Path) -> None:
    """Write the one file of a route, in the form of the warehouse's tables."""
    frame.write_parquet(output / PARQUET, compression="zstd", compression_level=3)


# The typed nested frame ---------------------------------------------------------------------------------------------

_POLARS_TYPES = {
    "prose": pl.String(),
    "code": pl.String(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "timestamp": pl.Datetime("us"),
}


def typed_type(shape: Shape) -> pl.DataType:
    """Polars type of a shape with typed scalars."""
    if isinstance(shape, Scalar):
        return _POLARS_TYPES[shape.kind]
    if isinstance(shape, ListOf):
        return pl.List(typed_type(shape.item))
    return pl.Struct({key: typed_type(value) for key, value in shape.fields.items()})


def typed_schema() -> pl.Schema:
    """Columns of the typed nested frame: the name of the file and every known key."""
    return pl.Schema({"path": pl.String(), **{key: typed_type(shape) for key, shape in DOCUMENT.fields.items()}})


def typed_nested(raw: pl.DataFrame) -> pl.DataFrame:
    """The nested frame of a reader (`schema.raw_schema`) with every scalar typed in its place."""
    return raw.with_columns(_typed(pl.col(key), shape).alias(key) for key, shape in DOCUMENT.fields.items())


def _typed(values: pl.Expr, shape: Shape) -> pl.Expr:
    if isinstance(shape, ListOf):
        return values if isinstance(shape.item, Scalar) else values.list.eval(_typed(pl.element(), shape.item))
    if isinstance(shape, Record):
        return values.struct.with_fields(_typed(pl.field(key), inner).alias(key) for key, inner in shape.fields.items())
    match shape.kind:
        case "integer":
            return integers(values)
        case "boolean":
            return booleans(values)
        case "timestamp":
            return values.str.to_datetime(_INSTANT, time_unit="us", strict=False)
        case _:
            return values


# What others offer --------------------------------------------------------------------------------------------------


def pyyaml(files: Sequence[str], output: Path, loader: str) -> None:
    """PyYAML, every value brought to its type, one DataFrame, one Parquet file.

    `CSafeLoader` is what one would take: fast and safe. It guesses types, so that a title `NO` becomes false.
    `CBaseLoader` leaves everything as text, which is faster and gives the right data.
    """
    import yaml

    chosen = getattr(yaml, loader)
    rows = [
        {"path": Path(file).name, **_converted(yaml.load(front_matter(read_bytes(file)), chosen), DOCUMENT)}
        for file in files
    ]
    write_parquet(pl.DataFrame(rows, schema=typed_schema()), output)


def _converted(value: Any, shape: Shape) -> Any:
    """A value of PyYAML's in the type that its shape asks for; None where it does not fit."""
    if isinstance(shape, Record):
        if not isinstance(value, dict):
            return {} if shape is DOCUMENT else None
        return {key: _converted(value[key], inner) for key, inner in shape.fields.items() if key in value}
    if isinstance(shape, ListOf):
        return [_converted(item, shape.item) for item in value] if isinstance(value, list) else None
    if value is None or isinstance(value, dict | list):
        return None
    try:
        match shape.kind:
            case "integer":
                return int(value)
            case "boolean":
                return value if isinstance(value, bool) else {"true": True, "false": False}.get(value.lower())
            case "timestamp":
                if isinstance(value, datetime):
                    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
                return datetime.strptime(value, _INSTANT)
            case _:
                return str(value)
    except (ValueError, TypeError, AttributeError):
        return None


def reads_alike(content: bytes) -> bool:
    """A document for all routes: our reader takes it, and YAML's guesses of types change nothing in it."""
    import yaml

    if not is_readable(content):
        return False
    text = front_matter(content)
    try:
        guessed, as_text = (
            _converted(yaml.load(text, loader), DOCUMENT) for loader in (yaml.CSafeLoader, yaml.CBaseLoader)
        )
    except (yaml.YAMLError, ValueError):
        return False
    return _are_alike(guessed, as_text)


def _are_alike(first: Any, second: Any) -> bool:
    """Equal but for blank text, which YAML takes for null."""
    if isinstance(first, dict) and isinstance(second, dict):
        return all(_are_alike(first.get(key), second.get(key)) for key in first.keys() | second.keys())
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_are_alike, first, second))
    return first == second or (first in (None, "") and second in (None, ""))


def frontmatter_pandas(files: Sequence[str], output: Path) -> None:
    """python-frontmatter, one pandas frame per list, DuckDB: the script that one would write.

    DuckDB cannot tell the types of nested dictionaries in a pandas column of objects (it stores their Python text), so
    the script makes them flat.
    """
    import duckdb
    import frontmatter
    import pandas

    frames: dict[str, list[dict[str, Any]]] = {"documents": [], "related": [], "images": [], "topics": []}
    for file in files:
        path = Path(file).name
        document = frontmatter.load(file).metadata
        related = document.pop("related", None) or []
        for name in document.pop("topics", None) or []:
            frames["topics"].append({"path": path, "name": name})
        frames["documents"].append(_flat_entry(path, 0, document, frames["images"]))
        for position, entry in enumerate(related, start=1):
            frames["related"].append(_flat_entry(path, position, entry, frames["images"]))
    with duckdb.connect(str(output / DATABASE), config={"threads": 1}) as connection:
        for name, rows in frames.items():
            if rows:
                frame = pandas.DataFrame(rows)
                connection.execute(f"create table {name} as select * from frame")
                del frame


def _flat_entry(path: str, position: int, entry: dict[str, Any], images: list[dict[str, Any]]) -> dict[str, Any]:
    provider = entry.pop("provider", None) or {}
    for image in entry.pop("images", None) or []:
        images.append({"path": path, "position": position, "is_logo": False, **image})
    for image in provider.get("images") or []:
        images.append({"path": path, "position": position, "is_logo": True, **image})
    return {
        "path": path,
        "position": position,
        **entry,
        "provider_name": provider.get("name"),
        "provider_domain": provider.get("domain"),
    }


def dlt_filesystem(files: Sequence[str], output: Path) -> None:
    """dlt's filesystem source and a transformer that loads the YAML, into DuckDB; dlt makes a table of each list.

    It reads the whole folder of the files. DuckDB has all cores, as dlt sets it up.
    """
    settings = output / "settings"
    os.environ |= {
        "DLT_DATA_DIR": str(settings),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
    }
    import dlt
    import yaml
    from dlt.sources.filesystem import filesystem

    @dlt.transformer(name="documents", write_disposition="replace")
    def documents(items: Iterable[Any]) -> Iterator[dict[str, Any]]:
        for item in items:
            yield {"path": item["file_name"], **yaml.load(front_matter(item.read_bytes()), yaml.CSafeLoader)}

    pipeline = dlt.pipeline(
        "reading",
        pipelines_dir=str(settings),
        destination=dlt.destinations.duckdb(str(output / DATABASE)),
        dataset_name="news",
    )
    pipeline.run(filesystem(bucket_url=str(Path(files[0]).parent), file_glob="*") | documents())


def rapidyaml_json(files: Sequence[str], output: Path) -> None:
    """rapidyaml's parser, its JSON, pyarrow's JSON reader with a typed schema."""
    import pyarrow as pa
    import pyarrow.json
    import pyarrow.parquet
    import ryml

    pa.set_cpu_count(1)
    texts = []
    for file in files:
        buffer = bytearray(front_matter(read_bytes(file)), "utf-8")  # The tree points into it.
        texts.append(ryml.emit_json(ryml.parse_in_place(buffer)))
    table = pa.json.read_json(
        pa.BufferReader("\n".join(texts).encode()),
        read_options=pa.json.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=pa.json.ParseOptions(
            explicit_schema=_arrow_schema(), newlines_in_values=True, unexpected_field_behavior="ignore"
        ),
    )
    table = table.add_column(0, "path", pa.array([Path(file).name for file in files]))
    pa.parquet.write_table(table, output / PARQUET, compression="zstd", compression_level=3)


def _arrow_schema() -> Any:
    import pyarrow as pa

    types = {
        "prose": pa.string(),
        "code": pa.string(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }

    def arrow_type(shape: Shape) -> Any:
        if isinstance(shape, Scalar):
            return types[shape.kind]
        if isinstance(shape, ListOf):
            return pa.list_(arrow_type(shape.item))
        return pa.struct([(key, arrow_type(value)) for key, value in shape.fields.items()])

    return pa.schema([(key, arrow_type(shape)) for key, shape in DOCUMENT.fields.items()])


def yaml_rs_polars(files: Sequence[str], output: Path) -> None:
    """yaml-rs, whose values are typed already, and one DataFrame."""
    import yaml_rs

    rows = [{"path": Path(file).name, **yaml_rs.loads(front_matter(read_bytes(file)))} for file in files]
    write_parquet(pl.DataFrame(rows, schema=typed_schema(), strict=False), output)


# Ours ---------------------------------------------------------------------------------------------------------------


def reference_reader(files: Sequence[str], output: Path) -> None:
    """Our PyYAML reader, document by document, and the typed nested frame."""
    rows = [read_document(read_bytes(file), Limits()) for file in files]
    file_columns = ("source_name", "path", "content_hash", "byte_count")
    schema = {name: dtype for name, dtype in raw_schema().items() if name not in file_columns}
    write_parquet(_with_paths(typed_nested(pl.DataFrame(rows, schema=schema)), files), output)


def ours(files: Sequence[str], output: Path) -> None:
    """Our reader, in shards of the size that a build has, and the typed nested frame."""
    write_parquet(pl.concat(map(_read_nested, _pieces(files, 1))), output)


def _read_nested(files: Sequence[str]) -> pl.DataFrame:
    frame, numbers, _ = read_documents([read_bytes(file) for file in files], Limits())
    return _with_paths(typed_nested(frame), [files[number] for number in numbers])


def _with_paths(frame: pl.DataFrame, files: Sequence[str]) -> pl.DataFrame:
    names = [file.rpartition("/")[2] for file in files]
    return frame.insert_column(0, pl.Series("path", names, dtype=pl.String))


def _pieces(files: Sequence[str], processes: int) -> list[Sequence[str]]:
    """Files in equal pieces of at most a shard, a multiple of the processes."""
    count = processes * -(-len(files) // (processes * SHARD_FILES))
    size = -(-len(files) // count)
    return [files[start : start + size] for start in range(0, len(files), size)]


def fast_count(files: Sequence[str]) -> int:
    """How many documents the fast reader takes; the others go to PyYAML."""
    return sum(
        len(read_strict_documents([read_bytes(file) for file in piece], Limits())[1])
        for piece in _pieces(files, processes=1)
    )


def ours_in_processes(files: Sequence[str], output: Path, processes: int) -> float:
    """Our reader in several processes, one Parquet file per shard. Returns seconds without the start of processes."""
    pieces = list(enumerate(_pieces(files, processes)))
    shard = partial(_ours_shard, output=output, processes=min(processes, len(pieces)))
    times = [result for _, result in map_shards(shard, pieces, processes)]
    return max(ended for _, ended in times) - min(began for began, _ in times)


def _ours_shard(piece: tuple[int, Sequence[str]], output: Path, processes: int) -> tuple[float, float]:
    number, files = piece
    _get_ready(output / "ready", tuple(files[:20]), processes)
    began = time.monotonic()
    _read_nested(files).write_parquet(output / f"documents-{number}.parquet", compression="zstd", compression_level=3)
    return began, time.monotonic()


def _get_ready(folder: Path, warm_up: tuple[str, ...], processes: int) -> None:
    """Before its first shard: warm up as the other routes do, and wait until each process has come this far."""
    if folder in _READY:
        return
    _READY.add(folder)
    _read_nested(warm_up)
    folder.mkdir(exist_ok=True)
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < processes:
        if time.monotonic() > deadline:
            raise RuntimeError(f"fewer than {processes} processes began within a minute")
        time.sleep(0.001)


def ours_in_a_build(files: Sequence[str], output: Path) -> None:
    """What a build does with files: read, hash, type, find canonical addresses and keys, store the flat tables."""
    for piece in _pieces(files, 1):
        folder, names = Path(piece[0]).parent, [Path(file).name for file in piece]
        shard = tuple(("benchmark", name, 0, None, None) for name in names)
        read_shard(shard, {"benchmark": Folder("benchmark", folder)}, output, Limits())


@cache
def _made_before(files: tuple[str, ...]) -> pl.DataFrame:
    return pl.concat(map(_read_nested, _pieces(files, 1)), rechunk=True)


def floor(files: Sequence[str], output: Path) -> None:
    """What no reader can go below: read the bytes, and write the same Parquet file from a frame made before."""
    frame = _made_before(tuple(files))
    for file in files:
        read_bytes(file)
    write_parquet(frame, output)


ROUTES = (
    Route("pyyaml", "PyYAML (CSafeLoader), typed, DataFrame", partial(pyyaml, loader="CSafeLoader")),
    Route("pyyaml-text", "PyYAML (CBaseLoader), typed, DataFrame", partial(pyyaml, loader="CBaseLoader")),
    Route(
        "frontmatter",
        "python-frontmatter, pandas, DuckDB",
        frontmatter_pandas,
        packages=("python-frontmatter", "pandas"),
    ),
    Route("dlt", "dlt filesystem source, DuckDB", dlt_filesystem, packages=("dlt",), is_slow=True),
    Route("rapidyaml", "rapidyaml, JSON, pyarrow", rapidyaml_json, packages=("rapidyaml",)),
    Route("yaml-rs", "yaml-rs, DataFrame", yaml_rs_polars, packages=("yaml-rs",)),
    Route("ours-pyyaml", "our PyYAML reader", reference_reader, is_ours=True),
    Route("ours", "**ours**", ours, is_ours=True),
    Route("ours-two", "**ours, two processes**", partial(ours_in_processes, processes=2), is_ours=True),
    Route("build", "ours, and all that a build does per document", ours_in_a_build, is_ours=True),
    Route("floor", "read bytes, write the same Parquet", floor, keeps_warm=True, is_ours=True),
)


# The same data ------------------------------------------------------------------------------------------------------

#: Each route's output as the same four relations.
_NESTED = """
create view document as select * from read_parquet('{folder}/documents*.parquet');
create view entry as
    select path, title, quality, publishedDateTime as published_at, provider.domain as domain from document
    union all
    select path, item.title, item.quality, item.publishedDateTime, item.provider.domain
    from (select path, unnest(related) as item from document);
create view image as
    select unnest(images).width as width from document
    union all select unnest(provider.images).width from document
    union all select unnest(item.images).width from (select unnest(related) as item from document)
    union all select unnest(item.provider.images).width from (select unnest(related) as item from document);
create view topic as select path, name from (select path, unnest(topics) as name from document);
"""
_FRAGMENTS = """
create view document as select * from read_parquet('{folder}/*/documents.parquet');
create view entry as
    select document_id as path, title, quality, published_at, provider_domain_raw as domain
    from read_parquet('{folder}/*/entries.parquet');
create view image as select width from read_parquet('{folder}/*/images.parquet');
create view topic as select document_id as path, name from read_parquet('{folder}/*/topics.parquet');
"""
_SUMMARY = """
select
    (select count(*) from document) as documents,
    count(*) as entries,
    (select count(*) from image) as images,
    (select count(distinct (path, name)) from topic where trim(name) <> '') as topics,
    sum(quality)::bigint as "sum of quality",
    (select sum(heat)::bigint from document) as "sum of heat",
    (select sum(width)::bigint from image) as "sum of widths",
    sum(epoch(published_at::timestamp))::bigint as "sum of times",
    sum(length(trim(title::varchar))) as "characters of titles",
    count(distinct domain) as domains
from entry
"""


def summary(output: Path) -> dict[str, int]:
    """What a route has written, in a few numbers that must be the same for all of them."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        if list(output.glob("documents*.parquet")):
            views = _NESTED
        elif (output / DATABASE).exists():
            views = _views_of_database(output / DATABASE)
        else:
            views = _FRAGMENTS
        connection.execute(views.replace("{folder}", str(output).replace("'", "''")))
        rows = connection.sql(_SUMMARY)
        return dict(zip(rows.columns, rows.fetchall()[0], strict=True))


def _views_of_database(database: Path) -> str:
    """The relations over the tables of a route that writes DuckDB: those of lists that never occur are not there."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        tables = [name for (name,) in connection.sql("select table_name from duckdb_tables()").fetchall()]
    if "_dlt_loads" in tables:
        folder, time_column, domain, topic = "written.news", "published_date_time", "provider__domain", "value"
        document = "_dlt_parent_id"
    else:
        folder, time_column, domain, topic, document = (
            "written.main",
            "publishedDateTime",
            "provider_domain",
            "name",
            "path",
        )

    def union(columns: str, endings: tuple[str, ...], nothing: str) -> str:
        parts = [f"select {columns} from {folder}.{name}" for name in tables if name.endswith(endings)]
        return " union all ".join(parts) or f"select {nothing} where false"

    entry = f"title, quality, {time_column} as published_at, {domain} as domain"
    return f"""
attach '{{folder}}/{database.name}' as written (read_only);
create view document as select * from {folder}.documents;
create view entry as {union(entry, ("documents", "related"), "")};
create view image as {union("width", ("images",), "0 as width")};
create view topic as {union(f"{document} as path, {topic} as name", ("topics",), "'' as path, '' as name")};
"""
