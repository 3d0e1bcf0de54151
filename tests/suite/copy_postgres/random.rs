//! Random tables, rows and options: what each writes is compared byte for byte, and read back by both.

use super::{Answer, Both, none, shown};

/// A small generator, so that a failure can be had again by its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count).expect("small")).expect("small")
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    fn number(&mut self) -> i64 {
        let wide = i64::from_ne_bytes(self.next().to_ne_bytes());
        wide >> self.below(64)
    }
}

const TYPES: &[&str] = &[
    "int2",
    "int4",
    "int8",
    "bool",
    "float4",
    "float8",
    "numeric(12,3)",
    "text",
    "varchar",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "bytea",
    "json",
    "int4[]",
    "text[]",
];

fn text(random: &mut Random) -> String {
    let parts = [
        "a",
        "B",
        " ",
        "",
        "\t",
        "\n",
        "\r",
        "\\",
        "\\N",
        "\\.",
        "\"",
        "'",
        ",",
        ";",
        "|",
        "$",
        "NULL",
        "null",
        "ä",
        "€",
        "😀",
        "\u{1}",
        "\u{b}",
        "\u{c}",
        "\u{8}",
        "long text of more than twelve bytes",
        "{",
        "}",
        "0",
    ];
    (0..random.below(6)).map(|_| random.pick(&parts)).collect()
}

/// A value as SQL, good for a type on both sides.
fn value(kind: &str, random: &mut Random) -> String {
    let quoted = |text: String| format!("'{}'", text.replace('\'', "''"));
    if random.below(6) == 0 {
        return "null".to_owned();
    }
    let bounded = |random: &mut Random, bits: u32| {
        let number = random.number();
        if bits == 64 { number } else { number % (1 << (bits - 1)) }
    };
    match kind {
        "int2" => quoted(bounded(random, 16).to_string()),
        "int4" => quoted(bounded(random, 32).to_string()),
        "int8" => quoted(bounded(random, 64).to_string()),
        "bool" => random.pick(&["true", "false"]).to_owned(),
        "float4" => quoted(match random.below(5) {
            0 => random.pick(&["NaN", "Infinity", "-Infinity", "-0", "1e-40", "3.4028235e38"]).to_owned(),
            _ => format!("{}e{}", random.number() % 10_000_000, random.below(40).cast_signed() - 20),
        }),
        "float8" => quoted(match random.below(5) {
            0 => random
                .pick(&["NaN", "Infinity", "-Infinity", "-0", "5e-324", "1.7976931348623157e308"])
                .to_owned(),
            _ => format!("{}e{}", random.number(), random.below(100).cast_signed() - 50),
        }),
        "numeric(12,3)" => {
            let number = random.number() % 1_000_000_000_000;
            let sign = if number < 0 { "-" } else { "" };
            quoted(format!("{sign}{}.{:03}", number.abs() / 1000, number.abs() % 1000))
        }
        "date" => match random.below(12) {
            0 => quoted(random.pick(&["infinity", "-infinity", "0001-01-01"]).to_owned()),
            _ => format!("date '2000-01-01' + {}", random.number() % 500_000),
        },
        "time" => {
            let micros = random.number().abs() % 86_400_000_000;
            let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
            quoted(format!(
                "{:02}:{:02}:{:02}.{fraction:06}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            ))
        }
        "timestamp" | "timestamptz" => quoted(timestamp(random)),
        "interval" => quoted(format!(
            "{} months {} days {} microseconds",
            random.number() % 1000,
            random.number() % 1000,
            random.number() % 100_000_000_000
        )),
        "uuid" => quoted(format!("{:016x}{:016x}", random.next(), random.next())),
        "bytea" => {
            let bytes = (0..random.below(20)).map(|_| format!("{:02x}", random.below(256)));
            format!("from_hex('{}')", bytes.collect::<String>())
        }
        "json" => quoted(
            random.pick(&["1", "null", "{\"a\": [1,2]}", "\"x,y\"", "[ ]", "{\"ä\":\"\\t\"}"]).to_owned(),
        ),
        "int4[]" => {
            let items: Vec<_> = (0..random.below(4)).map(|_| bounded(random, 32).to_string()).collect();
            format!("array[{}]::int4[]", items.join(","))
        }
        "text[]" => {
            let items: Vec<_> = (0..random.below(4))
                .map(|_| if random.below(5) == 0 { "null".to_owned() } else { literal(&text(random)) })
                .collect();
            format!("array[{}]::text[]", items.join(","))
        }
        _ => literal(&text(random)),
    }
}

fn timestamp(random: &mut Random) -> String {
    if random.below(12) == 0 {
        return random.pick(&["infinity", "-infinity"]).to_owned();
    }
    let (day, micros) = (1 + random.below(28), random.number().abs() % 60_000_000);
    let (year, month) = (1 + random.below(9999), 1 + random.below(12));
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    format!("{year:04}-{month:02}-{day:02} 12:34:{seconds:02}.{fraction:06}")
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Options as SQL for both ways, which go together.
fn options(random: &mut Random, columns: usize) -> (String, String) {
    let delimiter = random.pick(&["E'\\t'", "','", "';'", "'|'", "' '", "':'", "'-'", "'{'"]);
    let null = random.pick(&["''", "'NULL'", "E'\\\\N'", "'0'", "'-'"]);
    let (mut both, mut out, mut into) = (Vec::new(), Vec::new(), Vec::new());
    match random.below(5) {
        0 => both.push("format binary".to_owned()),
        1 | 2 => {
            both.push("format text".to_owned());
            if random.below(2) == 0 {
                both.push(format!("delimiter {delimiter}"));
            }
            if random.below(2) == 0 {
                both.push(format!("null {null}"));
            }
        }
        _ => {
            both.push("format csv".to_owned());
            if random.below(2) == 0 {
                both.push(format!("delimiter {delimiter}"));
            }
            if random.below(2) == 0 {
                both.push(format!("null {null}"));
            }
            if random.below(2) == 0 {
                both.push(format!("quote {}", random.pick(&["''''", "'\"'", "'$'"])));
            }
            if random.below(3) == 0 {
                both.push(format!("escape {}", random.pick(&["E'\\\\'", "'\"'", "'^'"])));
            }
            if random.below(3) == 0 {
                out.push(random.pick(&["force_quote *", "force_quote (c0)"]).to_owned());
            }
            if random.below(3) == 0 {
                into.push(format!("force_null (c{})", random.below(columns)));
            }
            if random.below(3) == 0 {
                into.push(format!("force_not_null (c{})", random.below(columns)));
            }
        }
    }
    if !both[0].ends_with("binary") && random.below(2) == 0 {
        out.push("header".to_owned());
        into.push(random.pick(&["header", "header match"]).to_owned());
    }
    let list = |more: &[String]| both.iter().chain(more).cloned().collect::<Vec<_>>().join(", ");
    (list(&out), list(&into))
}

/// One seed: a table, its rows, and several ways out and in.
fn round(both: &mut Both, seed: u64, wrong: &mut Vec<String>) -> anyhow::Result<usize> {
    let mut random = Random(seed);
    let types: Vec<_> = (0..=random.below(5)).map(|_| random.pick(TYPES)).collect();
    let columns =
        types.iter().enumerate().map(|(index, kind)| format!("c{index} {kind}")).collect::<Vec<_>>();
    let rows = (0..=random.below(12)).map(|_| {
        let values = types.iter().map(|kind| value(kind, &mut random)).collect::<Vec<_>>();
        format!("({})", values.join(", "))
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    both.run("drop table if exists t; drop table if exists u")?;
    both.run(&format!(
        "create table t({0}); create table u({0}); insert into t values {rows}",
        columns.join(", ")
    ))?;
    let mut cases = 0;
    for _ in 0..4 {
        cases += 1;
        let (out, into) = options(&mut random, types.len());
        let (pintail, postgres) = both.copy(&format!("copy t to stdout ({out})"), b"", 1)?;
        let mut differ = |what: &str, left: String, right: String| {
            wrong.push(format!("seed {seed}, {columns:?}: {what}\n  pintail  {left}\n  postgres {right}"));
        };
        if pintail != postgres {
            let show = |answer: &Answer| format!("{} {:?}", shown(&answer.data), answer.error);
            differ(&out, show(&pintail), show(&postgres));
            continue;
        }
        both.run("truncate u")?;
        let piece = 1 + random.below(60);
        let statement = format!("copy u from stdin ({into})");
        let (pintail, mut postgres) = both.copy(&statement, &postgres.data, piece)?;
        if let Some([_, message, _, context]) = &mut postgres.error
            && message.contains("json")
        {
            // Deviation: where in the document an error is, is not said.
            *context = context.split('\n').next_back().unwrap_or_default().to_owned();
        }
        let (left, right) = both.rows("u")?;
        if pintail != postgres || left != right {
            differ(&into, format!("{pintail:?} {}", shown(&left)), format!("{postgres:?} {}", shown(&right)));
        }
    }
    Ok(cases)
}

#[test]
fn random_tables_go_out_and_in_as_on_postgresql() -> anyhow::Result<()> {
    let mut both = Both::start()?;
    // DuckDB has it.
    both.postgres
        .rows("create function from_hex(text) returns bytea language sql as 'select decode($1, ''hex'')'")?;
    let (mut wrong, mut cases) = (Vec::new(), 0);
    for seed in 1..=120 {
        cases += round(&mut both, seed, &mut wrong)?;
    }
    println!("random COPY: {cases} pairs of options, out and in again");
    none(&wrong, cases);
    Ok(())
}
