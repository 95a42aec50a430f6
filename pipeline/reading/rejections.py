"""Why a file did not become a document: the stable reason codes, and the exception that carries one."""

from __future__ import annotations

#: Reason code -> what it means. Codes are part of the product's interface.
REASONS: dict[str, str] = {
    "unreadable": "the file, or a folder of the source, could not be opened or read; detail says why and what helps",
    "dangling_symlink": "the file is a symbolic link that leads nowhere",
    "too_large": "the file is larger than the size limit (option --max-bytes)",
    "empty": "the file has no bytes, or nothing but white space",
    "nul_byte": "the file holds a NUL byte, so it is not a text file",
    "not_utf8": "the file is not valid UTF-8",
    "no_front_matter": "the file does not start with a line of three dashes",
    "front_matter_not_closed": "the file has no second line of three dashes",
    "broken_yaml": "the front matter is not valid YAML",
    "several_documents": "the front matter holds more than one YAML document",
    "not_a_mapping": "the front matter is a list or a single value, not key: value pairs",
    "duplicate_key": "a key appears twice in the same mapping",
    "anchor_or_alias": "the front matter uses a YAML anchor or alias, whose meaning would have to be guessed",
    "tag": "the front matter uses a YAML tag; nothing is ever constructed from tags",
    "too_deep": "the front matter is nested deeper than the limit",
    "too_costly": "the front matter has more keys and values than the limit (option --max-values)",
    "reader_failed": "reading the file ended in an error of the program or of its process; nothing else was affected",
    "no_title_or_address": "the lead article has neither a title nor an address, so it has no identity",
}


class Rejection(Exception):
    """A file that cannot become a document: reason code, a sentence, and line and column (from 1) where known."""

    def __init__(self, reason: str, detail: str, line: int | None = None, column: int | None = None) -> None:
        if reason not in REASONS:
            raise ValueError(f"unknown rejection reason {reason!r}")
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.line = line
        self.column = column
