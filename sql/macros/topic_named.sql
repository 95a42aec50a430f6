/*
chapter: Building blocks
question: Which topic is meant by what an analyst types?
definition: the key of the topic with this normalized name
edge_cases: null for null; a name that no topic has is an error that names the nearest ones
example: select topic_named('ai')
signature: typed
parameters:
  typed: name of a topic
returns: bigint
lazy: true
*/
coalesce(
    (
        select min(topics.topic_id)
        from topics
        where topics.normalized_name = coalesce(nullif(normalized(typed), ''), trim(typed))
    ),
    cast(
        error(
            not_found(
                'topic',
                typed,
                (
                    select string_agg(nearest.name, ', ' order by nearest.similarity desc, nearest.name)
                    from (
                        select
                            topics.name,
                            jaro_winkler_similarity(lower(topics.name), lower(typed)) as similarity
                        from topics
                        order by similarity desc, topics.name
                        limit 3
                    ) as nearest
                )
            )
        ) as bigint
    )
)
