"""The definitions computed a second time, in plain Python: no Polars, no DuckDB, nothing of `pipeline`.

Written for clarity, from the definitions alone. Things are named by their natural keys: a document by (source, path),
an article by its canonical URL or its (name, title, time), a provider by its domain (None = unknown).
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, groupby, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import idna
import yaml
from publicsuffixlist import PublicSuffixList

Document = tuple[str, str]
Provider = str | None
Rows = dict[Any, dict[str, Any]]

DROPPED = re.compile(
    "(?:fbclid|gclid|dclid|msclkid|igshid|mc_cid|mc_eid|_mc|mkt_tok|ocid|cvid|ncid|ito|ico|cmpscreen|cmpid|guccounter|"
    "guce_referrer|guce_referrer_sig|ref_src|usqp|amp|_hsenc|_hsmi|spm|smid|utm_[^=]*|at_[^=]*|amp_[^=]*|elq[^=]*)(?:=.*)?"
    "|outputtype=amp",
    re.IGNORECASE,
)
SUFFIXES = PublicSuffixList(only_icann=True)
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
#: Names with which Unicode names the letters of scripts that need joiners, and of those written without blanks.
JOINING = (
    *("ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA"),
    *("TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA"),
)
#: Platform -> how its names tell the author, and which names mean the platform itself.
PLATFORMS = {
    "youtube.com": (None, "youtube"),
    "msn.com": (r"(.+?) (?:on|via|bei|auf|sur|en|su|no) msn(?:\W.*)?", r"msn(?:\W.*)?"),
    "yahoo.com": (r"(.+?) (?:on|via|bei|auf|sur|en|su|no) yahoo(?:\W.*)?", r"yahoo(?:\W.*)?"),
    "news.google.com": (r"(.+?) (?:on|via|bei|auf|sur|en|su|no) google(?:\W.*)?", r"google(?:\s.*)?"),
}
BLANKLESS = ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "THAI", "LAO", "KHMER", "MYANMAR", "IDEOGRAPHIC")


# Identity -----------------------------------------------------------------------------------------------------------


def canonical_url(address: str | None) -> str | None:
    """The canonical form of one address; None for what is no address."""
    previous, text = None, address or ""
    while text != previous:
        previous, following = text, one_form(text)
        if following is None:
            return None
        text = following
    return text


def one_form(address: str) -> str | None:
    """The seven steps, once."""
    text, before = address, None
    while text != before:
        before, text = text, re.sub(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);", character, text)
    text = text.strip(" \t\r\n\u00a0\u3000\u200b\ufeff")
    while text and text[0] in "\"'`<«‹„‚“”‘’‛‟〈《「『【〝＂＇＜":
        text = text.lstrip("\"'`<«‹„‚“”‘’‛‟〈《「『【〝＂＇＜").rstrip("\"'`>»›“”‘’‛‟〉》」』】〞〟＂＇＞").strip()
    # Browsers drop line breaks, and take a backslash before the query for a slash.
    place, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", re.sub("[\t\r\n]", "", text)).groups()  # type: ignore[union-attr]
    text = place.replace("\\", "/") + mark + rest
    scheme = re.match(r"(?i)(?:https?:)?//", text)
    rest = text[scheme.end() :] if scheme else text
    authority, tail = re.fullmatch(r"(?s)([^/?#]*)(.*)", rest).groups()  # type: ignore[union-attr]
    if not scheme and ("@" in authority or re.match(r"[^.]*:|.*:\D", authority)):
        return None
    host = host_of(re.sub(r":\d*$", "", authority.rpartition("@")[2]))
    if host is None:
        return None
    page, hash_sign, fragment = tail.partition("#")
    path, _, query = page.partition("?")
    for pattern in (
        r"(?:[^/]*\.)?cdn\.ampproject\.org/[cviCVI]/(?:[sS]/)?(.+)",
        r"google\.[a-z.]+/amp/(?:s/)?(.+)",
        r"(?:[^/]*\.)?bing-amp\.com/c/(?:s/)?(.+)",
    ):
        if (inner := re.fullmatch(pattern, host + path)) and (found := one_form(inner[1] + tail[len(path) :])):
            return found
    segments: list[str] = []
    for segment in normal(path).split("/")[1:]:
        if segment == "..":
            segments = segments[:-1]
        elif segment != ".":
            segments.append(segment)
    segments = [segment for segment in segments if segment]
    while segments and segments[-1] == "amp":
        segments.pop()
    while len(segments) > 1 and segments[0] in ("amp", "google-amp"):
        segments.pop(0)
    path = "".join("/" + segment for segment in segments)
    pairs = [normal(pair.replace("+", " ")).replace("'", "%27") for pair in re.split("[?&]", query) if pair]
    if host in ("youtube.com", "youtube-nocookie.com", "youtu.be"):
        patterns = {"youtu.be": r"/([\w-]+)"}
        video = re.match(patterns.get(host, r"/(?:embed|shorts|live|v)/([\w-]+)") + r"(?:[/&]|$)", path, re.ASCII)
        watched = [pair[2:] for pair in pairs if re.fullmatch(r"v=[\w-]+", pair, re.ASCII)]
        if path in ("/embed/videoseries", "/embed/live_stream"):
            key = "list=" if path.endswith("s") else "channel="
            pairs = [pair for pair in pairs if pair.startswith(key)] or pairs
        elif path == "/watch" and host != "youtu.be" and watched:
            return f"youtube.com/watch?v={watched[0]}"
        elif video:
            return f"youtube.com/watch?v={video[1]}"
    kept = sorted(pair for pair in pairs if not DROPPED.fullmatch(pair))
    fragment = hash_sign + normal(fragment) if fragment.startswith(("!", "/")) else ""
    return host + path + ("?" + "&".join(kept) if kept else "") + fragment


def character(match: re.Match[str]) -> str:
    """What one reference stands for; itself where it stands for no character."""
    number = match[0][2:-1] if match[0][1] == "#" else ""
    if len(number.lstrip("xX0")) > 7:
        return match[0]
    meaning = html.unescape(match[0])
    return match[0] if meaning in ("", "\ufffd") else meaning


def host_of(text: str | None) -> str | None:
    """The one form of a host; None when it has no dot or is none."""
    try:
        host = idna.uts46_remap((text or "").lower(), std3_rules=False).removesuffix(".")
        host = ".".join(idna.decode(label) if label.startswith("xn--") else label for label in host.split("."))
    except idna.IDNAError:
        return None
    if not re.fullmatch(r"\[[0-9a-f:]+\]|(?:[\w-]+\.)+[\w-]*[^\W\d][\w-]*|\d+(?:\.\d+){3}", host):
        return None
    while (prefix := re.match(r"(?:www\d*|m|mobile|amp)\.", host)) and SUFFIXES.privatesuffix(host[prefix.end() :]):
        host = host[prefix.end() :]
    return host


def normal(text: str) -> str:
    """RFC 3986: unreserved characters plain, delimiters as written, all else escaped in upper case."""

    def escaped(match: re.Match[str]) -> str:
        if not match[1]:
            return quote(match[0], safe="")
        plain = bytes.fromhex(match[1]).decode("latin-1")
        return plain if re.fullmatch("[A-Za-z0-9._~-]", plain) else match[0].upper()

    return re.sub(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/?-]", escaped, text)


def unescaped(text: str) -> str:
    before = None
    while text != before:
        before, text = text, re.sub(r"&(?:#\d+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*;?)", character, text)
    return text


def named(character: str, names: Iterable[str]) -> bool:
    return unicodedata.name(character, "").split(" ")[0] in names


def normalized(text: str | None) -> str | None:
    """Words of a text joined by one blank; None without a text, and empty where it has no word."""
    if not (text or "").strip():
        return None
    shown = ""
    plain = unescaped(text or "")
    for place, one in enumerate(plain):
        is_joiner = one in "\u200c\u200d" and place and place + 1 < len(plain)
        if not IGNORABLE.match(one) or (
            is_joiner and named(plain[place - 1], JOINING) and named(plain[place + 1], JOINING)
        ):
            shown += one
    folded_text = unicodedata.normalize("NFKC", shown).casefold()
    is_word = [
        unicodedata.category(one)[0] in "LM" or unicodedata.category(one) in ("Nd", "Nl", "Pc", "Cf")
        for one in folded_text
    ]
    return " ".join("".join(c if ok else " " for c, ok in zip(folded_text, is_word, strict=True)).split())


def words(title: str | None) -> list[str]:
    """Words as they are counted: pairs of neighboring characters where a script has no blanks."""
    found: list[str] = []
    for token in (normalized(title) or "").split():
        for is_blankless, run in groupby(clusters(token), lambda cluster: named(cluster[0], BLANKLESS)):
            parts = list(run)
            if not is_blankless:
                found.append("".join(parts))
            else:
                found += [a + b for a, b in pairwise(parts)] or parts
    return found


def clusters(token: str) -> list[str]:
    """Characters with the marks that follow them."""
    parts: list[str] = []
    for one in token:
        if parts and unicodedata.category(one)[0] == "M":
            parts[-1] += one
        else:
            parts.append(one)
    return parts


def folded(name: str | None) -> str:
    return "".join(one for one in normalized(name) or "" if one != " " and unicodedata.category(one) != "Pc")


def instant(text: str | None) -> tuple[datetime | None, date | None]:
    """Instant and day of the forms that the corpora and worlds use; test_values.py has all others."""
    text = (text or "").strip()
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d"):
        try:
            at = datetime.strptime(text, form)
        except ValueError:
            continue
        at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
        if not 1990 <= at.year <= 2099:
            return None, None
        return (None if form == "%Y-%m-%d" else at), at.date()
    return None, None


# Reading ------------------------------------------------------------------------------------------------------------


@dataclass
class Entry:
    """One lead (position 0) or related entry."""

    document: Document
    position: int
    title: str | None
    name: str | None
    domain: Provider
    published_at: datetime | None
    published_date: date | None
    media_type: str | None
    quality: int | None
    has_amp: bool
    images: list[str]
    url: str | None
    article: Any = None
    publisher: str = ""

    def is_linked(self, lead: Entry) -> bool:
        """The same article, published within a day; without an instant on both sides, on the same day or on none."""
        if self.article != lead.article:
            return False
        if self.published_at is None or lead.published_at is None:
            return self.published_date == lead.published_date
        return abs(self.published_at - lead.published_at) <= timedelta(hours=24)


@dataclass
class Read:
    """One document: its entries, lead first."""

    key: Document
    state: str
    is_published: bool | None
    heat: int | None
    topics: list[str]
    entries: list[Entry]
    #: The document before it whose bytes it repeats.
    original: Read | None = None
    story: Document = ("", "")

    @property
    def lead(self) -> Entry:
        return self.entries[0]

    @property
    def related(self) -> list[Entry]:
        return self.entries[1:]


def integer(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and re.fullmatch(r"[-+]?[0-9]+", text.strip()) else None


def entry_of(document: Document, position: int, row: Mapping[str, Any]) -> Entry:
    provider = row.get("provider") or {}
    url = canonical_url(row.get("webUrl")) or canonical_url(row.get("originalUrl"))
    host = canonical_url(provider.get("domain")) or url
    published_at, published_date = instant(row.get("publishedDateTime"))
    return Entry(
        document,
        position,
        (row.get("title") or "").strip() or None,
        (provider.get("name") or "").strip() or None,
        re.split("[/?#]", host)[0] if host else None,
        published_at,
        published_date,
        row.get("type"),
        integer(row.get("quality")),
        bool((row.get("ampWebUrl") or "").strip() or (row.get("cdnAmpWebUrl") or "").strip()),
        [image["url"] for image in row.get("images") or [] if (image.get("url") or "").strip()],
        url,
    )


def read_corpus(sources: Mapping[str, Path]) -> list[Read]:
    """Every document of the folders in the order of source and path, with identities, publishers and stories."""
    documents = []
    seen: dict[bytes, Read] = {}
    for source, folder in sorted(sources.items()):
        for file in sorted(folder.rglob("*"), key=lambda file: str(file.relative_to(folder))):
            if not file.is_file():
                continue
            text = file.read_text(encoding="utf-8")
            row = yaml.load(re.split(r"^---[ \t]*$", text, flags=re.MULTILINE)[1], yaml.CBaseLoader)
            key = (source, str(file.relative_to(folder)))
            related = row.get("related") or []
            published = {"true": True, "false": False}.get((row.get("published") or "").strip().lower())
            heat = integer(row.get("heat"))
            state = "head" if published else "unknown" if published is None else "suppressed"
            if published is False and heat == -1 and related:
                state = "folded"
            written = [topic.strip() for topic in row.get("topics") or [] if topic.strip()]
            topics = list({normalized(topic) or topic: topic for topic in reversed(written)}.values())[::-1]
            entries = [entry_of(key, place, item) for place, item in enumerate([row, *related])]
            original = seen.get(file.read_bytes())
            document = Read(key, "copy" if original else state, published, heat, topics, entries, original)
            seen.setdefault(file.read_bytes(), document)
            documents.append(document)
    documents.sort(key=lambda document: document.key)
    spell_topics(documents)
    identify(documents)
    name_publishers(documents)
    tell_stories(documents)
    return documents


def identify(documents: list[Read]) -> None:
    """Article of each entry: its address, else the lead with the same name, title and instant, else these three, else
    its place."""

    def three(entry: Entry) -> tuple[str, str, datetime] | None:
        name, title = folded(entry.name), normalized(entry.title)
        return (name, title, entry.published_at) if name and title and entry.published_at else None

    leads: dict[Any, str] = {}
    for document in documents:
        if document.lead.url and (known := three(document.lead)):
            leads.setdefault(known, document.lead.url)
    for entry in all_entries(originals(documents)):
        entry.article = entry.url or leads.get(three(entry)) or three(entry) or (entry.document, entry.position)
    for document in documents:
        if document.original:
            for entry, original in zip(document.entries, document.original.entries, strict=True):
                entry.article = original.article


def spell_topics(documents: list[Read]) -> None:
    """Each topic in its most frequent spelling, of equally frequent ones the first by alphabet."""
    spellings = Counter(topic for document in originals(documents) for topic in document.topics)
    best: dict[str, str] = {}
    for topic, _ in sorted(spellings.items(), key=lambda item: (-item[1], item[0])):
        best.setdefault(normalized(topic) or topic, topic)
    for document in documents:
        document.topics = [best[normalized(topic) or topic] for topic in document.topics]


def name_publishers(documents: list[Read]) -> None:
    domains: dict[str, set[str]] = defaultdict(set)
    for entry in all_entries(documents):
        if entry.domain and not platform_of(entry.domain) and folded(entry.name):
            domains[folded(entry.name)].add(entry.domain)
    for entry in all_entries(documents):
        if entry.domain is None:
            entry.publisher = "name:unknown"
        elif (platform := platform_of(entry.domain)) is None:
            entry.publisher = entry.domain
        else:
            name = entry.name or ""
            pattern, brand = PLATFORMS[platform]
            match = re.fullmatch(pattern, name, re.I) if pattern else None
            author = match[1] if match else name
            if not author or re.fullmatch(brand, author, re.I):
                entry.publisher = platform
                continue
            own = domains.get(folded(author), set())
            entry.publisher = next(iter(own)) if len(own) == 1 else f"name:{folded(author) or author}"


def platform_of(domain: str) -> str | None:
    return next((platform for platform in PLATFORMS if f".{domain}".endswith(f".{platform}")), None)


def originals(documents: list[Read]) -> list[Read]:
    """Documents without copies, which count in no metric."""
    return [document for document in documents if document.original is None]


def all_entries(documents: list[Read]) -> list[Entry]:
    return [entry for document in documents for entry in document.entries]


# Stories ------------------------------------------------------------------------------------------------------------


@dataclass
class Story:
    """One story: its head or representative, and per article the entry kept and why."""

    document: Read
    members: list[Read]
    kept: dict[Any, tuple[Entry, str]] = field(default_factory=dict)

    @property
    def lead(self) -> Entry:
        return self.document.lead

    @property
    def timed(self) -> list[Entry]:
        return [entry for entry, _ in self.kept.values() if entry.published_at is not None]

    def first_entries(self, by: str) -> dict[Any, datetime]:
        """When each provider (`domain`) or publisher entered."""
        first: dict[Any, datetime] = {}
        for entry in self.timed:
            unit, at = getattr(entry, by), entry.published_at
            assert at is not None
            first[unit] = min(first.get(unit, at), at)
        return first


def latest_last(at: datetime | None) -> datetime:
    return at or datetime.max


def earliest(entry: Entry) -> Any:
    """Order of occurrences: time, lead before related, document, position."""
    return latest_last(entry.published_at), entry.position > 0, entry.document, entry.position


def tell_stories(documents: list[Read]) -> list[Story]:
    """The rule: heads, folded documents joined to heads, groups of the others. A copy is where its original is."""
    written, documents = documents, originals(documents)
    by_key = {document.key: document for document in documents}
    by_lead: dict[Any, list[Read]] = defaultdict(list)
    for document in documents:
        by_lead[document.lead.article].append(document)
    links: dict[Document, set[Document]] = defaultdict(set)
    for document in documents:
        for entry in document.related:
            links[document.key] |= {
                other.key for other in by_lead[entry.article] if other is not document and entry.is_linked(other.lead)
            }
    linked_from: dict[Document, set[Document]] = defaultdict(set)
    for lister, listed in links.items():
        for key in listed:
            linked_from[key].add(lister)

    groups: dict[Document, list[Read]] = {d.key: [] for d in documents if d.state != "folded"}
    alone = []
    for document in documents:
        if document.state != "folded":
            continue
        heads = [
            by_key[key]
            for key in links[document.key] | linked_from[document.key]
            if by_key[key].state != "folded" and by_key[key].related
        ]
        if not heads:
            alone.append(document.key)
            continue

        def preference(head: Read, folded_key: Document = document.key) -> Any:
            both = head.key in links[folded_key] and folded_key in links[head.key]
            return (
                not both,
                -(head.heat if head.heat is not None else -math.inf),
                latest_last(head.lead.published_at),
                head.key,
            )

        groups[min(heads, key=preference).key].append(document)

    waiting = set(alone)
    while waiting:
        component, frontier = set(), [waiting.pop()]
        while frontier:
            key = frontier.pop()
            component.add(key)
            near = (links[key] | linked_from[key]) & waiting
            waiting -= near
            frontier += near
        members = [by_key[key] for key in component]
        best = min(
            members,
            key=lambda d: (
                -len({entry.article for entry in d.entries}),
                -(d.lead.quality if d.lead.quality is not None else -math.inf),
                latest_last(d.lead.published_at),
                d.key,
            ),
        )
        groups[best.key] = [member for member in members if member is not best]

    stories = []
    for key, members in sorted(groups.items()):
        story = Story(by_key[key], sorted(members, key=lambda member: member.key))
        story.kept[story.lead.article] = story.lead, "lead"
        candidates = [(entry, "listed") for entry in story.document.related]
        candidates += [(member.lead, "folded") for member in story.members]
        for entry, membership in sorted(candidates, key=lambda candidate: latest_last(candidate[0].published_at)):
            story.kept.setdefault(entry.article, (entry, membership))
        for member in [story.document, *members]:
            member.story = key
        stories.append(story)
    for document in written:
        if document.original:
            document.story = document.original.story
    return stories


# Metrics ------------------------------------------------------------------------------------------------------------


def articles(documents: list[Read]) -> dict[Any, Entry]:
    """Earliest occurrence of each article."""
    found: dict[Any, Entry] = {}
    for entry in sorted(all_entries(originals(documents)), key=earliest):
        found.setdefault(entry.article, entry)
    return found


def quantile(values: Iterable[float], q: float) -> float | None:
    ordered = sorted(values)
    if not ordered:
        return None
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def minutes(later: datetime, earlier: datetime) -> float:
    return (later - earlier) / timedelta(minutes=1)


def concentration(counts: Iterable[int]) -> dict[str, float]:
    ordered = sorted(counts)
    total, n = sum(ordered), len(ordered)
    shares = [count / total for count in ordered]
    hhi = sum(share**2 for share in shares)
    return {
        "unit_count": n,
        "total_count": total,
        "hhi": hhi,
        "effective_number": 1 / hhi,
        "entropy_bits": -sum(share * math.log2(share) for share in shares) or 0.0,
        "gini": sum((2 * place - n - 1) * count for place, count in enumerate(ordered, 1)) / (n * total),
        "cr1": sum(shares[-1:]),
        "cr4": sum(shares[-4:]),
    }


def metrics(documents: list[Read]) -> dict[str, Rows]:
    """The views by name: key -> the columns that count."""
    found = articles(documents)
    stories = tell_stories(documents)
    # Copies are among the rows as written, and nowhere else.
    written, documents = documents, originals(documents)
    views: dict[str, Rows] = defaultdict(dict)

    for by, suffix in (("domain", ""), ("publisher", "_by_publisher")):
        counts = Counter(getattr(entry, by) for entry in found.values())
        entry_counts: Counter[Any] = Counter()
        for entry in all_entries(written):
            entry_counts[getattr(found[entry.article], by)] += 1
        for unit, count in counts.items():
            views["share_of_voice" + suffix][unit] = {"article_count": count, "share": count / len(found)}
        counted_by = "provider" if by == "domain" else "publisher"
        views["concentration"][counted_by, "articles"] = concentration(counts.values())
        views["concentration"][counted_by, "entries"] = concentration(entry_counts.values())

        reach: Counter[Any] = Counter()
        credit: dict[Any, float] = defaultdict(float)
        exclusive: Counter[Any] = Counter()
        taking_part: Counter[Any] = Counter()
        first: dict[Any, float] = defaultdict(float)
        safe_stories: Counter[Any] = Counter()
        safe_credit: Counter[Any] = Counter()
        behind: dict[Any, list[float]] = defaultdict(list)
        for story in stories:
            units = {getattr(entry, by) for entry, _ in story.kept.values()}
            for unit in units:
                reach[unit] += 1
                credit[unit] += 1 / len(units)
                exclusive[unit] += len(units) == 1
            entered = story.first_entries(by)
            if len(entered) < 2:
                continue
            start = min(entered.values())
            winners = [unit for unit, at in entered.items() if at == start]
            margin = minutes(sorted(entered.values())[1], start)
            is_safe = len(winners) == 1 and margin > 480
            for unit, at in entered.items():
                taking_part[unit] += 1
                safe_stories[unit] += is_safe
                behind[unit].append(minutes(at, start))
            for unit in winners:
                first[unit] += 1 / len(winners)
                safe_credit[unit] += is_safe
                if by == "domain":
                    views["first_mover_by_story"][story.document.key, unit] = {
                        "credit": 1 / len(winners),
                        "margin_minutes": margin,
                        "is_tied": len(winners) > 1,
                        "is_clock_safe": is_safe,
                    }
        for unit, count in reach.items():
            views["story_reach" + suffix][unit] = {
                "story_count": count,
                "reach": count / len(stories),
                "fractional_credit": credit[unit],
                "fractional_share": credit[unit] / len(stories),
            }
            views["exclusives" + suffix][unit] = {"exclusive_story_count": exclusive[unit], "story_count": count}
        for unit, count in taking_part.items():
            views["first_mover" + suffix][unit] = {
                "story_count": count,
                "first_credit": first[unit],
                "first_rate": first[unit] / count,
                "clock_safe_story_count": safe_stories[unit],
                "clock_safe_credit": safe_credit[unit],
            }
            if by == "domain":
                views["behind_first"][unit] = {
                    "story_count": count,
                    "median_behind_minutes": quantile(behind[unit], 0.5),
                    "p75_behind_minutes": quantile(behind[unit], 0.75),
                }

    lags: dict[Any, list[float]] = defaultdict(list)
    scopes: dict[str, list[float]] = {
        name: [] for name in ("stories", "all documents", "published documents", "raw rows")
    }
    for story in stories:
        lead_at = story.lead.published_at
        for article, (entry, membership) in story.kept.items():
            if membership != "lead" and lead_at and entry.published_at:
                lag = minutes(entry.published_at, lead_at)
                views["publication_lag"][story.document.key, article] = {"lag_minutes": lag}
                scopes["stories"].append(lag)
                lags["domain", entry.domain].append(lag)
                lags["publisher", entry.publisher].append(lag)
    for document in written:
        seen = {document.lead.article}
        for entry in document.related:
            is_new = entry.article not in seen
            seen.add(entry.article)
            if document.lead.published_at and entry.published_at:
                lag = minutes(entry.published_at, document.lead.published_at)
                scopes["raw rows"].append(lag)
                if is_new and not document.original:
                    scopes["all documents"].append(lag)
                    if document.is_published:
                        scopes["published documents"].append(lag)
    for scope, values in scopes.items():
        views["publication_lag_summary"][scope] = summary(values) | {
            "zero_count": sum(value == 0 for value in values),
            "mean_lag_minutes": sum(values) / len(values) if values else None,
        }
    for (by, unit), values in lags.items():
        name = "publication_lag_by_provider" if by == "domain" else "publication_lag_by_publisher"
        views[name][unit] = summary(values) | {"ahead_share": sum(value < 0 for value in values) / len(values)}

    lead_counts: Counter[Any] = Counter()
    for document in documents:
        lead_counts[document.lead.domain, document.state] += 1
        lead_counts[document.lead.domain, "all"] += 1
    for (unit, state), count in lead_counts.items():
        total = sum(number for (_, other), number in lead_counts.items() if other == state)
        views["lead_share"][unit, state] = {"document_count": count, "share": count / total}

    pairs: dict[Any, list[float]] = defaultdict(list)
    sets: dict[str, set[int]] = defaultdict(set)
    for number, story in enumerate(stories):
        entered = {unit: at for unit, at in story.first_entries("domain").items() if unit is not None}
        for a, b in combinations(sorted(entered), 2):
            pairs[a, b].append(minutes(entered[b], entered[a]))
        for entry, _ in story.kept.values():
            if entry.domain is not None:
                sets[entry.domain].add(number)
        times = sorted(entry.published_at for entry in story.timed if entry.published_at)
        views["story_timing"][story.document.key] = {
            "article_count": len(story.kept),
            "provider_count": len({entry.domain for entry, _ in story.kept.values()}),
            "lifespan_minutes": minutes(times[-1], times[0]) if times else None,
            "t50_minutes": minutes(times[math.ceil(0.5 * len(times)) - 1], times[0]) if times else None,
            "t90_minutes": minutes(times[-(-9 * len(times) // 10) - 1], times[0]) if times else None,
            "lead_gap_minutes": minutes(story.lead.published_at, times[0])
            if times and story.lead.published_at
            else None,
        }
    for (a, b), values in pairs.items():
        a_first, ties = sum(value > 0 for value in values), sum(value == 0 for value in values)
        views["lead_lag"][a, b] = {
            "story_count": len(values),
            "a_first_count": a_first,
            "b_first_count": len(values) - a_first - ties,
            "tie_count": ties,
            "a_first_probability": (a_first + ties / 2) / len(values),
            "median_lead_minutes": quantile(values, 0.5),
        }
    for a, b in combinations(sorted(sets), 2):
        if both := len(sets[a] & sets[b]):
            either = len(sets[a] | sets[b])
            views["co_coverage"][a, b] = {
                "both_story_count": both,
                "either_story_count": either,
                "jaccard": both / either,
            }

    in_larger: Counter[Any] = Counter()
    leading: Counter[Any] = Counter()
    for story in stories:
        if len(story.kept) >= 2:
            in_larger.update({entry.domain for entry, _ in story.kept.values()})
            leading[story.lead.domain] += 1
    for unit, count in in_larger.items():
        views["lead_rate"][unit] = {
            "story_count": count,
            "lead_count": leading[unit],
            "lead_rate": leading[unit] / count,
        }

    topic_articles: dict[str, set[Any]] = defaultdict(set)
    full: Counter[str] = Counter()
    fractional: dict[str, float] = defaultdict(float)
    for document in documents:
        for topic in document.topics:
            full[topic] += 1
            fractional[topic] += 1 / len(document.topics)
            topic_articles[topic].add(document.lead.article)
    with_topic = sum(bool(document.topics) for document in documents)
    for topic, count in full.items():
        views["topic_share"][topic] = {
            "document_count": count,
            "fractional_document_count": fractional[topic],
            "share": fractional[topic] / with_topic,
        }
        for unit, number in Counter(found[article].domain for article in topic_articles[topic]).items():
            views["topic_provider_share"][topic, unit] = {
                "article_count": number,
                "share": number / len(topic_articles[topic]),
            }

    days = Counter(entry.published_date for entry in found.values() if entry.published_date)
    starts: dict[str, Callable[[date], date]] = {
        "day": lambda day: day,
        "week": lambda day: day - timedelta(days=day.weekday()),
        "month": lambda day: day.replace(day=1),
    }
    for grain, start_of in starts.items():
        periods: Counter[Any] = Counter()
        for day, count in days.items():
            periods[start_of(day)] += count
        if not periods:
            continue
        day = min(periods)
        while day <= max(periods):
            views[f"coverage_by_{grain}"][day] = {"article_count": periods[day]}
            step = {"day": 1, "week": 7, "month": 32}[grain]
            day = start_of(day + timedelta(days=step))
    weeks = list(views["coverage_by_week"].items())
    for place in range(8, len(weeks)):
        before = [row["article_count"] for _, row in weeks[place - 8 : place]]
        mean = sum(before) / 8
        deviation = max(1.0, math.sqrt(sum((value - mean) ** 2 for value in before) / 8))
        week, row = weeks[place]
        z_score = (row["article_count"] - mean) / deviation
        if row["article_count"] >= 5 and z_score >= 3:
            views["bursts"][week] = {"article_count": row["article_count"], "baseline_mean": mean, "z_score": z_score}
    for (weekday, hour), count in Counter(
        (entry.published_at.isoweekday(), entry.published_at.hour) for entry in found.values() if entry.published_at
    ).items():
        views["posting_rhythm"][weekday, hour] = {"article_count": count}

    titles: dict[str, list[Entry]] = defaultdict(list)
    images: dict[str, set[Any]] = defaultdict(set)
    by_provider: dict[Provider, list[Entry]] = defaultdict(list)
    for article, entry in found.items():
        by_provider[entry.domain].append(entry)
        for url in entry.images:
            images[url].add(article)
        if (title := normalized(entry.title)) and len(words(entry.title)) >= 4:
            titles[title].append(entry)
    for title, same in titles.items():
        if len({entry.domain for entry in same}) >= 2:
            views["syndication"][title] = {
                "article_count": len(same),
                "provider_count": len({entry.domain for entry in same}),
            }
    for unit, group in by_provider.items():
        scores = [entry.quality for entry in group if entry.quality is not None]
        views["quality_by_provider"][unit] = {
            "article_count": len(group),
            "mean_quality": sum(scores) / len(scores) if scores else None,
            "median_quality": quantile(scores, 0.5),
        }
        if texts := [entry for entry in group if entry.media_type == "article"]:
            views["amp_adoption"][unit] = {
                "article_count": len(texts),
                "amp_article_count": sum(entry.has_amp for entry in texts),
            }
        views["image_health"][unit] = {
            "article_count": len(group),
            "without_image_count": sum(not entry.images for entry in group),
            "placeholder_count": sum(any(len(images[url]) >= 3 for url in entry.images) for entry in group),
        }

    for story in stories:
        titles_of = {article: set(counted) for article in story.kept if (counted := words(found[article].title))}
        for a, b in combinations(titles_of, 2):
            jaccard = len(titles_of[a] & titles_of[b]) / len(titles_of[a] | titles_of[b])
            if jaccard >= 0.6:
                views["near_duplicates"][frozenset((a, b))] = {"jaccard": jaccard}
    return views


def summary(values: list[float]) -> dict[str, Any]:
    return {
        "lag_count": len(values),
        "ahead_count": sum(value < 0 for value in values),
        **{
            f"{name}_lag_minutes": quantile(values, q)
            for name, q in (("p25", 0.25), ("median", 0.5), ("p75", 0.75), ("p90", 0.9))
        },
    }
