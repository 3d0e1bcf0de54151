//! Texts, bytes, UUIDs, JSON and bits.

use super::owned;
use crate::types::random::Random;

pub(super) fn text_edges() -> Vec<String> {
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

pub(super) fn random_text(random: &mut Random) -> String {
    let length = random.below(40);
    (0..length)
        .map(|_| {
            let top = *random.pick(&[0x7f, 0x7f, 0x7f, 0x7ff, 0xffff, 0x10_ffff]);
            let code = u32::try_from(random.between(1, top)).expect("a code point");
            char::from_u32(code).unwrap_or('\u{fffd}')
        })
        .collect()
}

pub(super) fn bytea_edges() -> Vec<String> {
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

pub(super) fn random_bytea(random: &mut Random) -> String {
    let length = random.below(40);
    let hex = (0..length).map(|_| format!("{:02x}", random.bits() & 0xff)).collect::<String>();
    format!("\\x{hex}")
}

pub(super) fn uuid_edges() -> Vec<String> {
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

pub(super) fn random_uuid(random: &mut Random) -> String {
    let (high, low) = (random.bits(), random.bits());
    let hex = format!("{high:016x}{low:016x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

pub(super) fn json_edges() -> Vec<String> {
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

pub(super) fn random_json(random: &mut Random) -> String {
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

pub(super) fn bit_edges() -> Vec<String> {
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

pub(super) fn random_bits(random: &mut Random) -> String {
    let length = 1 + random.below(70);
    (0..length).map(|_| if random.one_in(2) { '1' } else { '0' }).collect()
}
