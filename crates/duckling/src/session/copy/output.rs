//! COPY TO STDOUT: a result's rows as data of the client's.

use std::sync::Arc;

use wire::{Diagnostic, SqlState, backend};

use super::{Outcome, Session, check_column_count, list, read_options, without_position};
use crate::{
    copy::{CopyFormat, CopyOptions, CopyOut},
    out::Out,
    session::{rows::Rows, source::Source},
    sql::{Command, CopySource, CopyStatement, Piece, lex, token::Kind},
};

impl Session {
    /// COPY TO STDOUT.
    pub(in crate::session) fn copy_out(
        &mut self,
        copy: &CopyStatement,
        is_last: bool,
        out: &mut Out,
    ) -> Outcome {
        let options = read_options(copy)?;
        self.begin_implicit()?;
        self.activity.begin(self.statement_timeout());
        let sent =
            self.copied_source(copy, &options).and_then(|source| self.send_copy(copy, source, &options, out));
        let sent = self.end_activity(sent)?;
        self.complete(&format!("COPY {sent}"), is_last, out)
    }

    /// The query whose rows are copied.
    fn copied_source(&mut self, copy: &CopyStatement, options: &CopyOptions) -> Outcome<Source> {
        match &copy.source {
            CopySource::Query { sql, offset } => {
                let (text, offset) = copy.place(*offset);
                let source = Source::read(text, Piece { text: sql, offset });
                if source.command != Command::Engine {
                    let word: String = sql.chars().take_while(|c| c.is_alphanumeric()).collect();
                    let message = format!("syntax error at or near \"{word}\"");
                    let error = Diagnostic::error(SqlState::SYNTAX_ERROR, message);
                    return Err(error.with_position(crate::sql::character_position(text, offset)).into());
                }
                Ok(source)
            }
            CopySource::Table { sql, name, columns } => {
                let table = self.table(sql, name)?;
                let selected = table.select(columns)?;
                options.force_quote.named().iter().try_for_each(|name| table.column(name).map(|_| ()))?;
                let names = list(selected.iter().map(|column| column.name.as_str()));
                let text: Arc<str> = Arc::from(format!("SELECT {names} FROM {sql}"));
                Ok(Source::read(&text, Piece { text: &text, offset: 0 }))
            }
        }
    }

    fn send_copy(
        &mut self,
        copy: &CopyStatement,
        mut source: Source,
        options: &CopyOptions,
        out: &mut Out,
    ) -> Outcome<u64> {
        // Positions in a query of our own making would mean nothing.
        let is_own = matches!(copy.source, CopySource::Table { .. });
        let placed = |failure| if is_own { without_position(failure) } else { failure };
        if let Some(rule) = source.refusal {
            return Err(self.refusal(rule).into());
        }
        self.extract(&mut source).map_err(placed)?;
        let mut plan = self.plan(&mut source, &[]).map_err(placed)?;
        if !plan.parameters.is_empty() {
            return Err(no_parameters(copy).into());
        }
        self.check_facts(&plan.facts)?;
        if plan.columns.is_empty() {
            let message = "COPY query must have a RETURNING clause";
            return Err(Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message).into());
        }
        check_column_count(plan.columns.len())?;
        if options.format == CopyFormat::Parquet {
            let (query, columns) = (source.engine_text().to_owned(), plan.columns.len());
            drop(plan);
            return self.send_parquet(&query, columns, options, out).map_err(placed);
        }
        let execution = plan.statement.start().map_err(|error| placed(self.refused(&source, &error)))?;
        let names = plan.columns.iter().map(|column| column.name.clone());
        let columns: Vec<_> = names.zip(execution.types().iter().cloned()).collect();
        let mut writer = CopyOut::new(options, &columns, &self.style(), self.limits.max_value_bytes)?;
        backend::copy_out_response(out.buffer(), writer.format(), columns.len());
        writer.header(out.buffer());
        let trailer = writer.trailer();
        let mut rows = Rows::new(execution, Box::new(writer));
        let sent = rows.send(u64::MAX, &self.activity, out);
        sent.map_err(|broken| placed(self.broken(&source, broken)))?;
        trailer.append(rows.sent, out.buffer());
        backend::copy_done(out.buffer());
        Ok(rows.sent)
    }
}

/// There is nobody who could give a COPY parameters.
fn no_parameters(copy: &CopyStatement) -> Diagnostic {
    let error = |name: &str| {
        let message = format!("there is no parameter {name}");
        Diagnostic::error(SqlState::UNDEFINED_PARAMETER, message)
    };
    let CopySource::Query { sql, offset } = &copy.source else {
        return error("$1");
    };
    let tokens = lex(sql);
    match tokens.iter().find(|token| token.kind == Kind::Parameter) {
        Some(token) => error(token.text).with_position(copy.position(offset + token.start)),
        None => error("$1"),
    }
}
