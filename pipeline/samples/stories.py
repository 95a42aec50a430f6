"""Stories: which documents tell them, in which states, and which of them know each other."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.samples.answers import AnswerKey, Counting
from pipeline.samples.articles import DAY, MINUTE, Article, ArticleMaker, day_text
from pipeline.samples.chance import Chance
from pipeline.samples.text import Document, document_text, entry_of

#: Documents of a shard, which is one folder.
SHARD_SIZE = 5_000
#: Numbers kept free for the articles of a shard: more than its documents can list.
_ARTICLES_PER_SHARD = 40 * SHARD_SIZE
#: Documents are spread over five years, but never more than two days apart: larger gaps make times implausible.
_LONGEST_SPAN, _LONGEST_STEP = 5 * 365 * DAY, 2 * DAY
#: Heat is quality and this for each related entry.
_HEAT_PER_RELATED = 20
#: What a writer with a clock of US Pacific time in place of UTC is behind.
_PACIFIC_SECONDS = 7 * 3600
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


class Shard:
    """Writes the documents of one shard and counts the answers to them."""

    def __init__(self, folder: Path, seed: int, count: int, shard: int) -> None:
        self.folder = folder
        self.seed = seed
        self.chance = Chance(f"broadsheet {seed} {shard}")
        self.articles = ArticleMaker(self.chance, shard * _ARTICLES_PER_SHARD)
        self.counting = Counting()
        self.next_document = shard * SHARD_SIZE
        self.end = min(count, self.next_document + SHARD_SIZE)
        self.span, self.count = min(_LONGEST_SPAN, count * _LONGEST_STEP), count
        self.deck: list[str] = []
        self.dealt: Counter[str] = Counter()

    def write(self) -> AnswerKey:
        """Write all documents of the shard."""
        while self.next_document < self.end:
            self._next_story()
        return self.counting.answers()

    # Stories --------------------------------------------------------------------------------------------------------

    def _card(self) -> str:
        if not self.deck:
            self.deck = [kind for kind, cards in _DECK.items() for _ in range(cards)]
            self.chance.shuffle(self.deck)
        kind = self.deck.pop()
        self.dealt[kind] += 1
        return kind

    def _next_story(self) -> None:
        """The next card of the deck. What needs more documents than are left in the shard becomes a lone document."""
        kind = self._card()
        room = self.end - self.next_document
        base = self.next_document * self.span // self.count + self.chance.below(DAY)
        base -= base % MINUTE
        self.articles.begin_story()
        if kind == "unknown":
            self.counting.count_story(
                self._document("unknown", self.articles.article(base, is_video=self.chance.draw() < 0.85))
            )
        elif kind == "suppressed":
            self.counting.count_story(self._document("suppressed", self.articles.article(base)))
        elif kind == "suppressed_with_list":
            self.counting.count_story(
                self._document("suppressed", self.articles.article(base), self.articles.members(base, 2))
            )
        elif kind == "story":
            self._story(self.articles.article(base), self.chance.one_of(_STORY_SIZES), room)
        elif kind == "folded_pair" and room >= 2:
            self._folded_pair(base)
        elif kind == "folded_star" and room >= 4:
            self._folded_star(base, 2 + self.chance.below(2))
        elif kind == "folded_chain" and room >= 3:
            self._folded_chain(base)
        elif kind == "two_heads" and room >= 3:
            self._two_heads(base)
        elif kind == "evergreen" and room >= 12:
            self._evergreen(base)
        else:
            self.counting.count_story(self._document("head", self.articles.article(base)))

    def _story(self, lead: Article, member_count: int, room: int) -> None:
        """A head and its folded members. The head leaves out some that came before it; those list the head."""
        assert lead.seconds is not None
        members = self.articles.members(lead.seconds, member_count, lead)
        # Whose point of view is written, too; one without time cannot lead.
        # The larger a story, the smaller the part of its points of view that the feed has.
        share = 0.4 if member_count < 10 else 0.12
        views = [member for member in members if member.seconds is not None and self.chance.draw() < share][: room - 1]
        for view in views:
            view.has_document = True
        left_out = [
            view
            for view in views
            if view is not members[0] and self.chance.draw() < (0.5 if (view.seconds or 0) < lead.seconds else 0.05)
        ]
        head = self._document("head", lead, [member for member in members if member not in left_out])
        folded = []
        for view in views:
            others = [member for member in members if member is not view]
            if len(others) > 3 and self.chance.draw() < 0.3:
                others = others[: 1 + self.chance.below(len(others))]
            # Some that the head lists do not list it in turn.
            is_one_way = view not in left_out and len(others) > 0 and self.chance.draw() < 0.12
            folded.append(self._document("folded", view, others if is_one_way else [lead, *others]))
        self.counting.count_story(head, folded)

    def _folded_pair(self, base: int) -> None:
        """Two folded documents that list each other: quality, time or file name says which of them represents both."""
        case = self.dealt["folded_pair"] % 4
        first = self.articles.article(base, quality=80)
        second = self.articles.article(
            base if case == 3 else base + (5 + self.chance.below(900)) * MINUTE,
            quality=(95, None, 80, 80)[case],
        )
        if self.chance.draw() < 0.5:
            first, second = second, first
        self._tell_folded([self._document("folded", first, [second]), self._document("folded", second, [first])])

    def _folded_star(self, base: int, ray_count: int) -> None:
        """A folded document that lists all others, which list it alone."""
        center = self.articles.article(base)
        rays = [self.articles.article(base + (30 + self.chance.below(600)) * MINUTE) for _ in range(ray_count)]
        center_document = self._document("folded", center, [*rays, self.articles.article(base + DAY)])
        self._tell_folded([*(self._document("folded", ray, [center]) for ray in rays), center_document])

    def _folded_chain(self, base: int) -> None:
        """Three folded documents, each known to the one before it only; the last one lists most."""
        first, second, third = (self.articles.article(base + self.chance.below(500) * MINUTE) for _ in range(3))
        self._tell_folded(
            [
                self._document("folded", first, [second]),
                self._document("folded", second, [third]),
                self._document("folded", third, self.articles.members(base, 3)),
            ]
        )

    def _two_heads(self, base: int) -> None:
        """A folded document linked with two heads. Linked both ways counts first, then heat, time and file name."""
        case, variant = self.dealt["two_heads"] % 5, self.dealt["two_heads"] % 3
        quality = 70 + self.chance.below(40)
        first = self.articles.article(base, quality=quality)
        second = self.articles.article(
            base if case == 3 else base + (60 + self.chance.below(600)) * MINUTE,
            quality=quality + (40, -30, 0, 0, 20)[case],
        )
        view = self.articles.article(base + 50 * MINUTE)
        members = [self.articles.article(base + self.chance.below(900) * MINUTE) for _ in range(2)]
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
        self.counting.count_story(heads[chosen], [folded])
        self.counting.count_story(heads[1 - chosen])

    def _evergreen(self, base: int) -> None:
        """A page that comes again under its address, with another time and title and a story of its own."""
        lead = self.articles.article(base, is_video=False)
        self._story(lead, 2, 3)
        again = self.articles.article(base + (100 + self.chance.below(500)) * DAY, again=lead)
        # The next number of documents is near the first story's; only the time is far off.
        self._story(again, 1 + self.chance.below(4), 6)

    def _tell_folded(self, documents: list[Document]) -> None:
        """The story of folded documents without a head."""

        def rank(document: Document) -> tuple[int, bool, int, int, str]:
            articles = {entry.article.number for entry in document.entries} | {document.lead.number}
            quality, seconds = document.lead.quality, document.lead.seconds
            assert seconds is not None
            return -len(articles), quality is None, -(quality or 0), seconds, document.name

        representative = min(documents, key=rank)
        self.counting.count_story(
            representative, [document for document in documents if document is not representative]
        )

    # Documents ------------------------------------------------------------------------------------------------------

    def _document(self, state: str, lead: Article, related: Sequence[Article] = ()) -> Document:
        """Write a document and count what it says."""
        number = self.next_document
        self.next_document += 1
        entries = [entry_of(article) for article in related]
        topics = self.articles.theme.topics
        lead.has_document = True
        # Videos are written with an address rarely, so where one can be, it often is.
        video = next((article for article in related if article.video_id and article.has_document), None)
        if entries and self.chance.draw() < (0.4 if video else 0.12):
            again = video or (lead if self.chance.draw() < 0.2 else self.chance.one_of(related))
            if not again.video_id or again.has_document:
                entries.append(entry_of(again, self.articles.twin_url(again)))
        heat = -1 if state == "folded" else (lead.quality or 0) + _HEAT_PER_RELATED * len(entries)
        document = Document(self._file_name(lead, number), lead, tuple(entries), heat)
        text = document_text(document, state, topics, self._secured(number))
        content = text.encode()
        with (self.folder / document.name).open("wb", buffering=0) as file:
            file.write(content)
        self.counting.count_document(document, state, topics, len(content))
        return document

    def _file_name(self, lead: Article, number: int) -> str:
        """Day and slug, as upstream; the number keeps names apart. The day is the true one, also of a wrong clock."""
        assert lead.seconds is not None
        is_pacific = lead.provider.style % 40 == 3 and not lead.provider.author
        seconds = lead.seconds + _PACIFIC_SECONDS if is_pacific else lead.seconds
        return f"{day_text(seconds // DAY)}-{lead.slug}-{number}.md"

    def _secured(self, number: int) -> str:
        noise = hashlib.shake_128(f"{self.seed} {number}".encode()).digest(288)
        return base64.b64encode(noise[:256]).decode() + ";" + base64.b64encode(noise[256:]).decode()
