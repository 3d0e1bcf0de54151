//! What COPY costs: `cargo test --release -p duckling bench_copy -- --ignored --nocapture`.

use std::time::Instant;

use super::{CopyDirection, CopyIn, CopyOut};
use crate::{decode::Style, encode::tests::Database};

#[test]
#[ignore = "a measurement, for release builds"]
fn bench_copy() {
    let database = Database::open();
    let sql = "SELECT (range * 7919 + 123456)::BIGINT AS a, (range * 1.37 + 0.123)::DOUBLE AS b, \
               lpad(range::VARCHAR, 16, 'abcdefgh') AS c, DATE '2020-01-01' + (range % 1000)::INTEGER AS d, \
               (range * 13.57)::DECIMAL(18,2) AS e FROM range(500000)";
    let (types, chunks) = database.query(sql);
    let columns: Vec<_> = ["a", "b", "c", "d", "e"].map(str::to_owned).into_iter().zip(types).collect();
    for format in ["text", "csv", "binary"] {
        let options = super::tests::options(&[("format", format)], CopyDirection::Out);
        let mut writer = CopyOut::new(&options, &columns, &Style::default(), 1 << 28).unwrap();
        let mut messages = Vec::new();
        writer.header(&mut messages);
        let start = Instant::now();
        for chunk in &chunks {
            writer.begin();
            writer.encode(chunk, 0..chunk.len(), usize::MAX, &mut messages).unwrap();
        }
        let seconds = start.elapsed().as_secs_f64();
        let data = super::tests::data_of(&messages);
        report(&format!("copy out {format}"), seconds, data.len());

        let options = super::tests::options(&[("format", format)], CopyDirection::In);
        let target = super::tests::target(&columns);
        let mut reader = CopyIn::new(&options, &target, &Style::default(), 1 << 28).unwrap();
        let start = Instant::now();
        for piece in data.chunks(65_000) {
            reader.push(piece, |_| Ok(())).unwrap();
        }
        assert_eq!(reader.finish(|_| Ok(())).unwrap(), 500_000);
        report(&format!("copy in {format}"), start.elapsed().as_secs_f64(), data.len());
    }
}

fn report(name: &str, seconds: f64, bytes: usize) {
    let megabytes = f64::from(u32::try_from(bytes).unwrap()) / 1e6;
    eprintln!("{name:<16} {:6.0} MB/s, {:5.1} ns a row", megabytes / seconds, seconds * 1e9 / 500_000.0);
}
