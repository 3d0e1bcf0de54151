//! Foreign keys and conditions of a table that is there, added and dropped, and columns dropped beside indexes: DuckDB does none of it, so that the table is made anew
//! with the same rows, indexes and comments, in one transaction (Django, Rails, Prisma, Drizzle, `TypeORM`, Sequelize and
//! Hibernate add foreign keys after their tables). What the rows do not fulfil is an error, as in PostgreSQL. Nobody else
//! writes to the table meanwhile: the copy begins with making it the transaction's own (`own.cpp`). The names of
//! constraints are not kept, since DuckDB has none. A table that others refer to cannot be dropped, and is refused.

use super::{
    draft::{Draft, Look, NOTHING, Name, quoted},
    found::{self, Definition, IS_REFERRED_TO, Index},
};
use crate::{
    policy::rules,
    sql::{Token, lex, quote_text},
};

/// What the rows are kept in meanwhile.
const KEPT: &str = "__pintail_kept";

/// Where temporary tables are.
const TEMPORARY: &str = "temp";

/// The statement becomes the making of the table with these elements more: columns or constraints.
pub(super) fn with(table: &Name, elements: &[&str], draft: &mut Draft<'_>) {
    let found = draft.look(Look::Definition, &table.parts);
    rebuild(table, found, elements, draft, &|_| true);
}

/// The same without a constraint. False when there is none of that name.
pub(super) fn without(table: &Name, constraint: &str, draft: &mut Draft<'_>) -> bool {
    let mut asked = table.parts.clone();
    asked.push(constraint.to_owned());
    let found = draft.look(Look::DefinitionWithout, &asked);
    let is_found = !found.is_empty();
    if is_found {
        rebuild(table, found, &[], draft, &|_| true);
    }
    is_found
}

/// The same without a column, and the indexes that are about it. False when there is none of that name, or when others refer to
/// the table.
pub(super) fn without_column(table: &Name, column: &str, draft: &mut Draft<'_>) -> bool {
    let mut asked = table.parts.clone();
    asked.push(column.to_owned());
    let found = draft.look(Look::DefinitionWithoutColumn, &asked);
    let is_free = found.get(IS_REFERRED_TO).is_some_and(|is_referred_to| is_referred_to == "f");
    let is_about = |expression: &String| {
        let names = |token: &Token<'_>| token.name().is_some_and(|name| name.eq_ignore_ascii_case(column));
        lex(expression).iter().any(names)
    };
    if is_free {
        let is_kept = |index: &Index| !index.expressions.iter().any(is_about);
        rebuild(table, found, &[], draft, &is_kept);
    }
    is_free
}

fn rebuild(
    table: &Name,
    found: Vec<String>,
    elements: &[&str],
    draft: &mut Draft<'_>,
    is_kept: &dyn Fn(&Index) -> bool,
) {
    let Some(definition) = Definition::read(found) else {
        // DuckDB says that there is no such table, unless one comes before the statement runs.
        return draft.become_text(format!("{NOTHING} {}", quoted(&table.parts)));
    };
    if definition.is_referred_to {
        return draft.refuse(&rules::ADD_CONSTRAINT);
    }
    // Where it was found, which need not be where DuckDB would make one of this name.
    let [database, schema, _] = &definition.path;
    let name = quoted(&definition.path);
    let kept = quoted(&[database.clone(), schema.clone(), KEPT.to_owned()]);
    let create = if database == TEMPORARY { "CREATE TEMPORARY TABLE" } else { "CREATE TABLE" };
    let columns = &definition.columns;
    let former = definition.elements.strip_suffix(')').unwrap_or(&definition.elements);
    let elements = [&[former], elements].concat().join(", ");
    let made = draft.translated(&format!("{create} {name}{elements})"));
    let owned = [&definition.path[..], std::slice::from_ref(&definition.state)].concat();
    let owned: Vec<String> = owned.iter().map(|text| quote_text(text)).collect();
    let mut statements = vec![
        format!("{create} {kept} AS SELECT {columns} FROM __pintail_own_table({}), {name}", owned.join(", ")),
        format!("DROP TABLE {name}"),
        made,
        format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {kept}"),
        format!("DROP TABLE {kept}"),
    ];
    for index in found::indexes(&definition.path, draft).into_iter().filter(is_kept) {
        statements.push(index.create(&name, &index.expressions));
    }
    if !definition.comment.is_empty() {
        statements.push(format!("COMMENT ON TABLE {name} IS {}", quote_text(&definition.comment)));
    }
    for (column, comment) in &definition.comments {
        statements.push(format!("COMMENT ON COLUMN {name}.{column} IS {}", quote_text(comment)));
    }
    draft.become_text(statements.join("; "));
}
