//! `docs/refusals.md`, from the table of rules. The test compares; with `PINTAIL_BLESS` set it writes
//! (`scripts/generate-refusals.sh`).

use super::{
    super::{
        functions::{self, Access},
        rules::{self, Profile, Rule},
    },
    root,
};

const HEAD: &str = "\
# What is refused, and what to do instead

<!-- Written by scripts/generate-refusals.sh from crates/duckling/src/policy/rules.rs and functions.csv. -->

Tenants run SQL in a process that belongs to the server. They may use their own databases and read remote objects;
what reaches further is refused, each time by one of the rules below, with its SQLSTATE, and with a hint of what to do
instead. The session goes on: outside a transaction block the next statement works at once. What is refused is decided on
the plan that DuckDB has bound, so that views, macros and `query()` hide nothing.

Each rule has a test file of its name in [`tests/policy`](../tests/policy), with every spelling, by the simple and the
extended protocol.

| rule | SQLSTATE | message |
|---|---|---|
";

const REFERENCE: &str =
    "\nApplies with `[sql] profile = \"reference\"` only: the reference lacks it, Pintail has it.\n";

fn section(rule: &Rule) -> String {
    let reference = if rule.profile == Profile::Reference { REFERENCE } else { "" };
    let examples: Vec<String> = rule.examples.iter().map(|example| format!("{example};\n")).collect();
    let refused: Vec<String> = functions::entries()
        .filter(|entry| matches!(entry.access, Some(Access::Refused(by)) if by.id == rule.id))
        .map(|entry| format!("`{}`", entry.name))
        .collect();
    let refused = match refused.as_slice() {
        [] => String::new(),
        names => format!("\nFunctions that it refuses: {}.\n", names.join(", ")),
    };
    format!(
        "\n## {}\n\n`{}` {}\n{reference}\n**Why.** {}\n\n**Instead.** {}\n\n```sql\n{}```\n{refused}",
        rule.id,
        rule.code.as_str(),
        rule.message,
        rule.reason,
        rule.hint,
        examples.concat()
    )
}

fn page() -> String {
    let line = |rule: &&Rule| {
        format!("| [{id}](#{id}) | {} | {} |\n", rule.code.as_str(), rule.message, id = rule.id)
    };
    let table: String = rules::ALL.iter().map(line).collect::<Vec<_>>().concat();
    let sections = rules::ALL.iter().map(|rule| section(rule)).collect::<Vec<_>>().concat();
    format!("{HEAD}{table}{sections}")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how an author has the page written")]
fn the_page_is_what_the_table_gives() {
    let path = root().join("docs/refusals.md");
    if std::env::var_os("PINTAIL_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/refusals.md is not up to date: run scripts/generate-refusals.sh");
}
