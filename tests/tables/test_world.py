"""News of any language, writer and clock: what merges, what does not, and what is said of it."""

from __future__ import annotations

import polars as pl

from tests.helpers.documents import entry, warehouse


def rules(tables: dict[str, pl.DataFrame]) -> list[str]:
    return sorted(tables["findings"]["rule"])


def test_placeholders_of_templates_are_no_addresses_and_merge_nobody() -> None:
    related = [
        entry(
            text,
            f"2022-04-01T{hour:02}:00:00Z",
            title=f"Nachricht {hour}",
            name=f"Blatt {hour}",
            domain=f"b{hour}.example",
        )
        for hour, text in enumerate(["undefined", "N/A", "None", "undefined", "javascript:void(0)", "нет"], start=1)
    ]
    tables = warehouse({"a.md": entry("https://insel.example/a", title="Fähre", related=related)})
    assert tables["articles"].height == 7
    assert rules(tables).count("unusable_address") == 6
    assert tables["article_urls"]["url"].to_list() == ["https://insel.example/a"]


def test_abbreviations_with_dots_are_no_hosts() -> None:
    related = [
        entry(text, f"2022-04-01T{hour:02}:00:00Z", title=f"T {hour}", name=f"N {hour}", domain=f"b{hour}.example")
        for hour, text in enumerate(["n.a.", "n.a.", "t.b.d.", "k.A."], start=1)
    ]
    tables = warehouse({"a.md": entry("https://insel.example/a", related=related)})
    assert tables["articles"].height == 5
    assert rules(tables).count("unusable_address") == 4


def test_a_path_is_completed_by_the_domain_and_quotes_are_dropped() -> None:
    related = [
        entry("/parc", title="Orchestre", name="Eta", domain="eta.example"),
        entry("« https://eta.example/parc »", title="Orchestre", name="Eta", domain="eta.example"),
    ]
    tables = warehouse({"a.md": entry("https://ile.example/a", title="Bac", related=related)})
    assert sorted(tables["articles"]["canonical_url"]) == ["eta.example/parc", "ile.example/a"]
    assert {"relative_address", "quoted_address"} <= set(rules(tables))
    assert set(tables["article_urls"]["url"]) == {"/parc", "« https://eta.example/parc »", "https://ile.example/a"}


def test_a_short_link_written_as_domain_is_youtube_and_its_name_a_channel() -> None:
    related = [
        entry("https://youtu.be/aaa", title="Un", name="Canal Uno", domain="youtu.be"),
        entry("https://youtu.be/channel-list/", title="Dos", name="Canal Dos", domain=None),
        entry("https://www.youtube.com/watch?v=bbb", title="Tres", name="Canal Tres", domain="www.youtube.com"),
    ]
    tables = warehouse({"a.md": entry("https://isla.example/a", name="Isla", domain="isla.example", related=related)})
    assert sorted(tables["providers"].select("domain", "name").rows()) == [
        ("isla.example", "Isla"),
        ("youtube.com", "YouTube"),
    ]
    assert set(tables["publishers"]["name"]) >= {"Canal Uno", "Canal Dos", "Canal Tres"}
    assert rules(tables).count("domain_spelling") == 2


def test_what_is_missing_never_makes_two_posts_one() -> None:
    posts = {f"{day}.md": {"title": "सामुदायिक समाचार", "date": f"2026-01-{day}"} for day in ("02", "09", "16")}
    tables = warehouse(posts)
    assert tables["articles"].height == 3
    assert rules(tables).count("identified_by_place") == 3


def test_a_day_is_in_coverage_and_in_no_metric_of_time() -> None:
    related = [entry("https://woche.example/a", "2022-09-14", title="Bericht", name="Woche", domain="woche.example")]
    tables = warehouse({"a.md": entry("https://tal.example/a", "2022-09-14T15:00:00Z", related=related)})
    row = tables["articles"].filter(canonical_url="woche.example/a").row(0, named=True)
    assert row["published_at"] is None
    assert str(row["published_date"]) == "2022-09-14"
    assert tables["related_links"]["lag_seconds"].to_list() == [None]
    assert "imprecise_time" in rules(tables)


def test_a_day_years_ahead_of_its_neighbors_is_named() -> None:
    related = [
        entry(f"https://woche.example/{day}", at, title=f"T {day}", domain="woche.example")
        for day, at in enumerate([*[f"2022-09-{day}" for day in range(10, 31)], "2052-09-14"])
    ]
    tables = warehouse({"a.md": entry("https://tal.example/a", "2022-09-14T15:00:00Z", related=related)})
    [detail] = tables["findings"].filter(rule="time_years_ahead")["detail"]
    assert "2052-09-14 is more than two years after" in detail


def test_values_of_one_line_lose_white_space_at_their_ends_and_an_excerpt_is_kept_as_written() -> None:
    lead = entry(
        "https://a.example/1\n",
        " 2022-09-14T15:00:00Z\n",
        title="\u3000\u09b6\u09bf\u09b0\u09cb\u09a8\u09be\u09ae \n",
        name="\tBlatt ",
        domain=" a.example\n",
        excerpt="Zwei Zeilen,\nund ein Ende.\n",
        topics=[" Fähre\n"],
    )
    tables = warehouse({"a.md": lead})
    row = tables["documents"].row(0, named=True)
    assert [
        row[name] for name in ("title", "web_url", "provider_name_raw", "provider_domain_raw", "published_at_raw")
    ] == [
        "\u09b6\u09bf\u09b0\u09cb\u09a8\u09be\u09ae",
        "https://a.example/1",
        "Blatt",
        "a.example",
        "2022-09-14T15:00:00Z",
    ]
    assert row["excerpt"] == "Zwei Zeilen,\nund ein Ende.\n"
    assert tables["topics"]["name"].to_list() == ["Fähre"]


def test_spellings_of_a_domain_are_one_provider() -> None:
    domains = ["münchner-bote.example", "xn--mnchner-bote-dlb.example", "www.xn--mnchner-bote-dlb.example.", None]
    related = [
        entry(f"https://münchner-bote.example/{number}", title=f"T {number}", name="Bote", domain=domain)
        for number, domain in enumerate(domains)
    ]
    tables = warehouse(
        {"a.md": entry("https://münchner-bote.example/a", name="Bote", domain="MÜNCHNER-BOTE.example", related=related)}
    )
    assert tables["providers"]["domain"].to_list() == ["münchner-bote.example"]
    assert {"domain_spelling", "missing_provider"} <= set(rules(tables))


def test_an_author_is_known_on_platforms_and_below_them_in_several_languages() -> None:
    names = {
        "Agentur bei MSN": "msn.com",
        "Agentur sur MSN": "msn.com",
        "Agentur via Yahoo News": "uk.news.yahoo.com",
        "Agentur on Yahoo Finance": "finance.yahoo.com",
        "Agentur (on MSN)": "msn.com",
        "Agentur στο MSN": "msn.com",
        "Agentur": "news.google.com",
        "YAHOO!News": "yahoo.com",
        "Yahooニュース": "news.yahoo.com",
        "Googleニュース": "news.google.com",
    }
    related = [
        entry(f"https://{domain}/{number}", title=f"T {number}", name=name, domain=domain)
        for number, (name, domain) in enumerate(names.items())
    ]
    tables = warehouse(
        {"a.md": entry("https://agentur.example/a", name="Agentur", domain="agentur.example", related=related)}
    )
    counts = tables["articles"].join(tables["publishers"], on="publisher_id")["publisher_key"].value_counts()
    assert dict(counts.iter_rows()) == {"agentur.example": 8, "yahoo.com": 2, "news.google.com": 1}


def test_a_page_stamped_anew_is_evidence_and_a_finding() -> None:
    tables = warehouse(
        {
            "a.md": entry("https://see.example/welt/2010/03/gruss.html", "2019-01-12T21:04:00Z"),
            "b.md": entry("https://see.example/2019/01/12/neu.html", "2019-01-13T09:00:00Z"),
        }
    )
    assert tables["clock_evidence"].filter(kind="address_date").height == 1
    assert rules(tables).count("address_date") == 1


def test_topics_that_differ_in_spelling_are_one() -> None:
    tables = warehouse(
        {
            "a.md": entry("https://a.example/1", topics=["AI", "Cafe\u0301"]),
            "b.md": entry("https://a.example/2", topics=["Ai", "Café"]),
            "c.md": entry("https://a.example/3", topics=["AI"]),
        }
    )
    counts = tables["topics"].select("normalized_name", "document_count")
    assert dict(counts.iter_rows()) == {"ai": 3, "café": 2}
    assert "AI" in tables["topics"]["name"].to_list()


def test_a_corrected_minute_keeps_a_story_whole_and_a_year_does_not() -> None:
    def folded(at: str) -> dict[str, object]:
        listed = [entry("https://a.example/head", at, title="H")]
        return entry("https://b.example/f", at, published=False, heat=-1, related=listed)

    head = entry(
        "https://a.example/head", "2021-03-04T12:00:00Z", published=True, related=[entry("https://c.example/x")]
    )
    assert warehouse({"h.md": head, "f.md": folded("2021-03-05T11:59:00Z")})["stories"].height == 1
    assert warehouse({"h.md": head, "f.md": folded("2022-03-04T12:00:00Z")})["stories"].height == 2


def test_a_bare_address_in_the_list_is_an_entry() -> None:
    tables = warehouse({"a.md": entry("https://a.example/1", related=["https://b.example/2", "b.example"])})
    assert tables["related_links"]["web_url"].to_list() == ["https://b.example/2", "b.example"]
    assert rules(tables).count("bare_address") == 2
