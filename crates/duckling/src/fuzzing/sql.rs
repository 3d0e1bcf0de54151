//! The lexer, the splitter, the readers of statements that the session answers itself, and the rewriters:
//! they never lose a byte, every position lies in the text, and doing it again changes nothing.

use super::Source;
use crate::{
    copy::{CopyDirection, CopyOptions},
    sql::{
        Command, cast_parameters, character_position, lex, split, strip_md_run,
        token::{Kind, Token, Tokens},
    },
};

#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    " ", " ", " ", "\n", "\t", ";", ";", ",", "(", ")", "[", "]", "'", "''", "\"", "\"\"", "$$", "$", "$1", "$2", "$tag$",
    "$name", "?", "--", "-- c\n", "/*", "*/", "/* ; */", "\\", "E'", "e'\\''", "X'00'", "B'1'", "U&'", "u&\"", "N'",
    "::", ":=", "=>", "=", ".", "..", "*", "/", "-", "+", "1", "1.5", "1e", "1e-3", "0x1F", "1_000", "é", "\u{a0}", "🦆",
    "SELECT ", "select 1", "FROM t", "begin", "COMMIT", "end", "ROLLBACK", " AND CHAIN", " AND NO CHAIN", "abort",
    "START TRANSACTION ", "READ ONLY", " ISOLATION LEVEL SERIALIZABLE", "SAVEPOINT a", "RELEASE ", "SET ", "SET LOCAL ",
    "SET SESSION ", "SET GLOBAL ", "SET TIME ZONE ", "SET NAMES ", "TRANSACTION", "CHARACTERISTICS AS ", "RESET ",
    "SHOW ", "ALL", "timezone", "DateStyle", "search_path", " TO ", "DEFAULT", "'UTC'", "DISCARD ", "PLANS", "UNLISTEN *",
    "COPY t", "COPY (SELECT 1)", " FROM STDIN", " TO STDOUT", " WITH (", "FORMAT csv", "HEADER", "DELIMITER ','",
    "NULL ''", "FORCE_QUOTE *", "FORCE_QUOTE (a, b)", " CSV", " BINARY", "DELIMITERS ';'", "QUOTE AS '\"'",
    "DEALLOCATE ", "PREPARE", "CLOSE ", "DECLARE c CURSOR FOR ", "FETCH 1 FROM c", "EXECUTE p(1)", "read_csv('x', ",
    "MD_RUN = REMOTE", "md_run := 'auto'", "MD_RUN=>LOCAL", "WHERE (", "\u{0}", "\u{feff}",
];

/// One string of statements.
pub fn sql(data: &[u8]) {
    check(&String::from_utf8_lossy(data));
    let source = &mut Source::new(data);
    let text = source.fragments(FRAGMENTS, 24);
    check(&String::from_utf8_lossy(&text));
}

fn check(text: &str) {
    let tokens = lex(text);
    check_tokens(text, &tokens);
    let pieces = split(text);
    let semicolons = tokens.iter().filter(|token| token.is_symbol(";")).count();
    assert!(pieces.len() <= semicolons + 1, "{text:?}: {pieces:?}");
    let mut end = 0;
    let mut seen = 0;
    for piece in &pieces {
        assert!(piece.offset >= end, "{text:?}: {pieces:?}");
        assert_eq!(&text[piece.offset..piece.offset + piece.text.len()], piece.text);
        let inner = lex(piece.text);
        check_tokens(piece.text, &inner);
        assert!(!inner.is_empty(), "{text:?}: {pieces:?}");
        seen += inner.len();
        // A piece is one statement, and the same one when it is alone.
        let again = split(piece.text);
        assert_eq!((again.len(), again[0].offset, again[0].text), (1, 0, piece.text), "{text:?}");
        end = piece.offset + piece.text.len();
        check_statement(piece.text, &inner);
    }
    // Semicolons are all that is taken out.
    assert_eq!(seen, tokens.len() - semicolons, "{text:?}: {pieces:?}");
    for byte in 0..=text.len() {
        let position = usize::try_from(character_position(text, byte)).unwrap();
        assert!((1..=text.chars().count() + 1).contains(&position), "{text:?} at {byte}: {position}");
    }
}

fn check_tokens(text: &str, tokens: &[Token<'_>]) {
    let mut end = 0;
    for token in tokens {
        assert!(token.start >= end && token.end > token.start, "{text:?}: {token:?}");
        assert_eq!(&text[token.start..token.end], token.text);
        assert!(lex(&text[end..token.start]).is_empty(), "{text:?}: lost before {token:?}");
        let again = lex(token.text);
        assert_eq!(again.len(), 1, "{text:?}: {token:?}");
        assert_eq!((again[0].kind, again[0].text), (token.kind, token.text));
        let (name, string) = (token.name(), token.string());
        assert!(name.is_none() || matches!(token.kind, Kind::Word | Kind::QuotedName));
        assert!(string.is_none_or(|string| string.len() <= token.text.len()));
        end = token.end;
    }
    assert!(lex(&text[end..]).is_empty(), "{text:?}: lost at the end");
    let mut cursor = Tokens::new(tokens);
    while !cursor.is_empty() {
        let before = cursor.rest().len();
        if cursor.group().is_none() {
            cursor.take();
        }
        assert!(cursor.rest().len() < before);
    }
}

fn check_statement(text: &str, tokens: &[Token<'_>]) {
    if let Command::Copy(copy) = Command::read(text, tokens) {
        for direction in [CopyDirection::In, CopyDirection::Out] {
            let _ = CopyOptions::read(&copy.options, direction);
        }
    }
    if let Ok(Some(stripped)) = strip_md_run(text, tokens) {
        assert!(stripped.text.len() < text.len());
        check_offsets(text, &stripped);
    }
    let casts = [Some("BIGINT".to_owned()), None, Some("\"A type\"".to_owned())];
    let rewritten = cast_parameters(text, &casts);
    check_offsets(text, &rewritten);
    assert_eq!(cast_parameters(text, &[]).text, text);
    // The statement is still one, with as many parameters; a lone `$` would take what is put behind it for its name,
    // but no statement that DuckDB accepts has one.
    if tokens.iter().any(|token| token.is_symbol("$")) {
        return;
    }
    let parameters =
        |tokens: &[Token<'_>]| tokens.iter().filter(|token| token.kind == Kind::Parameter).count();
    let inner = lex(&rewritten.text);
    assert_eq!(parameters(&inner), parameters(tokens), "{text:?}: {:?}", rewritten.text);
}

/// Offsets of the new text go up in the old one, and stay inside it.
fn check_offsets(text: &str, rewritten: &crate::sql::Rewritten) {
    let mut last = 0;
    for offset in 0..=rewritten.text.len() {
        let original = rewritten.original_offset(offset);
        assert!(
            original >= last && original <= text.len(),
            "{text:?}: {offset} of {rewritten:?} is {original}"
        );
        last = original;
    }
}
