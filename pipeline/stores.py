"""Object stores by one library, obstore: opened by address, with bounded retries, and what goes wrong in one sentence.

The same code reads and writes S3 and what speaks like it (`s3://bucket/prefix`), Google's store (`gs://`) and Azure's
(`az://container/prefix`). End point and credentials come from where the library looks for them: the environment
(`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID` and so on; `GOOGLE_...`; `AZURE_...`), or else the identity of the machine. The
library is optional, and is imported when a store is opened.

Requests are made by its asynchronous functions: many at a time from one thread, and Ctrl-C is heard while they wait.
Without a store, neither the library nor asyncio is imported, so that commands start as fast as before.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from pipeline.errors import InputError, StoreError, optional_part

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

Item = TypeVar("Item")
Result = TypeVar("Result")

_ADDRESS = re.compile(r"(?:s3|gs|az)://[^/?#\s]+(?:/[^/?#]+)*")
#: Requests at a time. The answer to one takes long to come, however small it is; that to many takes hardly longer.
AT_ONCE = 32
#: How long may pass until a connection is made, between two pieces of an answer, and until it is whole.
TIMEOUTS: ClientConfig = {"connect_timeout": "5s", "read_timeout": "30s", "timeout": "5m"}
#: A request that failed, or that the store was too busy for, is made again for a minute. Pauses are between the first
#: one and three times the one before, by chance, so that those who were refused together do not come back together.
RETRIES: RetryConfig = {
    "max_retries": 20,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=10), "base": 3},
}
#: How often a listing is begun: the library makes no request again whose answer broke off in it.
_LISTINGS = 3

#: What a failure means and what helps, by what the library says of it; the first that fits.
_MEANINGS = (
    ("SlowDown|TooManyRequests|status code: (429|503)", "it is too busy and asks to slow down; try again later"),
    (
        r"169\.254\.169\.254|metadata\.google|Missing ?(AccessKey|SecretAccess|Account)|Account must be",
        "no credentials are found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, GOOGLE_APPLICATION_CREDENTIALS, or "
        "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    ),
    ("status code: 40[13]|privileges", "it denies access; see to the credentials and to what they may do"),
    ("NoSuchBucket|status code: 404", "it knows no such bucket; see to the address and to the end point"),
    ("status code: 5", "it fails; try again later"),
    ("body error|end of file|decoding", "its answers break off; try again later"),
    ("error sending request|timed out", "it does not answer; see to the end point and to the network"),
    (
        "invalid path",
        "the library cannot read an object with such a name (two slashes in a row, a part that is . or .., a control "
        "character); rename it, or give a prefix without it",
    ),
)


def is_store(address: str) -> bool:
    """Whether this is the address of an object store and not a path."""
    return address.startswith(("s3://", "gs://", "az://"))


def open_store(address: str) -> ObjectStore:
    """The store at an address, whose paths are relative to its prefix. No request is made.

    Raises `InputError` when the address is none, and when the library is not installed.
    """
    with optional_part("obstore"):
        from obstore.store import from_url
    if not _ADDRESS.fullmatch(address):
        raise InputError(
            f"{address!r} is not the address of an object store; give s3://bucket/prefix, gs://bucket/prefix or "
            "az://container/prefix, and write ? as %3F and # as %23"
        )
    with in_one_sentence(f"{address} cannot be opened"):
        # Whether it is reached without encryption, the address of the end point says.
        return from_url(address, client_options={**TIMEOUTS, "allow_http": True}, retry_config=RETRIES)


async def many(
    function: Callable[[Item], Awaitable[Result]], items: Iterable[Item], at_once: int | None = None
) -> list[Result]:
    """What an asynchronous function gives for each item, in their order; `AT_ONCE` or so many are at work at a time."""
    import asyncio

    waiting = enumerate(items)
    results: dict[int, Result] = {}

    async def work() -> None:
        for number, item in waiting:
            results[number] = await function(item)

    await asyncio.gather(*(work() for _ in range(at_once or AT_ONCE)))
    return [results[number] for number in range(len(results))]


async def listed(store: ObjectStore, prefix: str = "") -> list[ObjectMeta]:
    """All objects below a prefix. Raises what the library does."""
    import obstore
    from obstore.exceptions import GenericError

    for turn in range(1, _LISTINGS + 1):
        try:
            return list(await obstore.list(store, prefix or None).collect_async())
        except GenericError as error:
            if turn == _LISTINGS or "body error" not in str(error):
                raise
    raise AssertionError("a listing ends or fails")


@contextmanager
def in_one_sentence(what: str) -> Iterator[None]:
    """Whatever the library raises is one `StoreError` that begins with `what` is the matter."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, FileNotFoundError, ValueError) as error:
        raise StoreError(f"{what}: {meaning(error)}") from None


def meaning(error: Exception) -> str:
    """What an error of the library means, what helps, and what was asked, without the query of the request, which may
    hold a signature."""
    text = str(error).partition("\n\nDebug source")[0]
    sentence = next((words for pattern, words in _MEANINGS if re.search(pattern, text, re.IGNORECASE)), None)
    request = re.search(r"Error performing ([A-Z]+ [^\s?]+)", text)
    path = re.search(r'[Pp]ath "(.*?)"', text) if sentence else None
    asked = request or path
    retries = re.search(r"after (\d+) retries", text)
    details = [asked[1] if asked else "", f"after {retries[1]} retries" if retries else ""]
    place = ", ".join(detail for detail in details if detail)
    return f"{sentence or text.splitlines()[0]}{f' ({place})' if place else ''}"
