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
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

Document = tuple[str, str]
Provider = str | None
Rows = dict[Any, dict[str, Any]]

TRACKING = re.compile(
    "fbclid|gclid|dclid|msclkid|igshid|mc_cid|mc_eid|_mc|mkt_tok|ocid|cvid|ncid|ito|ico|cmpscreen|cmpid|guccounter|"
    "guce_referrer|guce_referrer_sig|ref_src|usqp|amp|_hsenc|_hsmi|spm|smid|utm_.*|elq.*"
)
PLATFORMS = {"youtube.com": None, "msn.com": r"(.+?) on msn(?:\.com)?", "yahoo.com": r"(.+?) on yahoo.*"}


# Identity -----------------------------------------------------------------------------------------------------------


def canonical_url(address: str | None) -> str | None:
    """The canonical form of one address; None when nothing is left."""
    text = re.sub(
        r"&(#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);", lambda m: html.unescape(m[0]), address or ""
    ).strip()
    if cache := re.match(
        r"(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/?#]*\.)?cdn\.ampproject\.org(?::\d*)?/[cvi]/(?:s/)?([^?#].*)$", text, re.I
    ):
        text = cache[1]
    text = re.sub(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//", "", text).split("#")[0]
    address_part, _, query = text.partition("?")
    host, slash, path = address_part.partition("/")
    host = re.sub(r":\d*$", "", host.rpartition("@")[2]).lower()
    while (stripped := re.sub(r"^(?:www\d*|m|mobile|amp)\.", "", host)) != host and "." in stripped:
        host = stripped
    path = re.sub(r"/+", "/", slash + path)
    while path.endswith(("/", "/amp")):
        path = path.removesuffix("/").removesuffix("/amp") if path.endswith("/") else path.removesuffix("/amp")
    if host == "youtu.be" and len(path) > 1:
        return f"youtube.com/watch?v={path.split('/')[1]}"
    if host in ("youtube.com", "youtube-nocookie.com") and (
        video := re.match(r"/(?:embed|shorts|live|v)/([^/]+)", path)
    ):
        return f"youtube.com/watch?v={video[1]}"
    kept = sorted(pair for pair in query.split("&") if pair and not is_tracking(pair.partition("=")[0]))
    return host + path + ("?" + "&".join(kept) if kept else "") or None


def is_tracking(key: str) -> bool:
    return TRACKING.fullmatch(key) is not None


def normalized_title(title: str | None) -> str | None:
    if not (title or "").strip():
        return None
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", html.unescape(title or "")).casefold()))


def folded(name: str | None) -> str:
    return "".join(character for character in html.unescape(name or "").casefold() if character.isalnum())


def instant(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None


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
    media_type: str | None
    quality: int | None
    has_amp: bool
    images: list[str]
    url: str | None
    article: Any = None
    publisher: str = ""

    @property
    def pair(self) -> tuple[Any, datetime | None]:
        return self.article, self.published_at


@dataclass
class Read:
    """One document: its entries, lead first."""

    key: Document
    state: str
    is_published: bool | None
    heat: int | None
    topics: list[str]
    entries: list[Entry]
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
    domain = (provider.get("domain") or "").strip().lower()
    return Entry(
        document,
        position,
        row.get("title") if (row.get("title") or "").strip() else None,
        provider.get("name") or None,
        domain.removeprefix("www.") or None,
        instant(row.get("publishedDateTime")),
        row.get("type"),
        integer(row.get("quality")),
        bool((row.get("ampWebUrl") or "").strip() or (row.get("cdnAmpWebUrl") or "").strip()),
        [image["url"] for image in row.get("images") or [] if (image.get("url") or "").strip()],
        canonical_url(row.get("webUrl")) or canonical_url(row.get("originalUrl")),
    )


def read_corpus(sources: Mapping[str, Path]) -> list[Read]:
    """Every document of the folders in the order of source and path, with identities, publishers and stories."""
    documents = []
    for source, folder in sources.items():
        for file in folder.rglob("*"):
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
            topics = list(dict.fromkeys(t.strip() for t in row.get("topics") or [] if t.strip()))
            entries = [entry_of(key, place, item) for place, item in enumerate([row, *related])]
            documents.append(Read(key, state, published, heat, topics, entries))
    documents.sort(key=lambda document: document.key)
    identify(documents)
    name_publishers(documents)
    tell_stories(documents)
    return documents


def identify(documents: list[Read]) -> None:
    """Article of each entry: its address, else the lead with the same name, title and time, else these three."""

    def three(entry: Entry) -> tuple[str, str, datetime | None]:
        return folded(entry.name), normalized_title(entry.title) or "", entry.published_at

    leads: dict[Any, str] = {}
    for document in documents:
        if document.lead.url:
            leads.setdefault(three(document.lead), document.lead.url)
    for entry in all_entries(documents):
        entry.article = entry.url or leads.get(three(entry)) or three(entry)


def name_publishers(documents: list[Read]) -> None:
    domains: dict[str, set[str]] = defaultdict(set)
    for entry in all_entries(documents):
        if entry.domain and entry.domain not in PLATFORMS and folded(entry.name):
            domains[folded(entry.name)].add(entry.domain)
    for entry in all_entries(documents):
        if entry.domain is None:
            entry.publisher = "name:unknown"
        elif entry.domain not in PLATFORMS or not (entry.name or "").strip():
            entry.publisher = entry.domain
        else:
            name = (entry.name or "").strip()
            pattern = PLATFORMS[entry.domain]
            match = re.fullmatch(pattern, name, re.I) if pattern else None
            author = match[1] if match else name
            own = domains.get(folded(author), set())
            entry.publisher = next(iter(own)) if len(own) == 1 else f"name:{folded(author) or author}"


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


def tell_stories(documents: list[Read]) -> list[Story]:
    """The rule: heads, folded documents joined to heads, groups of the others."""
    by_key = {document.key: document for document in documents}
    by_lead: dict[Any, list[Read]] = defaultdict(list)
    for document in documents:
        by_lead[document.lead.pair].append(document)
    links: dict[Document, set[Document]] = defaultdict(set)
    for document in documents:
        for entry in document.related:
            links[document.key] |= {other.key for other in by_lead[entry.pair] if other is not document}
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
        for entry in sorted(story.document.related, key=lambda e: (latest_last(e.published_at), e.position)):
            story.kept.setdefault(entry.article, (entry, "listed"))
        for member in sorted(story.members, key=lambda m: (latest_last(m.lead.published_at), m.key)):
            story.kept.setdefault(member.lead.article, (member.lead, "folded"))
        for member in [story.document, *members]:
            member.story = key
        stories.append(story)
    return stories


# Metrics ------------------------------------------------------------------------------------------------------------


def articles(documents: list[Read]) -> dict[Any, Entry]:
    """Earliest occurrence of each article: time, lead before related, document, position."""
    earliest: dict[Any, Entry] = {}

    def order(entry: Entry) -> Any:
        return latest_last(entry.published_at), entry.position > 0, entry.document, entry.position

    for entry in all_entries(documents):
        if entry.article not in earliest or order(entry) < order(earliest[entry.article]):
            earliest[entry.article] = entry
    return earliest


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
    views: dict[str, Rows] = defaultdict(dict)

    for by, suffix in (("domain", ""), ("publisher", "_by_publisher")):
        counts = Counter(getattr(entry, by) for entry in found.values())
        entry_counts: Counter[Any] = Counter()
        for entry in all_entries(documents):
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
    for document in documents:
        seen = {document.lead.article}
        for entry in document.related:
            is_new = entry.article not in seen
            seen.add(entry.article)
            if document.lead.published_at and entry.published_at:
                lag = minutes(entry.published_at, document.lead.published_at)
                scopes["raw rows"].append(lag)
                if is_new:
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

    days = Counter(entry.published_at.date() for entry in found.values() if entry.published_at)
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
        if (title := normalized_title(entry.title)) and len(title.split(" ")) >= 4:
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
        words = {
            article: set(title.split(" "))
            for article in story.kept
            if (title := normalized_title(found[article].title))
        }
        for a, b in combinations(words, 2):
            jaccard = len(words[a] & words[b]) / len(words[a] | words[b])
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
