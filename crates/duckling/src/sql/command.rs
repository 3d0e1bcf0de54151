//! Which statements the session answers itself, and what they say.
//!
//! [`Command::read`] looks at the leading tokens. What it does not recognise is [`Command::Engine`] and
//! goes to DuckDB as it is.

use super::{
    copy::{self, CopyStatement},
    cursor::{self, Declare, Fetch},
    platform::{Malformed, PlatformStatement},
    prepare::{self, Execute, Prepare},
    set,
    token::{Token, Tokens},
};

/// A statement, as far as the session has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// BEGIN, COMMIT and their kin.
    Transaction(Transaction),
    /// SET, RESET, SHOW, DISCARD.
    Set(SetCommand),
    /// COPY from or to the client.
    Copy(CopyStatement),
    /// DEALLOCATE.
    Deallocate(Which),
    /// PREPARE.
    Prepare(Prepare),
    /// EXECUTE.
    Execute(Execute),
    /// DECLARE … CURSOR.
    Declare(Declare),
    /// FETCH and MOVE.
    Fetch(Fetch),
    /// CLOSE of cursors.
    CloseCursor(Which),
    /// One of the platform's, or what begins as one and goes on otherwise.
    Platform(Box<Result<PlatformStatement, Malformed>>),
    /// Everything else: DuckDB's.
    Engine,
}

/// Transaction control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// BEGIN.
    Begin(TransactionMode),
    /// START TRANSACTION, which has a tag of its own.
    Start(TransactionMode),
    /// COMMIT, END.
    Commit {
        /// AND CHAIN: a new transaction follows at once.
        chain: bool,
    },
    /// ROLLBACK, ABORT.
    Rollback {
        /// AND CHAIN: a new transaction follows at once.
        chain: bool,
    },
    /// SAVEPOINT.
    Savepoint(String),
    /// RELEASE.
    Release(String),
    /// ROLLBACK TO.
    RollbackTo(String),
    /// SET TRANSACTION.
    SetMode(TransactionMode),
}

/// The modes of a transaction that mean something here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TransactionMode {
    /// READ ONLY or READ WRITE, if said.
    pub read_only: Option<bool>,
}

/// How far a SET reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// SET and SET SESSION.
    Session,
    /// SET LOCAL: until the transaction ends.
    Local,
    /// SET GLOBAL, which is DuckDB's and reaches every session.
    Global,
}

/// SET and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SetCommand {
    /// SET name = value.
    Set {
        /// The setting, in lower case.
        name: String,
        /// Its values; several for a list; none for DEFAULT.
        values: Vec<String>,
        /// How far it reaches.
        scope: Scope,
    },
    /// SET SESSION CHARACTERISTICS.
    Characteristics(TransactionMode),
    /// RESET name.
    Reset {
        /// The setting, in lower case.
        name: String,
    },
    /// RESET ALL.
    ResetAll,
    /// SHOW name.
    Show {
        /// The setting, in lower case.
        name: String,
    },
    /// SHOW ALL.
    ShowAll,
    /// DISCARD ALL.
    DiscardAll,
    /// DISCARD PLANS, SEQUENCES or TEMP, with its tag.
    Discard(&'static str),
    /// LISTEN's counterpart that poolers send: UNLISTEN *.
    Unlisten,
}

/// What DEALLOCATE and CLOSE are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The one of this name.
    One(String),
    /// All of them.
    All,
}

impl Command {
    /// Reads the leading tokens of one statement.
    #[must_use]
    pub(crate) fn read(sql: &str, tokens: &[Token<'_>]) -> Self {
        let cursor = Tokens::new(tokens);
        transaction(cursor)
            .map(Self::Transaction)
            // Before SHOW of a setting.
            .or_else(|| platform(cursor))
            .or_else(|| set::read(cursor))
            .or_else(|| copy::read(sql, cursor).map(Self::Copy))
            .or_else(|| deallocate(cursor).map(Self::Deallocate))
            .or_else(|| prepare::read(sql, cursor))
            .or_else(|| cursor::read(cursor))
            .unwrap_or(Self::Engine)
    }
}

fn platform(cursor: Tokens<'_, '_>) -> Option<Command> {
    PlatformStatement::read(cursor).map(|statement| Command::Platform(Box::new(statement)))
}

fn transaction(mut cursor: Tokens<'_, '_>) -> Option<Transaction> {
    let verb = cursor.one_of(&[
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "savepoint",
        "release",
        "set",
    ])?;
    match verb {
        "begin" => {
            let _ = cursor.one_of(&["work", "transaction"]);
            transaction_mode(cursor).map(Transaction::Begin)
        }
        "start" => cursor.word("transaction").then(|| transaction_mode(cursor).map(Transaction::Start))?,
        "savepoint" => savepoint(cursor).map(Transaction::Savepoint),
        "release" => {
            let _ = cursor.word("savepoint");
            savepoint(cursor).map(Transaction::Release)
        }
        "set" => cursor.word("transaction").then(|| transaction_mode(cursor).map(Transaction::SetMode))?,
        _ => end(cursor, verb),
    }
}

fn end(mut cursor: Tokens<'_, '_>, verb: &str) -> Option<Transaction> {
    let _ = cursor.one_of(&["work", "transaction"]);
    if verb == "rollback" && cursor.word("to") {
        let _ = cursor.word("savepoint");
        return savepoint(cursor).map(Transaction::RollbackTo);
    }
    let chain = cursor.words(&["and", "chain"]);
    let _ = cursor.words(&["and", "no", "chain"]);
    let commit = matches!(verb, "commit" | "end");
    cursor.is_empty().then_some(if commit {
        Transaction::Commit { chain }
    } else {
        Transaction::Rollback { chain }
    })
}

/// The name of a savepoint, and nothing after it.
fn savepoint(mut cursor: Tokens<'_, '_>) -> Option<String> {
    let name = cursor.name()?;
    cursor.is_empty().then_some(name)
}

/// Reads transaction modes up to the end; nothing when there is something else.
pub(super) fn transaction_mode(mut cursor: Tokens<'_, '_>) -> Option<TransactionMode> {
    let mut mode = TransactionMode::default();
    while !cursor.is_empty() {
        let _ = cursor.symbol(",");
        if cursor.words(&["isolation", "level"]) {
            let known = cursor.one_of(&["serializable", "snapshot"]).is_some()
                || cursor.words(&["repeatable", "read"])
                || cursor.words(&["read", "committed"])
                || cursor.words(&["read", "uncommitted"]);
            known.then_some(())?;
        } else if cursor.words(&["read", "only"]) {
            mode.read_only = Some(true);
        } else if cursor.words(&["read", "write"]) {
            mode.read_only = Some(false);
        } else if !(cursor.words(&["not", "deferrable"]) || cursor.word("deferrable")) {
            return None;
        }
    }
    Some(mode)
}

fn deallocate(mut cursor: Tokens<'_, '_>) -> Option<Which> {
    if !cursor.word("deallocate") {
        return None;
    }
    let _ = cursor.word("prepare");
    which(cursor)
}

pub(super) fn which(mut cursor: Tokens<'_, '_>) -> Option<Which> {
    let which =
        if cursor.word("all") { Which::All } else { Which::One(prepare::statement_name(&mut cursor)?) };
    cursor.is_empty().then_some(which)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lex;

    fn read(sql: &str) -> Command {
        Command::read(sql, &lex(sql))
    }

    #[test]
    fn transaction_control_in_its_spellings() {
        let begin = |read_only| Command::Transaction(Transaction::Begin(TransactionMode { read_only }));
        assert_eq!(read("begin"), begin(None));
        assert_eq!(
            read("BEGIN /* x */ WORK ISOLATION LEVEL READ COMMITTED, READ ONLY, NOT DEFERRABLE"),
            begin(Some(true))
        );
        let start = Transaction::Start(TransactionMode { read_only: Some(false) });
        assert_eq!(read("start transaction read write"), Command::Transaction(start));
        assert_eq!(read("END"), Command::Transaction(Transaction::Commit { chain: false }));
        assert_eq!(
            read("abort transaction and chain"),
            Command::Transaction(Transaction::Rollback { chain: true })
        );
        let to = Command::Transaction(Transaction::RollbackTo("x".into()));
        assert_eq!((read("rollback to savepoint x"), read("ROLLBACK WORK TO x")), (to.clone(), to));
        assert_eq!(read("savepoint \"A\""), Command::Transaction(Transaction::Savepoint("A".into())));
        assert_eq!(read("release savepoint a"), Command::Transaction(Transaction::Release("a".into())));
        assert_eq!(read("begin nonsense"), Command::Engine);
        assert_eq!(read("select 1"), Command::Engine);
    }

    #[test]
    fn deallocate_names_one_or_all() {
        assert_eq!(read("DEALLOCATE PREPARE \"S_1\""), Command::Deallocate(Which::One("S_1".into())));
        assert_eq!(read("deallocate all"), Command::Deallocate(Which::All));
    }
}
