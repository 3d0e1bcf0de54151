-- PostgreSQL's functions of moments that DuckDB lacks. Patterns are read by the server (`crate::pattern`): what it gets is a
-- value's text with its type.
CREATE MACRO pg_catalog.to_char(value, pattern) AS
    CASE WHEN value IS NOT NULL AND pattern IS NOT NULL
        THEN __pintail_format(json_array('to_char', typeof(value), value::VARCHAR, pattern)::VARCHAR) END;
CREATE MACRO pg_catalog.to_date(string, pattern) AS
    CASE WHEN string IS NOT NULL AND pattern IS NOT NULL
        THEN __pintail_format(json_array('to_date', string, pattern)::VARCHAR)::DATE END;
CREATE MACRO __pintail_to_timestamp(string, pattern) AS
    CASE WHEN string IS NOT NULL AND pattern IS NOT NULL
        THEN __pintail_format(json_array('to_timestamp', string, pattern)::VARCHAR)::TIMESTAMPTZ END;
CREATE MACRO pg_catalog.to_number(string, pattern) AS
    CASE WHEN string IS NOT NULL AND pattern IS NOT NULL
        THEN __pintail_format(json_array('to_number', string, pattern)::VARCHAR)::DOUBLE END;
-- The clock, not the transaction's beginning. DuckDB's own now() is the transaction's.
CREATE MACRO pg_catalog.clock_timestamp() AS make_timestamptz(__pintail_tell('clock')::BIGINT);
CREATE MACRO pg_catalog.statement_timestamp() AS make_timestamptz(__pintail_tell('statement_clock')::BIGINT);
CREATE MACRO pg_catalog.timeofday() AS strftime(make_timestamptz(__pintail_tell('clock')::BIGINT), '%a %b %d %H:%M:%S.%f %Y %Z');
CREATE MACRO __pintail_trunc_in(part, moment, zone) AS
    timezone(zone, date_trunc(part, timezone(zone, moment)));
CREATE MACRO pg_catalog.date_bin(stride, moment, origin) AS time_bucket(stride::INTERVAL, moment, origin);
CREATE MACRO pg_catalog.make_interval(years := 0, months := 0, weeks := 0, days := 0, hours := 0, mins := 0, secs := 0) AS
    to_years(years) + to_months(months) + to_days((weeks * 7 + days)::INTEGER) + to_hours(hours) + to_minutes(mins)
    + to_microseconds((secs * 1000000)::BIGINT);
CREATE MACRO __pintail_clock_us(span) AS
    date_part('hour', span) * 3600000000 + date_part('minute', span) * 60000000 + date_part('microsecond', span);
CREATE MACRO pg_catalog.justify_hours(span) AS
    to_months((date_part('year', span) * 12 + date_part('month', span))::INTEGER)
    + to_days((date_part('day', span) + trunc(__pintail_clock_us(span) / 86400000000))::INTEGER)
    + to_microseconds((__pintail_clock_us(span) % 86400000000)::BIGINT);
CREATE MACRO pg_catalog.justify_days(span) AS
    to_months((date_part('year', span) * 12 + date_part('month', span) + trunc(date_part('day', span) / 30))::INTEGER)
    + to_days((date_part('day', span) % 30)::INTEGER) + to_microseconds(__pintail_clock_us(span)::BIGINT);
CREATE MACRO pg_catalog.justify_interval(span) AS
    pg_catalog.justify_days(pg_catalog.justify_hours(span));
-- (a, b) OVERLAPS (c, d): DuckDB's grammar calls a function of this name, and has none. The second of a pair may be an interval.
CREATE MACRO __pintail_end(beginning, ending) AS
    CASE WHEN typeof(ending) = 'INTERVAL' THEN beginning::TIMESTAMPTZ + ending::VARCHAR::INTERVAL
        ELSE ending::VARCHAR::TIMESTAMPTZ END;
CREATE MACRO "overlaps"(a, b, c, d) AS
    a::TIMESTAMPTZ = c::TIMESTAMPTZ
    OR (least(a::TIMESTAMPTZ, __pintail_end(a, b)) < greatest(c::TIMESTAMPTZ, __pintail_end(c, d))
        AND least(c::TIMESTAMPTZ, __pintail_end(c, d)) < greatest(a::TIMESTAMPTZ, __pintail_end(a, b)));
