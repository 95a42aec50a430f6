/*
chapter: Stories and articles
question: How did one story unfold, line by line, and why is each article in it?
definition: >
  the articles of the story that story_named takes, in the order of their time, each with the document and the line that
  say so
grain: one row per article of the story
edge_cases: >
  articles without a usable time come last; where the text fits other stories, too, other_stories names the next best
example: select minutes_after_first, provider_name, title from story_timeline('facial recognition')
signature: >
  story, source = null, topic = null, query = null, from_date = null, to_date = null
columns:
  story_title: title of the story's lead, the same in every row
  other_stories: up to three stories that fit next best, each with its story_id; null = none
  lag_minutes: minutes after the lead; negative = before it
  reason: why the article is in the story, in words
  path: document that holds the entry
  line: line of that file where the entry begins
  document_id: document that holds the entry
*/
with
named as (
    select story_id, place
    from story_named(
        story, source := source, topic := topic, query := query, from_date := from_date, to_date := to_date,
        maximum_place := 4
    )
),

others as (
    select
        string_agg(
            coalesce(stories.title, '') || ' (' || stories.story_id || ')', '; ' order by named.place
        ) as other_stories
    from named
    join stories using (story_id)
    where named.place > 1
),

members as (
    select
        story_articles.story_id, story_articles.article_id, story_articles.provider_id, story_articles.published_at,
        story_articles.document_id, story_articles.position, story_articles.membership
    from story_articles
    join named using (story_id)
    where named.place = 1
),

lines as (
    select document_id, position, line from related_links
)

select
    (epoch_us(members.published_at) - min(epoch_us(members.published_at)) over ()) / 60e6 as minutes_after_first,
    providers.name as provider_name, articles.title, articles.url, members.published_at,
    (epoch_us(members.published_at) - epoch_us(stories.lead_published_at)) / 60e6 as lag_minutes,
    members.membership,
    case members.membership
        when 'lead' then 'lead of the ' || if(stories.state = 'folded', 'representative', 'head')
            || ' document ' || documents.path
        when 'listed' then 'listed at position ' || members.position || ' of ' || documents.path
        else 'lead of the folded document ' || documents.path || ', which is linked with the '
            || if(stories.state = 'folded', 'group', 'head')
    end as reason, documents.path,
    coalesce(lines.line, 1) as line,
    providers.domain as provider_domain, articles.canonical_url,
    stories.title as story_title,
    others.other_stories, members.story_id, members.article_id, members.document_id
from members
join stories using (story_id)
join articles using (article_id)
join documents on members.document_id = documents.document_id
join providers on members.provider_id = providers.provider_id
cross join others
left join lines on members.document_id = lines.document_id and members.position = lines.position
order by members.published_at nulls last, members.article_id
