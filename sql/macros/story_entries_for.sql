/*
chapter: Building blocks
question: When did each provider or publisher enter each story?
definition: earliest published_at of the unit's articles in the story
grain: one row per story and provider, or per story and publisher
edge_cases: articles without a usable time are left out; a unit that has only such articles in a story has no row for it
example: from story_entries_for(null, null, null, null, null, 'provider') limit 5
signature: source, topic, query, from_date, to_date, counted_by
columns:
  entered_at: earliest article of the unit in the story, UTC
*/
with
entries as (
    select
        story_articles.story_id,
        if(counted_by = 'publisher', story_articles.publisher_id, story_articles.provider_id) as unit_id,
        story_articles.published_at
    from story_articles
    semi join stories_for(source, topic, query, from_date, to_date) as chosen using (story_id)
    where story_articles.published_at is not null
)

select
    entries.story_id, entries.unit_id,
    min(entries.published_at) as entered_at
from entries
semi join coverage_units(counted_by) as units using (unit_id)
group by entries.story_id, entries.unit_id
