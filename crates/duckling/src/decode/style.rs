//! The session's settings as the codecs need them.

use wire::types::{self, ByteaOutput, DateOrder, DateStyle, IntervalStyle};

use super::Zone;

/// How values are printed and read: PostgreSQL's settings and the time zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Style {
    /// What is not about zones.
    pub(crate) values: types::Style,
    /// TimeZone.
    pub(crate) zone: Zone,
}

impl Style {
    /// Inside JSON the session's styles do not count: a document reads the same for everybody.
    #[must_use]
    pub(crate) fn of_documents(&self) -> Self {
        let date_order = self.values.date_order;
        Self { values: types::Style { date_order, ..types::Style::default() }, zone: self.zone.clone() }
    }

    /// Reads the settings from their values as SHOW prints them; the closure answers a setting's value by
    /// its name. What cannot be read stays at PostgreSQL's default.
    pub(crate) fn from_settings<'s>(show: impl Fn(&str) -> Option<&'s str>) -> Self {
        let mut style = Self::default();
        if let Some(value) = show("DateStyle") {
            let (date_style, order) = value.split_once(',').unwrap_or((value, "MDY"));
            style.values.date_style = match date_style.trim().to_ascii_lowercase().as_str() {
                "sql" => DateStyle::Sql,
                "postgres" => DateStyle::Postgres,
                "german" => DateStyle::German,
                _ => DateStyle::Iso,
            };
            style.values.date_order = match order.trim().to_ascii_lowercase().as_str() {
                "dmy" => DateOrder::Dmy,
                "ymd" => DateOrder::Ymd,
                _ => DateOrder::Mdy,
            };
        }
        style.values.interval_style = match show("IntervalStyle") {
            Some("postgres_verbose") => IntervalStyle::PostgresVerbose,
            Some("sql_standard") => IntervalStyle::SqlStandard,
            Some("iso_8601") => IntervalStyle::Iso8601,
            Some(_) | None => IntervalStyle::Postgres,
        };
        if show("bytea_output") == Some("escape") {
            style.values.bytea_output = ByteaOutput::Escape;
        }
        if let Some(digits) = show("extra_float_digits").and_then(|digits| digits.parse().ok()) {
            style.values.extra_float_digits = digits;
        }
        if let Some(zone) = show("TimeZone").and_then(Zone::named) {
            style.zone = zone;
        }
        style
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_show_prints_them() {
        let mut style = Style::from_settings(|name| match name {
            "DateStyle" => Some("German, DMY"),
            "IntervalStyle" => Some("iso_8601"),
            "bytea_output" => Some("escape"),
            "extra_float_digits" => Some("-2"),
            "TimeZone" => Some("Asia/Tokyo"),
            _ => None,
        });
        let expected = types::Style {
            date_style: DateStyle::German,
            date_order: DateOrder::Dmy,
            interval_style: IntervalStyle::Iso8601,
            bytea_output: ByteaOutput::Escape,
            extra_float_digits: -2,
        };
        assert_eq!(style.values, expected);
        assert_eq!(style.zone.local(0).offset_s, 32_400);
        assert_eq!(Style::from_settings(|_| None).values, types::Style::default());
    }
}
