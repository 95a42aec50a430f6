"""Articles: who wrote them and when, under which title and addresses, with which pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from pipeline.samples.chance import Chance, zipf
from pipeline.samples.providers import Provider, draw_provider
from pipeline.samples.words import CLOSINGS, OBJECTS, OPENINGS, SECTIONS, SUBJECTS, TAILS, TOPICS, VERBS

MINUTE, DAY = 60, 86_400
_FIRST_DAY = date(2017, 1, 1)


@dataclass(slots=True)
class Article:
    """One version of an article: what it is and how it is written. Its number stays the same in all versions.

    `seconds` is null where the time is left out; `text` is its entry of a related list, once that was needed. A video
    that has a document of its own is known by the address there, others by name, title and time.
    """

    number: int
    provider: Provider
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


class Theme(NamedTuple):
    """What the articles of a story have in common; an empty topic stands for an empty bullet."""

    subject: tuple[str, str]
    object: tuple[str, str]
    topics: list[str]


class ArticleMaker:
    """Makes articles on a theme, numbered in the order in which they are made."""

    def __init__(self, chance: Chance, first_number: int) -> None:
        self.chance = chance
        self._next_number = first_number

    def begin_story(self) -> None:
        """Draw the theme of the articles that follow."""
        self.theme = Theme(self.chance.one_of(SUBJECTS), self.chance.one_of(OBJECTS), self._draw_topics())

    def _draw_topics(self) -> list[str]:
        """The topics of a story's documents, an empty text for an empty bullet."""
        draw = self.chance.draw()
        topics = [self.chance.one_of(_topic_urn()) for _ in range(0 if draw < 0.03 else 1 if draw < 0.7 else 2)]
        return ["", *topics] if 0.5 < draw < 0.53 else topics

    def members(self, base: int, count: int, lead: Article | None = None) -> list[Article]:
        """Articles on the same subject: a quarter earlier by up to ten hours, the others later, most of them soon."""
        is_single_provider = lead is not None and self.chance.draw() < 0.06
        members: list[Article] = []
        for number in range(count):
            draw = self.chance.draw()
            if draw < 0.05:
                seconds = base
            elif draw < 0.25:
                seconds = base - (1 + self.chance.below(600)) * MINUTE
            else:
                late = self.chance.draw()
                seconds = base + (2 + int(5800 * late * late)) * MINUTE
            members.append(
                self.article(
                    seconds,
                    provider=lead.provider if lead and is_single_provider else None,
                    is_video=bool(lead.video_id) if lead and is_single_provider else None,
                    has_time=number == 0 or self.chance.draw() > 0.02,
                )
            )
        return members

    def article(
        self,
        seconds: int,
        *,
        quality: int | None = -1,
        is_video: bool | None = None,
        provider: Provider | None = None,
        has_time: bool = True,
        again: Article | None = None,
    ) -> Article:
        """A new article, or another version of one (`again`). A quality of -1 is drawn."""
        if is_video is None:
            is_video = self.chance.draw() < 0.08
        if again is None:
            number = self._next_number
            self._next_number += 1
            provider = provider or draw_provider(self.chance, is_video)
        else:
            number, provider, is_video = again.number, again.provider, bool(again.video_id)
        if is_video:
            seconds += self.chance.below(MINUTE)
            has_time = True  # Without an address, it is known by its time.
        if quality == -1:
            quality = (
                None if number % 19 == 4 else 20 + self.chance.below(60) + self.chance.below(60) + self.chance.below(50)
            )
        article = Article(number, provider, time_text(seconds), seconds if has_time else None, quality)
        self._write_title(article, is_video, again is not None)
        opening, closing = self.chance.one_of(OPENINGS), self.chance.one_of(CLOSINGS)
        if number % 13 == 5:
            opening += ", we&amp;#39;re told"
        if number % 17 == 3:
            closing = f"The file was found under C:\\\\Temp\\\\{number}. {closing}"
        if number % 11 == 4:
            closing = f"“{closing}” – ♡ 東京 …"
        article.excerpt = f"{self.theme.subject[0]} {opening}. {closing}"
        article.video_id = f"made{number:07x}" if is_video else ""
        if again is None:
            self._write_addresses(article)
        else:
            article.url, article.amp = again.url, again.amp
        article.images = self._draw_images(article)
        if provider.is_domain_written:
            article.domain_line = f"domain: {'www.' if number % 53 == 7 else ''}{provider.domain}\n"
        else:
            article.provider = provider._replace(domain=article.url.split("/")[2].removeprefix("www."))
        return article

    def _write_title(self, article: Article, is_video: bool, is_again: bool) -> None:
        (verb, verb_slug), (tail, tail_slug) = self.chance.one_of(VERBS), self.chance.one_of(TAILS)
        subject, subject_slug = self.theme.subject
        what, what_slug = self.theme.object
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

    def _write_addresses(self, article: Article) -> None:
        provider, slug, number = article.provider, article.slug, article.number
        host, style = provider.host, provider.style
        section = SECTIONS[(number + style) % len(SECTIONS)]
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

    def _draw_images(self, article: Article) -> tuple[str, ...]:
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
        lines = f'url: "{url}"\nwidth: {width}\nheight: {width * 9 // 16}\nisCached: {flag(number % 41 != 11)}\n'
        second = f'url: "{url}&crop=1"\nwidth: 400\nheight: 400\nisCached: true\n' if number % 29 == 9 else ""
        return (lines, second) if second else (lines,)

    def twin_url(self, article: Article) -> str:
        """The address of an article as somebody else might write it."""
        if article.video_id:
            return self.chance.one_of(("https://youtu.be/", "https://www.youtube.com/embed/")) + article.video_id
        url = article.url
        joint = "&" if "?" in url else "?"
        bare = url.removeprefix("https://")
        match self.chance.below(6):
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


@cache
def _topic_urn() -> list[str]:
    return zipf(TOPICS, 300)


def flag(value: bool) -> str:
    """Truth as YAML writes it."""
    return "true" if value else "false"


@cache
def day_text(number: int) -> str:
    """The day that many days after the first one, as `2017-01-31`."""
    return (_FIRST_DAY + timedelta(days=number)).isoformat()


def time_text(seconds: int) -> str:
    """Seconds since the first day as upstream writes an instant."""
    day, rest = divmod(seconds, DAY)
    hour, rest = divmod(rest, 3600)
    minute, second = divmod(rest, 60)
    return f"{day_text(day)}T{hour:02d}:{minute:02d}:{second:02d}Z"
