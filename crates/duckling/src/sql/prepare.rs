//! PREPARE and EXECUTE (PostgreSQL's SQL commands of these names, and DuckDB's spellings of arguments).
//!
//! DuckDB has them too. They are the session's own all the same, so that prepared statements have one
//! name space with those of the protocol, and are judged at every execution. DEALLOCATE is in `command.rs`.

use super::{
    command::Command,
    rewrite::Rewritten,
    token::{Token, Tokens},
};

/// PREPARE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prepare {
    /// The statement's name.
    pub name: String,
    /// The types of its parameters, as SQL; none for one that is `unknown`.
    pub types: Vec<Option<String>>,
    /// Where the statement begins in PREPARE's text, in bytes.
    pub statement_start: usize,
}

/// EXECUTE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Execute {
    /// The statement's name.
    pub name: String,
    /// The name of each argument; none for one that is given by position.
    pub argument_names: Vec<Option<String>>,
    /// A query that gives the arguments as its columns, made from the whole text of EXECUTE.
    pub arguments: Rewritten,
}

pub(super) fn read(sql: &str, mut cursor: Tokens<'_, '_>) -> Option<Command> {
    match cursor.one_of(&["prepare", "execute"])? {
        "prepare" => prepare(sql, cursor).map(Command::Prepare),
        _ => execute(sql, cursor).map(Command::Execute),
    }
}

fn prepare(sql: &str, mut cursor: Tokens<'_, '_>) -> Option<Prepare> {
    let name = statement_name(&mut cursor)?;
    let types = match cursor.group() {
        None => Vec::new(),
        Some(group) => {
            let texts = items(group.rest()).map(|item| type_text(sql, item)).collect::<Option<Vec<_>>>()?;
            texts
                .into_iter()
                .map(|text| (!text.eq_ignore_ascii_case("unknown")).then(|| text.to_owned()))
                .collect()
        }
    };
    cursor.word("as").then_some(())?;
    Some(Prepare { name, types, statement_start: cursor.peek()?.start })
}

/// A name, or a string, which DuckDB takes for one.
pub(super) fn statement_name(cursor: &mut Tokens<'_, '_>) -> Option<String> {
    cursor.name().or_else(|| cursor.string())
}

fn type_text<'s>(sql: &'s str, tokens: &[Token<'_>]) -> Option<&'s str> {
    sql.get(tokens.first()?.start..tokens.last()?.end)
}

fn execute(sql: &str, mut cursor: Tokens<'_, '_>) -> Option<Execute> {
    let name = statement_name(&mut cursor)?;
    let group = if cursor.is_empty() { Tokens::new(&[]) } else { cursor.group()? };
    cursor.is_empty().then_some(())?;
    let mut argument_names = Vec::new();
    // All that is not an argument's expression goes.
    let mut replacements = Vec::new();
    let mut kept_to = 0;
    for item in items(group.rest()) {
        let (name, expression) = argument(item)?;
        let between = if argument_names.is_empty() { "SELECT (" } else { "), (" };
        replacements.push((kept_to, expression.first()?.start, between.to_owned()));
        kept_to = expression.last()?.end;
        argument_names.push(name);
    }
    replacements.push((kept_to, sql.len(), if argument_names.is_empty() { "" } else { ")" }.to_owned()));
    Some(Execute { name, argument_names, arguments: Rewritten::replace(sql, replacements) })
}

/// `name := expression`, `name => expression`, or an expression.
fn argument<'t, 's>(tokens: &'t [Token<'s>]) -> Option<(Option<String>, &'t [Token<'s>])> {
    if let [name, first, second, expression @ ..] = tokens
        && (first.is_symbol(":") && second.is_symbol("=") || first.is_symbol("=") && second.is_symbol(">"))
        && first.end == second.start
    {
        return Some((Some(name.name()?), expression));
    }
    Some((None, tokens))
}

/// What stands between the commas, where those are not inside brackets; nothing for an empty list. An empty
/// item is given as such.
fn items<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = &'t [Token<'s>]> {
    let mut depth = 0usize;
    let split = tokens.split(move |token| {
        if ["(", "[", "{"].iter().any(|open| token.is_symbol(open)) {
            depth += 1;
        } else if [")", "]", "}"].iter().any(|close| token.is_symbol(close)) {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is_symbol(",")
    });
    split.filter(move |_| !tokens.is_empty())
}

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "any other command is a failure")]
mod tests {
    use super::*;
    use crate::sql::lex;

    fn read(sql: &str) -> Command {
        Command::read(sql, &lex(sql))
    }

    #[test]
    fn prepare_has_types_and_a_statement() {
        let sql = "PREPARE \"P\" (int, numeric(10, 2), unknown, text[]) AS SELECT $1";
        let Command::Prepare(prepare) = read(sql) else { panic!("{sql}") };
        let types: Vec<_> = prepare.types.iter().map(Option::as_deref).collect();
        assert_eq!(types, [Some("int"), Some("numeric(10, 2)"), None, Some("text[]")]);
        assert_eq!((prepare.name.as_str(), &sql[prepare.statement_start..]), ("P", "SELECT $1"));
        assert!(
            matches!(read("prepare 'p' as select 1"), Command::Prepare(Prepare { name, .. }) if name == "p")
        );
        assert_eq!(read("prepare p as"), Command::Engine);
        assert_eq!(read("prepare p (int,) as select 1"), Command::Engine);
        assert_eq!(read("prepare transaction 'x'"), Command::Engine);
    }

    #[test]
    fn execute_makes_a_query_of_its_arguments() {
        let made = |sql: &str| match read(sql) {
            Command::Execute(execute) => (execute.argument_names, execute.arguments.text),
            _ => panic!("{sql}"),
        };
        assert_eq!(made("execute p"), (vec![], String::new()));
        assert_eq!(made("EXECUTE p ( )"), (vec![], String::new()));
        assert_eq!(
            made("execute p(1, f(2, 3), [4, 5] /* x */)"),
            (vec![None, None, None], "SELECT (1), (f(2, 3)), ([4, 5])".into())
        );
        let named = vec![Some("a".to_owned()), Some("b".to_owned())];
        assert_eq!(made("execute p(a := 1, b => 'x')"), (named, "SELECT (1), ('x')".into()));
        assert_eq!(read("execute p(1) x"), Command::Engine);
        assert_eq!(read("execute p(1,)"), Command::Engine);
        let sql = "execute p(1, nonsense)";
        let Command::Execute(execute) = read(sql) else { panic!("{sql}") };
        let place = execute.arguments.text.find("nonsense").unwrap();
        assert_eq!(execute.arguments.original_offset(place), sql.find("nonsense").unwrap());
    }
}
