"""The words of which made-up news is made: names, subjects, phrases. Data, and how it is laid out."""

from __future__ import annotations

import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _with_slugs(text: str) -> tuple[tuple[str, str], ...]:
    """Phrases between upright bars, each with its form in an address."""
    phrases = [" ".join(phrase.split()) for phrase in text.split("|")]
    return tuple((phrase, "-".join(re.findall(r"\w+", phrase.lower()))) for phrase in phrases)


FIRST_NAMES = _words(
    """
    Daily Evening Morning Northern Harbor Valley Metro Silver Granite Coastal Prairie Lantern Summit Amber Cobalt
    Orchard Meridian Compass Willow Quarry Anchor Beacon Copper Juniper Lakeside
    """
)
LAST_NAMES = _words(
    """
    Courier Ledger Observer Dispatch Wire Gazette Chronicle Signal Tribune Review Register Bulletin Post Mirror
    Standard Examiner Monitor Herald Record Insider
    """
)
CHANNELS = tuple(f"{name} {what}" for what in _words("Plays Explains Reacts Labs") for name in FIRST_NAMES)
ENDINGS = _words("example example test example.com example.org")
SUBJECTS = _with_slugs(
    "|".join(
        f"{first} {last}"
        for last in _words("Robotics Systems Energy Games Bank Airlines Pharma Motors")
        for first in _words("Acorn Borealis Cinder Dovetail Everline Fathom Glacier Halcyon Ironwood Kestrel")
    )
)
VERBS = _with_slugs(
    """
    announces | reportedly plans | delays | confirms | is said to end | shows | brings back | sells | opens |
    defends | pauses | doubles down on | quietly changes | launches
    """
)
OBJECTS = _with_slugs(
    """
    a recall of its sensors | the northern terminal | its open data program | facial recognition for offices | a
    faster charging network | the season pass | its quarterly outlook | a new release wave | talks with regulators |
    the merger of its labs | support for older devices | a price increase | its low-code platform | the long awaited
    sequel | plans for a second plant | an update to its privacy terms | night flights | a trial of the new vaccine
    | the hiring freeze | its portal for partners
    """
)
TAILS = _with_slugs(
    """
    , emails show | this week | after months of silence | : what we know so far | , and analysts are divided | ,
    here's why it matters | for the third time | in a surprise move | , sources say | ahead of the conference
    """
)
AREAS = _words(
    """
    AI Robotics Energy Games Travel Privacy Health Finance Cloud Space Chips Policy Batteries Low-code Retail
    Education Security Streaming Design Data
    """
)
TOPICS = tuple(kind + area for kind in ("", "Consumer ", "Open ", "Mobile ") for area in AREAS)
OPENINGS = (
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
CLOSINGS = (
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
SECTIONS = _words("news business technology world reviews articles")
