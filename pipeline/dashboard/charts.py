"""Charts: each a plain function from the answer of a panel to an Altair chart, for the dashboard and the report.

Colors are names that the page gives a value for light and dark (`styles.css`), with one for light where there is no
page. So charts are drawn as SVG: a canvas knows no such names. What is written on an axis says its unit and zone.
"""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import polars as pl

Drawn = alt.Chart | alt.LayerChart

_INK = "var(--broadsheet-ink, #1b1f23)"
_MUTED = "var(--broadsheet-muted, #59636e)"
_RULE = "var(--broadsheet-rule, #dfe2e5)"
_MAIN = "var(--broadsheet-main, #1d5c96)"
_SECOND = "var(--broadsheet-second, #b4510f)"
_QUIET = "var(--broadsheet-quiet, #9aa5b1)"
#: Lines that are told apart by color as well as by their names at the end: Okabe and Ito's, in the page's shades.
_SERIES = [
    f"var(--broadsheet-series-{number}, {color})"
    for number, color in enumerate(
        ("#1d5c96", "#b4510f", "#00785a", "#8a4b92", "#7a6a00", "#0f7c8a", "#a3324e", "#59636e"), 1
    )
]
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_ROW = 22
#: Minutes of the ticks of a lag, on an axis that is even near zero and logarithmic beyond.
_LAG_TICKS = [-40320, -10080, -1440, -60, 0, 60, 1440, 10080, 40320]
_LAG_LABELS = (
    "datum.value == 0 ? '0' : (datum.value < 0 ? '−' : '') + "
    "(abs(datum.value) >= 10080 ? format(abs(datum.value) / 10080, '.0f') + ' w' "
    ": abs(datum.value) >= 1440 ? format(abs(datum.value) / 1440, '.0f') + ' d' "
    ": abs(datum.value) >= 60 ? format(abs(datum.value) / 60, '.0f') + ' h' "
    ": format(abs(datum.value), '.0f') + ' min')"
)
_WEEKDAYS = "['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][datum.value]"


def attention(frame: pl.DataFrame) -> Drawn:
    """Articles per period as an area, bursts as marks. The parameter `period` is a brush."""
    frame = _in_utc(frame, "period_start", "%-d %b %Y %H:%M").with_columns(
        pl.col("burst_week").dt.strftime("%-d %b %Y")
    )
    brush = alt.selection_interval(name="period", encodings=["x"], mark=_brush())
    base = alt.Chart(frame).encode(x=_time("period_start", "Published (UTC)"))
    count = alt.Y("article_count:Q", title="Articles", axis=alt.Axis(tickMinStep=1, format=",d"))
    tooltip = [
        alt.Tooltip("when:N", title="From"),
        alt.Tooltip("article_count:Q", title="Articles", format=","),
        alt.Tooltip("total_article_count:Q", title="Of all", format=","),
    ]
    area = base.mark_area(color=_MAIN, opacity=0.16, line={"color": _MAIN, "strokeWidth": 1.5}, interpolate="linear")
    points = base.mark_point(color=_MAIN, filled=True, size=28, opacity=1 if frame.height < 60 else 0)
    bursts = (
        base.transform_filter("isValid(datum.z_score)")
        .mark_point(color=_SECOND, filled=True, size=70, opacity=1)
        .encode(
            y=count,
            tooltip=[
                alt.Tooltip("burst_title:N", title="Burst"),
                alt.Tooltip("burst_week:N", title="Week from"),
                alt.Tooltip("burst_article_count:Q", title="Articles", format=","),
                alt.Tooltip("baseline_mean:Q", title="Usual", format=",.1f"),
                alt.Tooltip("z_score:Q", title="z", format=",.1f"),
            ],
        )
    )
    layers = [area.encode(y=count), points.encode(y=count, tooltip=tooltip).add_params(brush)]
    has_bursts = frame["z_score"].is_not_null().any()
    return _finished(alt.layer(*layers, *([bursts] if has_bursts else [])), "Articles per period", height=260)


def shares(frame: pl.DataFrame) -> Drawn:
    """Share of each unit with its interval, largest first."""
    return _intervals(frame, "share", "Share of articles", "article_count", "Articles", "share of voice")


def first_rates(frame: pl.DataFrame) -> Drawn:
    """How often each unit is first, with its interval."""
    return _intervals(frame, "first_rate", "First in so many of its stories", "story_count", "Stories", "first movers")


def topics(frame: pl.DataFrame) -> Drawn:
    """Share of each topic with its interval."""
    return _intervals(
        frame.rename({"topic": "unit"}), "share", "Share of documents", "document_count", "Documents", "topics"
    )


def ranks(frame: pl.DataFrame) -> Drawn:
    """Rank of the largest units per period, named at the end of their lines."""
    shown = _in_utc(frame.filter(pl.col("rank").is_not_null()), "period_start", "%-d %b %Y")
    units = (
        frame.group_by("unit").agg(pl.col("article_count").sum()).sort("article_count", "unit")["unit"].to_list()[::-1]
    )
    color = alt.Color(
        "unit:N",
        scale=alt.Scale(domain=units, range=_SERIES[: len(units)]),
        legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=200, symbolType="circle"),
    )
    lowest = max(shown["rank"].to_list(), default=1)
    rank = alt.Y(
        "rank:Q",
        title="Rank",
        scale=alt.Scale(reverse=True, domain=[0.5, min(lowest, 20) + 0.5], clamp=True, nice=False),
        axis=alt.Axis(
            values=[place for place in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20) if place <= lowest],
            format="d",
            grid=False,
        ),
    )
    base = alt.Chart(shown).encode(
        x=_time("period_start", "Period (UTC)"),
        y=rank,
        color=color,
        tooltip=[
            alt.Tooltip("unit:N", title="Who"),
            alt.Tooltip("when:N", title="From"),
            alt.Tooltip("rank:Q", title="Rank"),
            alt.Tooltip("rank_change:Q", title="Places won", format="+d"),
            alt.Tooltip("article_count:Q", title="Articles", format=","),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    lines = base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=60, opacity=1)
    return _finished(lines, "Rank per period", height=260)


def timeline(frame: pl.DataFrame) -> Drawn:
    """Articles of one story at their times, one line per host in the order in which they entered."""
    shown = _in_utc(frame.filter(pl.col("published_at").is_not_null()), "published_at", "%-d %b %Y %H:%M")
    order = shown["provider_name"].unique(maintain_order=True).to_list()
    chart = (
        alt.Chart(shown)
        .mark_point(filled=True, size=80, opacity=0.9)
        .encode(
            x=_time("published_at", "Published (UTC)"),
            y=alt.Y("provider_name:N", sort=order, title=None, axis=_name_axis()),
            color=alt.Color(
                "membership:N",
                scale=alt.Scale(domain=["lead", "listed", "folded"], range=[_SECOND, _MAIN, _QUIET]),
                legend=alt.Legend(title=None, orient="top", columns=2),
            ),
            tooltip=[
                alt.Tooltip("title:N", title="Article"),
                alt.Tooltip("provider_name:N", title="Host"),
                alt.Tooltip("when:N", title="Published (UTC)"),
                alt.Tooltip("minutes_after_first:Q", title="Minutes after the first", format=",.0f"),
                alt.Tooltip("reason:N", title="Why"),
            ],
        )
    )
    return _finished(chart, "Articles of the story", height=alt.Step(_ROW))


def shifted_rates(frame: pl.DataFrame) -> Drawn:
    """How often each host is first as written and with the shifted clock, joined by a line."""
    name = alt.Y("provider_name:N", sort=frame["provider_name"].to_list(), title=None, axis=_name_axis())
    base = alt.Chart(frame).encode(
        y=name,
        tooltip=[
            alt.Tooltip("provider_name:N", title="Host"),
            alt.Tooltip("first_rate:Q", title="As written", format=".1%"),
            alt.Tooltip("shifted_first_rate:Q", title="Shifted", format=".1%"),
            alt.Tooltip("story_count:Q", title="Stories", format=","),
        ],
    )
    rate = alt.X("first_rate:Q", title="First in so many of its stories", axis=_percent_axis())
    line = base.mark_rule(color=_QUIET, strokeWidth=2).encode(x=rate, x2="shifted_first_rate:Q")
    before = base.mark_point(filled=True, size=70, color=_QUIET, opacity=1).encode(x=rate)
    after = base.mark_point(filled=True, size=80, color=_SECOND, opacity=1).encode(x="shifted_first_rate:Q")
    return _finished(line + before + after, "First movers with a shifted clock", height=alt.Step(_ROW))


def lag_bins(frame: pl.DataFrame) -> Drawn:
    """Articles by how long before or after the lead they appeared."""
    lag = alt.Y("lag:N", sort=frame["lag"].to_list(), title=None, axis=_name_axis())
    chart = (
        alt.Chart(frame)
        .mark_bar(height=14)
        .encode(
            y=lag,
            x=alt.X("article_count:Q", title="Articles", axis=alt.Axis(tickMinStep=1, format=",d")),
            color=alt.condition("datum.place <= 5", alt.value(_SECOND), alt.value(_MAIN)),
            tooltip=[
                alt.Tooltip("lag:N", title="Behind the lead"),
                alt.Tooltip("article_count:Q", title="Articles", format=","),
                alt.Tooltip("clock_safe_count:Q", title="Clock-safe", format=","),
            ],
        )
    )
    return _finished(chart, "Articles by lag", height=alt.Step(_ROW))


def lags_by_unit(frame: pl.DataFrame) -> Drawn:
    """Median and quarters of the lag of each unit."""
    base = alt.Chart(frame).encode(
        y=alt.Y("unit:N", sort=frame["unit"].to_list(), title=None, axis=_name_axis()),
        tooltip=[
            alt.Tooltip("unit:N", title="Who"),
            alt.Tooltip("median_lag_minutes:Q", title="Median lag in minutes", format=",.0f"),
            alt.Tooltip("p25_lag_minutes:Q", title="First quarter", format=",.0f"),
            alt.Tooltip("p75_lag_minutes:Q", title="Third quarter", format=",.0f"),
            alt.Tooltip("lag_count:Q", title="Articles", format=","),
        ],
    )
    axis = alt.Axis(values=_LAG_TICKS, labelExpr=_LAG_LABELS, labelOverlap=True)
    scale = alt.Scale(type="symlog", constant=10)
    line = base.mark_rule(color=_MAIN, opacity=0.45, strokeWidth=3).encode(
        x=alt.X("p25_lag_minutes:Q", title="Behind the lead", axis=axis, scale=scale), x2="p75_lag_minutes:Q"
    )
    dot = base.mark_point(filled=True, size=70, color=_MAIN, opacity=1).encode(x=alt.X("median_lag_minutes:Q"))
    return _finished(line + dot, "Lag of each", height=alt.Step(_ROW))


def leads(frame: pl.DataFrame) -> Drawn:
    """How often the leader of a pair enters first, with its interval, against one half."""
    pairs = frame.with_columns(pair=pl.concat_str("leader", pl.lit(" → "), "follower"))
    base = alt.Chart(pairs).encode(
        y=alt.Y("pair:N", sort=pairs["pair"].to_list(), title=None, axis=_name_axis(300)),
        tooltip=[
            alt.Tooltip("leader:N", title="Leader"),
            alt.Tooltip("follower:N", title="Follower"),
            alt.Tooltip("probability:Q", title="Leader first", format=".0%"),
            alt.Tooltip("story_count:Q", title="Common stories", format=","),
            alt.Tooltip("median_lead_minutes:Q", title="Median lead in minutes", format=",.0f"),
        ],
    )
    axis = alt.X("probability_low:Q", title="Leader first", axis=_percent_axis(), scale=alt.Scale(domain=[0, 1]))
    line = base.mark_rule(color=_MAIN, opacity=0.45, strokeWidth=3).encode(x=axis, x2="probability_high:Q")
    dot = base.mark_point(filled=True, size=70, color=_MAIN, opacity=1).encode(x="probability:Q")
    half = alt.Chart(pairs).mark_rule(color=_MUTED, strokeDash=[3, 3]).encode(x=alt.datum(0.5))
    return _finished(half + line + dot, "Who leads whom", height=alt.Step(_ROW))


def gaps(frame: pl.DataFrame) -> Drawn:
    """Reach of a host on each topic with its interval, and its reach of all news."""
    shown = frame.rename({"topic": "unit"})
    tick = (
        alt.Chart(shown)
        .mark_tick(color=_SECOND, thickness=3, size=16)
        .encode(y=alt.Y("unit:N", sort=shown["unit"].to_list()), x="overall_reach:Q")
    )
    return _intervals(shown, "reach", "Part of the stories it covers", "story_count", "Stories", "gaps", tick)


def platforms(frame: pl.DataFrame) -> Drawn:
    """Articles that platforms carry, by who wrote them."""
    pairs = frame.with_columns(pair=pl.concat_str("publisher_name", pl.lit(" on "), "host_name", ignore_nulls=True))
    chart = (
        alt.Chart(pairs)
        .mark_bar(height=14, color=_MAIN)
        .encode(
            y=alt.Y("pair:N", sort=pairs["pair"].to_list(), title=None, axis=_name_axis(260)),
            x=alt.X("article_count:Q", title="Articles", axis=alt.Axis(tickMinStep=1, format=",d")),
            tooltip=[
                alt.Tooltip("host_name:N", title="Platform"),
                alt.Tooltip("publisher_name:N", title="Written by"),
                alt.Tooltip("article_count:Q", title="Articles", format=","),
                alt.Tooltip("share:Q", title="Of the platform", format=".1%"),
                alt.Tooltip("original_count:Q", title="Original known", format=","),
            ],
        )
    )
    return _finished(chart, "Articles on platforms", height=alt.Step(_ROW))


def rhythm(frame: pl.DataFrame) -> Drawn:
    """Articles by weekday and hour: the more, the darker."""
    zone = frame["time_zone"][0] if frame.height else "UTC"
    chart = (
        alt.Chart(frame)
        .mark_rect(color=_MAIN, cornerRadius=2)
        .encode(
            x=alt.X(
                "hour:O",
                title=f"Hour of the day ({zone})",
                scale=alt.Scale(domain=list(range(24)), paddingInner=0.08),
                axis=alt.Axis(values=[0, 3, 6, 9, 12, 15, 18, 21], labelAngle=0, grid=False),
            ),
            y=alt.Y(
                "weekday:O",
                title=None,
                scale=alt.Scale(domain=list(range(1, 8)), paddingInner=0.08),
                axis=alt.Axis(labelExpr=_WEEKDAYS, grid=False),
            ),
            opacity=alt.Opacity(
                "article_count:Q",
                scale=alt.Scale(domainMin=0, range=[0.06, 1]),
                legend=alt.Legend(title="Articles", orient="top", symbolType="square", format="d", values=_few(frame)),
            ),
            tooltip=[
                alt.Tooltip("weekday:O", title="Weekday (1 = Monday)"),
                alt.Tooltip("hour:O", title="Hour"),
                alt.Tooltip("article_count:Q", title="Articles", format=","),
            ],
        )
    )
    return _finished(chart, "Articles by weekday and hour", height=alt.Step(30))


def _intervals(
    frame: pl.DataFrame, rate: str, title: str, count: str, counted: str, what: str, extra: alt.Chart | None = None
) -> Drawn:
    """A dot for each `unit` at a rate, on the line of its interval, in the order of the frame."""
    base = alt.Chart(frame).encode(
        y=alt.Y("unit:N", sort=frame["unit"].to_list(), title=None, axis=_name_axis()),
        tooltip=[
            alt.Tooltip("unit:N", title="Who" if what != "topics" else "Topic"),
            alt.Tooltip(f"{rate}:Q", title="Rate", format=".1%"),
            alt.Tooltip(f"{rate}_low:Q", title="from", format=".1%"),
            alt.Tooltip(f"{rate}_high:Q", title="to", format=".1%"),
            alt.Tooltip(f"{count}:Q", title=counted, format=","),
        ],
    )
    axis = alt.X(f"{rate}_low:Q", title=title, axis=_percent_axis(), scale=alt.Scale(zero=True))
    line = base.mark_rule(color=_MAIN, opacity=0.45, strokeWidth=3).encode(x=axis, x2=f"{rate}_high:Q")
    dot = base.mark_point(filled=True, size=70, color=_MAIN, opacity=1).encode(x=f"{rate}:Q")
    return _finished(alt.layer(line, *([extra] if extra else []), dot), f"Intervals of {what}", height=alt.Step(_ROW))


def _few(frame: pl.DataFrame) -> list[int]:
    """Values of a legend: one, half of the most, and the most."""
    most = max(frame["article_count"].to_list(), default=1)
    return sorted({1, max(1, most // 2), most})


def _brush() -> alt.BrushConfig:
    return alt.BrushConfig(fill=_SECOND, fillOpacity=0.12, stroke=_SECOND)


def _in_utc(frame: pl.DataFrame, column: str, form: str) -> pl.DataFrame:
    """The frame with an instant or day that says that it is UTC's, which a browser would take for its own, and with
    `when`, the same as text."""
    instant = pl.col(column).cast(pl.Datetime("us"))
    return frame.with_columns(instant.dt.replace_time_zone("UTC"), when=instant.dt.strftime(form))


def _time(column: str, title: str) -> alt.X:
    return alt.X(
        f"{column}:T",
        title=title,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(grid=False, labelOverlap=True, tickCount=8),
    )


def _percent_axis() -> alt.Axis:
    return alt.Axis(format=".0%", tickCount=6)


def _name_axis(limit: int = 180) -> alt.Axis:
    # Names leave room for the marks on a phone, and marks at the edge do not cover names.
    room = alt.ExprRef(f"min({limit}, 0.45 * containerSize()[0] || {limit})")
    return alt.Axis(labelLimit=room, labelPadding=8, grid=False, ticks=False, domain=False)


def _finished(chart: Any, description: str, height: Any) -> Drawn:
    """A chart as wide as its place, set in the page's font and colors, described for those who do not see it."""
    text: dict[str, Any] = {"labelColor": _MUTED, "titleColor": _MUTED, "labelFontSize": 12, "titleFontSize": 12}
    finished = chart.properties(
        width="container",
        height=height,
        description=description,
        background="transparent",
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        padding={"left": 5, "top": 5, "right": 5, "bottom": 5},
        usermeta={"embedOptions": {"renderer": "svg", "theme": None, "actions": False}},
    ).configure(
        font=_FONT,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            **text, titleFontWeight="normal", titlePadding=10, gridColor=_RULE, domainColor=_RULE, tickColor=_RULE
        ),
        axisX=alt.AxisConfig(orient="bottom"),
        axisY=alt.AxisConfig(titleAngle=0, titleAlign="left", titleAnchor="end", titleY=-8, titleX=0),
        legend=alt.LegendConfig(**text, symbolStrokeColor="transparent"),
        text=alt.MarkConfig(color=_INK),
    )
    return cast(Drawn, finished)
