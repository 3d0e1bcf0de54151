//! CREATE INDEX: methods, operator classes, included columns, storage parameters say how PostgreSQL's index is built; DuckDB
//! has one kind of its own (ART), which finds the same rows (Rails, Django, Prisma, `TypeORM`, Knex, `pg_dump`).

use super::{
    columns::object_name,
    draft::{Draft, Look, Name, split_list},
};
use crate::{
    policy::rules,
    sql::{Token, Tokens, quote_name, token::Kind},
};

/// PostgreSQL's methods. Others may be those of DuckDB's extensions.
const METHODS: [&str; 6] = ["btree", "hash", "gin", "gist", "spgist", "brin"];

/// Whether it is CREATE INDEX, which is translated then.
pub(super) fn create(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) -> bool {
    let _ = cursor.word("unique");
    if !cursor.word("index") {
        return false;
    }
    let _ = cursor.word("concurrently");
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let unnamed = cursor.peek().filter(|token| token.is_word("on")).map(|token| token.start);
    let own = if unnamed.is_none() { Name::take(&mut cursor) } else { None };
    if !cursor.word("on") {
        return true;
    }
    let before = cursor.rest();
    if cursor.word("only") {
        draft.cut(before.get(..1).unwrap_or_default());
    }
    let Some(table) = Name::take(&mut cursor) else { return true };
    if let Some(own) = own.filter(|_| if_not_exists)
        && !draft.look(Look::Index, &table.beside(own.last())).is_empty()
    {
        // DuckDB makes it all the same, and then throws it away.
        draft.become_nothing();
        draft.notice(format!("relation \"{}\" already exists, skipping", own.last()));
        return true;
    }
    method(&mut cursor, draft);
    let Some(elements) = cursor.group() else { return true };
    let elements = split_list(elements.rest());
    for element in &elements {
        self::element(element, draft);
    }
    options(cursor, draft);
    if let Some(at) = unnamed {
        let name = free_name(&table, &elements, draft);
        draft.insert(at, format!("{} ", quote_name(&name)));
    }
    true
}

fn method(cursor: &mut Tokens<'_, '_>, draft: &mut Draft<'_>) {
    let before = cursor.rest();
    if cursor.word("using") && cursor.one_of(&METHODS).is_some() {
        draft.cut(before.get(..2).unwrap_or_default());
    }
}

/// A column or an expression; what stands behind it.
fn element(element: &[Token<'_>], draft: &mut Draft<'_>) {
    let mut cursor = Tokens::new(element);
    if cursor.group().is_none() {
        let _ = Name::take(&mut cursor);
        let _ = cursor.group();
    }
    let before = cursor.rest();
    if cursor.word("collate") {
        let _ = Name::take(&mut cursor);
    }
    let is_order = |token: &&Token<'_>| ["asc", "desc", "nulls"].iter().any(|word| token.is_word(word));
    let is_class = cursor.peek().is_some_and(|token| token.kind != Kind::Symbol && !is_order(&token));
    if is_class {
        let _ = Name::take(&mut cursor);
        let _ = cursor.group();
    }
    draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
}

fn options(mut cursor: Tokens<'_, '_>, draft: &mut Draft<'_>) {
    while let Some(token) = cursor.peek() {
        let before = cursor.rest();
        if cursor.word("where") || cursor.words(&["nulls", "not", "distinct"]) {
            return draft.refuse(&rules::INDEX_FORM);
        }
        let is_known = if cursor.one_of(&["include", "with"]).is_some() {
            cursor.group().is_some()
        } else if cursor.word("tablespace") {
            cursor.take().is_some()
        } else {
            cursor.words(&["nulls", "distinct"])
        };
        if !is_known || token.kind != Kind::Word {
            return;
        }
        draft.cut(before.get(..before.len() - cursor.rest().len()).unwrap_or_default());
    }
}

/// As PostgreSQL calls an index without a name: `t_a_b_idx`, or the first of `t_a_b_idx1`… that is not taken.
fn free_name(table: &Name, elements: &[&[Token<'_>]], draft: &mut Draft<'_>) -> String {
    let column = |element: &&[Token<'_>]| match element {
        [only, rest @ ..] if !rest.first().is_some_and(|next| next.is_symbol("(")) => {
            only.name().unwrap_or_else(|| "expr".to_owned())
        }
        [function, ..] => function.name().unwrap_or_else(|| "expr".to_owned()),
        [] => "expr".to_owned(),
    };
    let columns = elements.iter().map(column).collect::<Vec<_>>().join("_");
    let mut number = 0;
    loop {
        let label = if number == 0 { "idx".to_owned() } else { format!("idx{number}") };
        let name = object_name(table.last(), &columns, &label);
        if number == MAX_NUMBERED || draft.look(Look::Index, &table.beside(&name)).is_empty() {
            return name;
        }
        number += 1;
    }
}

/// How many names are tried.
const MAX_NUMBERED: usize = 100;
