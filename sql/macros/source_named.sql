/*
chapter: Building blocks
question: Which source is meant by what an analyst types?
definition: the source with this name, as given in the build
edge_cases: null for null; a name that no source has is an error that names the nearest ones
example: select source_named('seeds')
signature: typed
parameters:
  typed: name of a source
returns: varchar
*/
case
    when typed is not null then coalesce(
        (select min(sources.source_name) from sources where sources.source_name = cast(typed as varchar)),
        error(
            not_found(
                'source',
                typed,
                (
                    select string_agg(nearest.source_name, ', ' order by nearest.similarity desc, nearest.source_name)
                    from (
                        select
                            sources.source_name,
                            jaro_winkler_similarity(
                                lower(sources.source_name), lower(cast(typed as varchar))
                            ) as similarity
                        from sources
                        order by similarity desc, sources.source_name
                        limit 3
                    ) as nearest
                )
            )
        )
    )
end
