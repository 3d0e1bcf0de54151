-- PostgreSQL's names for JSON functions (PostgREST, Hasura, Django's JSONField, Rails). DuckDB's JSON is text: jsonb is JSON here,
-- with keys in the order they came in.
CREATE MACRO pg_catalog.to_jsonb(value) AS to_json(value);
CREATE MACRO pg_catalog.json_typeof(value) AS
    CASE json_type(value) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'
        WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN NULL THEN NULL ELSE 'number' END;
CREATE MACRO pg_catalog.jsonb_typeof(value) AS
    CASE json_type(value) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'
        WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN NULL THEN NULL ELSE 'number' END;
CREATE MACRO pg_catalog.jsonb_array_length(value) AS json_array_length(value)::INTEGER;
CREATE MACRO pg_catalog.jsonb_pretty(value) AS json_pretty(value);
CREATE MACRO pg_catalog.jsonb_strip_nulls(value) AS json_merge_patch('{}', value);
CREATE MACRO pg_catalog.json_strip_nulls(value) AS json_merge_patch('{}', value);
CREATE MACRO pg_catalog.json_agg(value) AS to_json(list(value));
CREATE MACRO pg_catalog.jsonb_agg(value) AS to_json(list(value));
CREATE MACRO pg_catalog.json_object_agg(name, value) AS json_group_object(name, value);
CREATE MACRO pg_catalog.jsonb_object_agg(name, value) AS json_group_object(name, value);
CREATE MACRO pg_catalog.json_array_elements(value) AS unnest(from_json(value, '["JSON"]'));
CREATE MACRO pg_catalog.jsonb_array_elements(value) AS unnest(from_json(value, '["JSON"]'));
CREATE MACRO pg_catalog.json_array_elements_text(value) AS unnest(json_extract_string(value, '$[*]'));
CREATE MACRO pg_catalog.jsonb_array_elements_text(value) AS unnest(json_extract_string(value, '$[*]'));
CREATE MACRO pg_catalog.json_object_keys(value) AS unnest(json_keys(value));
CREATE MACRO pg_catalog.jsonb_object_keys(value) AS unnest(json_keys(value));
-- The same in FROM, and objects' pairs. DuckDB's own json_each has more columns.
CREATE MACRO pg_catalog.json_array_elements(document) AS TABLE SELECT unnest(from_json(document, '["JSON"]')) AS value;
CREATE MACRO pg_catalog.jsonb_array_elements(document) AS TABLE SELECT unnest(from_json(document, '["JSON"]')) AS value;
CREATE MACRO pg_catalog.json_array_elements_text(document) AS TABLE SELECT unnest(json_extract_string(document, '$[*]')) AS value;
CREATE MACRO pg_catalog.jsonb_array_elements_text(document) AS TABLE SELECT unnest(json_extract_string(document, '$[*]')) AS value;
CREATE MACRO pg_catalog.json_object_keys(document) AS TABLE SELECT unnest(json_keys(document)) AS json_object_keys;
CREATE MACRO pg_catalog.jsonb_object_keys(document) AS TABLE SELECT unnest(json_keys(document)) AS jsonb_object_keys;
CREATE MACRO pg_catalog.jsonb_each(document) AS TABLE SELECT each.key, each.value FROM json_each(document) AS each;
CREATE MACRO pg_catalog.json_each_text(document) AS TABLE SELECT each.key, each.value ->> '$' AS value FROM json_each(document) AS each;
CREATE MACRO pg_catalog.jsonb_each_text(document) AS TABLE SELECT each.key, each.value ->> '$' AS value FROM json_each(document) AS each;
-- `#>` and `#>>`, under names that DuckDB's grammar takes for operators.
CREATE MACRO "@->"(document, path) AS json_extract(document, '/' || array_to_string(path::VARCHAR[], '/'));
CREATE MACRO "@->>"(document, path) AS json_extract_string(document, '/' || array_to_string(path::VARCHAR[], '/'));
CREATE MACRO __pintail_json_path(value, one, two) AS json_extract(value, '/' || one || '/' || two);
CREATE MACRO __pintail_json_path_text(value, one, two) AS json_extract_string(value, '/' || one || '/' || two);
-- A value at a path, put in the place of another or beside it; the server reads and writes the document.
CREATE MACRO __pintail_json_change(how, document, path, value, choice) AS
    CASE WHEN document IS NOT NULL AND path IS NOT NULL AND value IS NOT NULL
        THEN __pintail_format(json_array(how, document::VARCHAR, to_json(path::VARCHAR[])::VARCHAR, value::VARCHAR,
            choice::VARCHAR)::VARCHAR)::JSON END;
CREATE MACRO pg_catalog.jsonb_set(document, path, value) AS __pintail_json_change('jsonb_set', document, path, value, true),
    (document, path, value, create_missing) AS __pintail_json_change('jsonb_set', document, path, value, create_missing);
CREATE MACRO pg_catalog.jsonb_insert(document, path, value) AS __pintail_json_change('jsonb_insert', document, path, value, false),
    (document, path, value, insert_after) AS __pintail_json_change('jsonb_insert', document, path, value, insert_after);
