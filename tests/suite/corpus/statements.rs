//! The corpus files: statements that end with a semicolon at the end of a line, one after the other. A line `--! …` in
//! front of a statement says what is to be expected of it when it is not the same success on both sides:
//!
//! * `--! error CODE`: it fails on both sides, and the SQLSTATE begins so.
//! * `--! refused RULE CODE`: a rule of the policy refuses it, with a hint.
//! * `--! nondeterministic`: only columns and the number of rows are compared.
//! * `--! differs CODE`: it succeeds in process and fails on the wire, for the reason in the comment before it.
//! * `--! works REASON`: it fails in process and succeeds on the wire.
//! * `--! own REASON`: the session answers it itself; only success is compared.

/// What is to be expected of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    Same,
    Error(String),
    Refused { rule: String, code: String },
    Nondeterministic,
    Differs(String),
    Works,
    Own,
}

/// A statement of a file.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) line: usize,
    pub(super) sql: String,
    pub(super) expect: Expect,
}

impl Statement {
    /// The same with all its values as DuckDB prints them; nothing for what has no rows of that kind.
    pub(super) fn printed(&self) -> Option<String> {
        const QUERIES: [&str; 11] = [
            "select",
            "from",
            "with",
            "values",
            "table",
            "pivot",
            "unpivot",
            "describe",
            "summarize",
            "show",
            "(",
        ];
        let start = self.sql.trim_start().to_ascii_lowercase();
        let is_query = QUERIES.iter().any(|word| start.starts_with(word));
        is_query.then(|| format!("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({}\n)", self.sql))
    }
}

/// Takes a file apart.
pub(super) fn read(name: &str, text: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut expect = Expect::Same;
    let mut begun: Option<Statement> = None;
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if begun.is_none() {
            if let Some(mark) = line.strip_prefix("--! ") {
                expect = mark_of(mark).unwrap_or_else(|| panic!("{name}:{line_number}: unknown mark {mark}"));
                continue;
            }
            if line.starts_with("--") || line.trim().is_empty() {
                continue;
            }
        }
        let mut statement = begun.take().unwrap_or_else(|| Statement {
            line: line_number,
            sql: String::new(),
            expect: std::mem::replace(&mut expect, Expect::Same),
        });
        if !statement.sql.is_empty() {
            statement.sql.push('\n');
        }
        if let Some(end) = line.strip_suffix(';') {
            statement.sql.push_str(end);
            statements.push(statement);
        } else {
            statement.sql.push_str(line);
            begun = Some(statement);
        }
    }
    assert!(begun.is_none(), "{name}: the last statement has no end");
    statements
}

fn mark_of(mark: &str) -> Option<Expect> {
    let words: Vec<&str> = mark.split_whitespace().collect();
    match words[..] {
        ["error", code] => Some(Expect::Error(code.to_owned())),
        ["refused", rule, code] => Some(Expect::Refused { rule: rule.to_owned(), code: code.to_owned() }),
        ["differs", code] => Some(Expect::Differs(code.to_owned())),
        ["nondeterministic"] => Some(Expect::Nondeterministic),
        ["works", _, ..] => Some(Expect::Works),
        ["own", _, ..] => Some(Expect::Own),
        _ => None,
    }
}
