//! Foreign keys and conditions of a table that is there, added and dropped: DuckDB does neither, so that the table is made anew
//! with the same rows, indexes and comments, in one transaction (Django, Rails, Prisma, Drizzle, `TypeORM`, Sequelize and
//! Hibernate add foreign keys after their tables). What the rows do not fulfil is an error, as in PostgreSQL. The names of
//! constraints are not kept, since DuckDB has none. A table that others refer to cannot be dropped, and is refused.

use super::draft::{Draft, Look, Name, quoted};
use crate::{
    policy::rules,
    sql::{quote_name, quote_text},
};

/// What the rows are kept in meanwhile.
const KEPT: &str = "__pintail_kept";

/// The statement becomes the making of the table with these elements more: columns or constraints.
pub(super) fn with(table: &Name, elements: &[&str], draft: &mut Draft<'_>) {
    let found = draft.look(Look::Definition, &table.parts);
    rebuild(table, &found, elements, draft);
}

/// The same without a constraint. False when there is none of that name.
pub(super) fn without(table: &Name, constraint: &str, draft: &mut Draft<'_>) -> bool {
    let mut asked = table.parts.clone();
    asked.push(constraint.to_owned());
    let found = draft.look(Look::DefinitionWithout, &asked);
    let is_found = !found.is_empty();
    if is_found {
        rebuild(table, &found, &[], draft);
    }
    is_found
}

fn rebuild(table: &Name, found: &[String], elements: &[&str], draft: &mut Draft<'_>) {
    let [is_referred_to, definition, columns, comment, database, schema, own, comments @ ..] = found else {
        // DuckDB says that there is no such table, unless one comes before the statement runs.
        return draft.become_text(format!("{} {}", super::draft::NOTHING, quoted(&table.parts)));
    };
    if is_referred_to == "t" {
        return draft.refuse(&rules::ADD_CONSTRAINT);
    }
    // The one that was found, wherever the search path leads to when it is made.
    let path = [database, schema, own].map(Clone::clone);
    let beside = |name: &str| quoted(&[database.clone(), schema.clone(), name.to_owned()]);
    let name = quoted(&path);
    let kept = beside(KEPT);
    let definition = definition.strip_suffix(')').unwrap_or(definition);
    let elements = [&[definition], elements].concat().join(", ");
    let create = draft.translated(&format!("CREATE TABLE {name}{elements})"));
    let indexes: Vec<Vec<String>> =
        draft.look(Look::Indexes, &path).iter().map(|index| engine::parts(index)).collect();
    let mut statements: Vec<String> =
        indexes.iter().filter_map(|index| Some(format!("DROP INDEX {}", beside(index.first()?)))).collect();
    // From here on others' changes to the table fail (40001), and those that came meanwhile are not lost: then this one does.
    statements.push(format!("ALTER TABLE {name} ADD COLUMN {KEPT} BOOLEAN"));
    statements.push(format!("SELECT pg_catalog.__pintail_alone({})", quote_text(database)));
    statements.extend([
        format!("CREATE TABLE {kept} AS SELECT {columns} FROM {name}"),
        format!("DROP TABLE {name}"),
        create,
        format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {kept}"),
        format!("DROP TABLE {kept}"),
    ]);
    for index in &indexes {
        let [own, is_unique, parts @ ..] = &index[..] else { continue };
        let unique = if is_unique == "t" { "UNIQUE " } else { "" };
        statements.push(format!("CREATE {unique}INDEX {} ON {name} ({})", quote_name(own), parts.join(", ")));
    }
    if !comment.is_empty() {
        statements.push(format!("COMMENT ON TABLE {name} IS {}", quote_text(comment)));
    }
    for comment in comments {
        if let [column, text] = &engine::parts(comment)[..] {
            statements.push(format!("COMMENT ON COLUMN {name}.{column} IS {}", quote_text(text)));
        }
    }
    draft.become_text(statements.join("; "));
}
