-- Every type: literals, casts, edges, nested ones.
CREATE SCHEMA c_types;
USE c_types;
SELECT true, false, NULL::BOOLEAN, 't'::BOOLEAN, 1::BOOLEAN, 'no'::BOOL;
SELECT (-128)::TINYINT, 127::TINYINT, 255::UTINYINT, (-32768)::SMALLINT, 65535::USMALLINT;
SELECT 2147483647::INTEGER, 4294967295::UINTEGER, (-9223372036854775808)::BIGINT, 18446744073709551615::UBIGINT;
SELECT 170141183460469231731687303715884105727::HUGEINT, 340282366920938463463374607431768211455::UHUGEINT, 123456789012345678901234567890123456789012345678901234567890::BIGNUM;
SELECT 1.5::REAL, 0.1::FLOAT4, 1e308::DOUBLE, 5e-324, '-0'::DOUBLE, 'NaN'::FLOAT, 'inf'::DOUBLE, '-Infinity'::DOUBLE;
SELECT 1.10::DECIMAL(4,2), 99999999999999999999999999999999999999::DECIMAL(38,0), -0.5::DECIMAL(1,1), 12.345::DECIMAL(10,2), 1::NUMERIC;
SELECT 'text'::VARCHAR, 'c'::CHAR, 'padded  '::CHAR(3), ''::TEXT, 'a'::STRING, chr(128512);
SELECT '\x00\xFFabc'::BLOB, 'abc'::BYTEA, ''::BLOB, X'DEADBEEF';
SELECT '101010'::BIT, '0'::BITSTRING, bitstring('11', 8);
SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::UUID;
SELECT DATE '2024-02-29', '1969-07-20'::DATE, '0001-01-01'::DATE, '5877642-06-25 (BC)'::DATE, 'infinity'::DATE, '-infinity'::DATE, 'epoch'::DATE;
SELECT TIME '12:34:56.789', '00:00:00'::TIME, '24:00:00'::TIME, '23:59:59.999999'::TIME, '12:34:56.123456789'::TIME_NS;
SELECT '12:34:56+02'::TIMETZ, '00:00:00-15:59:59'::TIME WITH TIME ZONE;
SELECT TIMESTAMP '2024-02-29 12:34:56.789', '2024-02-29T00:00:00'::TIMESTAMP, '290309-12-22 (BC) 00:00:00'::TIMESTAMP, 'infinity'::TIMESTAMP;
SELECT '2024-02-29 12:34:56'::TIMESTAMP_S, '2024-02-29 12:34:56.789'::TIMESTAMP_MS, '2024-02-29 12:34:56.123456789'::TIMESTAMP_NS;
SELECT TIMESTAMPTZ '2024-02-29 12:34:56+02', '2024-07-01 12:00:00 America/New_York'::TIMESTAMPTZ, '-infinity'::TIMESTAMPTZ;
SELECT INTERVAL 1 YEAR, INTERVAL '3' MONTH, INTERVAL '1 day 02:03:04.5', '5 minutes'::INTERVAL, INTERVAL (2 + 3) DAYS, -INTERVAL 1 HOUR, INTERVAL '1' WEEK;
SELECT [1, 2, NULL], []::INTEGER[], ['a', 'b,c', 'd"e', ''], [[1], [2, 3], []], [DATE '2024-01-01'], NULL::INTEGER[];
SELECT array_value(1, 2, 3), [1.5, 2.5]::DOUBLE[2], [[1, 2], [3, 4]]::INTEGER[2][2];
SELECT {'a': 1, 'b': 'x', 'c': NULL}, {'nested': {'list': [1, 2], 'date': DATE '2024-01-01'}}, row(1, 'two'), struct_pack(k := 1, v := [true]);
SELECT MAP {'k': 1, 'l': NULL}, MAP([1, 2], ['one', 'two']), MAP {}, MAP {[1, 2]: {'a': 1}}, map_from_entries([(1, 'x')]);
SELECT union_value(num := 2), union_value(str := 'two')::UNION(num INTEGER, str VARCHAR), 1::UNION(num INTEGER, str VARCHAR);
SELECT 'ok'::ENUM ('sad', 'ok'), ['ok', NULL]::ENUM ('sad', 'ok')[];
SELECT '{"a": [1, 2.5, null], "b": "x"}'::JSON, 'null'::JSON, '[1]'::JSON[1], ['1', '"x"']::JSON[];
SELECT ['1'::BLOB], ['101'::BIT], ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID], [TIME '01:02:03'], [INTERVAL 1 DAY], [1::HUGEINT], [1.5::DECIMAL(5,2)], [true];
SELECT typeof(1), typeof(1.5), typeof('x'), typeof(NULL), typeof([1]), typeof({'a': 1}), typeof(MAP {1: 'x'}), typeof(DATE '2024-01-01'), typeof(1e5);
SELECT CAST('42' AS INTEGER), '42'::BIGINT, TRY_CAST('x' AS INTEGER), TRY_CAST('2024-13-01' AS DATE), CAST(3.7 AS INTEGER), CAST(-2.5 AS INTEGER);
SELECT cast_to_type('7', 1), '1,5'::VARCHAR, 65::VARCHAR, 1.50::DECIMAL(5,2)::VARCHAR, true::INTEGER, DATE '2024-01-01'::TIMESTAMP;
SELECT [1, 2]::VARCHAR, '[1, 2]'::INTEGER[], {'a': 1}::VARCHAR, '{a: 1}'::STRUCT(a INTEGER), [1, 2]::BIGINT[], {'a': 1}::STRUCT(a VARCHAR);
SELECT COALESCE(NULL, 1), IFNULL(NULL, 'x'), NULLIF(1, 1), NULLIF(1, 2), least(3, 1, NULL), greatest('a', 'b');
CREATE TABLE every (b BOOLEAN, ti TINYINT, si SMALLINT, i INTEGER, bi BIGINT, hi HUGEINT, uti UTINYINT, usi USMALLINT, ui UINTEGER, ubi UBIGINT, uhi UHUGEINT, f FLOAT, d DOUBLE, dec DECIMAL(18,4), v VARCHAR, bl BLOB, bt BIT, u UUID, dt DATE, t TIME, tz TIMETZ, ts TIMESTAMP, tss TIMESTAMP_S, tsm TIMESTAMP_MS, tsn TIMESTAMP_NS, tstz TIMESTAMPTZ, iv INTERVAL, l INTEGER[], a INTEGER[2], s STRUCT(x INTEGER, y VARCHAR), m MAP(VARCHAR, INTEGER), un UNION(n INTEGER, s VARCHAR), j JSON, e ENUM ('p', 'q'));
INSERT INTO every VALUES (true, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1.5, 2.5, 3.25, 'v', 'b'::BLOB, '1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-01-01', '01:02:03', '01:02:03+01', '2024-01-01 01:02:03', '2024-01-01 01:02:03', '2024-01-01 01:02:03', '2024-01-01 01:02:03', '2024-01-01 01:02:03+00', INTERVAL 1 DAY, [1, 2], [3, 4], {'x': 1, 'y': 'z'}, MAP {'k': 1}, 5, '{"a": 1}', 'p');
INSERT INTO every (b) VALUES (NULL);
SELECT * FROM every ORDER BY b;
DESCRIBE every;
SELECT * FROM test_all_types() LIMIT 0;
SELECT bool, tinyint, smallint, int, bigint, hugeint, uhugeint, utinyint, usmallint, uint, ubigint FROM test_all_types();
SELECT date, time, timestamp, timestamp_s, timestamp_ms, timestamp_ns, time_tz, timestamp_tz FROM test_all_types();
SELECT float, double, dec_4_1, dec_9_4, dec_18_6, dec38_10, uuid, interval, varchar, blob, bit FROM test_all_types();
SELECT small_enum, medium_enum, large_enum FROM test_all_types();
SELECT int_array, double_array, date_array, timestamp_array, timestamptz_array, varchar_array FROM test_all_types();
SELECT nested_int_array, struct, struct_of_arrays, array_of_structs, map, "union" FROM test_all_types();
SELECT fixed_int_array, fixed_varchar_array, fixed_nested_int_array, fixed_struct_array, struct_of_fixed_array, fixed_array_of_int_list, list_of_fixed_int_array FROM test_all_types();
--! error 22
SELECT 'x'::INTEGER;
--! error 22
SELECT 'maybe'::BOOLEAN;
--! error 22
SELECT '2024-02-30'::DATE;
--! error 22
SELECT 300::TINYINT;
SELECT 1e400::FLOAT;
--! error 22
SELECT 'zzz'::UUID;
--! error 22
SELECT '123.456'::DECIMAL(3,2);
--! error 22
SELECT '{"a":'::JSON;
--! error 22
SELECT 'x'::ENUM ('a', 'b');
--! error 22
SELECT '\xZZ'::BLOB;
--! error 22
SELECT '102'::BIT;
--! error 22
SELECT '[1, x]'::INTEGER[];
--! error 42
SELECT [1, 2]::INTEGER;
--! error 42
SELECT {'a': 1}::INTEGER;
--! error 42
SELECT 1 + DATE '2024-01-01' * 2;
--! error 42704
SELECT 1::nosuchtype;
