//! The values of the differential test, as texts that PostgreSQL reads: written edges, and as many from a seeded
//! generator. Wrong texts are among them; both servers have to refuse those alike.

mod moments;
mod numbers;
mod texts;
mod zones;

use self::{
    moments::{
        date_edges, random_date, random_time, random_timestamp, random_timetz, time_edges, timestamp_edges,
        timetz_edges,
    },
    numbers::{float_edges, int_edges, numeric_edges, random_float4, random_float8, random_numeric},
    texts::{
        bit_edges, bytea_edges, json_edges, random_bits, random_bytea, random_json, random_text, random_uuid,
        text_edges, uuid_edges,
    },
    zones::{interval_edges, random_interval, random_timestamptz, timestamptz_edges},
};
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
