-- Lists, arrays, structs, maps, unions, enums, lambdas, comprehensions, unnest, JSON.
SELECT [x * 2 FOR x IN [1, 2, 3]], [x FOR x IN range(10) IF x % 3 = 0], [x + i FOR x, i IN [10, 20]], list_transform([1, 2], lambda x: x + 1), list_filter([1, 2, 3], lambda x: x > 1), list_reduce([1, 2, 3], lambda a, b: a * b), list_reduce([1, 2], lambda a, b: a + b, 10);
SELECT list_apply([1, 2], lambda x, i: x * i), array_filter(['a', 'bb'], lambda s: length(s) > 1), filter([1, 2], lambda x: x = 2), reduce(['a', 'b'], lambda x, y: x || y), list_transform([[1, 2], [3]], lambda l: list_sum(l));
SELECT len([1, 2]), length([]), array_length([1, 2, 3]), list_contains([1, 2], 2), list_has([1], 3), array_has(['a'], 'a'), list_position([5, 6], 6), list_indexof([5], 9), list_has_any([1, 2], [2, 3]), list_has_all([1, 2], [2]), [1, 2] && [2], [1, 2] @> [1], [1] <@ [1, 2];
SELECT list_append([1], 2), list_prepend(0, [1]), list_concat([1], [2, 3]), [1] || [2], array_push_back([1], 2), array_push_front([1], 0), array_pop_back([1, 2]), array_pop_front([1, 2]), list_resize([1], 3, 0);
SELECT list_sort([3, 1, NULL, 2]), list_sort([3, 1, 2], 'DESC', 'NULLS FIRST'), list_reverse_sort([1, 3, 2]), list_reverse([1, 2, 3]), list_distinct([1, 1, 2]) IS NOT NULL, list_unique([1, 1, NULL]), list_grade_up([3, 1, 2]), array_reverse(['a', 'b']), list_zip([1, 2], ['a', 'b']), list_where([1, 2, 3], [true, false, true]), list_select(['a', 'b'], [2, 1]), flatten([[1], [2, 3]]);
SELECT list_sum([1, 2]), list_avg([1, 2]), list_min([2, 1]), list_max([2, 1]), list_count([1, NULL]), list_any_value([NULL, 5]), list_first([1, 2]), list_last([1, 2]), list_median([1, 2, 3]), list_string_agg(['a', 'b']), list_aggregate([1, 2], 'sum'), list_product([2, 3]), list_bool_and([true, false]), list_stddev_pop([1, 2]), list_histogram([1, 1]), list_mode([1, 1, 2]), list_unique([1]);
SELECT [1, 2, 3][1], [1, 2, 3][-1], [1, 2, 3][2:], [1, 2, 3][:2], [1, 2, 3, 4][1:4:2], [1, 2, 3][:-:-1], list_slice([1, 2, 3], 1, 2), list_extract(['a'], 1), array_extract([5], 1), [1, 2][5];
SELECT list_value(1, 2), list_pack('a'), range(3), range(1, 4), range(0, 10, 4), generate_series(1, 3), repeat([1], 2), list_cosine_similarity([1.0, 2.0], [2.0, 4.0]), list_distance([1.0, 2.0], [4.0, 6.0]), list_inner_product([1.0, 2.0], [3.0, 4.0]), list_dot_product([1.0], [2.0]), list_intersect([1, 2], [2, 3]);
SELECT array_value(1.0, 2.0)::FLOAT[2], array_distance([1, 2]::FLOAT[2], [4, 6]::FLOAT[2]), array_cosine_similarity([1, 0]::FLOAT[2], [1, 0]::FLOAT[2]), array_cross_product([1, 0, 0]::FLOAT[3], [0, 1, 0]::FLOAT[3]), array_inner_product([1, 2]::DOUBLE[2], [3, 4]::DOUBLE[2]), array_cosine_distance([1, 0]::FLOAT[2], [0, 1]::FLOAT[2]), ([1, 2]::INTEGER[2])[1];
SELECT s.a, s['b'], s.c.d, struct_extract(s, 'a') FROM (SELECT {'a': 1, 'b': 'x', 'c': {'d': [1, 2]}} AS s, [0] AS l) WHERE s.a = 1 AND l[1] = 0;
SELECT struct_pack(a := 1), {'x': 1}.x, struct_insert({'a': 1}, b := 2), struct_update({'a': 1}, a := 5), struct_concat({'a': 1}, {'b': 2}), struct_keys({'a': 1, 'b': 2}), row(1, 2) = row(1, 2), {'a': 1} < {'a': 2}, struct_extract_at(row(7, 8), 2);
SELECT s.* FROM (SELECT {'a': 1, 'b': 2} AS s);
SELECT unnest(s) FROM (SELECT {'a': 1, 'b': 2} AS s);
SELECT m['a'], m['zz'], map_extract(m, 'a'), element_at(m, 'b'), map_keys(m), map_values(m), map_entries(m), cardinality(m), map_contains(m, 'a'), map_contains_value(m, 2), map_contains_entry(m, 'a', 1), map_extract_value(m, 'a') FROM (SELECT MAP {'a': 1, 'b': 2} AS m);
SELECT map_concat(MAP {'a': 1}, MAP {'a': 2, 'b': 3}), map_from_entries([{'k': 1, 'v': 'x'}]), map([1], [2]), MAP {'x': [1]}['x'][1];
SELECT u, union_tag(u), union_extract(u, 'num'), u.str FROM (VALUES (1::UNION(num INTEGER, str VARCHAR)), ('x'), (NULL)) t(u) ORDER BY union_tag(u);
SELECT unnest([1, 2]), unnest(['a', 'b', 'c']);
SELECT unnest([[1, 2], [3]], recursive := true), unnest([{'a': 1, 'b': [2]}], max_depth := 2);
SELECT i, v FROM (SELECT unnest(range(2)) AS i, unnest(['x', 'y']) AS v) ORDER BY i;
--! own subscripts are int4, as PostgreSQL's
SELECT unnest([1, 2, 3]) AS x, generate_subscripts([5, 6, 7], 1) AS i ORDER BY i;
SELECT x, ord FROM UNNEST(['a', 'b']) WITH ORDINALITY AS t(x, ord) ORDER BY ord;
SELECT json('{ "a" : 1 }'), json_valid('{'), to_json([1, 2]), to_json({'a': NULL}), json_array(1, 'x', NULL), json_object('k', 1, 'l', [2]), row_to_json({'a': 1}), array_to_json([1]), json_quote('x'), json_pretty('{"a":[1]}');
SELECT j->'a', j->>'a', j->'b'->0, j->>'$.b[1]', json_extract(j, '$.c.d'), json_extract_string(j, '$.c.d'), json_extract(j, ['a', 'b']), j->'/c/d', json_value(j, '$.a'), json_exists(j, '$.zz') FROM (SELECT '{"a": 1, "b": [true, "x"], "c": {"d": "deep"}}'::JSON AS j);
SELECT json_type(j), json_type(j, '$.a'), json_keys(j), json_array_length(j, 'b'), json_structure(j), json_contains(j, '{"a": 1}'), json_extract(j, '$.b[*]'), json_extract(j, '$..d') FROM (SELECT '{"a": 1, "b": [true, "x"], "c": {"d": "deep"}}'::JSON AS j);
SELECT json_transform('{"a": "1", "b": [1.5]}', '{"a": "INTEGER", "b": ["DOUBLE"]}'), json_transform_strict('{"a": 1}', '{"a": "INTEGER"}'), from_json('[1, 2]', '["BIGINT"]'), json_merge_patch('{"a": 1}', '{"b": 2}'), json_serialize_sql('SELECT 1') IS NOT NULL;
SELECT json_group_array(x), json_group_object(x, x * 2), json_group_structure(to_json(x)) FROM range(3) t(x);
SELECT key, value, type, atom, fullkey, path FROM json_each('{"a": 1, "b": [2]}');
SELECT key, type, fullkey FROM json_tree('{"a": {"b": [1, null]}}') ORDER BY id;
SELECT '{"a": [1, 2]}'::JSON::STRUCT(a INTEGER[]), {'a': [1]}::JSON, '[1, 2]'::JSON::INTEGER[], '"x"'::JSON::VARCHAR, MAP {'a': 1}::JSON, json_deserialize_sql(json_serialize_sql('SELECT 1 + 2'));
SELECT 1::VARIANT, 'x'::VARIANT::VARCHAR, [1, 2]::VARIANT::INTEGER[], typeof(1::VARIANT), ({'a': 1}::VARIANT).a, variant_typeof(1.5::VARIANT);
SELECT NULL::VARIANT, {'a': [1, 'x'::VARIANT]}, [1::VARIANT, 'two'::VARIANT];
SELECT list(s ORDER BY s.a DESC) FROM (VALUES ({'a': 1}), ({'a': 2})) t(s);
SELECT min(l), max(l), count(DISTINCT l) FROM (VALUES ([1, 2]), ([1]), ([1, 2])) t(l);
SELECT x.a, count(*) FROM (VALUES ({'a': 1}), ({'a': 1})) t(x) GROUP BY x.a;
SELECT array_agg([1, 2]), list({'k': 1}), list(MAP {1: 2}), first([NULL]), list(NULL);
SELECT list_transform([1, 2], x -> x + 1);
--! error 42
SELECT {'a': 1}.b;
--! error 42
SELECT MAP {'a': 1, 'b': 'x'}['c'] + [1];
--! error 22
SELECT MAP([1, 1], [2, 3]);
--! error 22
SELECT MAP([NULL], [1]);
--! error 42
SELECT list_transform([1], 5);
--! error 42000
SELECT json_extract('{"a": 1}', '$.[');
--! error 22
SELECT json_transform_strict('{"a": "x"}', '{"a": "INTEGER"}');
--! error 22
SELECT [1, 2]::INTEGER[3];
--! error 42
SELECT unnest(5);
--! error 22
SELECT json('nonsense');
