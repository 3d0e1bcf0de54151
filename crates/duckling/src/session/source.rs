//! A statement before it is bound: its text, what the session reads in it, and what DuckDB parsed.

use std::sync::Arc;

use engine::{Error, Parsed, StatementKind};
use wire::{Diagnostic, SqlState};

use crate::{
    diagnose::diagnose,
    platform::TableName,
    policy::{Rule, Verdict, judge_text, rules},
    sql::{self, Command, Piece, PlatformStatement, Rewritten, Tag, Token, Tokens, token::Kind},
    weaken::{self, Switch},
};

/// One statement of the client's.
pub(super) struct Source {
    /// The client's whole string.
    text: Arc<str>,
    /// Where this statement begins in it, in bytes.
    offset: usize,
    /// What the session reads in it.
    pub(super) command: Command,
    /// Its tag if it is neither a query nor DML.
    pub(super) utility_tag: Tag,
    /// Why it is not to be run, if it is not.
    pub(super) refusal: Option<&'static Rule>,
    /// Whether it is about secrets that the server keeps.
    pub(super) is_about_secrets: bool,
    /// The texts that DuckDB got: each one made from the one before, the first from the client's.
    pub(super) layers: Vec<Rewritten>,
    /// How many of them came before the statement was translated, once it has been.
    pub(super) own_layers: Option<usize>,
    /// Whether its translation is to be made again when it runs.
    pub(super) is_late: bool,
    /// What the client is told when it runs.
    pub(super) notices: Vec<Diagnostic>,
    /// What DuckDB made of the last of them.
    pub(super) parsed: Vec<Parsed>,
}

impl Source {
    /// Reads one piece of the client's string, without DuckDB.
    pub(super) fn read(text: &Arc<str>, piece: Piece<'_>) -> Self {
        let mut source = Self::read_outer(text, piece);
        if let Some(inner) = source.inner() {
            source.refusal = source.refusal.or(inner.refusal);
        }
        source
    }

    /// Reads a piece without looking at a statement inside it: only one inside the client's own is ever run,
    /// however deep others are nested.
    fn read_outer(text: &Arc<str>, piece: Piece<'_>) -> Self {
        let tokens = sql::lex(piece.text);
        let mut command = Command::read(piece.text, &tokens);
        if let Command::Copy(copy) = &mut command {
            copy.locate(text, piece.offset);
        }
        let mut source = Self {
            text: Arc::clone(text),
            offset: piece.offset,
            command,
            utility_tag: Tag::of_utility(Tokens::new(&tokens)),
            refusal: None,
            is_about_secrets: false,
            layers: vec![Rewritten::unchanged(piece.text)],
            own_layers: None,
            is_late: false,
            notices: Vec::new(),
            parsed: Vec::new(),
        };
        source.is_about_secrets =
            matches!(source.command, Command::Platform(_)) && sql::is_about_secrets(Tokens::new(&tokens));
        if let Verdict::Refuse(rule) = judge_text(&tokens)
            && !weaken::is_off(Switch::Guard)
        {
            source.refusal = Some(rule);
        }
        if let Command::Platform(statement) = &source.command
            && let Some(query) = statement.as_ref().as_ref().ok().and_then(PlatformStatement::query)
        {
            source.layers = vec![Rewritten::unchanged(&query)];
            source.command = Command::Engine;
            return source;
        }
        match sql::strip_md_run(piece.text, &tokens) {
            Ok(Some(stripped)) => source.layers.push(stripped),
            Ok(None) => {}
            Err(sql::MdRunRefused) => source.refusal = Some(&rules::MD_RUN_LOCAL),
        }
        if let Some(listings) = nested_listings(source.engine_text(), &tokens) {
            source.layers.push(listings);
        }
        if let Some(literals) = bytea_literals(source.engine_text()) {
            source.layers.push(literals);
        }
        source
    }

    /// The client's whole string, which is kept with the statement.
    pub(super) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The statement inside this one: what is prepared, a cursor's query, or the query that gives the arguments
    /// of EXECUTE.
    pub(super) fn inner(&self) -> Option<Self> {
        let own = self.layers.first()?.text.as_str();
        match &self.command {
            Command::Declare(declare) => {
                Some(self.part(own.get(declare.query_start..)?, declare.query_start))
            }
            Command::Prepare(prepare) => {
                Some(self.part(own.get(prepare.statement_start..)?, prepare.statement_start))
            }
            Command::Execute(execute) if !execute.argument_names.is_empty() => {
                let mut query = self.part(&execute.arguments.text, 0);
                // The layers were made of the arguments' own text; below them lies that of EXECUTE.
                query.layers.splice(..1, [Rewritten::unchanged(own), execute.arguments.clone()]);
                Some(query)
            }
            Command::Execute(_)
            | Command::Fetch(_)
            | Command::CloseCursor(_)
            | Command::Deallocate(_)
            | Command::Copy(_)
            | Command::Set(_)
            | Command::Transaction(_)
            | Command::Platform(_)
            | Command::Engine => None,
        }
    }

    fn part(&self, text: &str, start: usize) -> Self {
        Self::read_outer(&self.text, Piece { text, offset: self.offset + start })
    }

    /// Refuses what cannot be prepared or declared.
    ///
    /// # Errors
    /// 42601 for a statement that is the session's own.
    pub(super) fn expect_engine(&self) -> Result<(), Diagnostic> {
        if self.command == Command::Engine {
            return Ok(());
        }
        let text = self.engine_text();
        let word = sql::lex(text).first().map_or("", |token| token.text).to_owned();
        let message = format!("syntax error at or near \"{word}\"");
        Err(Diagnostic::error(SqlState::SYNTAX_ERROR, message).with_position(self.client_position(0)))
    }

    /// The first parts of the names that have several.
    pub(super) fn qualifiers(&self) -> Vec<String> {
        let tokens = sql::lex(self.engine_text());
        let is_dot = |token: Option<&Token<'_>>| token.is_some_and(|token| token.is_symbol("."));
        let mut found = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let is_first = !is_dot(index.checked_sub(1).and_then(|before| tokens.get(before)));
            if is_first && is_dot(tokens.get(index + 1)) {
                found.extend(token.name());
            }
        }
        found
    }

    /// Whether its own text calls one of these functions.
    pub(super) fn calls(&self, functions: &[&str]) -> bool {
        let tokens = sql::lex(self.engine_text());
        tokens.windows(2).any(|pair| match pair {
            [name, open] => open.is_symbol("(") && functions.iter().any(|function| name.is_word(function)),
            _ => false,
        })
    }

    /// Whether a name before a point is that of a table or an alias in the statement: it stands by itself, too, and is before
    /// no function and no type.
    pub(super) fn is_alias(&self, name: &str) -> bool {
        let tokens = sql::lex(self.engine_text());
        let is_it = |token: &Token<'_>| token.name().is_some_and(|found| found.eq_ignore_ascii_case(name));
        let at = |index: usize| tokens.get(index);
        let is_dot = |index: usize| at(index).is_some_and(|token| token.is_symbol("."));
        let (mut is_alone, mut is_other) = (false, false);
        for (index, _) in tokens.iter().enumerate().filter(|(_, token)| is_it(token)) {
            let mut end = index + 1;
            while is_dot(end) {
                end += 2;
            }
            let before = index.checked_sub(1).and_then(at);
            let is_type = before.is_some_and(|token| token.is_symbol(":") || token.is_word("as"));
            let is_call = at(end).is_some_and(|token| token.is_symbol("("));
            is_alone |= end == index + 1;
            is_other |= end > index + 1 && (is_type || is_call);
        }
        is_alone && !is_other
    }

    /// The table that the statement changes, or whose indexes, as far as its text tells; what is not told is empty. And
    /// whether it is an index or a column's type that changes: for these DuckDB reads what is not settled.
    pub(super) fn changed_table(&self, current: &str) -> Option<(TableName, bool)> {
        // Most statements are none of these, and are not read a second time.
        let tags = ["ALTER TABLE", "CREATE INDEX", "DROP INDEX"];
        matches!(&self.utility_tag, Tag::Plain(tag) if tags.contains(&tag.as_str())).then_some(())?;
        let tokens = sql::lex(self.engine_text());
        let mut cursor = Tokens::new(&tokens);
        if is_of_index(cursor) {
            let database = if self.qualifiers().is_empty() { current } else { "" };
            return Some((TableName::new(database, "", ""), true));
        }
        cursor.words(&["alter", "table"]).then_some(())?;
        let _ = cursor.words(&["if", "exists"]);
        let _ = cursor.word("only");
        let mut parts = vec![cursor.name()?];
        while cursor.symbol(".") {
            parts.push(cursor.name()?);
        }
        let table = parts.last()?;
        let database = match &parts[..] {
            [_] => current,
            [database, _, _] => database,
            _ => "",
        };
        Some((TableName::new(database, "", table), tokens.iter().any(|token| token.is_word("type"))))
    }

    /// # Errors
    /// 42601 for a statement of the platform's that does not follow its grammar.
    pub(super) fn expect_grammar(&self) -> Result<(), Diagnostic> {
        let Command::Platform(statement) = &self.command else { return Ok(()) };
        let Err(malformed) = statement.as_ref() else { return Ok(()) };
        let text = self.engine_text();
        let token = malformed.at.and_then(|at| sql::lex(text).into_iter().find(|token| token.start == at));
        let at = token.map_or(text.len(), |token| token.start);
        let message = match token {
            // What stands there may be a value.
            _ if self.is_about_secrets => "syntax error in a statement about a secret".to_owned(),
            Some(token) => format!("syntax error at or near \"{}\"", token.text),
            None => "syntax error at end of input".to_owned(),
        };
        Err(Diagnostic::error(SqlState::SYNTAX_ERROR, message).with_position(self.client_position(at)))
    }

    /// What only the session runs does not reach DuckDB, however it was written: the session would not know of it.
    ///
    /// # Errors
    /// 42601 for a form of BEGIN, SET and their kin that the session has not recognised and DuckDB would.
    pub(super) fn expect_no_command(&self) -> Result<(), Diagnostic> {
        // Of these two the plan guard judges what they set.
        let is_judged = |text: &str| {
            let tokens = sql::lex(text);
            let mut cursor = Tokens::new(&tokens);
            cursor.word("pragma") || {
                let _ = cursor.one_of(&["set", "reset"]);
                let _ = cursor.one_of(&["session", "local"]);
                cursor.word("variable")
            }
        };
        let is_sessions = |kind| {
            matches!(kind, StatementKind::Transaction | StatementKind::Prepare | StatementKind::Execute)
        };
        let is_set = |kind| matches!(kind, StatementKind::Set | StatementKind::VariableSet);
        let is_command = self.parsed.iter().any(|parsed| {
            is_sessions(parsed.kind()) || (is_set(parsed.kind()) && !is_judged(self.engine_text()))
        });
        if !is_command {
            return Ok(());
        }
        let message = "syntax error: this form of the statement is not known";
        Err(Diagnostic::error(SqlState::SYNTAX_ERROR, message)
            .with_hint("Write it with plain spaces and without more than it needs."))
    }

    /// The client's whole string.
    pub(super) fn client_text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text that DuckDB gets.
    pub(super) fn engine_text(&self) -> &str {
        self.layers.last().map_or("", |layer| layer.text.as_str())
    }

    /// Whether DuckDB has to parse it.
    pub(super) fn is_engine(&self) -> bool {
        self.refusal.is_none() && self.command == Command::Engine
    }

    /// Whether DuckDB made several statements of it that must all run before the last can be bound (ALTER
    /// TABLE ADD COLUMN with a computed default), or that its translation did. PIVOT is not among them: its first part is harmless.
    pub(super) fn is_deferred(&self) -> bool {
        self.is_late
            || self.parsed.len() > 1
                && self.parsed.last().is_some_and(|last| last.kind() != StatementKind::Select)
    }

    /// # Errors
    /// 42P02 for a parameter of a number that none can have.
    pub(super) fn expect_parameters(&self) -> Result<(), Diagnostic> {
        let text = self.engine_text();
        if !text.contains('$') {
            return Ok(());
        }
        let out_of_range = |token: &Token<'_>| {
            let digits = token.text.strip_prefix('$').unwrap_or_default();
            token.kind == Kind::Parameter
                && digits.starts_with(|first: char| first.is_ascii_digit())
                && !digits.parse().is_ok_and(|number: u16| number > 0)
        };
        match sql::lex(text).into_iter().find(out_of_range) {
            None => Ok(()),
            Some(token) => {
                let message = format!("there is no parameter {}", token.text);
                let diagnostic = Diagnostic::error(SqlState::UNDEFINED_PARAMETER, message);
                Err(diagnostic.with_position(self.client_position(token.start)))
            }
        }
    }

    /// The diagnostic for an error of DuckDB about this statement, with the position in the client's text.
    pub(super) fn diagnose(&self, error: &Error) -> Diagnostic {
        let diagnostic = diagnose(error);
        match error.position {
            Some(position) => diagnostic.with_position(self.client_position(position)),
            None => diagnostic,
        }
    }

    fn client_position(&self, position: usize) -> u32 {
        let in_piece =
            self.layers.iter().rev().fold(position, |position, layer| layer.original_offset(position));
        sql::character_position(&self.text, self.offset + in_piece)
    }
}

/// CREATE INDEX, DROP INDEX.
fn is_of_index(mut cursor: Tokens<'_, '_>) -> bool {
    if cursor.words(&["drop", "index"]) {
        return true;
    }
    let is_new = cursor.word("create");
    let _ = cursor.word("unique");
    is_new && cursor.word("index")
}

fn nested_listings(text: &str, tokens: &[Token<'_>]) -> Option<Rewritten> {
    // Most statements name none of them, and are not read a second time.
    let names_one =
        |token: &Token<'_>| ["databases", "shares", "tokens"].iter().any(|word| token.is_word(word));
    tokens.iter().any(names_one).then(|| sql::nested_listings(text, &sql::lex(text)))?
}

fn bytea_literals(text: &str) -> Option<Rewritten> {
    // Looked for again only where it may be: the text is not that of the tokens when a layer has changed it.
    text.contains("\\x").then(|| sql::bytea_literals(text, &sql::lex(text)))?
}

/// 42601, as PostgreSQL words it for Parse.
pub(super) fn several_commands() -> Diagnostic {
    Diagnostic::error(SqlState::SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement")
}
