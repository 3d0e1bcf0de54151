//! DECLARE, FETCH, MOVE and CLOSE (PostgreSQL's SQL commands of these names), which DuckDB does not have.

use super::{
    command::{Command, which},
    token::{Kind, Tokens},
};

/// DECLARE … CURSOR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declare {
    /// The cursor's name.
    pub name: String,
    /// Whether its rows are sent in binary.
    pub is_binary: bool,
    /// Whether it is to move backwards too.
    pub is_scrollable: bool,
    /// Whether it outlives its transaction.
    pub is_held: bool,
    /// Where its query begins in the statement's text, in bytes.
    pub query_start: usize,
}

/// FETCH or MOVE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetch {
    /// The cursor's name.
    pub name: String,
    /// Which rows.
    pub direction: Direction,
    /// MOVE: the rows are passed over and not sent.
    pub is_move: bool,
}

/// Which rows FETCH wants, from where the cursor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// So many of the next ones; `u64::MAX` for all.
    Forward(u64),
    /// The one so many rows further on.
    Relative(u64),
    /// The one of this number, counted from 1; 0 is before the first.
    Absolute(u64),
    /// The one it stands on.
    Current,
    /// Any further back.
    Backward,
}

pub(super) fn read(mut cursor: Tokens<'_, '_>) -> Option<Command> {
    match cursor.one_of(&["declare", "fetch", "move", "close"])? {
        "declare" => declare(cursor).map(Command::Declare),
        "close" => which(cursor).map(Command::CloseCursor),
        verb => fetch(cursor, verb == "move").map(Command::Fetch),
    }
}

fn declare(mut cursor: Tokens<'_, '_>) -> Option<Declare> {
    let mut declare = Declare {
        name: cursor.name()?,
        is_binary: false,
        is_scrollable: false,
        is_held: false,
        query_start: 0,
    };
    while !cursor.word("cursor") {
        match cursor.one_of(&["binary", "asensitive", "insensitive", "no", "scroll"])? {
            "binary" => declare.is_binary = true,
            "no" => cursor.word("scroll").then_some(())?,
            "scroll" => declare.is_scrollable = true,
            _ => {}
        }
    }
    if cursor.words(&["with", "hold"]) {
        declare.is_held = true;
    } else {
        let _ = cursor.words(&["without", "hold"]);
    }
    cursor.word("for").then_some(())?;
    declare.query_start = cursor.peek()?.start;
    Some(declare)
}

fn fetch(mut cursor: Tokens<'_, '_>, is_move: bool) -> Option<Fetch> {
    let whole = cursor;
    let direction = direction(&mut cursor);
    let _ = cursor.one_of(&["from", "in"]);
    let found = direction.zip(cursor.name()).filter(|_| cursor.is_empty());
    if let Some((direction, name)) = found {
        return Some(Fetch { name, direction, is_move });
    }
    // No direction at all, or a cursor that is named like one.
    let mut cursor = whole;
    let _ = cursor.one_of(&["from", "in"]);
    let name = cursor.name()?;
    cursor.is_empty().then_some(Fetch { name, direction: Direction::Forward(1), is_move })
}

fn direction(cursor: &mut Tokens<'_, '_>) -> Option<Direction> {
    if let Some(count) = integer(cursor) {
        return Some(forward(count));
    }
    let word = cursor
        .one_of(&["next", "prior", "first", "last", "absolute", "relative", "all", "forward", "backward"])?;
    Some(match word {
        "next" => Direction::Forward(1),
        "all" => Direction::Forward(u64::MAX),
        "first" => Direction::Absolute(1),
        "absolute" => u64::try_from(integer(cursor)?).map_or(Direction::Backward, Direction::Absolute),
        "relative" => match integer(cursor)? {
            0 => Direction::Current,
            count => u64::try_from(count).map_or(Direction::Backward, Direction::Relative),
        },
        "forward" if cursor.word("all") => Direction::Forward(u64::MAX),
        "forward" => forward(integer(cursor).unwrap_or(1)),
        "backward" if cursor.word("all") => Direction::Backward,
        "backward" => forward(integer(cursor).unwrap_or(1).saturating_neg()),
        // The last row cannot be known before it has been passed, and PRIOR is behind.
        _ => Direction::Backward,
    })
}

fn forward(count: i64) -> Direction {
    match u64::try_from(count) {
        Ok(0) => Direction::Current,
        Ok(count) => Direction::Forward(count),
        Err(_) => Direction::Backward,
    }
}

/// A number with or without a sign.
fn integer(cursor: &mut Tokens<'_, '_>) -> Option<i64> {
    let mut ahead = *cursor;
    let is_negative = ahead.symbol("-");
    let _ = !is_negative && ahead.symbol("+");
    let token = ahead.take().filter(|token| token.kind == Kind::Number)?;
    let number: i64 = token.text.parse().ok()?;
    *cursor = ahead;
    Some(if is_negative { -number } else { number })
}

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "any other command is a failure")]
mod tests {
    use super::*;
    use crate::sql::lex;

    fn fetched(sql: &str) -> Option<(String, Direction, bool)> {
        match Command::read(sql, &lex(sql)) {
            Command::Fetch(Fetch { name, direction, is_move }) => Some((name, direction, is_move)),
            Command::Engine => None,
            _ => panic!("{sql}"),
        }
    }

    #[test]
    fn fetch_in_all_spellings() {
        use Direction::{Absolute, Backward, Current, Forward, Relative};
        let all = u64::MAX;
        for (spelling, direction) in [
            ("c", Forward(1)),
            ("from c", Forward(1)),
            ("NEXT IN c", Forward(1)),
            ("next c", Forward(1)),
            ("5 c", Forward(5)),
            ("+5 from c", Forward(5)),
            ("-5 from c", Backward),
            ("0 from c", Current),
            ("ALL c", Forward(all)),
            ("forward from c", Forward(1)),
            ("forward 7 in c", Forward(7)),
            ("FORWARD ALL IN c", Forward(all)),
            ("forward -7 in c", Backward),
            ("backward -7 c", Forward(7)),
            ("backward c", Backward),
            ("backward all c", Backward),
            ("prior c", Backward),
            ("last from c", Backward),
            ("first from c", Absolute(1)),
            ("absolute 3 c", Absolute(3)),
            ("absolute -1 c", Backward),
            ("relative 2 c", Relative(2)),
            ("relative 0 c", Current),
            ("relative -2 c", Backward),
        ] {
            for (verb, is_move) in [("FETCH", false), ("move", true)] {
                let sql = format!("{verb} {spelling}");
                assert_eq!(fetched(&sql), Some(("c".into(), direction, is_move)), "{sql}");
            }
        }
        assert_eq!(fetched("fetch next"), Some(("next".into(), Forward(1), false)));
        assert_eq!(fetched("fetch from \"A b\""), Some(("A b".into(), Forward(1), false)));
        for wrong in [
            "fetch",
            "fetch 3",
            "fetch c d",
            "fetch 1.5 c",
            "fetch absolute c d",
            "move 99999999999999999999 c",
        ] {
            assert_eq!(fetched(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn declare_says_what_the_cursor_can_and_where_its_query_is() {
        let sql = "DECLARE \"C\" BINARY INSENSITIVE NO SCROLL CURSOR WITH HOLD FOR /* q */ SELECT 1";
        let Command::Declare(declare) = Command::read(sql, &lex(sql)) else { panic!("{sql}") };
        assert_eq!((declare.name.as_str(), declare.is_binary, declare.is_held), ("C", true, true));
        assert_eq!((&sql[declare.query_start..], declare.is_scrollable), ("SELECT 1", false));
        let sql = "declare c scroll cursor without hold for values (1)";
        let Command::Declare(declare) = Command::read(sql, &lex(sql)) else { panic!("{sql}") };
        assert_eq!(
            (&sql[declare.query_start..], declare.is_scrollable, declare.is_held),
            ("values (1)", true, false)
        );
        for wrong in
            ["declare c", "declare c cursor", "declare c cursor for", "declare c big cursor for select 1"]
        {
            assert_eq!(Command::read(wrong, &lex(wrong)), Command::Engine, "{wrong}");
        }
    }
}
