-- Dates, times, timestamps, intervals, time zones.
SELECT year(d), month(d), day(d), quarter(d), week(d), weekday(d), isodow(d), dayofweek(d), dayofyear(d), yearweek(d), isoyear(d), decade(d), century(d), millennium(d), era(d), julian(d), epoch(d), last_day(d), dayname(d), monthname(d) FROM (SELECT DATE '2024-02-29' AS d);
SELECT hour(t), minute(t), second(t), millisecond(t), microsecond(t), nanosecond(t), epoch(t), epoch_ms(t), epoch_us(t), epoch_ns(t) FROM (SELECT TIMESTAMP '2024-02-29 12:34:56.789123' AS t);
SELECT extract(year FROM DATE '2024-05-06'), extract('dow' FROM DATE '2024-05-06'), extract(epoch FROM INTERVAL 1 DAY), date_part('month', DATE '2024-05-06'), date_part(['year', 'month'], DATE '2024-05-06'), datepart('hour', TIME '12:34:56'), extract(timezone FROM TIMETZ '12:00:00+02');
SELECT date_trunc('month', TIMESTAMP '2024-02-29 12:34:56'), datetrunc('week', DATE '2024-02-29'), date_trunc('hour', INTERVAL '1 day 02:03:04'), date_trunc('decade', DATE '2024-02-29'), time_bucket(INTERVAL 2 WEEK, DATE '2024-02-29'), time_bucket(INTERVAL 10 MINUTE, TIMESTAMP '2024-02-29 12:34:56', INTERVAL 5 MINUTE);
SELECT date_diff('day', DATE '2024-01-01', DATE '2024-03-01'), datediff('month', DATE '2024-01-31', DATE '2024-02-01'), date_sub('month', DATE '2024-01-31', DATE '2024-02-01'), datesub('hour', TIMESTAMP '2024-01-01 00:59:00', TIMESTAMP '2024-01-01 02:00:00'), age(TIMESTAMP '2024-02-29', TIMESTAMP '2000-01-01');
SELECT DATE '2024-01-31' + 1, DATE '2024-01-31' - DATE '2024-01-01', DATE '2024-01-31' + INTERVAL 1 MONTH, TIMESTAMP '2024-01-01' - INTERVAL '01:30:00', TIME '12:00:00' + INTERVAL 13 HOURS, TIMESTAMP '2024-02-01' - TIMESTAMP '2024-01-01', date_add(DATE '2024-01-01', INTERVAL 1 DAY);
SELECT INTERVAL 1 DAY * 3, INTERVAL '2 hours' / 4, INTERVAL 1 MONTH + INTERVAL 1 DAY, INTERVAL 30 DAYS = INTERVAL 1 MONTH, INTERVAL '-1 days 02:03', INTERVAL '1 year 2 months -3 days';
SELECT to_years(1), to_months(14), to_weeks(1), to_days(2), to_hours(25), to_minutes(90), to_seconds(1.5), to_milliseconds(1500), to_microseconds(5), to_quarters(1), to_decades(1), to_centuries(1), to_millennia(1);
SELECT make_date(2024, 2, 29), make_time(12, 34, 56.5), make_timestamp(2024, 2, 29, 12, 34, 56.5), make_timestamp(1700000000000000), make_timestamp_ms(1700000000000), make_date(19000), make_date({'year': 2024, 'month': 1, 'day': 2}), make_timestamptz(2024, 1, 2, 3, 4, 5), to_timestamp(1700000000.5), epoch_ms(1700000000000);
SELECT strftime(DATE '2024-02-29', '%d.%m.%Y %A %j'), strftime(TIMESTAMP '2024-02-29 12:34:56.789', '%c | %x | %X | %f | %g | %I %p'), strptime('29/02/2024 12:34', '%d/%m/%Y %H:%M'), strptime('4', ['%Y', '%d']), try_strptime('x', '%Y'), strptime('2024-02-29 12:00 +0200', '%Y-%m-%d %H:%M %z');
SELECT greatest(DATE '2024-01-01', DATE '2023-01-01'), isfinite('infinity'::DATE), isinf('-infinity'::TIMESTAMP), 'infinity'::DATE > DATE '9999-12-31', DATE '2024-01-01' BETWEEN DATE '2023-01-01' AND DATE '2025-01-01';
SELECT TIMESTAMP '2024-07-01 12:00:00' AT TIME ZONE 'Europe/Berlin', TIMESTAMPTZ '2024-07-01 12:00:00+00' AT TIME ZONE 'America/New_York', timezone('Asia/Tokyo', TIMESTAMP '2024-07-01 12:00:00'), TIMESTAMPTZ '2024-07-01 12:00:00+00'::DATE;
SELECT year(t), hour(t), date_trunc('day', t), t + INTERVAL 1 DAY, t - TIMESTAMPTZ '2024-01-01 00:00:00+00', strftime(t, '%H:%M'), timezone(t), t::TIMETZ FROM (SELECT TIMESTAMPTZ '2024-07-01 12:00:00+00' AS t);
SELECT * FROM generate_series(DATE '2024-01-30', DATE '2024-02-02', INTERVAL 1 DAY) t(d);
SELECT * FROM range(TIMESTAMP '2024-01-01', TIMESTAMP '2024-01-01 03:00', INTERVAL 1 HOUR) t(ts);
SELECT range(DATE '2024-01-01', DATE '2024-03-01', INTERVAL 1 MONTH), generate_series(TIMESTAMPTZ '2024-03-31 00:00:00+00', TIMESTAMPTZ '2024-03-31 02:00:00+00', INTERVAL 1 HOUR);
--! error 42601
SELECT INTERVAL '1:30' HOUR TO MINUTE;
--! error 42846
SELECT TIMESTAMPTZ '2024-07-01 12:00:00+00'::TIME;
SET TimeZone = 'Europe/Berlin';
SELECT TIMESTAMPTZ '2024-07-01 12:00:00+00', '2024-03-31 02:30:00'::TIMESTAMPTZ, TIMESTAMP '2024-07-01 12:00:00'::TIMESTAMPTZ, hour(TIMESTAMPTZ '2024-01-01 12:00:00+00');
SELECT DATE '2024-07-01'::TIMESTAMPTZ, '12:00:00+02'::TIMETZ, date_trunc('day', TIMESTAMPTZ '2024-07-01 23:00:00+00'), time_bucket(INTERVAL 1 DAY, TIMESTAMPTZ '2024-07-01 23:00:00+00');
SET TimeZone = 'America/New_York';
SELECT t, t::TIMESTAMP, t::VARCHAR FROM (SELECT unnest([TIMESTAMPTZ '2024-03-10 06:59:00+00', TIMESTAMPTZ '2024-03-10 07:00:00+00', TIMESTAMPTZ '1883-11-18 17:00:00+00']) AS t) ORDER BY t;
SET TimeZone = 'UTC';
SELECT count(*) > 400 FROM pg_timezone_names();
SELECT name, abbrev, utc_offset FROM pg_timezone_names() WHERE name IN ('Asia/Kathmandu', 'UTC') ORDER BY name;
--! nondeterministic
SELECT now(), current_timestamp, current_date, current_time, localtime, localtimestamp, today(), transaction_timestamp(), get_current_timestamp();
SELECT now() = transaction_timestamp(), current_date = today(), typeof(now()), typeof(localtimestamp);
SELECT datetrunc('minute', TIMESTAMP '1969-12-31 23:59:59.999999'), epoch(TIMESTAMP '1969-12-31 23:59:59.5'), '1992-09-20 11:30:00.123456789'::TIMESTAMP_NS, epoch_ns('1992-09-20 11:30:00.123456789'::TIMESTAMP_NS);
--! error 22
SELECT DATE '2024-01-01' + INTERVAL 10000000 YEARS;
--! error 22
SELECT strptime('x', '%Y');
--! error 22
SELECT make_date(2024, 13, 1);
--! error 22
SELECT date_part('nonsense', DATE '2024-01-01');
--! error 22
SELECT TIMESTAMP '2024-01-01 25:00:00';
--! error 22
SELECT TIMESTAMPTZ '2024-01-01 00:00:00 Mars/Olympus';
--! error 22
SELECT INTERVAL 'x days';
--! error 22
SELECT '99999-99-99'::DATE;
