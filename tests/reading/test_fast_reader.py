"""The fast reader may refuse a document; it never reads one differently from PyYAML."""

import random
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.reading import fast_reader
from pipeline.reading.fast_reader import read_strict_documents
from pipeline.reading.rejections import Rejection
from pipeline.reading.strict_subset import STRICT_SUBSET, strict_subset
from pipeline.reading.yaml_reader import read_document
from pipeline.schema.upstream import DOCUMENT, PROSE, ListOf, Record, Scalar, Shape, raw_schema
from pipeline.settings import PROJECT_FOLDER, Limits
from tests.helpers import CORPORA

SEED = next((PROJECT_FOLDER / "seeds").glob("*.txt")).read_bytes()
LIMITS = Limits()
SCHEMA = dict(list(raw_schema().items())[4:])


def read_alike(contents: Sequence[bytes]) -> int:
    """Assert that PyYAML reads the same from every document that the fast reader reads; returns how many it reads."""
    frame, numbers = read_strict_documents(contents, LIMITS)
    rows = []
    for number in numbers.tolist():
        try:
            rows.append(read_document(contents[number], LIMITS))
        except Rejection as rejection:
            pytest.fail(f"read by the fast reader, but {rejection.reason} ({rejection}): {contents[number]!r}")
    expected = pl.DataFrame(rows, schema=SCHEMA)
    assert frame.schema == expected.schema
    if not frame.equals(expected):
        for row, (number, one, other) in enumerate(zip(numbers, frame.to_dicts(), expected.to_dicts(), strict=True)):
            assert one == other, f"row {row}: {contents[number]!r}"
    return len(numbers)


def is_read(text: str) -> bool:
    return read_alike([text.encode()]) == 1


def real_documents() -> list[bytes]:
    files = [file for folder in ("diablo4-sample", "powerapps") for file in sorted((CORPORA / folder).iterdir())]
    return [file.read_bytes() for file in files]


needs_shared = pytest.mark.skipif(not CORPORA.exists(), reason="needs the shared corpora beside the repository")


# Equality -----------------------------------------------------------------------------------------------------------


def test_the_seed_document_is_read_alike() -> None:
    assert read_alike([SEED]) == 1


@needs_shared
def test_real_documents_are_read_alike_and_nearly_all_are_recognized() -> None:
    documents = real_documents()
    assert read_alike(documents) >= 0.99 * len(documents)


@needs_shared
def test_every_stored_revision_is_read_alike() -> None:
    documents = list(revisions(CORPORA / "powerapps-history.bundle"))
    assert len(documents) > 2_000
    assert read_alike(documents) >= 0.99 * len(documents)


def revisions(bundle: Path) -> Iterator[bytes]:
    """Every blob of a git bundle that is a document."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", "--bare", str(bundle), folder], check=True)
        git = ["git", "-C", folder]
        listing = subprocess.run([*git, "rev-list", "--objects", "--all"], check=True, capture_output=True, text=True)
        names = [line.split(" ")[0] for line in listing.stdout.splitlines() if line.endswith((".md", ".txt"))]
        output = subprocess.run(
            [*git, "cat-file", "--batch"], input="\n".join(names).encode(), check=True, capture_output=True
        ).stdout
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        kind, size = output[at:end].split()[1:]
        if kind == b"blob":
            yield output[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)


INSERTED = ['"', "\\", ":", ": ", " #", "#", "-", "- ", "\t", "\r", "\r\n", "\n", " ", "  ", "\x85", "\u2028", "\u2029"]
INSERTED += ["\ufeff", "\x00", "\x7f", "\x80", "\ufffe", "---", "\n---\n", "...", "\n...\n", "'", "|", ">", "&a", "*a"]
INSERTED += ["!!str ", "%", "@", "`", "{", "}", "[", "]", ",", "?", "? ", "~", "=", "<<", "é", "😀", "\ud7ff", "\\x41"]
INSERTED += ["\\u0041", "\\/", "\\ ", "0", "+1", "-", "_", "null", "\n\n", "title: a\n", "  - \n", "    x: y\n", "\\\n"]


def mutants(documents: Sequence[bytes], count: int, seed: int) -> list[bytes]:
    """Documents with one to three changes: of characters, of lines, of bytes."""
    numbers = random.Random(seed)
    result = []
    for _ in range(count):
        content = numbers.choice(documents)
        for _ in range(numbers.choice((1, 1, 1, 2, 3))):
            content = mutated(content, numbers)
        result.append(content)
    return result


def mutated(content: bytes, numbers: random.Random) -> bytes:
    lines = content.split(b"\n")
    place = numbers.randrange(len(lines))
    line = lines[place]
    kind = numbers.randrange(12)
    at = numbers.randrange(len(line) + 1)
    if kind == 0:
        lines.insert(numbers.randrange(len(lines)), lines.pop(place))
    elif kind == 1:
        lines.insert(place, line)
    elif kind == 2:
        del lines[place]
    elif kind == 3:
        lines[place] = b" " + line
    elif kind == 4:
        lines[place] = line.removeprefix(numbers.choice((b" ", b"  ")))
    elif kind == 5:
        lines[place] = line + numbers.choice((b" ", b":", b" #", b"\r", b'"', b"\t", b"\\"))
    elif kind == 6:
        lines[place] = line[:at] + line[at + 1 :]
    elif kind == 7:
        lines[place] = line[:at] + bytes([numbers.randrange(256)]) + line[at:]
    elif kind == 8:
        lines[place] = line.split(b": ")[0] + numbers.choice((b":", b": ", b": ''", b": 'a'", b': ""', b": -", b": -1"))
    elif kind == 9:
        lines[place] = line.replace(b'"', b"")
    elif kind == 10:
        other = numbers.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines[place] = line[:at] + numbers.choice(INSERTED).encode() + line[at:]
    return b"\n".join(lines)


@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_the_seed_are_never_read_differently(seed: int) -> None:
    recognized = read_alike(mutants([SEED], 250, seed))
    assert 25 < recognized < 225


@needs_shared
@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_real_documents_are_never_read_differently(seed: int) -> None:
    # Short documents, so that many changes hit something.
    documents = [content for content in real_documents() if len(content) < 4_000]
    recognized = read_alike(mutants(documents, 1_500, seed))
    assert 150 < recognized < 1_350


ODD_TEXT = st.text(st.sampled_from(" ab:#-\"\\\t\né😀\x85\u2028,[]{}&*!|>%@`?'~=012"), max_size=8)


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD_TEXT, min_size=1, max_size=20))
def test_any_text_as_a_plain_value_is_read_alike_or_refused(values: list[str]) -> None:
    read_alike([f"---\ntitle: {value}\ntopics:\n  - {value}\n---\n".encode() for value in values])


@settings(max_examples=300, deadline=None)
@given(st.lists(ODD_TEXT, min_size=1, max_size=20))
def test_any_text_in_quotes_is_read_alike_or_refused(values: list[str]) -> None:
    read_alike([f'---\ntitle: "{value}"\ntopics:\n  - "{value}"\n---\n'.encode() for value in values])


@st.composite
def written(draw: st.DrawFn, shape: Record, indent: int = 0) -> str:
    """A mapping in the machine's layout, with any keys in any order."""
    lines = []
    for key in draw(st.lists(st.sampled_from(list(shape.fields)), unique=True, min_size=1)):
        field = shape.fields[key]
        lines.append(f"{key}:{draw(written_value(field, indent))}")
    return ("\n" + " " * indent).join(lines)


def written_value(field: Shape, indent: int) -> st.SearchStrategy[str]:
    if isinstance(field, Scalar):
        texts = st.sampled_from(["", "a", "é b", "-12", "true", "2020-01-01T00:00:00Z", "https://a.example/x?y=1#z"])
        quoted = st.sampled_from(
            ["", 'a\\"b', "\\\\n", "\\n\\t\\r", "a: b #c", "twelve bytes", "thirteen byte", "😀" * 9]
        )
        return st.one_of(texts.map(lambda text: f" {text}"), quoted.map(lambda text: f' "{text}"'))
    blanks = "\n" + " " * (indent + 2)
    if isinstance(field, Record):
        return written(field, indent + 2).map(lambda text: blanks + text)
    item = field.item
    if isinstance(item, Record):
        return st.lists(written(item, indent + 4), min_size=1, max_size=3).map(
            lambda items: "".join(f"{blanks}- {text}" for text in items)
        )
    return st.lists(written_value(item, indent), min_size=1, max_size=3).map(
        lambda items: "".join(f"{blanks}-{text}" for text in items)
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(written(DOCUMENT), min_size=1, max_size=4))
def test_documents_written_by_the_schema_are_read_alike(documents: list[str]) -> None:
    read_alike([f"---\n{document}\n---\n".encode() for document in documents])


# What is recognized, what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "yaml",
    [
        "title: plain",
        'title: "quoted"',
        'title: "a \\"b\\" \\\\ c"',
        'title: ""',
        "title:",
        "title: ",
        "title: a:b#c, [d] {e} & *f",
        "heat: -1\ntitle: a",
        "published: true\n\nheat: 5\n\ntitle: keys in another order",
        "title: a\nprovider:\n  domain: a.example\n  name: A",
        "title: a\nprovider:\n  images:\n    - url: b\n      width: 1\n  name: A",
        "title: a\ntopics:\n  - b\n  - \n  -\n  - title",
        "related:\n  - excerpt: a\n    title: b\n    images:\n      - width: 1\n        title: c\n    provider:\n"
        "      images:\n        - url: d\n          title: e\n      name: f\n  - title: g",
    ],
)
def test_recognized(yaml: str) -> None:
    text = f"---\n{yaml}\n---\n"
    assert is_read(text)
    assert is_read(text.replace("\n", "\r\n"))
    assert is_read("\ufeff" + text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n---\n",
        "---\ntitle: a\n",
        "---\ntitle: a\n---\nbody",
        "--- \ntitle: a\n---\n",
        "---\r\ntitle: a\r\r\n---\r\n",
        "---\rtitle: a\r---\r",
        "\ufeff\ufeff---\ntitle: a\n---\n",
        *(
            f"---\n{yaml}\n---\n"
            for yaml in [
                "title: 'single'",
                "title: |\n  folded",
                "title: a # comment",
                "title: a: b",
                "title: a:",
                'title: "a',
                'title: "a" b',
                'title: "\\u0041"',
                "title: - a",
                "title: [a]",
                "title: &a b",
                "title: a ",
                "title: a\n  b",
                "title:  a",
                "title : a",
                '"title": a',
                "strange: a",
                "title: a\ntitle: b",
                "title: a\nprovider:\n  name: a\n  name: b",
                "title: a\nprovider:\n  name: a\nprovider:\n  name: b",
                "title: a\nrelated:\n  - title: b\n    title: c",
                "title: a\nprovider:",
                "title: a\ntopics:\n- b",
                "title: a\ntopics:\n    - b",
                "title: a\nprovider:\n    name: b",
                "title: a\ntopics: [b]",
                "title: a\nrelated:\n  - b",
                "title: a\nrelated:\n  - provider:\n      name: b",
            ]
        ),
    ],
)
def test_left_to_pyyaml(text: str) -> None:
    assert not is_read(text)


def test_a_document_with_a_repeated_key_does_not_harm_its_neighbors() -> None:
    good = b"---\ntitle: a\nrelated:\n  - title: b\n  - title: c\n---\n"
    bad = b"---\ntitle: a\nrelated:\n  - title: b\n    title: c\n---\n"
    _, numbers = read_strict_documents([good, bad, good, b"nothing", good], LIMITS)
    assert numbers.tolist() == [0, 2, 4]
    assert read_alike([good, bad, good, b"nothing", good]) == 3


def test_a_limit_that_regular_documents_can_reach_leaves_all_to_pyyaml() -> None:
    assert len(read_strict_documents([SEED], replace(LIMITS, max_depth=5))[1]) == 0
    assert len(read_strict_documents([SEED], replace(LIMITS, max_depth=6))[1]) == 1


def test_a_new_key_needs_no_change_here(monkeypatch: pytest.MonkeyPatch) -> None:
    related = DOCUMENT.fields["related"]
    assert isinstance(related, ListOf) and isinstance(related.item, Record)
    person = Record({"name": PROSE, "publishedDateTimeOfThePerson": PROSE, "published": PROSE})
    entry = Record({**related.item.fields, "authors": ListOf(person), "language": PROSE}, has_line=True)
    document = Record({**DOCUMENT.fields, "related": ListOf(entry), "editors": ListOf(person), "desk": person})
    monkeypatch.setattr(fast_reader, "DOCUMENT", document)
    monkeypatch.setattr(fast_reader, "STRICT_SUBSET", strict_subset(document))
    fast_reader._key_paths.cache_clear()
    text = (
        "---\ntitle: a\neditors:\n  - name: b\n    publishedDateTimeOfThePerson: c\ndesk:\n  published: d\n"
        "related:\n  - title: e\n    authors:\n      - name: f\n      - published: g\n        name: h\n"
        "    language: i\n---\n"
    )
    try:
        [row] = read_strict_documents([text.encode()], LIMITS)[0].to_dicts()
    finally:
        monkeypatch.undo()
        fast_reader._key_paths.cache_clear()
    assert row["editors"][0]["publishedDateTimeOfThePerson"] == "c"
    assert row["desk"]["published"] == "d"
    assert [author["name"] for author in row["related"][0]["authors"]] == ["f", "h"]
    assert row["related"][0]["authors"][1]["published"] == "g"
    assert row["related"][0]["language"] == "i"


def test_the_strict_subset_is_anchored() -> None:
    assert STRICT_SUBSET.startswith(r"\A") and STRICT_SUBSET.endswith(r"\z")
    assert not is_read("x---\ntitle: a\n---\n")
