//! Statements that keep PostgreSQL's tables in order: TRUNCATE of several tables, ANALYZE, VACUUM, REINDEX, CLUSTER, LOCK
//! (Rails' and Django's test suites, dbt's hooks, `pgbench`, `pg_dump` for LOCK). DuckDB's transactions need no locks: of two
//! that write the same rows the second fails (40001).

use super::{
    draft::{Draft, NOTHING, Name},
    found,
};
use crate::sql::{Token, Tokens};

/// Translates one of them.
pub(super) fn translate(first: &Token<'_>, cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    if first.is_word("truncate") {
        truncate(cursor, draft);
    } else if first.is_word("lock") {
        lock(cursor, draft);
    } else if first.is_word("analyze") || first.is_word("analyse") {
        analyze(first, cursor, draft);
    } else if first.is_word("vacuum") {
        vacuum(cursor, draft);
    } else if first.is_word("reindex") {
        reindex(cursor, draft);
    } else if first.is_word("cluster") {
        cluster(cursor, draft);
    }
}

/// Names with commas between them, each with `*` or a list of columns behind it.
fn names(cursor: &mut Tokens<'_, '_>) -> Vec<Name> {
    let mut found = Vec::new();
    loop {
        let _ = is_only(*cursor) && cursor.word("only");
        let Some(mut name) = Name::take(cursor) else { return found };
        let _ = cursor.symbol("*");
        let columns = cursor.rest();
        if cursor.group().is_some() {
            let taken = columns.len() - cursor.rest().len();
            name.end =
                taken.checked_sub(1).and_then(|last| columns.get(last)).map_or(name.end, |last| last.end);
        }
        found.push(name);
        if !cursor.symbol(",") {
            return found;
        }
    }
}

/// ONLY before a name; a table may be called so.
fn is_only(mut cursor: Tokens<'_, '_>) -> bool {
    cursor.word("only") && cursor.peek().is_some_and(|token| token.name().is_some())
}

/// The same statement for each name.
fn for_each(verb: &str, names: &[Name], draft: &mut Draft<'_>) {
    let statements: Vec<String> =
        names.iter().map(|name| format!("{verb} {}", draft.text(name.start, name.end))).collect();
    draft.become_text(statements.join("; "));
}

fn truncate(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = cursor.word("table");
    let tables = names(&mut cursor);
    let restart = cursor.words(&["restart", "identity"]);
    let is_plain = !restart && !cursor.words(&["continue", "identity"]) && tables.len() == 1;
    let _ = cursor.one_of(&["cascade", "restrict"]);
    if is_plain || !cursor.is_empty() {
        return;
    }
    for_each("TRUNCATE TABLE", &tables, draft);
    if restart {
        for table in &tables {
            for (_, sequence) in found::owned_sequences(&table.parts, draft) {
                let name = crate::sql::quote_text(&sequence);
                draft.insert(0, format!("SELECT __pintail_restart({name}); "));
            }
        }
    }
}

fn lock(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = cursor.word("table");
    let tables = names(&mut cursor);
    if cursor.word("in") {
        while cursor.one_of(&["access", "row", "share", "update", "exclusive"]).is_some() {}
        let _ = cursor.word("mode");
    }
    let _ = cursor.word("nowait");
    if cursor.is_empty() && !tables.is_empty() {
        for_each(NOTHING, &tables, draft);
    }
}

fn analyze(first: &Token<'_>, mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = options(&mut cursor);
    let tables = names(&mut cursor);
    if !cursor.is_empty() {
        return;
    }
    if tables.is_empty() {
        draft.replace(first.start, draft.sql.len(), "ANALYZE");
    } else {
        for_each("ANALYZE", &tables, draft);
    }
}

fn vacuum(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let analyzes = options(&mut cursor);
    let tables = names(&mut cursor);
    if !cursor.is_empty() {
        return;
    }
    let verb = if analyzes { "ANALYZE" } else { NOTHING };
    if tables.is_empty() {
        draft.become_text(verb);
    } else {
        for_each(verb, &tables, draft);
    }
}

/// `(ANALYZE, VERBOSE true)`, or the words alone; whether ANALYZE is among them.
fn options(cursor: &mut Tokens<'_, '_>) -> bool {
    if let Some(group) = cursor.group() {
        let is_analyze = |token: &Token<'_>| token.is_word("analyze") || token.is_word("analyse");
        return group.rest().iter().any(is_analyze);
    }
    let mut analyzes = false;
    while let Some(word) = cursor.one_of(&["full", "freeze", "verbose", "analyze", "analyse"]) {
        analyzes |= word.starts_with("analy");
    }
    analyzes
}

fn reindex(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = cursor.group();
    let kind = cursor.one_of(&["index", "table", "schema", "database", "system"]);
    let _ = cursor.word("concurrently");
    let names = names(&mut cursor);
    match (kind, &names[..]) {
        (Some("table"), [_]) => for_each(NOTHING, &names, draft),
        (Some(_), _) if names.len() < 2 && cursor.is_empty() => draft.become_nothing(),
        _ => {}
    }
}

fn cluster(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let _ = options(&mut cursor);
    let table = Name::take(&mut cursor);
    if cursor.word("using") {
        let _ = Name::take(&mut cursor);
    }
    match table {
        _ if !cursor.is_empty() => {}
        Some(table) => for_each(NOTHING, &[table], draft),
        None => draft.become_nothing(),
    }
}
