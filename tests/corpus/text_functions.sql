-- Strings, patterns, regular expressions, blobs, bits, formatting.
SELECT upper('abc'), lower('ÄBC'), ucase('x'), lcase('X'), reverse('añb'), repeat('ab', 3);
SELECT length('🦆a'), char_length('abc'), strlen('🦆'), bit_length('abc'), octet_length('abc'::BLOB), length_grapheme('🤦🏼‍♂️');
SELECT left('hello', 2), right('hello', 3), left('hello', -1), left_grapheme('🤦🏼‍♂️x', 1), substring('hello', 2, 3), substr('hello', -3), substring('hello' FROM 2 FOR 2), substring_grapheme('ab🦆c', 3, 1);
SELECT trim('  x  '), ltrim('xxa', 'x'), rtrim('axx', 'x'), trim(BOTH 'x' FROM 'xax'), trim('>>x<<', '<>'), lpad('5', 3, '0'), rpad('5', 3, '-');
SELECT concat('a', NULL, 1, true), concat_ws('-', 'a', NULL, 'b'), 'a' || 1 || true, 'a' || NULL, array_to_string([1, 2], ','), list_concat(['a'], ['b']);
SELECT replace('banana', 'an', '-'), translate('hello', 'el', 'ip');
SELECT position('b' IN 'abc'), strpos('abc', 'c'), instr('abc', 'd'), contains('abc', 'b'), starts_with('abc', 'ab'), prefix('abc', 'a'), suffix('abc', 'c'), ends_with('abc', 'bc'), 'abc' ^@ 'a';
SELECT split('a,b,,c', ','), string_split('a b', ' '), str_split('x', ''), string_to_array('1-2', '-'), split_part('a-b-c', '-', 2), split_part('a-b-c', '-', -1), string_split_regex('a1b22c', '[0-9]+');
SELECT regexp_matches('hello', 'l+'), regexp_full_match('hello', 'h.*o'), regexp_extract('a1b2', '([a-z])([0-9])', 2), regexp_extract('2024-05', '(\d+)-(\d+)', ['y', 'm']), regexp_extract_all('a1b2', '[0-9]');
SELECT regexp_replace('banana', 'a', 'o'), regexp_replace('banana', 'a', 'o', 'g'), regexp_replace('Hello', 'h', 'J', 'i'), regexp_escape('a.b'), 'abc' ~ 'a.c', 'abc' !~ 'a', 'abc' ~~ 'a%', 'ABC' ~~* 'a%', 'abc' !~~ 'b%';
SELECT like_escape('a%b', 'a$%b', '$'), not_like_escape('ab', 'a', '$'), ilike_escape('A%', 'a$%', '$'), 'a_b' LIKE 'a\_b' ESCAPE '\', 'abc' SIMILAR TO 'a(b|x)c', 'abc' GLOB 'a?c';
SELECT ascii('A'), unicode('🦆'), ord('a'), chr(65), to_base(255, 16), to_hex(255), hex('duck'), unhex('6475636B'), bin(5), to_binary('a'), unbin('01100001');
SELECT md5('duck'), sha1('duck'), sha256('duck'), md5_number('x') > 0, hash('duck') = hash('duck');
SELECT base64('duck'::BLOB), to_base64('x'::BLOB), from_base64('ZHVjaw=='), encode('ü'), decode('\xC3\xBC'::BLOB), url_encode('a b&c'), url_decode('a%20b');
SELECT format('{} is {:.2f} and {:05d}', 'x', 1.5, 42), printf('%s-%d-%.1f', 'a', 5, 2.25), format('{:,}', 1234567), format('{1}{0}', 'a', 'b'), formatReadableSize(123456789), format_bytes(1024), formatReadableDecimalSize(1000);
SELECT levenshtein('duck', 'duke'), editdist3('a', 'b'), hamming('duck', 'luck'), jaccard('duck', 'luck'), jaro_similarity('duck', 'duke'), jaro_winkler_similarity('duck', 'duke'), damerau_levenshtein('duck', 'dcuk'), mismatches('ab', 'ac');
SELECT strip_accents('mühleisen'), nfc_normalize('u' || chr(776)), parse_path('/a/b.csv', '/'), parse_filename('/a/b.csv', true), parse_dirname('/a/b'), parse_dirpath('/a/b/c');
SELECT string_agg(x, ';' ORDER BY x DESC), group_concat(x), listagg(x, '|') FROM (VALUES ('a'), ('b'), ('c')) t(x);
SELECT 'a' < 'B', 'a' COLLATE NOCASE = 'A', 'ä' COLLATE NOACCENT = 'a', 'Z' COLLATE NOCASE < 'a';
SELECT x FROM (VALUES ('b'), ('A'), ('ä'), ('a')) t(x) ORDER BY x COLLATE NOCASE.NOACCENT, x;
SELECT x FROM (VALUES ('Ñ'), ('N'), ('o')) t(x) ORDER BY x COLLATE es, x;
SELECT 'one
two' AS newline, 'tab	here' AS tab;
--! error 42601
SELECT E'\u00e9';
SELECT bit_count('10110'::BIT), bit_position('1'::BIT, '001'::BIT), get_bit('0110'::BIT, 1), set_bit('0110'::BIT, 0, 1), '101'::BIT & '110'::BIT, '101'::BIT | '010'::BIT, ~'101'::BIT, xor('101'::BIT, '100'::BIT), '101'::BIT << 1, '101'::BIT || '0'::BIT, 5::BIT::INTEGER;
SELECT 'ab'::BLOB || 'c'::BLOB, octet_length('\xAA\xBB'::BLOB), 'a'::BLOB < 'b'::BLOB, repeat('ab'::BLOB, 2), create_sort_key('a', 'ASC NULLS LAST') IS NOT NULL;
SELECT trim(e), length(e) FROM (VALUES (''), (' '), (NULL)) t(e) ORDER BY e;
SELECT array_extract('duck', 1), list_element('duck', 2), array_slice('duck', 2, 3), ('duck')[0], ('duck')[9];
--! error 42883
SELECT nosuchfunction(1);
--! error 42
SELECT upper(1, 2, 3);
--! error 22
SELECT regexp_matches('x', '(');
--! error 22
SELECT from_base64('!');
--! error 22
SELECT chr(-1);
--! error 22
SELECT decode('\xFF'::BLOB);
--! error 22
SELECT format('{:d}', 'x');
--! error 42
SELECT 'a' LIKE 1 + 1 LIKE;
--! error 42601
SELECT U&'d\0061t';
