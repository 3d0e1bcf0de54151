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
instead. The session goes on: outside a transaction block the next statement works at once. A refusal is decided on the plan that DuckDB
has bound, so that views, macros and `query()` hide nothing.

Each rule has a test file of its name in [`tests/policy`](../tests/policy), with every spelling, by the simple and the
extended protocol.

| rule | SQLSTATE | message |
|---|---|---|
";

const REFERENCE: &str = "\
Applies with `[sql] profile = \"reference\"` only: the reference lacks it, Pintail has it.
";

fn section(rule: &Rule) -> String {
    let mut text = format!("\n## {}\n\n`{}` {}\n\n", rule.id, rule.code.as_str(), rule.message);
    if rule.profile == Profile::Reference {
        text += REFERENCE;
        text += "\n";
    }
    text += &format!("**Why.** {}\n\n**Instead.** {}\n\n```sql\n", rule.reason, rule.hint);
    for example in rule.examples {
        text += &format!("{example};\n");
    }
    text += "```\n";
    let refused: Vec<String> = functions::entries()
        .filter(|entry| {
            entry.access
                == Some(Access::Refused(rules::ALL.iter().find(|other| other.id == rule.id).unwrap()))
        })
        .map(|entry| format!("`{}`", entry.name))
        .collect();
    if !refused.is_empty() {
        text += &format!("\nFunctions that it refuses: {}.\n", refused.join(", "));
    }
    text
}

fn page() -> String {
    let mut text = HEAD.to_owned();
    for rule in rules::ALL {
        text += &format!("| [{id}](#{id}) | {} | {} |\n", rule.code.as_str(), rule.message, id = rule.id);
    }
    text += &rules::ALL.iter().map(|rule| section(rule)).collect::<String>();
    text
}

#[test]
fn the_page_is_what_the_table_gives() {
    let path = root().join("docs/refusals.md");
    if std::env::var_os("PINTAIL_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/refusals.md is not up to date: run scripts/generate-refusals.sh");
}
