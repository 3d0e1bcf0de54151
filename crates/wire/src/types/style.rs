//! The session's settings that decide how values are printed and read.

/// DateStyle's first half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateStyle {
    /// `2001-02-03 04:05:06+00`
    #[default]
    Iso,
    /// `02/03/2001 04:05:06 UTC`
    Sql,
    /// `Sat Feb 03 04:05:06 2001 UTC`
    Postgres,
    /// `03.02.2001 04:05:06 UTC`
    German,
}

/// DateStyle's second half: the order of year, month and day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// Month, day, year.
    #[default]
    Mdy,
    /// Day, month, year.
    Dmy,
    /// Year, month, day.
    Ymd,
}

/// IntervalStyle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntervalStyle {
    /// `1 year 2 mons 3 days 04:05:06`
    #[default]
    Postgres,
    /// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs`
    PostgresVerbose,
    /// `+1-2 +3 +4:05:06`
    SqlStandard,
    /// `P1Y2M3DT4H5M6S`
    Iso8601,
}

/// `bytea_output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteaOutput {
    /// `\x00ff`
    #[default]
    Hex,
    /// `\000\377`
    Escape,
}

/// The settings, together. The time zone is not among them: it comes as offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// How dates and timestamps look.
    pub date_style: DateStyle,
    /// The order of year, month and day, in input and (not ISO, not German) output.
    pub date_order: DateOrder,
    /// How intervals look.
    pub interval_style: IntervalStyle,
    /// How byte strings look.
    pub bytea_output: ByteaOutput,
    /// `extra_float_digits`, −15 to 3: above 0 the shortest digits that read back the same.
    pub extra_float_digits: i8,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            date_style: DateStyle::default(),
            date_order: DateOrder::default(),
            interval_style: IntervalStyle::default(),
            bytea_output: ByteaOutput::default(),
            extra_float_digits: 1,
        }
    }
}
