//! ALTER TABLE and its kin: several actions in one statement, columns with constraints or numbers of their own, unique
//! constraints added later (which are unique indexes), and what says nothing to DuckDB (Rails, Django, Alembic, `TypeORM`,
//! Prisma, Sequelize, Knex, Ecto, `pg_dump`).

use super::{
    columns::{self, Own, object_name},
    constraints,
    draft::{Draft, Look, NOTHING, Name, quoted, split_list},
    found, rebuilding, sequences,
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
    if is_rename(cursor) && is_view(&name, draft) {
        return view(draft);
    }
    let head = format!(
        "ALTER TABLE {}{}",
        if if_exists { "IF EXISTS " } else { "" },
        draft.text(name.start, name.end)
    );
    let actions = split_list(cursor.rest());
    let table = Altered { table: Table { name, is_temporary: false, is_there: true }, head };
    if let [action] = &actions[..] {
        self::action(action, &table, draft);
        if !draft.does_nothing() {
            let (before, after) = around(&actions, &table, draft);
            for statement in before {
                draft.prepend(&statement);
            }
            for statement in after {
                draft.append(&statement);
            }
        }
    } else {
        one_by_one(&actions, &table, draft);
    }
}

/// `RENAME TO`.
fn is_rename(mut cursor: Tokens<'_, '_>) -> bool {
    cursor.words(&["rename", "to"])
}

fn is_view(name: &Name, draft: &mut Draft<'_>) -> bool {
    !draft.look(Look::View, &name.parts).is_empty()
}

/// PostgreSQL renames views with ALTER TABLE, too (dbt does).
fn view(draft: &mut Draft<'_>) {
    if let Some(word) = draft.tokens.iter().find(|token| token.is_word("table")) {
        draft.replace(word.start, word.end, "VIEW");
    }
}

/// DuckDB takes one action at a time.
fn one_by_one(actions: &[&[Token<'_>]], table: &Altered, draft: &mut Draft<'_>) {
    if let Some(elements) = actions.iter().map(|action| added(action, draft)).collect::<Option<Vec<&str>>>() {
        return rebuilding::with(&table.table.name, &elements, draft);
    }
    let (mut statements, after) = around(actions, table, draft);
    for action in actions {
        let (Some(first), Some(last)) = (action.first(), action.last()) else { return };
        let statement = format!("{} {}", table.head, draft.text(first.start, last.end));
        statements.push(draft.translated(&statement));
    }
    statements.extend(after);
    draft.become_text(statements.join("; "));
}

/// The foreign key or condition that an action adds.
fn added<'s>(action: &[Token<'_>], draft: &Draft<'s>) -> Option<&'s str> {
    let mut cursor = Tokens::new(action);
    cursor.word("add").then_some(())?;
    if cursor.word("constraint") {
        let _ = cursor.name();
    }
    let [first, .., last] = cursor.rest() else { return None };
    (first.is_word("foreign") || first.is_word("check")).then(|| draft.text(first.start, last.end))
}

/// DuckDB alters no table that has indexes: they are dropped before and made again after it, in one transaction. A unique
/// index cannot be made again in the transaction that dropped it: then DuckDB says that it depends on the table.
fn around(actions: &[&[Token<'_>]], table: &Altered, draft: &mut Draft<'_>) -> (Vec<String>, Vec<String>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let indexes = found::indexes(&table.table.name.parts, draft);
    if indexes.iter().any(|index| index.is_unique) {
        return (before, after);
    }
    for index in indexes {
        before.push(format!("DROP INDEX {}", quoted(&table.table.name.beside(&index.name))));
        let mut columns = Some(index.expressions.clone());
        let mut name = table.name();
        for action in actions {
            columns = columns.and_then(|columns| changed(action, columns));
            name = renamed(action).map_or(name, |new| quoted(&table.table.name.beside(&new)));
        }
        // One of a column that goes, goes with it.
        if let Some(columns) = columns {
            after.push(index.create(&name, &columns));
        }
    }
    (before, after)
}

/// The table's new name.
fn renamed(action: &[Token<'_>]) -> Option<String> {
    let mut cursor = Tokens::new(action);
    cursor.words(&["rename", "to"]).then(|| cursor.name())?
}

/// An index's expressions after an action; nothing when it goes.
fn changed(action: &[Token<'_>], columns: Vec<String>) -> Option<Vec<String>> {
    let mut cursor = Tokens::new(action);
    let is_rename = cursor.word("rename");
    if cursor.word("to") || !(is_rename || cursor.word("drop")) {
        return Some(columns);
    }
    let _ = cursor.word("column");
    let _ = cursor.words(&["if", "exists"]);
    let Some(old) = cursor.name() else { return Some(columns) };
    let new = if is_rename && cursor.word("to") { cursor.name() } else { None };
    let change = |part: String| {
        let is_it = part.trim_matches('"').eq_ignore_ascii_case(&old);
        if is_it { new.as_deref().map(quote_name) } else { Some(part) }
    };
    columns.into_iter().map(change).collect()
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
    } else if cursor.word("drop") {
        drop_column(cursor, table, draft);
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
    if if_not_exists && draft.has_column(&table.table.name, &name) {
        table.untouched(draft);
        let relation = table.table.name.last();
        return draft
            .notice(format!("column \"{name}\" of relation \"{relation}\" already exists, skipping"));
    }
    let is_numbered = Tokens::new(element.get(1..).unwrap_or_default())
        .peek()
        .is_some_and(|token| types::serial(token).is_some())
        || element
            .windows(2)
            .any(|pair| matches!(pair, [one, two] if one.is_word("as") && two.is_word("identity")));
    if is_numbered
        && let [first, .., last] = element
        && draft
            .look(Look::Definition, &table.table.name.parts)
            .get(found::IS_REFERRED_TO)
            .is_some_and(|is_referred_to| is_referred_to == "f")
    {
        // Its rows get their numbers when they are copied: DuckDB cannot say that they are not NULL afterwards.
        return rebuilding::with(&table.table.name, &[draft.text(first.start, last.end)], draft);
    }
    let _ = columns::definition(element, &table.table, draft);
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
            let (Some(first), Some(last)) = (element.first(), element.last()) else { return };
            return rebuilding::with(&table.table.name, &[draft.text(first.start, last.end)], draft);
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
    if let [first, .., last] = cursor.rest()
        && (first.is_word("foreign") || first.is_word("check"))
    {
        return rebuilding::with(&table.table.name, &[draft.text(first.start, last.end)], draft);
    }
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

/// DuckDB drops no column that an index is on or stands behind, nor the sequence that numbered it.
fn drop_column(mut cursor: Tokens<'_, '_>, table: &Altered, draft: &mut Draft<'_>) {
    let _ = cursor.word("column");
    let _ = cursor.words(&["if", "exists"]);
    let Some(column) = cursor.name() else { return };
    let owned: Vec<String> = found::owned_sequences(&table.table.name.parts, draft)
        .into_iter()
        .filter(|(owner, _)| owner.eq_ignore_ascii_case(&column))
        .map(|(_, sequence)| format!("DROP SEQUENCE IF EXISTS {sequence}"))
        .collect();
    let has_indexes = !found::indexes(&table.table.name.parts, draft).is_empty();
    let is_numbered = !owned.is_empty();
    if (has_indexes || is_numbered) && rebuilding::without_column(&table.table.name, &column, draft) {
        for statement in owned {
            draft.append(&statement);
        }
    }
}

/// Unique constraints that were added later are indexes.
fn drop_constraint(mut cursor: Tokens<'_, '_>, table: &Altered, draft: &mut Draft<'_>) {
    let if_exists = cursor.words(&["if", "exists"]);
    let Some(name) = cursor.name() else { return };
    let index = table.table.name.beside(&name);
    if !draft.look(Look::Index, &index).is_empty() {
        return draft.become_text(format!("DROP INDEX {}", quoted(&index)));
    }
    if rebuilding::without(&table.table.name, &name, draft) {
        return;
    }
    table.untouched(draft);
    if if_exists {
        let relation = table.table.name.last();
        draft.notice(format!("constraint \"{name}\" of relation \"{relation}\" does not exist, skipping"));
    } else {
        draft.refuse(&rules::DROP_CONSTRAINT);
    }
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
