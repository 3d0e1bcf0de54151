//! `public` is a name for `main`, where the database has no schema of its own called so (Prisma, `TypeORM`, Hasura, `pg_dump`,
//! `postgres_fdw`, and every tool that lists schemas). Before everything else, so that the other forms need not know.

use super::{Translation, draft::Lookup};
use crate::{
    policy::rules,
    sql::{Rewritten, Token, Tokens, lex, token::Kind},
};
use engine::Look;
use wire::{Diagnostic, SqlState};

/// The schema that PostgreSQL has in every database; DuckDB's is called `main`.
pub(super) const PUBLIC: &str = "public";

/// How many answers are kept for the rest of a statement.
const DATABASES_MAX: usize = 20;

/// The statement with `main` for `public`, if it says that.
pub(crate) fn without_public(sql: &str, lookup: &dyn Lookup) -> Option<Translation> {
    let has =
        sql.as_bytes().windows(PUBLIC.len()).any(|window| window.eq_ignore_ascii_case(PUBLIC.as_bytes()));
    if !has {
        return None;
    }
    let tokens = lex(sql);
    if let Some(translation) = of_schema(&tokens, lookup) {
        return Some(translation);
    }
    let places = places(&tokens, lookup)?;
    let found = places.into_iter().map(|(start, end)| (start, end, "main".to_owned())).collect();
    Some(Translation { text: Some(Rewritten::replace(sql, found)), ..Translation::default() })
}

/// Where it stands as the schema; nothing when it is the name of something else, too.
fn places(tokens: &[Token<'_>], lookup: &dyn Lookup) -> Option<Vec<(usize, usize)>> {
    let at = |index: Option<usize>| index.and_then(|index| tokens.get(index));
    // The role that is everybody.
    let is_grant = tokens.first().is_some_and(|first| first.is_word("grant") || first.is_word("revoke"));
    let mut known: Vec<(Vec<String>, bool)> = Vec::new();
    let mut found = Vec::new();
    // A column, an alias or a table may be called so: then it is a schema only where a table's name begins.
    let is_other = |index: usize| {
        let before = at(index.checked_sub(1));
        let is_schema = before.is_some_and(|token| token.is_word("schema"));
        let is_whose = is_grant && before.is_some_and(|token| token.is_word("to") || token.is_word("from"));
        !is_schema && !is_whose && !at(Some(index + 1)).is_some_and(|next| next.is_symbol("."))
    };
    let has_other = tokens.iter().enumerate().any(|(index, token)| is_public(token) && is_other(index));
    for (index, token) in tokens.iter().enumerate().filter(|(_, token)| is_public(token)) {
        let before = at(index.checked_sub(1));
        let is_schema = before.is_some_and(|token| token.is_word("schema"));
        let database = at(index.checked_sub(2)).filter(|_| before.is_some_and(|token| token.is_symbol(".")));
        let is_qualifier = tokens.get(index + 1).is_some_and(|next| next.is_symbol("."));
        let is_in_place = !has_other || before.is_some_and(is_before_table);
        let is_database = database.is_none_or(|database| !is_source(tokens, database));
        if is_schema || is_qualifier && is_in_place && is_database {
            let mut name: Vec<String> = database.and_then(Token::name).into_iter().collect();
            name.push(PUBLIC.to_owned());
            let is_there = known
                .iter()
                .find(|known| known.0 == name)
                .map_or_else(|| !lookup.look(Look::Schema, &name).is_empty(), |known| known.1);
            if !is_there {
                found.push((token.start, token.end));
            }
            if known.len() < DATABASES_MAX && known.iter().all(|known| known.0 != name) {
                known.push((name, is_there));
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Whether a name stands for a table or a column of the statement, too: what stands behind it is a column or a field then.
fn is_source(tokens: &[Token<'_>], name: &Token<'_>) -> bool {
    tokens
        .windows(2)
        .any(|pair| matches!(pair, [one, next] if one.name() == name.name() && !next.is_symbol(".")))
        || tokens.last().is_some_and(|last| last.name() == name.name())
}

/// Whether a table's name stands behind this word.
fn is_before_table(token: &Token<'_>) -> bool {
    let words = [
        "from",
        "join",
        "into",
        "update",
        "table",
        "only",
        "references",
        "on",
        "view",
        "exists",
        "sequence",
        "index",
        "truncate",
        "analyze",
        "vacuum",
        "lock",
        "copy",
        "using",
        "like",
        "describe",
    ];
    words.iter().any(|word| token.is_word(word))
}

fn is_public(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Word | Kind::QuotedName) && token.name().as_deref() == Some(PUBLIC)
}

/// CREATE and DROP SCHEMA of it: it is always there.
fn of_schema(tokens: &[Token<'_>], lookup: &dyn Lookup) -> Option<Translation> {
    let mut cursor = Tokens::new(tokens);
    let verb = cursor.one_of(&["create", "drop"])?;
    cursor.word("schema").then_some(())?;
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let _ = cursor.words(&["if", "exists"]);
    is_public(cursor.take()?).then_some(())?;
    if cursor.peek().is_some_and(|next| next.is_symbol("."))
        || !lookup.look(Look::Schema, &[PUBLIC.to_owned()]).is_empty()
    {
        return None;
    }
    let mut translation = Translation::default();
    if if_not_exists {
        let message = "schema \"public\" already exists, skipping";
        translation.notices.push(Diagnostic::notice(SqlState::DUPLICATE_SCHEMA, message.to_owned()));
        translation.text = Some(Rewritten::unchanged(super::draft::NOTHING));
    } else {
        translation.refusal = Some(if verb == "drop" { &rules::DROP_PUBLIC } else { &rules::CREATE_PUBLIC });
    }
    Some(translation)
}
