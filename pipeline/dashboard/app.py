# /// script
# requires-python = ">=3.11"
#
# [tool.marimo.display]
# theme = "system"
# ///
"""The dashboard, and the notebook of the project: `broadsheet dashboard`, and with `--edit` to change it."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full",
    app_title="Broadsheet",
    css_file="styles.css",
    html_head_file="head.html",
)

with app.setup(hide_code=True):
    from datetime import date

    import marimo as mo

    from pipeline.dashboard import view
    from pipeline.dashboard.following import follower
    from pipeline.dashboard.panels import PAGES
    from pipeline.dashboard.selection import Selection, time_zones
    from pipeline.errors import BroadsheetError
    from pipeline.settings import default_warehouse
    from pipeline.texts import visible


@app.cell(hide_code=True)
def _():
    # What follows until the dashboard is read by those who open it as a notebook; the dashboard itself passes it over.
    is_notebook = mo.app_meta().mode != "run"
    mo.md(
        """
        # From a document to a finding

        This notebook is the dashboard, and begins with a walk. A feed publishes a text file per story. The bundled one
        is built here into a warehouse of its own, and asked who was first with the news. Then comes the dashboard on
        the current snapshot; change what you like.
        """
    ) if is_notebook else None
    return (is_notebook,)


@app.cell
def _(is_notebook):
    mo.stop(not is_notebook)
    import atexit
    from pathlib import Path
    from shutil import rmtree
    from tempfile import mkdtemp

    from pipeline.build import build_warehouse
    from pipeline.settings import SEEDS_FOLDER, Options
    from pipeline.sources.folder import Folder
    from pipeline.warehouse.snapshots import Warehouse

    # A build reads every file, or says why not, and publishes a snapshot.
    walk_folder = Path(mkdtemp())
    atexit.register(rmtree, walk_folder, ignore_errors=True)
    walk = build_warehouse(Warehouse(walk_folder), [Folder("seeds", SEEDS_FOLDER)], Options(processes=1)).snapshot
    mo.md(f"Built: **{walk.record.document_count}** document, **{walk.record.rejected_count}** rejected.")
    return (walk,)


@app.cell
def _(walk):
    from pipeline.warehouse.asking import Access, open_database

    def ask(query):
        """The answer to a query on the warehouse of the walk."""
        with open_database(walk.database, Access(safe=True)) as _connection:
            return _connection.sql(query).pl()

    # Each article of the story, with the line of the document that says so.
    ask("select minutes_after_first, provider_name, title, reason, line from story_timeline('facial recognition')")
    return (ask,)


@app.cell
def _(ask):
    # Who was first, by how much, and would a clock that is eight hours off change that?
    ask("select provider_name, margin_minutes, is_clock_safe, provider_count from first_mover_by_story")
    return


@app.cell
def _(ask):
    # So put the clock of the first one forward, and see who is first then.
    ask(
        "select provider_name, first_rate, shifted_first_rate from first_mover_if_shifted('cnet.com', 1) "
        "where first_rate <> shifted_first_rate"
    )
    return


@app.cell(hide_code=True)
def _(is_notebook, walk):
    mo.md(
        """
        **The finding:** CNET was first, three minutes before TechCrunch, but that is not clock-safe: with its clock an
        hour off, another is first. The story is eighteen hosts wide, one of them writes twice, and three were ahead of
        the article that leads it. What a number means stands in the views themselves: `from metrics`.
        """
    ) if is_notebook and walk else None
    return


@app.cell(hide_code=True)
def _():
    # It looks for a new snapshot as long as the page is open.
    clock = mo.ui.refresh(default_interval="10s")
    following = follower(default_warehouse())
    get_name, set_name = mo.state(following.name())
    # Counts how often something else than the filters has changed the address.
    get_turn, set_turn = mo.state(0)
    get_page, set_page = mo.state(view.page_named(mo.query_params().get("page")))
    return (
        clock,
        following,
        get_name,
        get_page,
        get_turn,
        set_name,
        set_page,
        set_turn,
    )


@app.cell(hide_code=True)
def _(clock, following, get_name, set_name):
    if following.name() != get_name():
        set_name(following.name())
    mo.Html(f'<div class="clock">{clock.text}</div>')
    return


@app.cell(hide_code=True)
def _(following, get_name):
    get_name()
    try:
        _opened = following.open()
    except BroadsheetError as _error:
        mo.stop(
            True,
            mo.Html(
                f'<main class="page"><section class="panel wide"><h1>Broadsheet</h1><p>{visible(str(_error))}</p>'
                "<p>This page opens by itself as soon as a snapshot is published.</p></section></main>"
            ),
        )
    snapshot, asker = _opened.snapshot, _opened.asker
    return asker, snapshot


@app.cell(hide_code=True)
def _(asker):
    def _names(query):
        return asker.ask(query).to_series().to_list()

    sources = _names("select source_name from sources order by 1")
    topics = _names(
        "select name from topics join document_topics using (topic_id) group by all order by count(*) desc, name "
        "limit 1000"
    )
    hosts = _names(
        "select domain from providers where domain is not null order by article_count desc, domain limit 2000"
    )
    # By name, or by key where a name does not tell which.
    publishers = _names(
        "select if(count(*) over (partition by lower(name)) > 1 or lower(name) in (select publisher_key from "
        "publishers), publisher_key, name) from publishers join (select publisher_id, count(*) as article_count from "
        "articles group by all) using (publisher_id) order by article_count desc, publisher_key limit 2000"
    )
    first_day, last_day = asker.ask("select min(published_date), max(published_date) from articles").row(0)
    return first_day, hosts, last_day, publishers, sources, topics


@app.cell(hide_code=True)
def _(
    first_day,
    get_turn,
    hosts,
    last_day,
    publishers,
    set_page,
    snapshot,
    sources,
    topics,
):
    get_turn()
    # What the address says now, also after a new snapshot; asked here, so that writing the address asks for nothing.
    opened = Selection.from_parameters(mo.query_params().to_dict())

    def _choice(label, names, chosen, **options):
        known = names if chosen is None or chosen in names else [chosen, *names]
        return mo.ui.dropdown(
            {"All": ""} | {visible(name): name for name in known},
            value="All" if chosen is None else visible(chosen),
            label=label,
            full_width=True,
            **options,
        )

    def _day(label, day, otherwise):
        # Without an article with a day there is no span to choose from.
        first, last = first_day or date.min, last_day or date.max
        return mo.ui.date(
            start=first, stop=last, value=min(max(day or otherwise or first, first), last), label=label, full_width=True
        )

    source = _choice("Source", sources, opened.source)
    topic = _choice("Topic", topics, opened.topic, searchable=True)
    words = mo.ui.text(opened.query or "", placeholder='words, "a phrase", -not', label="Search", full_width=True)
    host = _choice("Host", hosts, opened.provider, searchable=True)
    publisher = _choice("Written by", publishers, opened.publisher, searchable=True)
    from_date = _day("From", opened.from_date, first_day)
    to_date = _day("To", opened.to_date, last_day)
    counted_by = mo.ui.dropdown(
        {"host": "provider", "publisher": "publisher"},
        value="publisher" if opened.counted_by == "publisher" else "host",
        label="Count by",
        full_width=True,
    )
    minimum = mo.ui.text(
        str(opened.minimum_count or ""), placeholder="automatic", label="Smallest count", full_width=True
    )
    zone = mo.ui.dropdown(
        time_zones(), value=opened.time_zone, searchable=True, allow_select_none=False, label="Time zone"
    )
    hours = mo.ui.slider(
        -12, 12, 0.5, value=opened.hours, debounce=True, show_value=True, label="Hours added to its clock"
    )
    # Not tabs, which open one page after another while the tab key goes past them.
    pages = mo.ui.array(
        [mo.ui.button(label=_name, on_change=lambda _, name=_name: set_page(view.page_named(name))) for _name in PAGES]
    )

    # Shown by the cell that makes it, which is the only one that does not run again when one of them is used.
    _built = snapshot.record.built_at
    _filters = "".join(
        f"<div>{_element.text}</div>"
        for _element in (source, topic, words, from_date, to_date, host, publisher, counted_by, minimum)
    )
    _pages = "".join(f"<div>{_button.text}</div>" for _button in pages)
    mo.Html(
        '<header class="masthead"><h1>Broadsheet</h1>'
        f'<p>Snapshot of <time datetime="{_built:%Y-%m-%dT%H:%MZ}">{_built:%-d %B %Y, %H:%M} UTC</time></p></header>'
        f'<form class="filters" role="search" aria-label="Filters" onsubmit="return false">{_filters}</form>'
        f'<nav class="pages" aria-label="Pages">{_pages}</nav>'
    )
    return (
        counted_by,
        from_date,
        host,
        hours,
        minimum,
        opened,
        pages,
        publisher,
        source,
        to_date,
        topic,
        words,
        zone,
    )


@app.cell(hide_code=True)
def _(
    counted_by,
    first_day,
    from_date,
    host,
    hours,
    last_day,
    minimum,
    opened,
    publisher,
    source,
    to_date,
    topic,
    words,
    zone,
):
    _minimum = minimum.value.strip()
    selection = Selection(
        source=source.value or None,
        topic=topic.value or None,
        query=words.value.strip() or None,
        # The whole span is no filter: it would leave out what has no day.
        from_date=None if from_date.value in (first_day, date.min) else from_date.value,
        to_date=None if to_date.value in (last_day, date.max) else to_date.value,
        provider=host.value or None,
        publisher=publisher.value or None,
        counted_by=counted_by.value,
        minimum_count=max(1, int(_minimum)) if _minimum.isdecimal() else None,
        time_zone=zone.value or "UTC",
        hours=float(hours.value),
        story=opened.story,
    )
    return (selection,)


@app.cell(hide_code=True)
def _(get_page, selection):
    # The address tells what one sees, so that a link reopens it.
    page = get_page()
    address = selection.to_parameters() | ({"page": page.name} if page is not view.page_named(None) else {})
    _shown = mo.query_params()
    for _name in [_name for _name in _shown.to_dict() if _name not in address]:
        _shown.remove(_name)
    for _name, _value in address.items():
        if _shown.get(_name) != _value:
            _shown[_name] = _value
    return address, page


@app.cell(hide_code=True)
def _(asker, page, selection):
    try:
        completed = asker.completed(selection, page.panels)
    except BroadsheetError as _error:
        mo.stop(True, mo.Html(f'<p class="problem" role="alert">{visible(str(_error))}</p>'))
    return (completed,)


@app.cell(hide_code=True)
def _():
    compute = mo.ui.run_button(label="Compute")
    return (compute,)


@app.cell(hide_code=True)
def _(address, asker, completed, page):
    # What stands at the top is asked for and shown first.
    upper = [_panel for _panel in page.panels if _panel.name in ("headline", "attention")]
    _answers = asker.answers(upper, completed)
    # What is brushed in it is asked for below, not here: it would be drawn anew under the reader's hand.
    attention = view.brushable(_answers.get("attention"))
    mo.Html(
        f'{view.opening(page)}<div class="page"><p class="lead" role="status">{page.about}</p>'
        + "".join(
            view.show(_panel, _answers[_panel.name], completed, address, chart=attention if _panel.chart else None).text
            for _panel in upper
        )
        + "</div>"
    )
    return attention, upper


@app.cell(hide_code=True)
def _(attention, set_turn):
    _period = view.brushed(attention)

    def _choose(_):
        for name, day in zip(("from_date", "to_date"), _period, strict=True):
            mo.query_params()[name] = str(day)
        set_turn(lambda turn: turn + 1)

    mo.ui.button(
        label=f"Choose {_period[0]:%-d %B %Y} to {_period[1]:%-d %B %Y} as the period", on_click=_choose
    ) if _period else None
    return


@app.cell(hide_code=True)
def _(address, asker, completed, compute, hours, page, snapshot, upper, zone):
    _controls = {"shifted": hours, "rhythm": zone, "influence": compute}
    _lower = [_panel for _panel in page.panels if _panel not in upper]
    _is_large = snapshot.record.document_count >= view.MANY_DOCUMENTS
    _answers = asker.answers(
        [
            _panel
            for _panel in _lower
            if compute.value or not (_is_large and _panel.is_slow) or asker.knows(_panel.sql(completed))
        ],
        completed,
    )
    mo.Html(
        '<div class="page">'
        + "".join(
            view.show(_panel, _answers.get(_panel.name), completed, address, _controls.get(_panel.name)).text
            for _panel in _lower
        )
        + "</div>"
    )
    return


if __name__ == "__main__":
    app.run()
