//! The values of the differential test, as texts that PostgreSQL reads: written edges, and as many from a seeded
//! generator. Wrong texts are among them; both servers have to refuse those alike.

use super::random::Random;

/// How many values of each type are generated, beside the written ones.
const GENERATED: usize = 260;

/// A type that both servers have.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) oid: u32,
    pub(super) array_oid: u32,
    edges: fn() -> Vec<String>,
    random: fn(&mut Random) -> String,
}

pub(super) const KINDS: &[Kind] = &[
    Kind { name: "bool", oid: 16, array_oid: 1000, edges: bool_edges, random: random_bool },
    Kind { name: "int2", oid: 21, array_oid: 1005, edges: int_edges, random: |r| r.sized(16).to_string() },
    Kind { name: "int4", oid: 23, array_oid: 1007, edges: int_edges, random: |r| r.sized(32).to_string() },
    Kind { name: "int8", oid: 20, array_oid: 1016, edges: int_edges, random: |r| r.sized(64).to_string() },
    Kind { name: "float4", oid: 700, array_oid: 1021, edges: float_edges, random: random_float4 },
    Kind { name: "float8", oid: 701, array_oid: 1022, edges: float_edges, random: random_float8 },
    Kind { name: "numeric", oid: 1700, array_oid: 1231, edges: numeric_edges, random: random_numeric },
    Kind { name: "text", oid: 25, array_oid: 1009, edges: text_edges, random: random_text },
    Kind { name: "varchar", oid: 1043, array_oid: 1015, edges: text_edges, random: random_text },
    Kind { name: "bytea", oid: 17, array_oid: 1001, edges: bytea_edges, random: random_bytea },
    Kind { name: "date", oid: 1082, array_oid: 1182, edges: date_edges, random: random_date },
    Kind { name: "time", oid: 1083, array_oid: 1183, edges: time_edges, random: random_time },
    Kind { name: "timetz", oid: 1266, array_oid: 1270, edges: timetz_edges, random: random_timetz },
    Kind { name: "timestamp", oid: 1114, array_oid: 1115, edges: timestamp_edges, random: random_timestamp },
    Kind {
        name: "timestamptz",
        oid: 1184,
        array_oid: 1185,
        edges: timestamptz_edges,
        random: random_timestamptz,
    },
    Kind { name: "interval", oid: 1186, array_oid: 1187, edges: interval_edges, random: random_interval },
    Kind { name: "uuid", oid: 2950, array_oid: 2951, edges: uuid_edges, random: random_uuid },
    Kind { name: "json", oid: 114, array_oid: 199, edges: json_edges, random: random_json },
    Kind { name: "varbit", oid: 1562, array_oid: 1563, edges: bit_edges, random: random_bits },
];

impl Kind {
    /// The written values, then the generated ones.
    pub(super) fn values(&self) -> Vec<String> {
        let mut random = Random::new(u64::from(self.oid));
        let generated = (0..GENERATED).map(|_| (self.random)(&mut random)).collect::<Vec<_>>();
        (self.edges)().into_iter().chain(generated).collect()
    }

    /// Array literals of these elements: empty, one to three dimensions, with NULLs, every element quoted or not.
    pub(super) fn arrays(&self, elements: &[String]) -> Vec<String> {
        let mut random = Random::new(u64::from(self.array_oid));
        let fixed =
            ["{}", "{NULL}", "{NULL,null,NuLL}", "{{NULL},{NULL}}", " { } ", "{{}}", "{", "}", "{1,}", "x"];
        let mut arrays = fixed.map(str::to_owned).to_vec();
        for _ in 0..GENERATED {
            let dimensions = 1 + random.below(8) / 6 + random.below(9) / 8;
            let lengths = (0..dimensions).map(|_| 1 + random.below(4)).collect::<Vec<_>>();
            arrays.push(array(&mut random, elements, &lengths));
        }
        arrays
    }
}

fn array(random: &mut Random, elements: &[String], lengths: &[usize]) -> String {
    let Some((length, inner)) = lengths.split_first() else {
        if random.one_in(9) {
            return "NULL".to_owned();
        }
        let element = random.pick(elements);
        return format!("\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\""));
    };
    let items = (0..*length).map(|_| array(random, elements, inner)).collect::<Vec<_>>();
    format!("{{{}}}", items.join(","))
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn bool_edges() -> Vec<String> {
    owned(&[
        "t", "f", "true", "false", "1", "0", "on", "off", "of", "o", "", "2", "truee", " yes ", "no\n", "\tY",
    ])
}

fn random_bool(random: &mut Random) -> String {
    let word = *random.pick(&["true", "false", "yes", "no", "on", "off", "1", "0"]);
    let cut = word.get(..1 + random.below(word.len())).unwrap_or(word);
    let cased = cut
        .chars()
        .map(|letter| if random.one_in(3) { letter.to_ascii_uppercase() } else { letter })
        .collect::<String>();
    if random.one_in(5) { format!(" {cased} ") } else { cased }
}

fn int_edges() -> Vec<String> {
    let mut edges = owned(&[
        "", " ", "-", "+", "x", "1x", "1.0", "1e3", "--1", " 7 ", "+7", "\n-7\t", "007", "0x10", "1_000",
        "-0",
    ]);
    for bits in [7, 15, 16, 31, 32, 63, 64] {
        let limit = 1_i128 << bits;
        edges.extend(
            [limit - 1, limit, limit + 1, -limit - 1, -limit, 1 - limit].map(|value| value.to_string()),
        );
    }
    for power in 0..19 {
        let power = 10_i64.pow(power);
        edges.extend([power - 1, power, -power].map(|value| value.to_string()));
    }
    edges
}

fn float_edges() -> Vec<String> {
    let mut edges = owned(&[
        "0",
        "-0",
        "-0.0",
        "1",
        "0.1",
        ".5",
        "5.",
        "1e5",
        "1E+5",
        "NaN",
        "nan",
        "Infinity",
        "-infinity",
        "inf",
        "+inf",
        "",
        "x",
        "1e",
        "1e400",
        "-1e400",
        "1e-400",
        "1e39",
        "1e-46",
        " 1.5 ",
        "1.5x",
        "5e-324",
        "4.9e-324",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "3.4028234e38",
        "3.4028235e38",
        "3.4028236e38",
        "1.17549435e-38",
        "1.4e-45",
        "7e-46",
        "9007199254740992",
        "9007199254740993",
        "9007199254740994",
        "16777216",
        "16777217",
        "123456789012345680",
        "1e22",
        "1e23",
        "8.41e21",
        "9.5367431640625e-07",
        "0.0001",
        "0.00001",
        "0.00009999999999999999",
        "123456",
        "999999",
        "1000000",
        "999999.5",
        "99999.95",
        "999999999999999",
        "1000000000000000",
        "4.35",
        "4.349999999999999",
        "0.3",
        "0.30000000000000004",
        "2.5",
        "3.5",
        "0.5",
        "1.5",
        "8.5e15",
        "4.5e15",
        "5e-310",
        "1.1e-320",
        "6.02214076e23",
        "1e-7",
        "33554432",
        "1.0000001",
        "0.99999994",
        "1e10",
        "-1e-10",
        "infin",
        "+nan",
    ]);
    for power in -45..40 {
        edges.push(format!("1e{power}"));
        edges.push(format!("-{:e}", 2_f64.powi(power * 3)));
    }
    edges
}

fn random_float4(random: &mut Random) -> String {
    let bits = u32::try_from(random.bits() >> 32).expect("32 bits");
    match random.below(3) {
        0 => format!("{}.{}", random.sized(20), random.below(1000)),
        1 => format!("{}e{}", random.sized(24), random.between(-44, 30)),
        _ => format!("{:e}", f32::from_bits(bits)).replace("inf", "Infinity"),
    }
}

fn random_float8(random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("{}.{}", random.sized(30), random.below(100_000)),
        1 => format!("{}e{}", random.sized(54), random.between(-323, 290)),
        _ => format!("{:e}", f64::from_bits(random.bits())).replace("inf", "Infinity"),
    }
}

fn numeric_edges() -> Vec<String> {
    let mut edges = owned(&[
        "0",
        "-0",
        "0.0",
        "0.000",
        "1",
        "-1",
        "1.0",
        "1.10",
        ".5",
        "5.",
        "+5",
        "1e5",
        "1.5e-3",
        "1E+2",
        "1.50e1",
        " 12 ",
        "",
        "x",
        "1..2",
        "1e",
        "--1",
        "NaN",
        "nan",
        "Infinity",
        "-inf",
        "10000",
        "100000000",
        "9999",
        "99999999",
        "0.0001",
        "0.00001",
        "0.9999",
        "10000.0001",
        "12345678901234567890123456789012345678",
        "99999999999999999999999999999999999999",
        "-99999999999999999999999999999999999999",
        "0.12345678901234567890123456789012345678",
        "1234567890123456789.0123456789012345678",
        "170141183460469231731687303715884105727",
        "340282366920938463463374607431768211456",
        "1000000000000000000000000000000000000000000000000",
        "18446744073709551616",
        "9223372036854775808",
        "0.00000000000000000000000000000000000001",
        "1e37",
        "1e-37",
        "0.5",
        "1.5",
        "2.5",
        "-0.5",
        "0.05",
        "0.005",
        "100",
        "1000",
        "1000000",
        "123.4500",
        "0.10",
        "1e200000",
    ]);
    edges.extend((1..38).map(|digits| "9".repeat(digits)));
    edges
}

fn random_numeric(random: &mut Random) -> String {
    let count = 1 + random.below(38);
    let mut digits = random.digits(count);
    if random.one_in(4) {
        let zeros = random.below(count);
        digits.replace_range(count - zeros.., &"0".repeat(zeros));
    }
    let scale = random.below(count + 1);
    let (whole, fraction) = digits.split_at(count - scale);
    let sign = if random.one_in(2) { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn text_edges() -> Vec<String> {
    let mut edges = owned(&[
        "",
        " ",
        "a",
        "NULL",
        "null",
        "\"",
        "'",
        "''",
        "\\",
        "\\\\",
        "\\n",
        "\n",
        "\r\n",
        "\t",
        "\u{1}",
        "\u{7f}",
        "{}",
        "{a,b}",
        ",",
        "a,b",
        "{\"a\"}",
        " leading",
        "trailing ",
        "é",
        "€",
        "🦆",
        "e\u{301}",
        "\u{feff}x",
        "\u{10ffff}",
        "\u{7ff}\u{800}\u{ffff}\u{10000}",
        "Ünïcødé 🦆",
        "\u{200b}",
        "\u{b}\u{c}",
        "x\u{85}y",
        "\u{a0}",
        "$1",
        "%s",
        "<b>&amp;</b>",
    ]);
    let lengths =
        [1, 2, 3, 4, 7, 8, 11, 12, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 1000, 9000];
    for letter in ["x", "é", "€", "🦆"] {
        edges.extend(lengths.map(|length| letter.repeat(length)));
    }
    edges
}

fn random_text(random: &mut Random) -> String {
    let length = random.below(40);
    (0..length)
        .map(|_| {
            let top = *random.pick(&[0x7f, 0x7f, 0x7f, 0x7ff, 0xffff, 0x10_ffff]);
            let code = u32::try_from(random.between(1, top)).expect("a code point");
            char::from_u32(code).unwrap_or('\u{fffd}')
        })
        .collect()
}

fn bytea_edges() -> Vec<String> {
    let mut edges = owned(&[
        "",
        "\\x",
        "\\x00",
        "\\xff",
        "\\xDEADbeef",
        "\\x de ad\n",
        "\\x1",
        "\\x0g",
        "abc",
        "\\000",
        "\\377",
        "\\400",
        "\\1",
        "a\\\\b",
        "\\",
        "\\\\",
        "'",
        "\"",
        "\\x5c27",
        "\\x0a0d09",
        "\\x7f80",
        "é",
        "a\\001\\",
        "\\X00",
    ]);
    edges.extend((0..=255_u8).step_by(5).map(|byte| format!("\\x{byte:02x}{:02x}", byte.wrapping_mul(7))));
    edges
}

fn random_bytea(random: &mut Random) -> String {
    let length = random.below(40);
    let hex = (0..length).map(|_| format!("{:02x}", random.bits() & 0xff)).collect::<String>();
    format!("\\x{hex}")
}

fn date_edges() -> Vec<String> {
    owned(&[
        "1970-01-01",
        "2000-01-01",
        "1999-12-31",
        "0001-01-01",
        "0001-12-31 BC",
        "0001-01-01 BC",
        "0044-03-15 BC",
        "4713-01-01 BC",
        "9999-12-31",
        "10000-01-01",
        "99999-06-15",
        "294276-12-31",
        "5874897-12-31",
        "infinity",
        "-infinity",
        "Infinity",
        "2024-02-29",
        "1900-02-28",
        "2000-02-29",
        "0004-02-29",
        "0005-02-29 BC",
        "2023-02-29",
        "1900-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-04-31",
        "0000-01-01",
        "",
        "x",
        "2024",
        "20240229",
        "240229",
        "2024-2-9",
        "2024/02/29",
        "2024.02.29",
        "February 29, 2024",
        "29 Feb 2024",
        "Feb-29-2024",
        "29-Feb-2024",
        "2024-Feb-29",
        "1/2/2003",
        "13/2/2003",
        "2/13/2003",
        "1-2-03",
        "1/2/99",
        "1/2/69",
        "1/2/70",
        "99-1-2",
        "2024-02-29 12:34:56",
        "2024-02-29T12:34:56Z",
        "Thu Feb 29 2024",
        "2024-060",
        "2024060",
        "January 8, 99 BC",
        "08-Jan-1999",
        "Jan 8 1999 AD",
        "epoch",
        " 2024-02-29 ",
        "2024-02-29 x",
        "today is",
        "J2451187",
        "1999-01-08 BC",
        "99999999-01-01",
    ])
}

fn date_text(year: i64, month: i64, day: i64) -> String {
    if year > 0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{:04}-{month:02}-{day:02} BC", 1 - year)
    }
}

fn random_date(random: &mut Random) -> String {
    let year = match random.below(6) {
        0 => random.between(-4700, 0),
        1 => random.between(10_000, 294_000),
        2 => random.between(1, 999),
        _ => random.between(1000, 9999),
    };
    date_text(year, random.between(1, 12), random.between(1, 28))
}

fn time_edges() -> Vec<String> {
    owned(&[
        "00:00:00",
        "00:00",
        "23:59:59",
        "23:59:59.999999",
        "23:59:59.9999994",
        "23:59:59.9999995",
        "24:00:00",
        "24:00:01",
        "25:00",
        "12:60",
        "12:34:60",
        "23:59:60",
        "12:34:61",
        "12:34:56.1",
        "12:34:56.000001",
        "1:2:3",
        "12:34 PM",
        "12:34 AM",
        "11:59:59.5 pm",
        "13:00 PM",
        "0:30 am",
        "040506",
        "0405",
        "040506.789",
        "T040506",
        "allballs",
        "",
        "x",
        "12",
        "12:34:56.",
        "12:34:56.1234567",
        "12:34:56+02",
        "12:34:56 Europe/Paris",
        "2024-01-01 12:34:56",
        " 12:34 ",
        "-12:34",
        "12:34:56 x",
        "12.5",
        "12:34.5",
    ])
}

fn clock(random: &mut Random) -> String {
    let micros = random.between(0, 86_399_999_999);
    let (seconds, mut micros) = (micros / 1_000_000, micros % 1_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if !random.one_in(4) {
        for _ in 0..random.below(6) {
            micros = micros / 10 * 10;
        }
        text.push_str(&format!(".{micros:06}"));
    }
    text
}

fn random_time(random: &mut Random) -> String {
    clock(random)
}

fn offset(random: &mut Random) -> String {
    let seconds = match random.below(4) {
        0 => random.between(-57_599, 57_599),
        1 => random.between(-959, 959) * 60,
        _ => random.between(-15, 15) * 3600,
    };
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    match (seconds / 60 % 60, seconds % 60) {
        (0, 0) => format!("{sign}{:02}", seconds / 3600),
        (minutes, 0) => format!("{sign}{:02}:{minutes:02}", seconds / 3600),
        (minutes, rest) => format!("{sign}{:02}:{minutes:02}:{rest:02}", seconds / 3600),
    }
}

fn timetz_edges() -> Vec<String> {
    owned(&[
        "00:00:00+00",
        "24:00:00+00",
        "23:59:59.999999+15:59:59",
        "00:00:00-15:59:59",
        "12:00:00+00:00:01",
        "12:00:00-00:00:01",
        "12:00:00+05:30",
        "12:00:00-03:30",
        "12:00+16",
        "12:00-16",
        "12:00:00Z",
        "12:00 UTC",
        "12:00 EST",
        "12:00:00 PM +02",
        "12:00 CEST",
        "12:00:00+0530",
        "120000+02",
        "12:00",
        "12:00:00+",
        "",
        "x",
        "12:00 Nowhere/Land",
        "12:00:00+14",
        "12:00:00-12",
        "12:00:00 +01:02:03",
        "04:05:06.789-8",
        "2024-07-01 12:00 Europe/Berlin",
        "2024-01-01 12:00 America/New_York",
    ])
}

fn random_timetz(random: &mut Random) -> String {
    format!("{}{}", clock(random), offset(random))
}

fn timestamp_edges() -> Vec<String> {
    owned(&[
        "1970-01-01 00:00:00",
        "2000-01-01 00:00:00",
        "1999-12-31 23:59:59.999999",
        "1969-12-31 23:59:59.999999",
        "0001-01-01 00:00:00",
        "0001-12-31 23:59:59.999999 BC",
        "4713-01-01 00:00:00 BC",
        "4714-12-01 00:00:00 BC",
        "9999-12-31 23:59:59.999999",
        "10000-01-01 00:00:00",
        "294246-12-31 23:59:59.999999",
        "294247-01-01",
        "294247-01-10 04:00:54.775806",
        "294247-01-10 04:00:54.775807",
        "294247-01-11",
        "294276-12-31 23:59:59",
        "294277-01-01",
        "infinity",
        "-infinity",
        "epoch",
        "2024-02-29 24:00:00",
        "2024-12-31 23:59:60",
        "2024-02-29T12:34:56.789",
        "2024-02-29 12:34:56.7891234",
        "2024-02-29 12:34",
        "2024-02-29",
        "20240229T123456",
        "20240229 123456",
        "Feb 29 2024 12:34 PM",
        "29.02.2024 12:34:56",
        "2024-02-29 12:34:56+05",
        "Thu Feb 29 12:34:56 2024",
        "Thu Feb 29 12:34:56.5 2024 BC",
        "2024-02-30 00:00",
        "x",
        "",
        "2024-02-29 25:00",
        "2024-02-29 12:34:56 Europe/Paris",
        "2024-02-29 12:34:56 PST",
        "2024-03-10 02:30:00",
        "2024-11-03 01:30:00",
        "12/31/1999 11:59 pm",
        "1/8/1999",
        "1999-01-08 04:05:06 BC",
        "Jan 8 04:05:06 1999 PST",
        "2024-02-29 x",
        "2024-02-29 12:34:56.999999999",
    ])
}

fn random_timestamp(random: &mut Random) -> String {
    let date = random_date(random);
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {} BC", clock(random)),
        None => format!("{date} {}", clock(random)),
    }
}

fn timestamptz_edges() -> Vec<String> {
    let mut edges = timestamp_edges();
    edges.extend(owned(&[
        // Without an offset: gaps and folds of the session's zone.
        "2024-03-31 01:59:59",
        "2024-03-31 02:30:00",
        "2024-03-31 03:00:00",
        "2024-10-27 01:59:59",
        "2024-10-27 02:30:00",
        "2024-10-27 03:00:00",
        "2024-04-07 01:45:00",
        "2024-10-06 02:15:00",
        "2011-12-30 12:00:00",
        "1883-11-18 12:00:00",
        "1850-06-01 12:00:00",
        "2024-03-10 02:00:00",
        "2024-03-31 02:30:00 Europe/Berlin",
        "2024-10-27 02:30:00 Europe/Berlin",
        "2024-07-01 12:00 america/new_york",
        "2024-07-01 12:00:00+00:00:01",
        "2024-07-01 12:00:00-15:59:59",
        "2024-07-01 12:00:00+16",
        "2024-07-01 12:00:00Z",
        "2024-07-01 12:00:00 UTC",
        "2024-07-01 12:00 EST",
        "2024-07-01 12:00 CEST",
        "2024-07-01 12:00:00 +05:30",
        "2024-07-01 12:00:00-0330",
        "1900-01-01 00:00:00+00",
        "2037-12-31 23:59:59+00",
        "2038-01-19 03:14:08+00",
        "2500-07-01 12:00:00+00",
        "0001-01-01 00:00:00+00",
        "2024-07-01 12:00 Nowhere/Land",
        "Mon Jul 01 12:00:00 2024 EDT",
        "07/01/2024 12:00:00 PDT",
        "01.07.2024 12:00:00 MESZ",
    ]));
    edges
}

fn random_timestamptz(random: &mut Random) -> String {
    let date = if random.one_in(2) {
        date_text(random.between(1880, 2100), random.between(1, 12), random.between(1, 28))
    } else {
        random_date(random)
    };
    let offset = offset(random);
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {}{offset} BC", clock(random)),
        None => format!("{date} {}{offset}", clock(random)),
    }
}

fn interval_edges() -> Vec<String> {
    owned(&[
        "0",
        "1 year",
        "-1 year",
        "1 mon",
        "14 months",
        "-14 months",
        "1 day",
        "-1 day",
        "1 year -1 mon",
        "00:00:00",
        "00:00:00.000001",
        "-00:00:00.000001",
        "1 year 2 mons 3 days 04:05:06.789",
        "-1 year -2 mons +3 days -04:05:06",
        "1 day -00:00:01",
        "-1 day +00:00:01",
        "1 mon -1 day",
        "1-2",
        "-1-2",
        "1-2 3 4:05:06",
        "+1-2 -3 +4:05:06",
        "3 4:05:06",
        "-3 4:05:06",
        "4:05",
        "-4:05:06.5",
        "P1Y2M3DT4H5M6S",
        "P-1Y2M",
        "PT-1.5S",
        "P1W",
        "PT0S",
        "P0001-02-03T04:05:06",
        "P1Y1M1DT1H1M1.000001S",
        "@ 1 year 2 mons ago",
        "@ 1 min",
        "1 hour ago",
        "1.5 years",
        "1.5 months",
        "1.5 days",
        "1.5 weeks",
        "1.5 hours",
        "0.1 mons",
        "1.25 years 3 days",
        "1 century",
        "1 decade",
        "1 millennium",
        "2 weeks",
        "100 hours",
        "2562047788 hours",
        "-2562047788:00:54.775808",
        "9999999 years",
        "178956970 years 7 mons",
        "-178956970 years -8 mons",
        "2147483647 days",
        "-2147483648 days",
        "178956971 years",
        "2147483648 days",
        "1 us",
        "1 microsecond",
        "1 millisecond",
        "1500 ms",
        "5",
        "5.5",
        "-5",
        "1 x",
        "",
        "x",
        "1 year 1 year",
        "P",
        "PT",
        "1 day 1",
        "1 2:03:04",
        "1:2:3.4",
        "60 sec",
        "90 min",
        "1 mon 1 sec ago",
        "-1 mon 1 sec ago",
        "1y 2mon 3d 4h 5m 6s",
        "+1 day",
        "1 day 24:00:00",
        "999:59:59.999999",
    ])
}

fn random_interval(random: &mut Random) -> String {
    let months = if random.one_in(3) { 0 } else { random.sized(16) };
    let days = if random.one_in(3) { 0 } else { random.sized(16) };
    let micros = if random.one_in(3) { 0 } else { random.sized(45) };
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.abs();
    format!("{months} mons {days} days {sign}{}.{:06} secs", micros / 1_000_000, micros % 1_000_000)
}

fn uuid_edges() -> Vec<String> {
    owned(&[
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "",
        "x",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
        "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "7fffffff-ffff-ffff-ffff-ffffffffffff",
        "80000000-0000-0000-0000-000000000000",
    ])
}

fn random_uuid(random: &mut Random) -> String {
    let (high, low) = (random.bits(), random.bits());
    let hex = format!("{high:016x}{low:016x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

fn json_edges() -> Vec<String> {
    owned(&[
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.5e10",
        "\"\"",
        "\"a\"",
        "[]",
        "{}",
        "[1, 2, null]",
        " {\"a\" : 1 } ",
        "{\"a\": [1, {\"b\": null}], \"a\": 2}",
        "\"\\u00e9\\n\\\"\\\\\\/\"",
        "\"é🦆\"",
        "[[[]]]",
        "",
        "{",
        "x",
        "'a'",
        "[1,]",
        "{\"a\"}",
        "{a: 1}",
        "01",
        "1.",
        "nul",
        "\"\\x\"",
        "\"\t\"",
        "[1] 2",
        "\"\\ud83e\\udd86\"",
    ])
}

fn random_json(random: &mut Random) -> String {
    fn value(random: &mut Random, depth: usize) -> String {
        match random.below(if depth == 0 { 4 } else { 6 }) {
            0 => (*random.pick(&["null", "true", "false"])).to_owned(),
            1 => random.sized(60).to_string(),
            2 => format!("{}.{}e{}", random.sized(10), random.below(1000), random.between(-9, 9)),
            3 => serde_json::to_string(&random_text(random)).expect("a string"),
            4 => {
                let items = (0..random.below(4)).map(|_| value(random, depth - 1)).collect::<Vec<_>>();
                format!("[{}]", items.join(", "))
            }
            _ => {
                let items = (0..random.below(4))
                    .map(|index| format!("\"k{index}\": {}", value(random, depth - 1)))
                    .collect::<Vec<_>>();
                format!("{{{}}}", items.join(","))
            }
        }
    }
    value(random, 3)
}

fn bit_edges() -> Vec<String> {
    owned(&[
        "",
        "0",
        "1",
        "01",
        "b101",
        "B101",
        "x1F",
        "XdeadBEEF",
        "2",
        "x",
        "xg",
        "b",
        " 1",
        "11111111",
        "000000000",
    ])
}

fn random_bits(random: &mut Random) -> String {
    let length = 1 + random.below(70);
    (0..length).map(|_| if random.one_in(2) { '1' } else { '0' }).collect()
}
