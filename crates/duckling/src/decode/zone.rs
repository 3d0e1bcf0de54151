//! Time zones: the offset that holds at a moment, and the one that a local time means.
//!
//! The zone database is jiff's, bundled with the program. DuckDB uses ICU's for what it computes itself.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use wire::types::timestamp::Local;

/// A session's time zone. Remembers between which two transitions the last moment lay, so that a column
/// of timestamps asks the database once.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    rules: TimeZone,
    /// What POSIX rules without summer time call their time, if jiff does not take it for a name.
    label: Option<String>,
    from_us: i64,
    /// Exclusive.
    until_us: i64,
    offset_s: i32,
    abbreviation: String,
}

impl Default for Zone {
    fn default() -> Self {
        Self::new(TimeZone::UTC)
    }
}

impl Zone {
    fn new(zone: TimeZone) -> Self {
        Self { rules: zone, label: None, from_us: 0, until_us: 0, offset_s: 0, abbreviation: String::new() }
    }

    /// The zone of a name of the database, in any case, or of POSIX rules; nothing when it is neither
    /// (PostgreSQL's `pg_tzset`).
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        if let Some((label, offset)) = name.strip_prefix('<').and_then(|rest| rest.split_once('>'))
            && let Ok(rules) = TimeZone::posix(&format!("ZZZ{offset}"))
        {
            return Some(Self { label: Some(label.to_owned()), ..Self::new(rules) });
        }
        let rules = TimeZone::get(name).or_else(|_| TimeZone::posix(name));
        // Summer time without rules has those of the United States (PostgreSQL's `TZDEFRULESTRING`).
        rules.or_else(|_| TimeZone::posix(&format!("{name},M3.2.0,M11.1.0"))).ok().map(Self::new)
    }

    /// The zone's name as SHOW gives it: the database's spelling, or the rules.
    #[must_use]
    pub(crate) fn canonical(name: &str) -> Option<String> {
        let zone = Self::named(name)?;
        let database = zone.label.is_none() && TimeZone::get(name).is_ok();
        let spelling = zone.rules.iana_name().filter(|_| database);
        Some(match spelling {
            Some(name) => name.to_owned(),
            None if database => "UTC".to_owned(),
            None => name.to_ascii_uppercase(),
        })
    }

    /// The name that DuckDB's ICU has for the zone. It has none for POSIX rules, but for whole hours: what
    /// DuckDB itself computes then goes by the rules' standard time, to the hour.
    #[must_use]
    pub(crate) fn engine_name(name: &str) -> String {
        match (TimeZone::get(name), Self::named(name)) {
            (Ok(_), _) | (_, None) => name.to_owned(),
            (Err(_), Some(zone)) => {
                // Zones without summer time say the same all year; of the others the winter counts.
                let winter = zone.rules.to_offset(Timestamp::UNIX_EPOCH).seconds();
                match winter.div_euclid(3600) {
                    0 => "UTC".to_owned(),
                    // The sign of Etc/GMT zones counts west of Greenwich, as POSIX does.
                    hours @ 1..=14 => format!("Etc/GMT-{hours}"),
                    hours @ ..0 => format!("Etc/GMT+{}", -hours.max(-12)),
                    15.. => "Etc/GMT-14".to_owned(),
                }
            }
        }
    }

    /// What holds at a moment, in microseconds since 1970-01-01 UTC.
    pub(crate) fn local(&mut self, micros: i64) -> Local<'_> {
        if !(self.from_us..self.until_us).contains(&micros) {
            self.look_up(micros);
        }
        Local { offset_s: self.offset_s, abbreviation: &self.abbreviation }
    }

    fn look_up(&mut self, micros: i64) {
        // Far moments are looked up where the calendar is the same.
        let far_us = far(micros);
        let near_us = micros - far_us;
        let moment = nearest(near_us);
        let info = self.rules.to_offset_info(moment);
        self.offset_s = info.offset().seconds();
        self.label.as_deref().unwrap_or(info.abbreviation()).clone_into(&mut self.abbreviation);
        // `preceding` excludes the moment itself, which may be a transition.
        let after = nearest(near_us.saturating_add(1));
        let start = self.rules.preceding(after).next();
        let from_us = start.map_or(i64::MIN, |transition| transition.timestamp().as_microsecond());
        let end = self.rules.following(moment).next();
        let until_us = end.map_or(i64::MAX, |transition| transition.timestamp().as_microsecond());
        self.from_us = from_us.saturating_add(far_us);
        self.until_us = if until_us == i64::MAX { until_us } else { until_us.saturating_add(far_us) };
    }

    /// Seconds east of UTC at a local time in microseconds. In a gap the offset before it counts, where
    /// clocks are set back the one after (PostgreSQL's `DetermineTimeZoneOffset`).
    #[must_use]
    pub(crate) fn offset_at_local(&self, micros: i64) -> i32 {
        let moment = nearest(micros - far(micros));
        let local: DateTime = TimeZone::UTC.to_datetime(moment);
        let offset = match self.rules.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } => before,
            AmbiguousOffset::Fold { after, .. } => after,
        };
        offset.seconds()
    }

    /// The same for the zone of a name, or for this one.
    #[must_use]
    pub(crate) fn resolve(&self, name: Option<&str>, local_micros: i64) -> Option<i32> {
        match name {
            Some(name) => Self::named(name).map(|zone| zone.offset_at_local(local_micros)),
            None => Some(self.offset_at_local(local_micros)),
        }
    }
}

/// After so many days the calendar is the same again, weekdays too: 400 years.
const CYCLE_US: i64 = 146_097 * 86_400_000_000;

/// How many whole cycles lie before a moment, from about the year 5570 on; the rules of zones do not change
/// that late.
fn far(micros: i64) -> i64 {
    (micros / CYCLE_US - 9).max(0) * CYCLE_US
}

/// jiff knows the years −9999 to 9999.
fn nearest(micros: i64) -> Timestamp {
    let day_us = 86_400_000_000;
    let (low, high) = (Timestamp::MIN.as_microsecond() + day_us, Timestamp::MAX.as_microsecond() - day_us);
    Timestamp::from_microsecond(micros.clamp(low, high)).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_US: i64 = 3_600_000_000;
    /// 2020-03-29 01:00 UTC: Berlin's clocks go from 02:00 to 03:00.
    const SPRING_US: i64 = 1_585_443_600_000_000;
    /// 2020-10-25 01:00 UTC: from 03:00 back to 02:00.
    const AUTUMN_US: i64 = 1_603_587_600_000_000;

    #[test]
    fn transitions_are_kept_to_the_microsecond() {
        let mut zone = Zone::named("europe/berlin").unwrap();
        for (micros, offset_s, abbreviation) in [
            (SPRING_US - 1, 3600, "CET"),
            (SPRING_US, 7200, "CEST"),
            (AUTUMN_US - 1, 7200, "CEST"),
            (AUTUMN_US, 3600, "CET"),
            (SPRING_US, 7200, "CEST"),
            (-4_000_000_000_000_000, 3208, "LMT"),
            (i64::MIN, 3208, "LMT"),
        ] {
            assert_eq!(zone.local(micros), Local { offset_s, abbreviation }, "{micros}");
        }
        // 18138-07-01 and 279254-01-01, both at noon.
        for (days, offset_s) in [(5_905_422_i64, 7200), (101_275_902, 3600)] {
            let noon = days * 86_400_000_000 + 12 * HOUR_US;
            assert_eq!(zone.local(noon).offset_s, offset_s);
            assert_eq!(zone.offset_at_local(noon), offset_s);
        }
        let _ = zone.local(i64::MAX);
        assert_eq!(Zone::default().local(5).offset_s, 0);
    }

    #[test]
    fn gaps_and_folds_are_read_as_postgresql_reads_them() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let half = HOUR_US / 2;
        assert_eq!(zone.offset_at_local(SPRING_US + HOUR_US + half), 3600);
        assert_eq!(zone.offset_at_local(AUTUMN_US + HOUR_US + half), 3600);
        assert_eq!(zone.offset_at_local(AUTUMN_US), 7200);
        assert_eq!(zone.resolve(Some("Asia/Tokyo"), 0), Some(32_400));
        assert_eq!(zone.resolve(Some("Nowhere/Land"), 0), None);
    }
}
