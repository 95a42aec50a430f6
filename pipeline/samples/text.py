"""Documents and entries of related lists as upstream writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.samples.articles import Article, flag


class Entry(NamedTuple):
    """An entry of a related list. A twin is a second entry of an article in the list, under another address."""

    article: Article
    text: str
    has_address: bool


class Document(NamedTuple):
    """What the answers need of a document that was written."""

    name: str
    lead: Article
    entries: tuple[Entry, ...]
    heat: int


def document_text(document: Document, state: str, topics: Sequence[str], secured: str) -> str:
    """A document as upstream writes it."""
    lead = document.lead
    number, provider = lead.number, lead.provider
    # A part of the documents has no originalUrl; videos have nothing else.
    original = f'originalUrl: "{lead.url}"\n' if lead.video_id or number % 10 < 7 else ""
    web = "" if lead.video_id else f'webUrl: "{lead.url}"\n'
    standing = ""
    if state != "unknown":
        quality = "" if lead.quality is None else f"quality: {lead.quality}\n"
        standing = f"{quality}heat: {document.heat}\npublished: {flag(state == 'head')}\n"
    text = (
        f'---\ncategory: news\ntitle: "{lead.title}"\nexcerpt: "{lead.excerpt}"\npublishedDateTime: {lead.time}\n'
        f"{original}{web}{_amp_lines(lead, '')}type: {'video' if lead.video_id else 'article'}\n{standing}"
    )
    if lead.video_id:
        text += (
            '\nfeaturedContent: "<iframe width=\\"800\\" height=\\"500\\" frameborder=\\"0\\" '
            f'src=\\"https://www.youtube.com/embed/{lead.video_id}\\" allow=\\"encrypted-media; picture-in-picture\\" '
            'allowfullscreen></iframe>"\n'
        )
    domain = f"  {lead.domain_line}" if lead.domain_line else ""
    text += f"\nprovider:\n  name: {provider.name}\n{domain}"
    if provider.style % 2 and not lead.video_id:
        logo = f"https://images.example.com/organizations/{provider.host}-50x50.jpg"
        text += f'  images:\n    - url: "{logo}"\n      width: 50\n      height: 50\n'
    if topics:
        text += "\ntopics:\n" + "".join([f"  - {topic}\n" for topic in topics])
    if lead.images:
        text += "\nimages:\n" + "".join([_item(image, "  ") for image in lead.images])
        if number % 5 == 2:
            text += f'    title: "{lead.title}"\n'
    if document.entries:
        text += "\nrelated:\n" + "".join([entry.text for entry in document.entries])
    return f'{text}\nsecured: "{secured}"\n---\n\n'


def entry_of(article: Article, url: str | None = None) -> Entry:
    """An article as an entry, under its address or another one. Videos have none there."""
    if url is None and article.text:
        return Entry(article, article.text, not article.video_id)
    if url is None and article.video_id:
        web = "" if article.number % 6 == 3 else '    webUrl: ""\n'
    else:
        web = f'    webUrl: "{url or article.url}"\n'
    time = f"    publishedDateTime: {article.time}\n" if article.seconds is not None else ""
    domain = f"      {article.domain_line}" if article.domain_line else ""
    text = (
        f'  - title: "{article.title}"\n    excerpt: "{article.excerpt}"\n{time}{web}{_amp_lines(article, "    ")}'
        f"    type: {'video' if article.video_id else 'article'}\n"
        f"    provider:\n      name: {article.provider.name}\n{domain}"
    )
    if article.quality is not None:
        text += f"    quality: {article.quality}\n"
    if article.images:
        text += "    images:\n" + "".join(_item(image, "      ") for image in article.images)
    if url is None:
        article.text = text
    return Entry(article, text, url is not None or not article.video_id)


def _item(lines: str, indent: str) -> str:
    """Lines as one item of a list."""
    return f"{indent}- " + lines[:-1].replace("\n", f"\n{indent}  ") + "\n"


def _amp_lines(article: Article, indent: str) -> str:
    if not article.amp:
        return ""
    bare = article.amp.removeprefix("https://")
    cache_host = bare.partition("/")[0].replace(".", "-")
    return (
        f'{indent}ampWebUrl: "{article.amp}"\n'
        f'{indent}cdnAmpWebUrl: "https://{cache_host}.cdn.ampproject.org/c/s/{bare}"\n'
    )
