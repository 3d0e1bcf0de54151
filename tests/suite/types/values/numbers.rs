//! Integers, floats and numerics.

use super::owned;
use crate::types::random::Random;

pub(super) fn int_edges() -> Vec<String> {
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

#[expect(clippy::too_many_lines, reason = "a list of values")]
pub(super) fn float_edges() -> Vec<String> {
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

pub(super) fn random_float4(random: &mut Random) -> String {
    let bits = u32::try_from(random.bits() >> 32).expect("32 bits");
    match random.below(3) {
        0 => format!("{}.{}", random.sized(20), random.below(1000)),
        1 => format!("{}e{}", random.sized(24), random.between(-44, 30)),
        _ => format!("{:e}", f32::from_bits(bits)).replace("inf", "Infinity"),
    }
}

pub(super) fn random_float8(random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("{}.{}", random.sized(30), random.below(100_000)),
        1 => format!("{}e{}", random.sized(54), random.between(-323, 290)),
        _ => format!("{:e}", f64::from_bits(random.bits())).replace("inf", "Infinity"),
    }
}

pub(super) fn numeric_edges() -> Vec<String> {
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

pub(super) fn random_numeric(random: &mut Random) -> String {
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
