-- Numeric functions, aggregates, and arithmetic that fails.
SELECT abs(-5), sign(-2.5), ceil(1.2), ceiling(-1.2), floor(-1.5), round(2.567, 2), round(1250, -2), round_even(2.5, 0), trunc(-1.7), even(2.1);
SELECT sqrt(16), cbrt(27), pow(2, 10), power(2, 0.5), exp(1), ln(2), log(100), log10(1000), log2(8), log(2, 8);
SELECT sin(1), cos(1), tan(1), asin(0.5), acos(0.5), atan(1), atan2(1, 2), cot(1), sinh(1), cosh(1), tanh(1), asinh(1), acosh(2), atanh(0.5), pi(), degrees(pi()), radians(180);
SELECT gcd(12, 18), lcm(4, 6), factorial(10), gamma(5), lgamma(5), 17 % 5, mod(17, 5), fmod(5.5, 2), divide(7, 2), add(1, 2), subtract(5, 3), multiply(2, 3), nextafter(1.0::DOUBLE, 2.0::DOUBLE);
SELECT isnan('nan'::DOUBLE), isinf('inf'::FLOAT), isfinite(1.0), signbit(-1.0), bit_count(7), greatest(1, 2.5), least(-1, 0), xor(6, 3), 7 & 3;
SELECT 0.1 + 0.2, 1 / 3, 1.0 / 3, 10 // 3, -7 // 2, -7 % 2, 1.10 * 1.10, 5::DECIMAL(4,1) / 2, 2 ** -1, 1e15 + 0.5;
SELECT 100::TINYINT + 27::TINYINT, 32767::SMALLINT - 1::SMALLINT, 4294967295::UINTEGER + 1::BIGINT, 9223372036854775807::HUGEINT + 1;
SELECT count(*), count(x), count(DISTINCT x), sum(x), avg(x), min(x), max(x), product(x) FROM (VALUES (1), (2), (2), (NULL)) t(x);
SELECT sum(x::DECIMAL(10,2)), avg(x::DECIMAL(10,2)), sum(x::DOUBLE), kahan_sum(x), fsum(x), favg(x), sumKahan(x) FROM (VALUES (1.25), (2.5), (NULL)) t(x);
SELECT stddev(x), stddev_pop(x), variance(x), var_pop(x), skewness(x), kurtosis(x), kurtosis_pop(x), sem(x), entropy(x) FROM range(1, 11) t(x);
SELECT median(x), quantile_cont(x, 0.25), quantile_disc(x, [0.1, 0.9]), mode(x % 3), mad(x), approx_quantile(x, 0.5), reservoir_quantile(x, 0.5) > 0 FROM range(1, 11) t(x);
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x), percentile_disc(0.25) WITHIN GROUP (ORDER BY x DESC), mode() WITHIN GROUP (ORDER BY x % 2) FROM range(1, 12) t(x);
SELECT corr(y, x), covar_pop(y, x), covar_samp(y, x), regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x), regr_count(y, x), regr_avgx(y, x), regr_avgy(y, x), regr_sxx(y, x), regr_sxy(y, x), regr_syy(y, x) FROM (SELECT x, 2 * x + x % 3 AS y FROM range(10) r(x));
SELECT first(x ORDER BY x), last(x ORDER BY x), any_value(x), arbitrary(x), list(x ORDER BY x DESC), array_agg(x ORDER BY x), bit_and(x), bit_or(x), bit_xor(x), bool_and(x > 0), bool_or(x > 2) FROM (VALUES (3), (1), (2)) t(x);
SELECT histogram(x % 3), histogram_exact(x, [0, 1]), map_keys(histogram(x)), approx_count_distinct(x), approx_top_k(x % 2, 1), max(x, 2), min(x, 2), arg_min(x, -x), max_by(x, x), min_by(x, x) FROM range(5) t(x);
SELECT bitstring_agg(x, 0, 7), count_if(x > 2), countif(x = 0), weighted_avg(x, 1), string_agg(x::VARCHAR, '') FROM range(5) t(x);
SELECT x % 2 AS odd, sum(x) FILTER (x > 2), list(x) FILTER (WHERE x < 5), count(*) FROM range(10) t(x) GROUP BY odd ORDER BY odd;
SELECT sum(x), avg(x), max(x), count(x), list(x), string_agg(x::VARCHAR, ',') FROM range(0) t(x);
CREATE SCHEMA c_numbers;
USE c_numbers;
CREATE TABLE ten AS FROM range(10);
SELECT bin, count FROM histogram_values(ten, range, bin_count := 2) ORDER BY ALL;
SELECT bin, count FROM histogram('ten', range, bin_count := 3) ORDER BY ALL;
SELECT generate_series, generate_series * 2 FROM generate_series(1, 10, 3);
SELECT * FROM range(10, 0, -3) ORDER BY range DESC;
SELECT equi_width_bins(0, 10, 2, true), bar(3, 0, 10, 5), can_cast_implicitly(1::INTEGER, 1::BIGINT), round(1.005::DECIMAL(10,3), 2);
SELECT hash(1) IS NOT NULL, uuid_extract_version('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID);
--! nondeterministic
SELECT random() BETWEEN 0 AND 1, random(), gen_random_uuid(), uuidv7(), now();
SELECT setseed(0.5);
--! error 22003
SELECT 2147483647 + 1::INTEGER, 127::TINYINT + 1::TINYINT;
--! error 22003
SELECT 9223372036854775807 + 1::BIGINT;
--! error 22003
SELECT factorial(100);
SELECT 1e308 * 10 + exp(1000);
--! error 22
SELECT sqrt(-1);
--! error 22
SELECT ln(0);
--! error 22003
SELECT sum(x) FROM (VALUES (170141183460469231731687303715884105727::HUGEINT), (1)) t(x);
--! error 42000
SELECT quantile_cont(x, 1.5) FROM range(3) t(x);
SELECT 1 / 0, 1 % 0, 1 // 0, 0.0 / 0;
