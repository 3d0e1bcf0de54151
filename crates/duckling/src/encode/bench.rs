//! What a row costs: `cargo test --release -p duckling bench_encode -- --ignored --nocapture`.

use wire::frontend::Format;

use super::{RowEncoder, Style, tests::Database};

const ROWS: u32 = 2048;
const ROUNDS: u32 = 500;

/// CPU time of this thread (`/proc/thread-self/schedstat`), so that other work on the machine counts less.
fn cpu_ns() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

fn measure(name: &str, sql: &str, format: Format) {
    let database = Database::open();
    let (types, chunks) = database.query(sql);
    let columns: Vec<_> = types.into_iter().map(|logical| (logical, format)).collect();
    let mut encoder = RowEncoder::new(&columns, &Style::default(), 1 << 28);
    let chunk = chunks.first().unwrap();
    let mut out = Vec::new();
    let mut best = f64::MAX;
    for _ in 0..9 {
        let start = cpu_ns();
        for _ in 0..ROUNDS {
            out.clear();
            encoder.begin(chunk).unwrap();
            assert_eq!(encoder.encode(chunk, 0..chunk.len(), usize::MAX, &mut out).unwrap(), chunk.len());
        }
        best = best.min((cpu_ns() - start) / f64::from(ROUNDS * ROWS));
    }
    eprintln!("{name:<24} {best:6.1} ns a row, {} bytes", out.len() / chunk.len());
}

#[test]
#[ignore = "a measurement, for release builds"]
fn bench_encode() {
    let narrow = "SELECT (range * 7919 + 123456)::BIGINT FROM range(2048)";
    let wide = "SELECT (range * 7919 + 123456)::BIGINT AS a, (range * 1.37 + 0.123)::DOUBLE AS b, \
                lpad(range::VARCHAR, 16, 'abcdefgh') AS c, DATE '2020-01-01' + (range % 1000)::INTEGER AS d, \
                (range * 13.57)::DECIMAL(18,2) AS e FROM range(2048)";
    for (format, name) in [(Format::Text, "text"), (Format::Binary, "binary")] {
        measure(&format!("bigint {name}"), narrow, format);
        measure(&format!("wide {name}"), wide, format);
        for column in ["a", "b", "c", "d", "e"] {
            measure(&format!("  {column} {name}"), &format!("SELECT {column} FROM ({wide})"), format);
        }
        measure(
            &format!("timestamptz {name}"),
            "SELECT to_timestamp(1.6e9 + range * 1000.5) FROM range(2048)",
            format,
        );
        measure(
            &format!("int[] {name}"),
            "SELECT [range, range + 1, NULL]::INTEGER[] FROM range(2048)",
            format,
        );
        measure(&format!("struct {name}"), "SELECT {a: range, b: 'x' || range} FROM range(2048)", format);
    }
}
