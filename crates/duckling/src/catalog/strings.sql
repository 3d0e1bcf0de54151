-- PostgreSQL's functions of texts that DuckDB lacks. Operators of regular expressions as PostgreSQL means them, which find a
-- part of the text (DuckDB's `~` wants all of it): psql writes OPERATOR(pg_catalog.~), which becomes @~.
CREATE MACRO "@~"(a, b) AS regexp_matches(a, b);
CREATE MACRO "!@~"(a, b) AS NOT regexp_matches(a, b);
CREATE MACRO "~*"(a, b) AS regexp_matches(a, b, 'i');
CREATE MACRO "!~*"(a, b) AS NOT regexp_matches(a, b, 'i');
-- substring(x FROM 'pattern') becomes this; `part` is 1 where the pattern has a group.
CREATE MACRO __pintail_matched(string, pattern, part) AS
    CASE WHEN regexp_matches(string, pattern) THEN regexp_extract(string, pattern, part) END;
-- x LIKE ANY(array) and its kin (crates/duckling/src/dialect/quantified.rs).
CREATE MACRO __pintail_like_any(string, patterns) AS
    CASE WHEN len(patterns) = 0 THEN false ELSE list_bool_or(list_transform(patterns, lambda p: string LIKE p)) END;
CREATE MACRO __pintail_like_all(string, patterns) AS
    CASE WHEN len(patterns) = 0 THEN true ELSE list_bool_and(list_transform(patterns, lambda p: string LIKE p)) END;
CREATE MACRO __pintail_not_like_any(string, patterns) AS
    CASE WHEN len(patterns) = 0 THEN false ELSE list_bool_or(list_transform(patterns, lambda p: string NOT LIKE p)) END;
CREATE MACRO __pintail_not_like_all(string, patterns) AS
    CASE WHEN len(patterns) = 0 THEN true ELSE list_bool_and(list_transform(patterns, lambda p: string NOT LIKE p)) END;
CREATE MACRO __pintail_ilike_any(string, patterns) AS __pintail_like_any(lower(string), list_transform(patterns, lambda p: lower(p)));
CREATE MACRO __pintail_ilike_all(string, patterns) AS __pintail_like_all(lower(string), list_transform(patterns, lambda p: lower(p)));
CREATE MACRO __pintail_not_ilike_any(string, patterns) AS __pintail_not_like_any(lower(string), list_transform(patterns, lambda p: lower(p)));
CREATE MACRO __pintail_not_ilike_all(string, patterns) AS __pintail_not_like_all(lower(string), list_transform(patterns, lambda p: lower(p)));
-- Django's and Rails' introspection, and everybody's reports.
CREATE MACRO pg_catalog.regexp_match(string, pattern) AS
    CASE WHEN regexp_matches(string, pattern) THEN
        CASE WHEN regexp_matches(pattern, '(^|[^\\])\(([^?]|$)') THEN [regexp_extract(string, pattern, 1)]
            ELSE [regexp_extract(string, pattern)] END END;
CREATE MACRO pg_catalog.regexp_substr(string, pattern) AS
    CASE WHEN regexp_matches(string, pattern) THEN regexp_extract(string, pattern) END;
CREATE MACRO pg_catalog.regexp_count(string, pattern) AS len(regexp_extract_all(string, pattern))::INTEGER;
CREATE MACRO pg_catalog.regexp_like(string, pattern) AS regexp_matches(string, pattern),
    (string, pattern, flags) AS
        CASE WHEN contains(flags, 'i') THEN regexp_matches(string, pattern, 'i') ELSE regexp_matches(string, pattern) END;
CREATE MACRO pg_catalog.regexp_instr(string, pattern) AS
    CASE WHEN regexp_matches(string, pattern) THEN strpos(string, regexp_extract(string, pattern)) ELSE 0 END;
CREATE MACRO pg_catalog.regexp_split_to_table(string, pattern) AS unnest(regexp_split_to_array(string, pattern));
CREATE MACRO pg_catalog.regexp_split_to_table(string, pattern) AS TABLE
    SELECT unnest(regexp_split_to_array(string, pattern)) AS regexp_split_to_table;
-- Grafana reads the search path with it.
CREATE MACRO pg_catalog.string_to_array(string, separator) AS TABLE
    SELECT string_split(string, separator) AS string_to_array;
CREATE MACRO pg_catalog.string_to_table(string, separator) AS unnest(string_split(string, separator));
CREATE MACRO pg_catalog.string_to_table(string, separator) AS TABLE
    SELECT unnest(string_split(string, separator)) AS string_to_table;
CREATE MACRO pg_catalog.btrim(string) AS trim(string), (string, characters) AS trim(string, characters);
-- DuckDB's grammar looks for OVERLAY(… PLACING …) in its own schema.
CREATE MACRO overlay(string, new_text, start_at) AS
    substr(string, 1, start_at - 1) || new_text || substr(string, start_at + length(new_text)),
    (string, new_text, start_at, count) AS
    substr(string, 1, start_at - 1) || new_text || substr(string, start_at + count);
CREATE MACRO pg_catalog.quote_ident(name) AS
    CASE WHEN name IS NOT NULL THEN __pintail_format(json_array('quote_ident', name::VARCHAR)::VARCHAR) END;
CREATE MACRO pg_catalog.initcap(string) AS
    CASE WHEN string IS NOT NULL THEN __pintail_format(json_array('initcap', string::VARCHAR)::VARCHAR) END;
CREATE MACRO pg_catalog.parse_ident(name) AS
    CASE WHEN name IS NOT NULL
        THEN from_json(__pintail_format(json_array('parse_ident', name::VARCHAR)::VARCHAR), '["VARCHAR"]') END;
CREATE MACRO pg_catalog.unistr(string) AS
    CASE WHEN string IS NOT NULL THEN __pintail_format(json_array('unistr', string::VARCHAR)::VARCHAR) END;
-- format('%s, %I, %L', …): the dialect sends those with PostgreSQL's placeholders here; DuckDB's own has braces.
CREATE MACRO __pintail_sprintf(pattern, arguments) AS
    CASE WHEN pattern IS NOT NULL THEN __pintail_format(json_array('format', pattern, to_json(arguments)::VARCHAR)::VARCHAR) END;
-- encode(bytes, 'hex'), decode(text, 'base64'): overloads (engine's shim/overloads.cpp); DuckDB's take one argument.
CREATE MACRO __pintail_encode(bytes, form) AS
    CASE lower(form)
        WHEN 'hex' THEN lower(hex(bytes))
        WHEN 'base64' THEN trim(regexp_replace(to_base64(bytes), '(.{76})', '\1' || chr(10), 'g'), chr(10))
        WHEN 'escape' THEN __pintail_format(json_array('bytes_to_escapes', hex(bytes))::VARCHAR)
        ELSE error('unrecognized encoding: "' || form || '"') END;
CREATE MACRO __pintail_decode(string, form) AS
    CASE lower(form)
        WHEN 'hex' THEN unhex(string)
        WHEN 'base64' THEN from_base64(replace(string, chr(10), ''))
        WHEN 'escape' THEN unhex(__pintail_format(json_array('escapes_to_bytes', string)::VARCHAR))
        ELSE error('unrecognized encoding: "' || form || '"') END;
CREATE MACRO pg_catalog.convert_from(bytes, encoding) AS
    CASE WHEN lower(replace(encoding, '-', '')) IN ('utf8', 'unicode', 'sql_ascii') THEN decode(bytes)
        ELSE error('encoding "' || encoding || '" is not available') END;
CREATE MACRO pg_catalog.convert_to(string, encoding) AS
    CASE WHEN lower(replace(encoding, '-', '')) IN ('utf8', 'unicode', 'sql_ascii') THEN encode(string)
        ELSE error('encoding "' || encoding || '" is not available') END;
-- The numbers are not PostgreSQL's. For pg_advisory_lock(hashtext('…')).
CREATE MACRO pg_catalog.hashtext(string) AS ((hash(string) % 4294967296)::BIGINT - 2147483648)::INTEGER;
CREATE MACRO pg_catalog.hashtextextended(string, seed) AS (hash(string, seed) // 2)::BIGINT;
CREATE MACRO pg_catalog.normalize(string) AS nfc_normalize(string);
-- PostgreSQL's names of types. DuckDB's macro says its own in small letters.
CREATE MACRO __pintail_type_name(name) AS
    CASE
        WHEN name LIKE 'DECIMAL%' OR name IN ('HUGEINT', 'UHUGEINT', 'UBIGINT', 'BIGNUM') THEN 'numeric'
        WHEN name LIKE 'STRUCT%' OR name LIKE 'MAP%' OR name LIKE 'UNION%' THEN lower(name)
        ELSE CASE name
            WHEN 'VARCHAR' THEN 'text' WHEN 'DOUBLE' THEN 'double precision' WHEN 'FLOAT' THEN 'real'
            WHEN 'BLOB' THEN 'bytea' WHEN 'TIMESTAMP' THEN 'timestamp without time zone'
            WHEN 'TIMESTAMP_S' THEN 'timestamp without time zone' WHEN 'TIMESTAMP_MS' THEN 'timestamp without time zone'
            WHEN 'TIMESTAMP_NS' THEN 'timestamp without time zone' WHEN 'TIME' THEN 'time without time zone'
            WHEN 'TINYINT' THEN 'smallint' WHEN 'UTINYINT' THEN 'smallint' WHEN 'USMALLINT' THEN 'integer'
            WHEN 'UINTEGER' THEN 'bigint' WHEN '"NULL"' THEN 'unknown' ELSE lower(name) END END;
CREATE MACRO pg_catalog.pg_typeof(value) AS
    __pintail_type_name(regexp_replace(typeof(value), '(\[\d*\])+$', ''))
    || CASE WHEN typeof(value) LIKE '%]' THEN '[]' ELSE '' END;
-- What a value takes in PostgreSQL's rows, near enough to compare columns by.
CREATE MACRO pg_catalog.pg_column_size(value) AS
    CASE WHEN value IS NULL THEN NULL
        ELSE CASE typeof(value) WHEN 'BOOLEAN' THEN 1 WHEN 'TINYINT' THEN 2 WHEN 'SMALLINT' THEN 2 WHEN 'INTEGER' THEN 4
            WHEN 'DATE' THEN 4 WHEN 'FLOAT' THEN 4 WHEN 'BIGINT' THEN 8 WHEN 'DOUBLE' THEN 8 WHEN 'TIMESTAMP' THEN 8
            WHEN 'TIMESTAMP WITH TIME ZONE' THEN 8 WHEN 'TIME' THEN 8 WHEN 'UUID' THEN 16 WHEN 'INTERVAL' THEN 16
            ELSE strlen(value::VARCHAR) + CASE WHEN strlen(value::VARCHAR) < 127 THEN 1 ELSE 4 END END END::INTEGER;
