"""Who publishes: a few large providers, many small ones, channels, and platforms that carry the articles of others."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from pipeline.samples.chance import Chance, zipf
from pipeline.samples.words import CHANNELS, ENDINGS, FIRST_NAMES, LAST_NAMES


class Provider(NamedTuple):
    """`style` decides on the form of addresses, AMP pages and the clock; `author`: who wrote it, on platforms. Where
    the domain is not written, it is the host of the address."""

    domain: str
    name: str
    host: str
    style: int
    author: str = ""
    is_domain_written: bool = True


def draw_provider(chance: Chance, is_video: bool) -> Provider:
    """Who publishes an article: large providers often, and some of them through a platform or without a domain."""
    if is_video:
        channel = chance.one_of(_channel_urn())
        return Provider("youtube.com", channel, "youtube.com", 0, channel)
    provider = chance.one_of(_provider_urn())
    draw = chance.draw()
    if draw < 0.06:
        name = f"{provider.name} on MSN" + (".com" if draw < 0.05 else "")
        return Provider("msn.com", name, "www.msn.com", 2, provider.name)
    if draw < 0.075:
        return Provider("yahoo.com", f"{provider.name} on Yahoo", "news.yahoo.com", 2, provider.name)
    if draw < 0.085:
        return provider._replace(is_domain_written=False)
    if draw < 0.1 and provider.style % 3 == 0:
        return provider._replace(name=f"{provider.name} Online")
    return provider


@cache
def _providers() -> tuple[Provider, ...]:
    """Five hundred providers, the largest first."""
    found = []
    for number in range(len(FIRST_NAMES) * len(LAST_NAMES)):
        round_number, place = divmod(number, len(FIRST_NAMES))
        first = FIRST_NAMES[place]
        # Each pair of names once, and well mixed.
        last = LAST_NAMES[(round_number + place * 7) % len(LAST_NAMES)]
        between = " & " if number % 29 == 6 else " "
        name = f"{first}{between}{last}" if number % 31 != 9 else f"Café {first} {last}"
        host = f"{first}{'-' if number % 3 == 1 else ''}{last}.{ENDINGS[number % 5]}".lower()
        found.append(Provider(host, name, host, number))
    return tuple(found)


@cache
def _provider_urn() -> list[Provider]:
    return zipf(_providers(), 2000)


@cache
def _channel_urn() -> list[str]:
    """Names of channels; some are those of providers, which publish videos, too."""
    return zipf([*CHANNELS[:20], *(provider.name for provider in _providers()[:25]), *CHANNELS[20:]], 400)
