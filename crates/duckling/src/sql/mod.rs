//! What the duckling must know of a statement's text before DuckDB sees it.
//!
//! A small lexer, a splitter at semicolons, and a reader for the statements that the session answers
//! itself (transactions, settings, COPY with the client, …). No second SQL grammar: everything else
//! goes to DuckDB untouched, and what is *allowed* is decided on DuckDB's bound plan.

pub(crate) mod command;
mod copy;
mod prepare;
mod cursor;
mod platform;
mod set;
mod tag;
mod rewrite;
pub(crate) mod token;

pub(crate) use command::{Command, SetCommand, Transaction, TransactionMode, Which};
pub(crate) use copy::{CopySource, CopyStatement};
pub(crate) use cursor::{Declare, Direction, Fetch};
pub(crate) use platform::{
    Attach, CopyDatabase, CopyPart, CreateDatabase, CreateSecret, CreateShare, CreateSnapshot, CreateToken,
    DatabaseSource, Detach, DropDatabase, Grant, PlatformStatement, Refresh, Use, is_about_secrets,
};
pub(crate) use prepare::{Execute, Prepare};
pub(crate) use rewrite::{
    MdRunRefused, Rewritten, bytea_literals, cast_parameters, explicit_casts, nested_listings,
    replace_parameters, strip_md_run, without_quantifiers,
};
pub(crate) use tag::Tag;
pub(crate) use token::{Kind, Token, Tokens, lex};

/// A string literal.
#[must_use]
pub(crate) fn quote_text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A quoted name.
#[must_use]
pub(crate) fn quote_name(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

/// One statement of a string of statements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'s> {
    /// Its text, without the semicolon.
    pub text: &'s str,
    /// Where it begins in the client's string, in bytes.
    pub offset: usize,
}

/// Splits a string at the semicolons outside quotes and comments; pieces without a token are left out.
#[must_use]
pub(crate) fn split(sql: &str) -> Vec<Piece<'_>> {
    let tokens = lex(sql);
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut filled = false;
    for token in &tokens {
        if token.is_symbol(";") {
            if filled {
                pieces.extend(piece(sql, start, token.start));
            }
            (start, filled) = (token.end, false);
        } else {
            if !filled {
                start = token.start;
            }
            filled = true;
        }
    }
    if filled {
        pieces.extend(piece(sql, start, sql.len()));
    }
    pieces
}

fn piece(sql: &str, start: usize, end: usize) -> Option<Piece<'_>> {
    sql.get(start..end).map(|text| Piece { text: text.trim_end_matches(token::is_blank), offset: start })
}

/// The position of a byte in a text, in characters counted from 1, as ErrorResponse wants it.
#[must_use]
pub(crate) fn character_position(sql: &str, byte: usize) -> u32 {
    let before = sql.char_indices().take_while(|(index, _)| *index < byte).count();
    u32::try_from(before).unwrap_or(u32::MAX - 1) + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        split(sql).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn semicolons_split_only_outside_quotes_and_comments() {
        assert_eq!(texts("select 1; select 2"), ["select 1", "select 2"]);
        assert_eq!(texts("select ';'; select \";\" ;"), ["select ';'", "select \";\""]);
        assert_eq!(texts("select $$;$$; select $a$;$$;$a$"), ["select $$;$$", "select $a$;$$;$a$"]);
        assert_eq!(
            texts("select 1 -- ;\n; /* ; /* ; */ ; */ select E'\\';'"),
            ["select 1 -- ;", "select E'\\';'"]
        );
        assert_eq!(texts(" ; ;; -- nothing\n"), Vec::<&str>::new());
    }

    #[test]
    fn positions_count_characters_from_one() {
        assert_eq!(character_position("äöü x", 7), 5);
        assert_eq!(character_position("x", 0), 1);
    }

    proptest! {
        #[test]
        fn every_piece_is_where_it_says(sql in "[a-z;'\"$/*\\-é\n ]{0,40}") {
            for piece in split(&sql) {
                prop_assert_eq!(&sql[piece.offset..piece.offset + piece.text.len()], piece.text);
            }
        }
    }
}
