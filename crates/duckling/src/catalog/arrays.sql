-- PostgreSQL's functions of arrays on DuckDB's lists, whose first element has the number 1 (Rails, Django's ArrayField,
-- psql's and JDBC's metadata queries, DBeaver).
CREATE MACRO pg_catalog.array_positions(list, element) AS
    CASE WHEN list IS NOT NULL
        THEN list_filter(generate_series(1, len(list)), lambda i: list[i] IS NOT DISTINCT FROM element) END;
CREATE MACRO __pintail_position_from(list, element, start_at) AS
    list_filter(generate_series(start_at, len(list)), lambda i: list[i] IS NOT DISTINCT FROM element)[1];
CREATE MACRO pg_catalog.array_remove(list, element) AS
    list_filter(list, lambda x: x IS DISTINCT FROM element);
CREATE MACRO pg_catalog.array_replace(list, old, new) AS
    list_transform(list, lambda x: CASE WHEN x IS NOT DISTINCT FROM old THEN new ELSE x END);
-- int2vector and oidvector begin at 0: Rails reads keys with indkey[idx].
CREATE MACRO __pintail_first(list) AS CASE WHEN typeof(list) IN ('int2vector', 'oidvector') THEN 0 ELSE 1 END;
CREATE MACRO pg_catalog.array_upper(list, dimension) AS
    CASE WHEN dimension = 1 AND len(list) > 0 THEN (len(list) - 1 + __pintail_first(list))::INTEGER END;
CREATE MACRO pg_catalog.array_lower(list, dimension) AS
    CASE WHEN dimension = 1 AND len(list) > 0 THEN __pintail_first(list) END;
CREATE MACRO pg_catalog.array_ndims(list) AS
    CASE WHEN len(list) > 0
        THEN len(regexp_extract_all(regexp_extract(typeof(list), '(\[\d*\])+$'), '\['))::INTEGER END;
CREATE MACRO pg_catalog.array_dims(list) AS
    CASE WHEN len(list) > 0
        THEN '[1:' || len(list) || ']'
            || CASE WHEN typeof(list) LIKE '%]%]' THEN '[1:' || json_array_length(to_json(list[1])) || ']' ELSE '' END END;
CREATE MACRO array_to_string(list, separator) AS
        list_aggr(list_transform(list_filter(list, lambda x: x IS NOT NULL), lambda x: x::VARCHAR), 'string_agg', separator),
    (list, separator, null_text) AS
        list_aggr(list_transform(list, lambda x: coalesce(x::VARCHAR, null_text)), 'string_agg', separator);
CREATE MACRO __pintail_to_array(string, separator, null_text) AS
    CASE WHEN string = '' THEN []::VARCHAR[]
        ELSE list_transform(string_split(string, coalesce(separator, '')),
            lambda x: CASE WHEN x = null_text THEN NULL ELSE x END) END;
CREATE MACRO pg_catalog.array_fill(value, dimensions) AS
    CASE WHEN len(dimensions) > 1 THEN error('array_fill makes arrays of one dimension here')
        ELSE list_transform(generate_series(1, dimensions[1]), lambda i: value) END;
CREATE MACRO pg_catalog.trim_array(list, count) AS list[1:len(list) - count];
-- `x = ANY(list)` in a join's condition (crates/duckling/src/dialect/members.rs).
CREATE MACRO __pintail_is_in(element, list) AS list_contains(list, element);
CREATE MACRO generate_subscripts(list, dimension) AS
    unnest(generate_series(__pintail_first(list),
        CASE WHEN dimension <> 1 THEN -1 ELSE len(list) - 1 + __pintail_first(list) END)::INTEGER[]);
CREATE MACRO generate_subscripts(list, dimension) AS TABLE
    SELECT unnest(generate_series(__pintail_first(list),
        CASE WHEN dimension <> 1 THEN -1 ELSE len(list) - 1 + __pintail_first(list) END)::INTEGER[]) AS generate_subscripts;
-- The place of a row as PostgreSQL writes it: block and number (crates/duckling/src/dialect/ctid.rs).
CREATE MACRO __pintail_ctid(number) AS '(' || (number // 65535) || ',' || (number % 65535 + 1) || ')';
