//! The zone abbreviations that people write, with their fixed offsets (a part of PostgreSQL's
//! `tznames/Default`).

const HOUR: i32 = 3600;

const KNOWN: [(&str, i32); 36] = [
    ("acst", 9 * HOUR + HOUR / 2),
    ("aedt", 11 * HOUR),
    ("aest", 10 * HOUR),
    ("akdt", -8 * HOUR),
    ("akst", -9 * HOUR),
    ("awst", 8 * HOUR),
    ("bst", HOUR),
    ("cdt", -5 * HOUR),
    ("cest", 2 * HOUR),
    ("cet", HOUR),
    ("cst", -6 * HOUR),
    ("eat", 3 * HOUR),
    ("edt", -4 * HOUR),
    ("eest", 3 * HOUR),
    ("eet", 2 * HOUR),
    ("est", -5 * HOUR),
    ("hkt", 8 * HOUR),
    ("hst", -10 * HOUR),
    ("ist", 2 * HOUR),
    ("jst", 9 * HOUR),
    ("kst", 9 * HOUR),
    ("mdt", -6 * HOUR),
    ("mesz", 2 * HOUR),
    ("mez", HOUR),
    ("msk", 3 * HOUR),
    ("mst", -7 * HOUR),
    ("ndt", -2 * HOUR - HOUR / 2),
    ("nst", -3 * HOUR - HOUR / 2),
    ("nzdt", 13 * HOUR),
    ("nzst", 12 * HOUR),
    ("pdt", -7 * HOUR),
    ("pst", -8 * HOUR),
    ("sast", 2 * HOUR),
    ("sgt", 8 * HOUR),
    ("west", HOUR),
    ("wet", 0),
];

/// Seconds east of UTC.
pub(super) fn offset_s(name: &str) -> Option<i32> {
    KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, offset_s)| *offset_s)
}
