"""A fragment on disk: a folder of Parquet files, named by the digest of their bytes, so that it vouches for itself."""

from __future__ import annotations

import io
import os
import secrets
import shutil
from pathlib import Path

import xxhash

from pipeline.entries import Fragment

_CHUNK_BYTES = 1 << 20


def write_fragment(fragment: Fragment, folder: Path) -> str:
    """Write a fragment below a folder; returns its name. Writing it twice is harmless, also at the same time."""
    contents, digest = {}, xxhash.xxh3_128()
    for frame_name in Fragment.names():
        buffer = io.BytesIO()
        getattr(fragment, frame_name).write_parquet(buffer, compression="lz4")
        contents[frame_name] = buffer.getbuffer()
        _begin(digest, frame_name, contents[frame_name].nbytes)
        digest.update(contents[frame_name])
    name = digest.hexdigest()
    target, temporary = folder / name, folder / f".{name}.{secrets.token_hex(4)}"
    if is_whole(target):
        return name
    temporary.mkdir(parents=True)
    for frame_name, content in contents.items():
        (temporary / f"{frame_name}.parquet").write_bytes(content)
    shutil.rmtree(target, ignore_errors=True)
    try:
        temporary.rename(target)
    except OSError:
        if not is_whole(target):  # Else another process was faster.
            raise
    return name


def is_whole(folder: Path) -> bool:
    """Whether the files of a fragment are there with the bytes that were written."""
    digest = xxhash.xxh3_128()
    try:
        for frame_name in Fragment.names():
            with (folder / f"{frame_name}.parquet").open("rb", buffering=0) as stream:
                _begin(digest, frame_name, os.fstat(stream.fileno()).st_size)
                while chunk := stream.read(_CHUNK_BYTES):
                    digest.update(chunk)
    except OSError:
        return False
    return digest.hexdigest() == folder.name


def _begin(digest: xxhash.xxh3_128, frame_name: str, byte_count: int) -> None:
    """What keeps one file apart from the next."""
    digest.update(f"{frame_name} {byte_count}\0".encode())
