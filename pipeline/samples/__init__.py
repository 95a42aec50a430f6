"""Made-up corpora in the layout that upstream writes, with known answers: for trials, tests and benchmarks.

The same count and seed give the same bytes on every machine: chance comes from `random.random()` alone, whose sequence
Python guarantees, weights are whole numbers, and nothing is read from a clock or a set's order. Documents are written
in shards of fixed size, one folder each, that share no article; so any number of processes writes the same corpus.

The answers are counted while writing, from what the generator decided: which entries are one article, which documents
tell one story. The pipeline has no part in them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from pipeline.errors import InputError
from pipeline.processes import map_shards

T = TypeVar("T")

#: Documents of a shard, which is one folder.
SHARD_SIZE = 5_000
#: Numbers kept free for the articles of a shard: more than its documents can list.
_ARTICLES_PER_SHARD = 40 * SHARD_SIZE
_FIRST_DAY = date(2017, 1, 1)
_MINUTE, _DAY = 60, 86_400
#: Documents are spread over five years, but never more than two days apart: larger gaps make times implausible.
_LONGEST_SPAN, _LONGEST_STEP = 5 * 365 * _DAY, 2 * _DAY
#: Heat is quality and this for each related entry.
_HEAT_PER_RELATED = 20
#: What a writer with a clock of US Pacific time in place of UTC is behind.
_PACIFIC_SECONDS = 7 * 3600


# Answers ------------------------------------------------------------------------------------------------------------


@dataclass
class AnswerKey:
    """What a correct warehouse says about a generated corpus; see domain.md for the definitions.

    Counters are by provider domain (`(unknown)` for entries without one), topic, finding rule, seconds of lag. Its size
    follows the number of providers and topics, not that of the documents.
    """

    count: int = 0
    seed: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    article_counts: Counter[str] = field(default_factory=Counter)
    entry_counts: Counter[str] = field(default_factory=Counter)
    story_counts: Counter[str] = field(default_factory=Counter)
    exclusive_story_counts: Counter[str] = field(default_factory=Counter)
    #: (domain, number of providers that were first together) -> stories
    firsts: Counter[tuple[str, int]] = field(default_factory=Counter)
    lag_seconds: Counter[int] = field(default_factory=Counter)
    #: (domain, name as written, author on a platform) -> entries
    names: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    #: host and path that several articles share, told apart by a query key -> articles
    shared_paths: Counter[str] = field(default_factory=Counter)

    def add(self, other: AnswerKey) -> None:
        """Count another shard's answers with these. The order of shards makes no difference."""
        for name in vars(self):
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                mine.update(theirs)

    def first_credits(self) -> dict[str, Fraction]:
        """Credit of each provider for being first in stories of two providers or more; exact."""
        found: dict[str, Fraction] = {}
        for (domain, first_count), stories in sorted(self.firsts.items()):
            found[domain] = found.get(domain, Fraction(0)) + Fraction(stories, first_count)
        return found

    def publisher_count(self) -> int:
        """Publishers: every host that is no platform, and who wrote on platforms under a name of no such host."""
        hosts = {domain for domain, _, author in self.names if not author}
        own_names = {name for domain, name, author in self.names if not author and domain != UNKNOWN}
        authors = {author for _, _, author in self.names if author}
        return len(hosts) + len(authors - own_names)

    def lag_quantile_minutes(self, numerator: int, denominator: int) -> float | None:
        """A quantile of all lags, interpolated between neighbors; null without lags."""
        total = self.lag_seconds.total()
        if total == 0:
            return None
        place, rest = divmod((total - 1) * numerator, denominator)
        neighbors: list[int] = []
        seen = 0
        for seconds, count in sorted(self.lag_seconds.items()):
            seen += count
            while len(neighbors) < 2 and seen > place + len(neighbors):
                neighbors.append(seconds)
        low, high = neighbors[0], neighbors[-1]
        return float((low + Fraction(rest, denominator) * (high - low)) / _MINUTE)

    def to_json(self) -> str:
        """All answers, under the names of the warehouse's columns. Credits are exact: `37/2`."""
        all_credits = self.first_credits()
        suspects = sum(articles for articles in self.shared_paths.values() if articles > 1)
        findings = self.findings + Counter(suspect_same_path=suspects)
        answers = {
            "count": self.count,
            "seed": self.seed,
            **{name: self.totals[name] for name in _TOTALS},
            "provider_count": len(self.entry_counts),
            "provider_name_count": len(self.names),
            "publisher_count": self.publisher_count(),
            "topic_count": len(self.topics),
            "first_mover_story_count": int(sum(all_credits.values())),
            "exclusive_story_count": self.exclusive_story_counts.total(),
            "documents_by_state": dict(sorted(self.states.items())),
            "findings_by_rule": dict(sorted(findings.items())),
            "publication_lag": {
                "lag_count": self.lag_seconds.total(),
                "ahead_count": sum(count for seconds, count in self.lag_seconds.items() if seconds < 0),
                "zero_count": self.lag_seconds[0],
                "p25_lag_minutes": self.lag_quantile_minutes(1, 4),
                "median_lag_minutes": self.lag_quantile_minutes(1, 2),
                "p75_lag_minutes": self.lag_quantile_minutes(3, 4),
                "p90_lag_minutes": self.lag_quantile_minutes(9, 10),
            },
            "providers": {
                domain: {
                    "article_count": self.article_counts[domain],
                    "entry_count": entry_count,
                    "story_count": self.story_counts[domain],
                    "exclusive_story_count": self.exclusive_story_counts[domain],
                    "first_credit": str(all_credits.get(domain, Fraction(0))),
                }
                for domain, entry_count in sorted(
                    self.entry_counts.items(), key=lambda item: (-self.article_counts[item[0]], item[0])
                )
            },
            "topics": dict(sorted(self.topics.items(), key=lambda item: (-item[1], item[0]))),
        }
        return json.dumps(answers, indent=2, ensure_ascii=False) + "\n"


_TOTALS = (
    "document_count",
    "byte_count",
    "entry_count",
    "related_link_count",
    "repeat_count",
    "self_link_count",
    "article_count",
    "article_version_count",
    "story_count",
    "story_article_count",
    "articles_without_story",
    "file_name_clock_evidence_count",
)


def generate_corpus(
    count: int,
    directory: Path,
    seed: int = 1,
    progress: Callable[[int], None] = lambda done: None,
    processes: int | None = None,
) -> AnswerKey:
    """Write `count` documents below `directory`, which is made; the answers to them.

    `progress` is called with the number of documents written so far. `processes`: how many write; None is one per core.
    Raises `InputError` when the directory holds something already or `count` is below 1.
    """
    if count < 1:
        raise InputError(f"{count} documents cannot be generated; give a number from 1")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"{directory} is not an empty folder; give a new one")
    directory.mkdir(parents=True, exist_ok=True)
    key = AnswerKey(count, seed)
    shards = range(-(-count // SHARD_SIZE))
    work = partial(_write_shard, directory, seed, count)
    for _, answers in map_shards(work, shards, processes or os.cpu_count() or 1):
        key.add(answers)
        progress(key.totals["document_count"])
    return key


def _write_shard(directory: Path, seed: int, count: int, shard: int) -> AnswerKey:
    folder = directory / f"{shard:03d}"
    folder.mkdir(exist_ok=True)
    return _Shard(folder, seed, count, shard).write()


# Who publishes ------------------------------------------------------------------------------------------------------

UNKNOWN = "(unknown)"


class _Provider(NamedTuple):
    """`style` decides on the form of addresses, AMP pages and the clock; `author`: who wrote it, on platforms."""

    domain: str
    name: str
    host: str
    style: int
    author: str = ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST_NAMES = _words(
    """
    Daily Evening Morning Northern Harbor Valley Metro Silver Granite Coastal Prairie Lantern Summit Amber Cobalt
    Orchard Meridian Compass Willow Quarry Anchor Beacon Copper Juniper Lakeside
    """
)
_LAST_NAMES = _words(
    """
    Courier Ledger Observer Dispatch Wire Gazette Chronicle Signal Tribune Review Register Bulletin Post Mirror
    Standard Examiner Monitor Herald Record Insider
    """
)
_CHANNELS = tuple(f"{name} {what}" for what in _words("Plays Explains Reacts Labs") for name in _FIRST_NAMES)
_ENDINGS = _words("example example test example.com example.org")


@cache
def _providers() -> tuple[_Provider, ...]:
    """Five hundred providers, the largest first."""
    found = []
    for number in range(len(_FIRST_NAMES) * len(_LAST_NAMES)):
        round_number, place = divmod(number, len(_FIRST_NAMES))
        first = _FIRST_NAMES[place]
        # Each pair of names once, and well mixed.
        last = _LAST_NAMES[(round_number + place * 7) % len(_LAST_NAMES)]
        between = " & " if number % 29 == 6 else " "
        name = f"{first}{between}{last}" if number % 31 != 9 else f"Café {first} {last}"
        host = f"{first}{'-' if number % 3 == 1 else ''}{last}.{_ENDINGS[number % 5]}".lower()
        found.append(_Provider(host, name, host, number))
    return tuple(found)


def _zipf(values: Sequence[T], tickets: int) -> list[T]:
    """Each value as often as its share of some `tickets`, the k-th with 1/k of the first: one draw is one look-up."""
    return [value for rank, value in enumerate(values, start=1) for _ in range(max(1, tickets // rank))]


@cache
def _provider_urn() -> list[_Provider]:
    return _zipf(_providers(), 2000)


@cache
def _channel_urn() -> list[str]:
    """Names of channels; some are those of providers, which publish videos, too."""
    return _zipf([*_CHANNELS[:20], *(provider.name for provider in _providers()[:25]), *_CHANNELS[20:]], 400)


# What it is about ---------------------------------------------------------------------------------------------------


def _with_slugs(texts: str) -> tuple[tuple[str, str], ...]:
    """Lines of text, each with its form in an address."""
    lines = [line.strip() for line in texts.strip().splitlines()]
    return tuple((line, "-".join("".join(c if c.isalnum() else " " for c in line.lower()).split())) for line in lines)


_SUBJECTS = _with_slugs(
    "\n".join(
        f"{first} {last}"
        for last in _words("Robotics Systems Energy Games Bank Airlines Pharma Motors")
        for first in _words("Acorn Borealis Cinder Dovetail Everline Fathom Glacier Halcyon Ironwood Kestrel")
    )
)
_VERBS = _with_slugs("""
    announces
    reportedly plans
    delays
    confirms
    is said to end
    shows
    brings back
    sells
    opens
    defends
    pauses
    doubles down on
    quietly changes
    launches
""")
_OBJECTS = _with_slugs("""
    a recall of its sensors
    the northern terminal
    its open data program
    facial recognition for offices
    a faster charging network
    the season pass
    its quarterly outlook
    a new release wave
    talks with regulators
    the merger of its labs
    support for older devices
    a price increase
    its low-code platform
    the long awaited sequel
    plans for a second plant
    an update to its privacy terms
    night flights
    a trial of the new vaccine
    the hiring freeze
    its portal for partners
""")
_TAILS = _with_slugs("""
    , emails show
    this week
    after months of silence
    : what we know so far
    , and analysts are divided
    , here's why it matters
    for the third time
    in a surprise move
    , sources say
    ahead of the conference
""")
_AREAS = _words(
    """
    AI Robotics Energy Games Travel Privacy Health Finance Cloud Space Chips Policy Batteries Low-code Retail
    Education Security Streaming Design Data
    """
)
_TOPICS = tuple(kind + area for kind in ("", "Consumer ", "Open ", "Mobile ") for area in _AREAS)
_OPENINGS = (
    "has confirmed what partners had expected since the spring, according to documents seen by this newsroom",
    "did not answer questions on the schedule, but two people close to the project said that it was on track",
    "published the numbers late on Wednesday, hours before the hearing at which its chief executive will speak",
    "says that the change affects fewer than one in a hundred customers; groups that speak for them disagree",
    "went further than its rivals, and the details in the appendix are more interesting than the headline",
    "has been here before: a similar plan was withdrawn two years ago, after a petition with 40,000 names",
    "shared new pictures, a list of dates and a long explanation of why all of it took so much time",
    "will move the team to a new campus, which is one of the larger investments in the region this year",
    "is testing the feature with a small group; a wider release is planned once the reports are in",
    "won the case, for now, and the judge's reasoning will be read closely by everybody in the industry",
)
_CLOSINGS = (
    "Here is what is known, what is not, and what happens next.",
    "The shares moved little. A spokesperson declined to comment, pointing to the statement of last week ...",
    "We spoke with three engineers who left the project, and with one who stayed.",
    "It comes a week after the announcement that the older program would be closed by the end of the year, with ...",
    "Everything that was announced at the event, in one place, with the dates that matter to you.",
    "Its competitors have until the end of the month to file an objection, but few are expected to do so ...",
    "The full interview is below; it has been edited for length and clarity.",
    "Thank you for your support! Music, gear and all links are listed in the description of the video ...",
    "The report recommends a review by an independent body, a public register and stricter limits on storing data.",
    "A decision is expected on Friday.",
)
_SECTIONS = _words("news business technology world reviews articles")

#: How a story or a lone document looks, as cards of a deck: it is shuffled, dealt out and shuffled again, so that a few
#: hundred documents hold each kind.
_DECK = {
    "alone": 20,
    "unknown": 13,
    "suppressed": 2,
    "suppressed_with_list": 1,
    "story": 22,
    "folded_pair": 3,
    "folded_star": 2,
    "folded_chain": 1,
    "two_heads": 4,
    "evergreen": 2,
}
#: Numbers of articles beside the lead, as a few large stories and many small ones.
_STORY_SIZES = (1,) * 9 + (2,) * 7 + (3,) * 5 + (4,) * 3 + (5, 5, 6, 8, 11, 16, 32)


# Articles and documents ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Article:
    """One version of an article: what it is and how it is written. Its number stays the same in all versions.

    `seconds` is null where the time is left out; `text` is its entry of a related list, once that was needed. A video
    that has a document of its own is known by the address there, others by name, title and time.
    """

    number: int
    provider: _Provider
    time: str
    seconds: int | None
    quality: int | None
    title: str = ""
    slug: str = ""
    excerpt: str = ""
    url: str = ""
    amp: str = ""
    images: tuple[str, ...] = ()
    domain_line: str = ""
    video_id: str = ""
    text: str = ""
    has_document: bool = False


class _Entry(NamedTuple):
    """An entry of a related list. A twin is a second entry of an article in the list, under another address."""

    article: _Article
    text: str
    has_address: bool


class _Document(NamedTuple):
    """What the answers need of a document that was written."""

    name: str
    lead: _Article
    entries: tuple[_Entry, ...]
    heat: int


class _Shard:
    """Writes the documents of one shard and counts the answers to them."""

    def __init__(self, folder: Path, seed: int, count: int, shard: int) -> None:
        self.folder = folder
        self.seed = seed
        self.chance = random.Random(f"broadsheet {seed} {shard}").random
        self.next_document = shard * SHARD_SIZE
        self.end = min(count, self.next_document + SHARD_SIZE)
        self.next_article = shard * _ARTICLES_PER_SHARD
        self.span, self.count = min(_LONGEST_SPAN, count * _LONGEST_STEP), count
        self.answers = AnswerKey()
        self.deck: list[str] = []
        self.dealt: Counter[str] = Counter()
        #: Numbers of the articles written so far, in stories, and (number, time) of their versions.
        self.written: dict[int, None] = {}
        self.told: dict[int, None] = {}
        self.versions: dict[tuple[int, int], None] = {}

    def write(self) -> AnswerKey:
        """Write all documents of the shard."""
        while self.next_document < self.end:
            self._next_story()
        totals = self.answers.totals
        totals["article_count"] = len(self.written)
        totals["article_version_count"] = len(self.versions)
        totals["articles_without_story"] = len(self.written.keys() - self.told.keys())
        return self.answers

    # Chance ---------------------------------------------------------------------------------------------------------

    def _one_of(self, values: Sequence[T]) -> T:
        return values[int(self.chance() * len(values))]

    def _below(self, limit: int) -> int:
        return int(self.chance() * limit)

    def _card(self) -> str:
        if not self.deck:
            self.deck = [kind for kind, cards in _DECK.items() for _ in range(cards)]
            for place in range(len(self.deck) - 1, 0, -1):
                other = self._below(place + 1)
                self.deck[place], self.deck[other] = self.deck[other], self.deck[place]
        kind = self.deck.pop()
        self.dealt[kind] += 1
        return kind

    # Stories --------------------------------------------------------------------------------------------------------

    def _next_story(self) -> None:
        """The next card of the deck. What needs more documents than are left in the shard becomes a lone document."""
        kind = self._card()
        room = self.end - self.next_document
        base = self.next_document * self.span // self.count + self._below(_DAY)
        base -= base % _MINUTE
        self.subject = self._one_of(_SUBJECTS)
        self.object = self._one_of(_OBJECTS)
        self.topics = self._draw_topics()
        if kind == "unknown":
            self._tell(self._document("unknown", self._article(base, is_video=self.chance() < 0.85)))
        elif kind == "suppressed":
            self._tell(self._document("suppressed", self._article(base)))
        elif kind == "suppressed_with_list":
            self._tell(self._document("suppressed", self._article(base), self._members(base, 2)))
        elif kind == "story":
            self._story(self._article(base), self._one_of(_STORY_SIZES), room)
        elif kind == "folded_pair" and room >= 2:
            self._folded_pair(base)
        elif kind == "folded_star" and room >= 4:
            self._folded_star(base, 2 + self._below(2))
        elif kind == "folded_chain" and room >= 3:
            self._folded_chain(base)
        elif kind == "two_heads" and room >= 3:
            self._two_heads(base)
        elif kind == "evergreen" and room >= 12:
            self._evergreen(base)
        else:
            self._tell(self._document("head", self._article(base)))

    def _story(self, lead: _Article, member_count: int, room: int) -> None:
        """A head and its folded members. The head leaves out some that came before it; those list the head."""
        assert lead.seconds is not None
        members = self._members(lead.seconds, member_count, lead)
        # Whose point of view is written, too; one without time cannot lead.
        # The larger a story, the smaller the part of its points of view that the feed has.
        share = 0.4 if member_count < 10 else 0.12
        views = [member for member in members if member.seconds is not None and self.chance() < share][: room - 1]
        for view in views:
            view.has_document = True
        left_out = [
            view
            for view in views
            if view is not members[0] and self.chance() < (0.5 if (view.seconds or 0) < lead.seconds else 0.05)
        ]
        head = self._document("head", lead, [member for member in members if member not in left_out])
        folded = []
        for view in views:
            others = [member for member in members if member is not view]
            if len(others) > 3 and self.chance() < 0.3:
                others = others[: 1 + self._below(len(others))]
            # Some that the head lists do not list it in turn.
            is_one_way = view not in left_out and len(others) > 0 and self.chance() < 0.12
            folded.append(self._document("folded", view, others if is_one_way else [lead, *others]))
        self._tell(head, folded)

    def _folded_pair(self, base: int) -> None:
        """Two folded documents that list each other: quality, time or file name says which of them represents both."""
        case = self.dealt["folded_pair"] % 4
        first = self._article(base, quality=80)
        second = self._article(
            base if case == 3 else base + (5 + self._below(900)) * _MINUTE,
            quality=(95, None, 80, 80)[case],
        )
        if self.chance() < 0.5:
            first, second = second, first
        self._tell_folded([self._document("folded", first, [second]), self._document("folded", second, [first])])

    def _folded_star(self, base: int, ray_count: int) -> None:
        """A folded document that lists all others, which list it alone."""
        center = self._article(base)
        rays = [self._article(base + (30 + self._below(600)) * _MINUTE) for _ in range(ray_count)]
        center_document = self._document("folded", center, [*rays, self._article(base + _DAY)])
        self._tell_folded([*(self._document("folded", ray, [center]) for ray in rays), center_document])

    def _folded_chain(self, base: int) -> None:
        """Three folded documents, each known to the one before it only; the last one lists most."""
        first, second, third = (self._article(base + self._below(500) * _MINUTE) for _ in range(3))
        self._tell_folded(
            [
                self._document("folded", first, [second]),
                self._document("folded", second, [third]),
                self._document("folded", third, self._members(base, 3)),
            ]
        )

    def _two_heads(self, base: int) -> None:
        """A folded document linked with two heads. Linked both ways counts first, then heat, time and file name."""
        case, variant = self.dealt["two_heads"] % 5, self.dealt["two_heads"] % 3
        quality = 70 + self._below(40)
        first = self._article(base, quality=quality)
        second = self._article(
            base if case == 3 else base + (60 + self._below(600)) * _MINUTE,
            quality=quality + (40, -30, 0, 0, 20)[case],
        )
        view = self._article(base + 50 * _MINUTE)
        members = [self._article(base + self._below(900) * _MINUTE) for _ in range(2)]
        # Which of the heads list it (0: one, 4: both); it lists both but in the last case.
        listing = {0: [True, False], 4: [True, True]}.get(case, [False, False])
        states = [("head", "head"), ("suppressed", "head"), ("head", "suppressed")][variant]
        heads = [
            self._document(state, lead, [member, view] if is_listing else [member])
            for state, lead, member, is_listing in zip(states, (first, second), members, listing, strict=True)
        ]
        folded = self._document("folded", view, members if case == 4 else [first, second])

        def rank(number: int) -> tuple[bool, int, int, str]:
            head = heads[number]
            assert head.lead.seconds is not None
            return not listing[number], -head.heat, head.lead.seconds, head.name

        chosen = min((0, 1), key=rank)
        self._tell(heads[chosen], [folded])
        self._tell(heads[1 - chosen])

    def _evergreen(self, base: int) -> None:
        """A page that comes again under its address, with another time and title and a story of its own."""
        lead = self._article(base, is_video=False)
        self._story(lead, 2, 3)
        again = self._article(base + (100 + self._below(500)) * _DAY, again=lead)
        # The next number of documents is near the first story's; only the time is far off.
        self._story(again, 1 + self._below(4), 6)

    def _tell_folded(self, documents: list[_Document]) -> None:
        """The story of folded documents without a head."""

        def rank(document: _Document) -> tuple[int, bool, int, int, str]:
            articles = {entry.article.number for entry in document.entries} | {document.lead.number}
            quality, seconds = document.lead.quality, document.lead.seconds
            assert seconds is not None
            return -len(articles), quality is None, -(quality or 0), seconds, document.name

        representative = min(documents, key=rank)
        self._tell(representative, [document for document in documents if document is not representative])

    def _tell(self, document: _Document, folded: Sequence[_Document] = ()) -> None:
        """Count a story: its head or representative, and the folded documents that join it.

        An article has one time in all documents of a story, so the first entry found is the one that counts.
        """
        articles = {document.lead.number: document.lead}
        for entry in document.entries:
            articles.setdefault(entry.article.number, entry.article)
        for other in folded:
            articles.setdefault(other.lead.number, other.lead)
        answers = self.answers
        answers.totals["story_count"] += 1
        answers.totals["story_article_count"] += len(articles)
        entered: dict[str, int | None] = {}
        lead_seconds = document.lead.seconds
        assert lead_seconds is not None
        for number, article in articles.items():
            self.told[number] = None
            domain, seconds = article.provider.domain, article.seconds
            before = entered.setdefault(domain, seconds)
            if seconds is not None:
                if before is None or seconds < before:
                    entered[domain] = seconds
                if number != document.lead.number:
                    answers.lag_seconds[seconds - lead_seconds] += 1
        for domain in entered:
            answers.story_counts[domain] += 1
        if len(entered) == 1:
            answers.exclusive_story_counts[document.lead.provider.domain] += 1
        timed = {domain: seconds for domain, seconds in entered.items() if seconds is not None}
        if len(timed) >= 2:
            earliest = min(timed.values())
            firsts = [domain for domain, seconds in timed.items() if seconds == earliest]
            for domain in firsts:
                answers.firsts[domain, len(firsts)] += 1

    # Articles -------------------------------------------------------------------------------------------------------

    def _members(self, base: int, count: int, lead: _Article | None = None) -> list[_Article]:
        """Articles on the same subject: a quarter earlier by up to ten hours, the others later, most of them soon."""
        is_single_provider = lead is not None and self.chance() < 0.06
        members: list[_Article] = []
        for number in range(count):
            draw = self.chance()
            if draw < 0.05:
                seconds = base
            elif draw < 0.25:
                seconds = base - (1 + self._below(600)) * _MINUTE
            else:
                late = self.chance()
                seconds = base + (2 + int(5800 * late * late)) * _MINUTE
            members.append(
                self._article(
                    seconds,
                    provider=lead.provider if lead and is_single_provider else None,
                    is_video=bool(lead.video_id) if lead and is_single_provider else None,
                    has_time=number == 0 or self.chance() > 0.02,
                )
            )
        return members

    def _draw_provider(self, is_video: bool) -> _Provider:
        if is_video:
            channel = self._one_of(_channel_urn())
            return _Provider("youtube.com", channel, "youtube.com", 0, channel)
        provider = self._one_of(_provider_urn())
        draw = self.chance()
        if draw < 0.06:
            name = f"{provider.name} on MSN" + (".com" if draw < 0.05 else "")
            return _Provider("msn.com", name, "www.msn.com", 2, provider.name)
        if draw < 0.075:
            return _Provider("yahoo.com", f"{provider.name} on Yahoo", "news.yahoo.com", 2, provider.name)
        if draw < 0.085:
            return provider._replace(domain=UNKNOWN)
        if draw < 0.1 and provider.style % 3 == 0:
            return provider._replace(name=f"{provider.name} Online")
        return provider

    def _article(
        self,
        seconds: int,
        *,
        quality: int | None = -1,
        is_video: bool | None = None,
        provider: _Provider | None = None,
        has_time: bool = True,
        again: _Article | None = None,
    ) -> _Article:
        """A new article, or another version of one (`again`). A quality of -1 is drawn."""
        if is_video is None:
            is_video = self.chance() < 0.08
        if again is None:
            number = self.next_article
            self.next_article += 1
            provider = provider or self._draw_provider(is_video)
        else:
            number, provider, is_video = again.number, again.provider, bool(again.video_id)
        if is_video:
            seconds += self._below(_MINUTE)
        if quality == -1:
            quality = None if number % 19 == 4 else 20 + self._below(60) + self._below(60) + self._below(50)
        article = _Article(number, provider, _time(seconds), seconds if has_time else None, quality)
        self._write_title(article, is_video, again is not None)
        opening, closing = self._one_of(_OPENINGS), self._one_of(_CLOSINGS)
        if number % 13 == 5:
            opening += ", we&amp;#39;re told"
        if number % 17 == 3:
            closing = f"The file was found under C:\\\\Temp\\\\{number}. {closing}"
        if number % 11 == 4:
            closing = f"“{closing}” – ♡ 東京 …"
        article.excerpt = f"{self.subject[0]} {opening}. {closing}"
        article.video_id = f"made{number:07x}" if is_video else ""
        if again is None:
            self._write_addresses(article)
        else:
            article.url, article.amp = again.url, again.amp
        article.images = self._draw_images(article)
        domain = "www." + provider.domain if number % 53 == 7 else provider.domain
        article.domain_line = "" if provider.domain == UNKNOWN else f"domain: {domain}\n"
        return article

    def _write_title(self, article: _Article, is_video: bool, is_again: bool) -> None:
        (verb, verb_slug), (tail, tail_slug) = self._one_of(_VERBS), self._one_of(_TAILS)
        subject, subject_slug = self.subject
        what, what_slug = self.object
        number = article.number
        if number % 12 == 1:
            what = f'\\"{what}\\"'
        if number % 23 == 2:
            subject += " &amp; Co"
        separator = "" if tail[0] in ",:" else " "
        title = f"{subject} {verb} {what}{separator}{tail}"
        if number % 21 == 6:
            title = f"‘{subject}’ {verb} {what} – Ω {tail.strip(',: ')}"
        if is_again:
            title += " (updated)"
        # Entries without address are told apart by their titles.
        article.title = f"{title} | Episode {number}" if is_video else title
        article.slug = f"{subject_slug}-{verb_slug}-{what_slug}"
        if number % 2:
            article.slug += "-" + tail_slug

    def _write_addresses(self, article: _Article) -> None:
        provider, slug, number = article.provider, article.slug, article.number
        host, style = provider.host, provider.style
        section = _SECTIONS[(number + style) % len(_SECTIONS)]
        article.amp = ""
        if article.video_id:
            article.url = f"https://youtube.com/watch?v={article.video_id}"
            return
        if provider.author:
            article.url = f"https://{host}/en-us/{section}/{slug}/ar-made{number:x}"
            return
        if style % 100 == 17:
            article.url = f"https://{host}/{section}.php?id={number}&lang=en"
            return
        match style % 5:
            case 0:
                url, amp = f"https://www.{host}/{section}/{slug}-{number}/", "amp/"
            case 1:
                url, amp = f"https://{host}/{article.time[:4]}/{article.time[5:7]}/{slug}-{number}", "?amp"
            case 2:
                url, amp = f"https://www.{host}/{section}/{number}/{slug}.html", "?amp=1"
            case 3:
                url, amp = f"https://news.{host}/{slug}-{number}", "/amp"
            case _:
                url, amp = f"https://www.{host}/articles/{slug}/{number}", "?outputType=amp"
        article.url = url
        if style % 2 == 0 and number % 9:
            article.amp = url + amp

    def _draw_images(self, article: _Article) -> tuple[str, ...]:
        """Images as lines without their indent: address, width, height, isCached and often a title."""
        number = article.number
        if number % 9 == 5:
            return ()
        width = (640, 756, 980, 1024, 1200, 1280, 1920)[number % 7]
        if article.video_id:
            url = f"https://images.example/vi/{article.video_id}/maxresdefault.jpg"
        elif number % 37 == 8:
            url = f"https://images.example.com/placeholders/{article.provider.domain}.jpg"
        else:
            url = f"https://images.example.com/{article.time[:4]}/{article.slug}-{number}.jpg?w={width}&quality=85"
        lines = f'url: "{url}"\nwidth: {width}\nheight: {width * 9 // 16}\nisCached: {_flag(number % 41 != 11)}\n'
        second = f'url: "{url}&crop=1"\nwidth: 400\nheight: 400\nisCached: true\n' if number % 29 == 9 else ""
        return (lines, second) if second else (lines,)

    def _entry(self, article: _Article, url: str | None = None) -> _Entry:
        """An article as an entry, under its address or another one. Videos have none there."""
        if url is None and article.text:
            return _Entry(article, article.text, not article.video_id)
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
        return _Entry(article, text, url is not None or not article.video_id)

    def _twin_url(self, article: _Article) -> str:
        """The address of an article as somebody else might write it."""
        if article.video_id:
            return self._one_of(("https://youtu.be/", "https://www.youtube.com/embed/")) + article.video_id
        url = article.url
        joint = "&" if "?" in url else "?"
        bare = url.removeprefix("https://")
        match self._below(6):
            case 0:
                return f"https://{bare.removeprefix('www.') if bare.startswith('www.') else 'www.' + bare}"
            case 1:
                return f"{url}{joint}utm_source=feed&utm_medium=rss"
            case 2:
                return f"http://{bare}"
            case 3:
                return f"https://{bare.partition('/')[0].replace('.', '-')}.cdn.ampproject.org/c/s/{bare}"
            case 4:
                return f"{url}{joint}fbclid=made{article.number}#comments"
            case _:
                return f"{url}{joint}utm_source=feed&amp;utm_campaign=daily"

    # Documents ------------------------------------------------------------------------------------------------------

    def _draw_topics(self) -> list[str]:
        """The topics of a story's documents, an empty text for an empty bullet."""
        draw = self.chance()
        topics = [self._one_of(_topic_urn()) for _ in range(0 if draw < 0.03 else 1 if draw < 0.7 else 2)]
        return ["", *topics] if 0.5 < draw < 0.53 else topics

    def _document(self, state: str, lead: _Article, related: Sequence[_Article] = ()) -> _Document:
        """Write a document and count what it says."""
        number = self.next_document
        self.next_document += 1
        entries = [self._entry(article) for article in related]
        lead.has_document = True
        # Videos are written with an address rarely, so where one can be, it often is.
        video = next((article for article in related if article.video_id and article.has_document), None)
        if entries and self.chance() < (0.4 if video else 0.12):
            again = video or (lead if self.chance() < 0.2 else self._one_of(related))
            if not again.video_id or again.has_document:
                entries.append(self._entry(again, self._twin_url(again)))
        heat = -1 if state == "folded" else (lead.quality or 0) + _HEAT_PER_RELATED * len(entries)
        document = _Document(self._file_name(lead, number), lead, tuple(entries), heat)
        text = _document_text(document, state, self.topics, self._secured(number))
        content = text.encode()
        with (self.folder / document.name).open("wb", buffering=0) as file:
            file.write(content)
        self._count(state, document, len(content))
        return document

    def _file_name(self, lead: _Article, number: int) -> str:
        """Day and slug, as upstream; the number keeps names apart. The day is the true one, also of a wrong clock."""
        assert lead.seconds is not None
        is_pacific = lead.provider.style % 40 == 3 and not lead.provider.author
        seconds = lead.seconds + _PACIFIC_SECONDS if is_pacific else lead.seconds
        return f"{_day(seconds // _DAY)}-{lead.slug}-{number}.md"

    def _secured(self, number: int) -> str:
        noise = hashlib.shake_128(f"{self.seed} {number}".encode()).digest(288)
        return base64.b64encode(noise[:256]).decode() + ";" + base64.b64encode(noise[256:]).decode()

    def _count(self, state: str, document: _Document, byte_count: int) -> None:
        answers, lead = self.answers, document.lead
        totals = answers.totals
        totals["document_count"] += 1
        totals["byte_count"] += byte_count
        totals["entry_count"] += 1 + len(document.entries)
        totals["related_link_count"] += len(document.entries)
        totals["file_name_clock_evidence_count"] += document.name[:10] > lead.time[:10]
        answers.states[state] += 1
        self._count_entry(lead)
        seen = {lead.number}
        for entry in document.entries:
            article = entry.article
            self._count_entry(article)
            totals["repeat_count"] += article.number in seen
            totals["self_link_count"] += article.number == lead.number
            seen.add(article.number)
            if not entry.has_address:
                answers.findings["missing_address"] += 1
        named = [topic for topic in self.topics if topic]
        for topic in dict.fromkeys(named):
            answers.topics[topic] += 1
        if len(named) < len(self.topics):
            answers.findings["empty_topic"] += 1
        if len(dict.fromkeys(named)) < len(named):
            answers.findings["repeated_topic"] += 1

    def _count_entry(self, article: _Article) -> None:
        answers, provider = self.answers, article.provider
        answers.entry_counts[provider.domain] += 1
        answers.names[provider.domain, provider.name, provider.author] += 1
        if provider.domain == UNKNOWN:
            answers.findings["missing_provider"] += 1
        if article.seconds is None:
            answers.findings["missing_timestamp"] += 1
        else:
            self.versions[article.number, article.seconds] = None
        if article.number not in self.written:
            self.written[article.number] = None
            answers.article_counts[provider.domain] += 1
            if ".php?" in article.url:
                answers.shared_paths[article.url.partition("?")[0]] += 1


@cache
def _topic_urn() -> list[str]:
    return _zipf(_TOPICS, 300)


# Text ---------------------------------------------------------------------------------------------------------------


def _document_text(document: _Document, state: str, topics: Sequence[str], secured: str) -> str:
    """A document as upstream writes it."""
    lead = document.lead
    number, provider = lead.number, lead.provider
    # A part of the documents has no originalUrl; videos have nothing else.
    original = f'originalUrl: "{lead.url}"\n' if lead.video_id or number % 10 < 7 else ""
    web = "" if lead.video_id else f'webUrl: "{lead.url}"\n'
    standing = ""
    if state != "unknown":
        quality = "" if lead.quality is None else f"quality: {lead.quality}\n"
        standing = f"{quality}heat: {document.heat}\npublished: {_flag(state == 'head')}\n"
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


def _item(lines: str, indent: str) -> str:
    """Lines as one item of a list."""
    return f"{indent}- " + lines[:-1].replace("\n", f"\n{indent}  ") + "\n"


def _amp_lines(article: _Article, indent: str) -> str:
    if not article.amp:
        return ""
    bare = article.amp.removeprefix("https://")
    cache_host = bare.partition("/")[0].replace(".", "-")
    return (
        f'{indent}ampWebUrl: "{article.amp}"\n'
        f'{indent}cdnAmpWebUrl: "https://{cache_host}.cdn.ampproject.org/c/s/{bare}"\n'
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"


@cache
def _day(number: int) -> str:
    return (_FIRST_DAY + timedelta(days=number)).isoformat()


def _time(seconds: int) -> str:
    """Seconds since the first day as upstream writes an instant."""
    day, rest = divmod(seconds, _DAY)
    hour, rest = divmod(rest, 3600)
    minute, second = divmod(rest, 60)
    return f"{_day(day)}T{hour:02d}:{minute:02d}:{second:02d}Z"
