-- The function families' other names, and what the other files leave out.
CREATE SCHEMA c_more;
USE c_more;
CREATE TABLE m AS SELECT range AS i, range % 3 AS g, range * 1.5 AS d FROM range(12);
SELECT aggregate([1, 2], 'sum'), apply([1], lambda x: x + 1), array_aggr([1, 2], 'max'), array_aggregate([1, 2], 'min'), array_apply([1], lambda x: -x), array_cat([1], [2]), array_concat([1], [2]);
SELECT array_contains([1], 1), list_sort(array_distinct([1, 1])), array_grade_up([2, 1]), array_has_all([1, 2], [1]), array_has_any([1], [2]), array_indexof([1, 2], 2), array_intersect([1, 2], [2]);
SELECT array_position([1, 2], 2), array_reduce([1, 2], lambda a, b: a + b), array_resize([1], 2), array_reverse_sort([1, 2]), array_select([5, 6], [2]), array_sort([2, 1]), array_transform([1], lambda x: x), array_unique([1, 1]), array_where([1, 2], [true, false]), array_zip([1], [2]);
SELECT array_dot_product([1, 2]::FLOAT[2], [3, 4]::FLOAT[2]), array_negative_dot_product([1]::FLOAT[1], [2]::FLOAT[1]), array_negative_inner_product([1]::FLOAT[1], [2]::FLOAT[1]), list_cosine_distance([1.0, 0.0], [0.0, 1.0]), list_negative_dot_product([1.0], [2.0]), list_negative_inner_product([1.0], [2.0]);
SELECT array_append([1], 2), array_prepend(0, [1]), array_to_string_comma_default([1, 2]), list_cat([1], [2]), grade_up([2, 1]), struct_contains((1, 2), 2), struct_has((1, 2), 3), struct_position((1, 2), 2), struct_indexof((1, 2), 1), struct_values((1, 2));
SELECT list_approx_count_distinct([1, 1]), list_bit_and([3, 1]), list_bit_or([1, 2]), list_bit_xor([1, 3]), list_bool_or([false, true]), round(list_entropy([1, 2]), 6), list_kurtosis([1, 2, 3, 9]), list_kurtosis_pop([1, 2, 3, 9]), list_mad([1, 2, 4]), round(list_sem([1, 2]), 6), list_skewness([1, 2, 9]), list_stddev_samp([1, 3]), list_var_pop([1, 3]), list_var_samp([1, 3]);
SELECT character_length('abc'), right_grapheme('ab🦆', 1), str_split_regex('a1b', '[0-9]'), regexp_split_to_array('a,b', ','), md5_number_lower('x') IS NOT NULL, md5_number_upper('x') IS NOT NULL, from_hex('41'), from_binary('01000001'), icu_sort_key('a', 'de') IS NOT NULL, not_ilike_escape('a', 'B', '$');
SELECT regexp_split_to_table('a b c', ' ');
SELECT dayofmonth(DATE '2024-02-29'), weekofyear(DATE '2024-02-29'), days_in_month(DATE '2024-02-01'), timezone_hour(TIMESTAMPTZ '2024-01-01 00:00:00+00'), timezone_minute(TIMESTAMPTZ '2024-01-01 00:00:00+00'), make_timestamp_ns(1700000000000000001), normalized_interval(INTERVAL 40 DAYS), timetz_byte_comparable('12:00:00+02'::TIMETZ) IS NOT NULL;
SELECT greatest_common_divisor(12, 18), least_common_multiple(4, 6), fdiv(7, 2), fmod(7.5, 2), roundbankers(2.5, 0), enum_range_boundary('a'::ENUM ('a', 'b'), 'b'::ENUM ('a', 'b'));
SELECT json_extract_path('{"a": {"b": 1}}', '$.a.b'), json_extract_path_text('{"a": "x"}', 'a'), from_json_strict('{"a": 1}', '{"a": "INTEGER"}'), json_serialize_plan('SELECT 1') IS NOT NULL;
SELECT argmax(i, d), argmin(i, d), arg_max_null(i, d), arg_min_null(i, d), arg_max_nulls_last(i, d), arg_min_nulls_last(i, d), mean(i), quantile(i, 0.5), stddev_samp(i), var_samp(i), geomean(d + 1), geometric_mean(d + 1), wavg(d, i), weighted_avg(d, i) FROM m;
SELECT g, count(), count_star() FROM m GROUP BY g ORDER BY g;
SELECT i, rank_dense() OVER (ORDER BY g) FROM m ORDER BY i;
SELECT uuid_extract_version(uuidv4()), parse_formatted_bytes('1 KiB'), get_type(1)::VARCHAR, replace_type(1, NULL::INTEGER, NULL::VARCHAR), remap_struct({'a': 1}, NULL::STRUCT(b INTEGER), {'b': 'a'}, NULL), variant_extract({'a': 1}::VARIANT, 'a')::INTEGER, vector_type(1) IS NOT NULL;
SELECT uuid_extract_timestamp('018f3f58-0f5e-7b0c-8f53-2b1b0e0b1b1b'::UUID), switch(2, MAP {1: 'a', 2: 'b'}, 'c'), current_catalog(), in_search_path('my_db', 'c_more'), format_pg_type('INTEGER', NULL), map_to_pg_oid('VARCHAR');
SELECT ago(INTERVAL 1 DAY) < now(), typeof(get_current_time()), typeof(current_localtime()), typeof(current_localtimestamp());
--! own they are of the connection
SELECT inet_client_addr(), inet_server_addr(), inet_server_port();
--! own type: PostgreSQL's integer
SELECT inet_client_port();
SELECT ST_AsText('POINT (1 2)'::GEOMETRY), 'LINESTRING (0 0, 1 1)'::GEOMETRY, ST_AsWKB('POINT (1 2)'::GEOMETRY), ST_GeomFromWKB(ST_AsWKB('POINT (3 4)'::GEOMETRY)), ST_Intersects_Extent('POINT (1 2)'::GEOMETRY, 'POINT (1 2)'::GEOMETRY);
--! own databases
FROM pragma_database_size() SELECT database_name;
FROM pragma_storage_info('m') SELECT column_name, segment_type ORDER BY ALL;
FROM pragma_show('m');
FROM pragma_platform() SELECT count(*);
--! nondeterministic
SELECT count(*) > 0 FROM pragma_metadata_info();
SELECT collname FROM pragma_collations() WHERE collname LIKE 'n%' ORDER BY ALL;
SELECT database_name, schema_name FROM duckdb_schemas() WHERE schema_name = 'c_more';
SELECT database_name, readonly, internal FROM duckdb_databases() WHERE database_name = 'my_db';
SELECT count(*) FROM duckdb_dependencies() WHERE classid < 0;
SELECT type FROM duckdb_secret_types() WHERE type = 'nothing';
SELECT count(*) FROM duckdb_prepared_statements();
SELECT count(*) > 0 FROM duckdb_memory();
SELECT * FROM icu_calendar_names() WHERE name = 'gregorian';
SELECT * FROM summary((SELECT 1 AS a)) LIMIT 1;
SELECT count(*) FROM test_vector_types(NULL::INTEGER);
--! own databases
PRAGMA database_size;
--! own databases
PRAGMA show_databases;
--! error 42601
PRAGMA show('m');
PRAGMA storage_info('m');
PRAGMA version;
PRAGMA platform;
--! refused scalar-function 0A000
SELECT write_log('x');
--! nondeterministic
SELECT current_connection_id(), current_query_id(), current_transaction_id();
--! refused local-file 42501
FROM read_text('/etc/passwd');
--! refused local-file 42501
FROM glob('*');
--! refused local-file 42501
FROM sniff_csv('x.csv');
--! refused local-file 42501
COPY (SELECT 1) TO '/tmp/x.parquet' (FORMAT parquet);
--! refused setting 0A000
SET enable_external_access = true;
--! refused pragma 0A000
PRAGMA enable_profiling;
--! refused pragma 0A000
PRAGMA disable_optimizer;
