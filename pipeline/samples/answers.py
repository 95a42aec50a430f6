"""The answers to a generated corpus, counted from what the generator decided. The pipeline has no part in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pipeline.samples.articles import MINUTE, Article
from pipeline.samples.text import Document


@dataclass
class AnswerKey:
    """What a correct warehouse says about a generated corpus; see docs/definitions.md for what is counted.

    Counters are by provider domain, topic, finding rule, seconds of lag. Its size follows the number of providers and
    topics, not that of the documents.
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
        """Publishers: each host that is no platform, and who wrote on platforms under a name of no or several hosts."""
        own_names = {(domain, name) for domain, name, author in self.names if not author}
        hosts_of_name = Counter(name for _, name in own_names)
        authors = {author for _, _, author in self.names if author}
        return len({domain for domain, _ in own_names}) + sum(hosts_of_name[author] != 1 for author in authors)

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
        return float((low + Fraction(rest, denominator) * (high - low)) / MINUTE)

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


class Counting:
    """Counts the answers to one shard, document by document and story by story."""

    def __init__(self) -> None:
        self.key = AnswerKey()
        #: Numbers of the articles written so far, in stories, and (number, time) of their versions.
        self.written: dict[int, None] = {}
        self.told: dict[int, None] = {}
        self.versions: dict[tuple[int, int], None] = {}

    def answers(self) -> AnswerKey:
        """The answers to all that was counted."""
        totals = self.key.totals
        totals["article_count"] = len(self.written)
        totals["article_version_count"] = len(self.versions)
        totals["articles_without_story"] = len(self.written.keys() - self.told.keys())
        return self.key

    def count_document(self, document: Document, state: str, topics: Sequence[str], byte_count: int) -> None:
        answers, lead = self.key, document.lead
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
        named = [topic for topic in topics if topic]
        for topic in dict.fromkeys(named):
            answers.topics[topic] += 1
        if len(named) < len(topics):
            answers.findings["empty_topic"] += 1
        if len(dict.fromkeys(named)) < len(named):
            answers.findings["repeated_topic"] += 1

    def _count_entry(self, article: Article) -> None:
        answers, provider = self.key, article.provider
        answers.entry_counts[provider.domain] += 1
        answers.names[provider.domain, provider.name, provider.author] += 1
        if not provider.is_domain_written:
            answers.findings["missing_provider"] += 1
        if article.domain_line.startswith("domain: www."):
            answers.findings["domain_spelling"] += 1
        if article.seconds is None:
            answers.findings["missing_time"] += 1
        else:
            self.versions[article.number, article.seconds] = None
        if article.number not in self.written:
            self.written[article.number] = None
            answers.article_counts[provider.domain] += 1
            if ".php?" in article.url:
                answers.shared_paths[article.url.partition("?")[0]] += 1

    def count_story(self, document: Document, folded: Sequence[Document] = ()) -> None:
        """Count a story: its head or representative, and the folded documents that join it.

        An article has one time in all documents of a story, so the first entry found is the one that counts.
        """
        articles = {document.lead.number: document.lead}
        for entry in document.entries:
            articles.setdefault(entry.article.number, entry.article)
        for other in folded:
            articles.setdefault(other.lead.number, other.lead)
        answers = self.key
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
