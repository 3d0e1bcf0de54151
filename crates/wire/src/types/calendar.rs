//! Days since 1970-01-01 and the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible
//! Low-Level Date Algorithms").

/// Microseconds of a day.
pub const DAY_US: i64 = 86_400_000_000;
/// Microseconds of an hour.
pub const HOUR_US: i64 = 3_600_000_000;
/// Microseconds of a minute.
pub const MINUTE_US: i64 = 60_000_000;
/// Microseconds of a second.
pub const SECOND_US: i64 = 1_000_000;

pub(crate) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
pub(crate) const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Astronomical: year 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

impl Civil {
    /// The day so many days after 1970-01-01.
    #[must_use]
    #[inline]
    pub fn from_days(days: i32) -> Self {
        match u32::try_from(i64::from(days) + 719_468) {
            Ok(shifted) if shifted < 1 << 28 => Self::from_march(shifted),
            Ok(_) | Err(_) => Self::from_far_days(days),
        }
    }

    /// Days since 1 March of year 0, by Neri and Schneider's "Euclidean affine functions", whose constants
    /// hold for far more than the years 0 to 734,000 asked for here.
    #[inline]
    fn from_march(days: u32) -> Self {
        let quarters = 4 * days + 3;
        let (century, rest) = (quarters / 146_097, quarters % 146_097 / 4);
        let product = 2_939_745 * u64::from(4 * rest + 3);
        let year_of_century = u32::try_from(product >> 32).unwrap_or(0);
        let day_of_year = u32::try_from((product & 0xffff_ffff) / 2_939_745 / 4).unwrap_or(0);
        let scaled = 2141 * day_of_year + 197_913;
        let (month, day) = (scaled >> 16, (scaled & 0xffff) / 2141 + 1);
        // The year begins in March.
        let next_year = day_of_year >= 306;
        Self {
            year: i64::from(100 * century + year_of_century) + i64::from(next_year),
            month: if next_year { month - 12 } else { month },
            day,
        }
    }

    fn from_far_days(days: i32) -> Self {
        let shifted = i64::from(days) + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = u32::try_from(shifted.rem_euclid(146_097)).unwrap_or(0);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: i64::from(year_of_era) + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted_month + 2) / 5 + 1,
        }
    }

    /// Days since 1970-01-01. Month and day must be in their ranges.
    #[must_use]
    pub fn to_days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let shifted_month = i64::from(if self.month > 2 { self.month - 3 } else { self.month + 9 });
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// How many days the month has.
    #[must_use]
    pub fn days_in_month(year: i64, month: u32) -> u32 {
        match month {
            4 | 6 | 9 | 11 => 30,
            2 if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) => 29,
            2 => 28,
            0..=12 | 13.. => 31,
        }
    }

    /// The year as people count it, and whether it is BC.
    #[must_use]
    pub fn display_year(self) -> (u32, bool) {
        let (year, bc) = if self.year > 0 { (self.year, false) } else { (1 - self.year, true) };
        (u32::try_from(year).unwrap_or(u32::MAX), bc)
    }
}

/// The day of the week, Sunday first.
#[must_use]
pub(crate) fn weekday(days: i32) -> &'static str {
    let index = usize::try_from((i64::from(days) + 4).rem_euclid(7)).unwrap_or(0);
    WEEKDAYS.get(index).copied().unwrap_or_default()
}

/// Days and microseconds of the day.
#[must_use]
pub(crate) fn split(micros: i64) -> (i32, i64) {
    let days = i32::try_from(micros.div_euclid(DAY_US)).unwrap_or(i32::MAX);
    (days, micros.rem_euclid(DAY_US))
}

/// Microseconds of hours, minutes, seconds.
pub(crate) fn micros_of(hours: i64, minutes: i64, seconds: i64, micros: i64) -> i64 {
    hours * HOUR_US + minutes * MINUTE_US + seconds * SECOND_US + micros
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(Civil::from_days(0), Civil { year: 1970, month: 1, day: 1 });
        assert_eq!(Civil::from_days(10_957), Civil { year: 2000, month: 1, day: 1 });
        assert_eq!(Civil { year: 1, month: 1, day: 1 }.to_days(), -719_162);
        assert_eq!(Civil { year: 0, month: 2, day: 29 }.to_days(), -719_469);
        assert_eq!(Civil::days_in_month(1900, 2), 28);
        assert_eq!(Civil::days_in_month(2000, 2), 29);
        assert_eq!(weekday(0), "Thu");
    }

    proptest::proptest! {
        #[test]
        fn days_and_dates_are_one_to_one(days: i32) {
            let civil = Civil::from_days(days);
            proptest::prop_assert!((1..=12).contains(&civil.month));
            proptest::prop_assert!(civil.day >= 1 && civil.day <= Civil::days_in_month(civil.year, civil.month));
            proptest::prop_assert_eq!(civil.to_days(), i64::from(days));
            proptest::prop_assert_eq!(civil, Civil::from_far_days(days));
        }

        #[test]
        fn near_days_too(days in -800_000i32..4_000_000) {
            proptest::prop_assert_eq!(Civil::from_days(days), Civil::from_far_days(days));
        }
    }
}
