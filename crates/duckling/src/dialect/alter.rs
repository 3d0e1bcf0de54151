//! ALTER TABLE and its kin: several actions in one statement, columns with constraints or numbers of their own, unique
//! constraints added later (which are unique indexes), and what says nothing to DuckDB (Rails, Django, Alembic, `TypeORM`,
//! Prisma, Sequelize, Knex, Ecto, `pg_dump`).

use super::{
    columns::{self, Own, object_name},
    constraints,
    draft::{Draft, Look, NOTHING, Name, quoted, split_list},
    sequences,
    tables::Table,
    types,
};
use crate::{
    policy::rules,
    sql::{Token, Tokens, quote_name},
};

/// Translates ALTER.
pub(super) fn translate(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    if cursor.word("sequence") {
        return sequences::alter(cursor, draft);
    }
    if cursor.word("table") {
        return table(cursor, draft);
    }
    let kinds = ["view", "schema", "type", "function", "index", "macro", "materialized"];
    let Some(kind) = cursor.one_of(&kinds) else { return };
    let has = |first: &str, second: &str| {
        let mut pairs = cursor.rest().windows(2);
        pairs.any(|pair| matches!(pair, [one, two] if one.is_word(first) && two.is_word(second)))
    };
    if has("owner", "to") {
        owner(draft);
    } else if kind == "type" || kind == "index" || (kind == "schema" && has("rename", "to")) {
        draft.refuse(&rules::ALTER_OBJECT);
    }
}

/// OWNER TO: everything in an account's databases is the account's.
pub(super) fn owner(draft: &mut Draft<'_>) {
    draft.become_nothing();
    tell_owner(draft);
}

pub(super) fn tell_owner(draft: &mut Draft<'_>) {
    draft.notice("owners are not kept: everything in a database is its account's");
}

fn table(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let if_exists = cursor.words(&["if", "exists"]);
    let _ = cursor.word("only");
    let Some(name) = Name::take(&mut cursor) else { return };
    let _ = cursor.symbol("*");
    let head = format!(
        "ALTER TABLE {}{}",
        if if_exists { "IF EXISTS " } else { "" },
        draft.text(name.start, name.end)
    );
    let actions = split_list(cursor.rest());
    let [action] = &actions[..] else {
        return one_by_one(&actions, &head, draft);
    };
    let table = Altered { table: Table { name, is_temporary: false }, head };
    self::action(action, &table, draft);
    keep_indexes(action, &table, draft);
}

/// DuckDB alters no table that has indexes: they are dropped and made again around it, in one transaction.
fn keep_indexes(action: &[Token<'_>], table: &Altered, draft: &mut Draft<'_>) {
    if draft.does_nothing() {
        return;
    }
    let mut cursor = Tokens::new(action);
    let mut renamed_table = None;
    let mut column = None;
    if cursor.words(&["rename", "to"]) {
        renamed_table = cursor.name();
    } else if cursor.word("rename") {
        let _ = cursor.word("column");
        let old = cursor.name();
        let _ = cursor.word("to");
        column = old.map(|old| (old, cursor.name()));
    } else if cursor.word("drop") {
        let _ = cursor.word("column");
        let _ = cursor.words(&["if", "exists"]);
        column = cursor.name().map(|old| (old, None));
    }
    let name = renamed_table.map_or_else(|| table.name(), |new| quoted(&table.table.name.beside(&new)));
    for index in draft.look(Look::Indexes, &table.table.name.parts) {
        let mut parts = index.split(engine::SEPARATOR);
        let (Some(own), Some(unique)) = (parts.next(), parts.next()) else { continue };
        let renamed = |part: &str| match &column {
            Some((old, new)) if part.trim_matches('"').eq_ignore_ascii_case(old) => {
                new.as_deref().map(quote_name)
            }
            _ => Some(part.to_owned()),
        };
        let columns: Option<Vec<String>> = parts.map(renamed).collect();
        draft.prepend(&format!("DROP INDEX {}", quoted(&table.table.name.beside(own))));
        // One of a column that goes, goes with it.
        if let Some(columns) = columns {
            let kind = if unique == "t" { "UNIQUE INDEX" } else { "INDEX" };
            let list = columns.join(", ");
            draft.append(&format!("CREATE {kind} {} ON {name} ({list})", quote_name(own)));
        }
    }
}

/// DuckDB takes one action at a time.
fn one_by_one(actions: &[&[Token<'_>]], head: &str, draft: &mut Draft<'_>) {
    let mut statements = Vec::with_capacity(actions.len());
    for action in actions {
        let (Some(first), Some(last)) = (action.first(), action.last()) else { return };
        statements.push(draft.translated(&format!("{head} {}", draft.text(first.start, last.end))));
    }
    draft.become_text(statements.join("; "));
}

/// The table that is altered.
struct Altered {
    table: Table,
    /// ALTER TABLE and its name.
    head: String,
}

impl Altered {
    /// As SQL.
    fn name(&self) -> String {
        quoted(&self.table.name.parts)
    }

    /// Nothing is to be done, if the table is there.
    fn untouched(&self, draft: &mut Draft<'_>) {
        let name = draft.text(self.table.name.start, self.table.name.end);
        draft.become_text(format!("{NOTHING} {name}"));
    }
}

fn action(action: &[Token<'_>], table: &Altered, draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(action);
    if cursor.word("add") {
        add(cursor, table, draft);
    } else if cursor.words(&["drop", "constraint"]) {
        drop_constraint(cursor, table, draft);
    } else if cursor.word("alter") {
        let _ = cursor.word("column");
        column(cursor, table, draft);
    } else if cursor.words(&["owner", "to"]) {
        table.untouched(draft);
        tell_owner(draft);
    } else if cursor.words(&["set", "schema"]) || cursor.words(&["rename", "constraint"]) {
        draft.refuse(&rules::ALTER_OBJECT);
    } else if cursor.one_of(&["enable", "disable"]).is_some() && cursor.word("trigger") {
        table.untouched(draft);
        draft.notice("there are no triggers");
    } else if cursor.one_of(&["inherit", "attach", "detach"]).is_some() || cursor.words(&["no", "inherit"]) {
        draft.refuse(&rules::PARTITION);
    } else if cursor.words(&["row", "level", "security"]) || cursor.word("force") {
        draft.refuse(&rules::SERVER_OBJECT);
    } else if is_storage(cursor) {
        table.untouched(draft);
    }
}

/// How PostgreSQL keeps a table means nothing to DuckDB.
fn is_storage(mut cursor: Tokens<'_, '_>) -> bool {
    cursor.words(&["cluster", "on"])
        || cursor.words(&["replica", "identity"])
        || cursor.words(&["validate", "constraint"])
        || cursor.words(&["set", "tablespace"])
        || cursor.words(&["set", "without"])
        || cursor.words(&["set", "access", "method"])
        || cursor.words(&["set", "logged"])
        || cursor.words(&["set", "unlogged"])
        || (cursor.one_of(&["set", "reset"]).is_some() && cursor.group().is_some())
}

// ------------------------------------------------------------------------------------------------------------- ADD

fn add(mut cursor: Tokens<'_, '_>, table: &Altered, draft: &mut Draft<'_>) {
    let named = cursor.word("constraint");
    let constraint = if named { cursor.name() } else { None };
    let is_constraint = ["primary", "unique", "foreign", "check", "exclude"];
    if named || cursor.peek().is_some_and(|token| is_constraint.iter().any(|word| token.is_word(word))) {
        return add_constraint(cursor, constraint, table, draft);
    }
    let _ = cursor.word("column");
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let element = cursor.rest();
    let Some(name) = Tokens::new(element).name() else { return };
    let has_sequence = columns::definition(element, &table.table, draft);
    if has_sequence && if_not_exists && draft.has_column(&table.table.name, &name) {
        return table.untouched(draft);
    }
    let alter = format!("{} ALTER COLUMN {}", table.head, quote_name(&name));
    if has_sequence {
        draft.append(&format!("{alter} SET NOT NULL"));
    }
    column_constraints(element, &name, table, draft);
}

/// DuckDB adds columns without constraints: they follow, as far as there are statements for them.
fn column_constraints(element: &[Token<'_>], name: &str, table: &Altered, draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(element.get(2..).unwrap_or_default());
    let column = quote_name(name);
    while !cursor.is_empty() {
        let before = cursor.rest();
        if cursor.group().is_some() {
            continue;
        }
        let statement = if cursor.words(&["not", "null"]) {
            format!("{} ALTER COLUMN {column} SET NOT NULL", table.head)
        } else if cursor.words(&["primary", "key"]) {
            format!("{} ADD PRIMARY KEY ({column})", table.head)
        } else if cursor.word("unique") {
            let key = object_name(table.table.name.last(), name, "key");
            format!("CREATE UNIQUE INDEX {} ON {} ({column})", quote_name(&key), table.name())
        } else if cursor.one_of(&["references", "check"]).is_some() {
            return draft.refuse(&rules::ADD_CONSTRAINT);
        } else if cursor.word("constraint") {
            let _ = cursor.name();
            String::new()
        } else {
            let _ = cursor.take();
            continue;
        };
        draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
        if !statement.is_empty() {
            draft.append(&statement);
        }
    }
}

fn add_constraint(mut cursor: Tokens<'_, '_>, name: Option<String>, table: &Altered, draft: &mut Draft<'_>) {
    constraints::options(cursor.rest(), draft);
    if cursor.words(&["primary", "key"]) && cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        return;
    }
    if !cursor.word("unique") {
        return draft.refuse(&rules::ADD_CONSTRAINT);
    }
    let Some(open) = cursor.peek() else { return };
    let Some(columns) = cursor.group() else {
        return draft.refuse(&rules::ADD_CONSTRAINT);
    };
    let end = columns.rest().last().map_or(open.end, |last| last.end);
    let names: Vec<String> = columns.rest().iter().filter_map(Token::name).collect();
    let name = name.unwrap_or_else(|| object_name(table.table.name.last(), &names.join("_"), "key"));
    let list = draft.text(open.end, end).to_owned();
    draft.become_text(format!("CREATE UNIQUE INDEX {} ON {} ({list})", quote_name(&name), table.name()));
}

/// Unique constraints that were added later are indexes.
fn drop_constraint(mut cursor: Tokens<'_, '_>, table: &Altered, draft: &mut Draft<'_>) {
    let _ = cursor.words(&["if", "exists"]);
    let Some(name) = cursor.name() else { return };
    let index = table.table.name.beside(&name);
    if draft.look(Look::Index, &index).is_empty() {
        return draft.refuse(&rules::ADD_CONSTRAINT);
    }
    draft.become_text(format!("DROP INDEX {}", quoted(&index)));
}

// ----------------------------------------------------------------------------------------------------------- ALTER

fn column(mut cursor: Tokens<'_, '_>, table: &Altered, draft: &mut Draft<'_>) {
    let Some(name) = cursor.name() else { return };
    if cursor.word("type") || cursor.words(&["set", "data", "type"]) {
        return types::translate(cursor.rest(), draft);
    }
    let before = cursor.rest();
    if cursor.words(&["drop", "identity"]) {
        return draft.become_text(format!("{} ALTER COLUMN {} DROP DEFAULT", table.head, quote_name(&name)));
    }
    if cursor.word("add") {
        let Some((marker, options)) = columns::identity(&mut cursor) else { return };
        let own = Own { column: name, marker, maximum: i64::MAX, options };
        let sequence = columns::create_own(&own, &table.table, draft);
        let (Some(first), Some(last)) = (before.first(), before.last()) else { return };
        return draft.replace(first.start, last.end, format!("SET DEFAULT {sequence}"));
    }
    if cursor.one_of(&["set", "reset"]).is_some() {
        let is_storage =
            cursor.one_of(&["statistics", "storage", "compression"]).is_some() || cursor.group().is_some();
        if is_storage {
            return table.untouched(draft);
        }
    }
    if before.first().is_some_and(|token| token.is_word("restart"))
        || matches!(before, [set, what, ..] if set.is_word("set") && what.is_word("generated"))
    {
        draft.refuse(&rules::ALTER_SEQUENCE);
    }
}
