"""What a reader asks for, as arguments of macros and as an address."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dashboard.selection import Selection

TEXTS = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text == text.strip())
)
SELECTIONS = st.builds(
    Selection,
    source=TEXTS,
    topic=TEXTS,
    query=TEXTS,
    from_date=st.one_of(st.none(), st.dates(date(1000, 1, 1))),
    provider=TEXTS,
    counted_by=st.sampled_from(["provider", "publisher"]),
    minimum_count=st.one_of(st.none(), st.integers(1, 10**9)),
    time_zone=st.sampled_from(["UTC", "America/New_York"]),
    hours=st.integers(-48, 48).map(lambda halves: halves / 2),
)


@settings(deadline=None, max_examples=50)
@given(SELECTIONS)
def test_an_address_reopens_the_selection(selection: Selection) -> None:
    assert Selection.from_parameters({**selection.to_parameters()}) == selection


@pytest.mark.parametrize(
    "parameters",
    [
        {"from_date": "yesterday"},
        {"minimum_count": "many"},
        {"counted_by": "weight"},
        {"time_zone": "../etc/passwd"},
        {"hours": "nan"},
        {"unknown": "1"},
        {"source": []},
    ],
    ids=str,
)
def test_what_an_address_cannot_mean_is_left_out(parameters: dict[str, Any]) -> None:
    assert Selection.from_parameters(parameters) == Selection()


def test_a_macro_gets_the_filters_that_it_knows_in_its_order() -> None:
    selection = Selection(
        source="feed", topic="it's", from_date=date(2020, 1, 2), provider="a.example", minimum_count=3
    )
    assert selection.call("share_of_voice_for") == (
        "share_of_voice_for(source := 'feed', topic := 'it''s', from_date := '2020-01-02', minimum_count := 3)"
    )
    assert selection.call("stories_for") == "stories_for('feed', 'it''s', null, '2020-01-02', null)"
    assert selection.call("coverage_over_time", "'week'").startswith(
        "coverage_over_time('week', provider := 'a.example', source"
    )


def test_what_has_no_parameter_is_kept_by_the_filters_that_are_set() -> None:
    kept = {"provider": "domain_named({}) in (one, other)", "publisher": "publisher_id = publisher_named({})"}
    assert Selection(topic="AI").where(**kept) == ""
    assert Selection(provider="a.example", publisher="it's").where(**kept) == (
        "where domain_named('a.example') in (one, other) and publisher_id = publisher_named('it''s')"
    )


def test_what_the_macro_takes_anyway_is_not_written() -> None:
    assert Selection(counted_by="provider", time_zone="UTC").call("share_over_time") == "share_over_time()"
