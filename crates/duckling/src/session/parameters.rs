//! Parameters of a bound statement: the types that a client is told, and those that its values need.
//!
//! DuckDB finds most types from where a parameter stands. Where it cannot, or where a client declares a type
//! that holds more than the one found, the parameter gets a cast in the text. And where a value that came
//! would lose something in the type found (`integer_column > 1.5`), it gets a cast to its own.

use engine::{LogicalType, Parsed, Statement, Value};
use wire::{Diagnostic, SqlState, oid};

use super::{Failure, Outcome, Session, plan::Plan, source::Source};
use crate::{
    decode, encode,
    sql::{self, Rewritten},
};

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    /// The type the client is told, and sends.
    pub(super) oid: u32,
    /// The type DuckDB wants, where it knows.
    pub(super) target: Option<LogicalType>,
}

/// The casts that parameters got, by number from 0.
pub(super) type Casts = Vec<Option<String>>;

/// What an undeclared parameter is tried as, where DuckDB cannot tell.
const FALLBACKS: [LogicalType; 4] =
    [LogicalType::Varchar, LogicalType::BigInt, LogicalType::Double, LogicalType::Timestamp];

/// How many types of result columns an undeclared parameter is tried as besides.
const FURTHER_MAX: usize = 8;

/// Of how many parameters without a type each is looked at by itself.
const ALONE_MAX: usize = 32;

impl Session {
    /// Where DuckDB cannot find a parameter's type, the parameter gets a cast to the declared type; an
    /// undeclared one becomes text, as in PostgreSQL, or else the first type with which it binds. Gives the
    /// casts too.
    pub(super) fn resolve_parameters(
        &mut self,
        source: &mut Source,
        statement: Statement,
        declared: &[u32],
    ) -> (Statement, Casts) {
        if source.parsed.len() != 1 {
            return (statement, Vec::new());
        }
        let mut declared: Vec<Option<LogicalType>> = (0..statement.parameter_count())
            .map(|index| declared.get(index).and_then(|&oid| decode::oid_to_logical(oid)))
            .collect();
        if statement.is_resolved() {
            return self.widen_declared(source, statement, &declared);
        }
        for (index, cast) in self.explicit(source) {
            if let Some(declared) = declared.get_mut(index) {
                declared.get_or_insert(cast);
            }
        }
        for (index, list) in self.quantified(source) {
            if let Some(declared) = declared.get_mut(index) {
                declared.get_or_insert(list);
            }
        }
        let known = |index: usize| statement.parameter_type(index);
        // DuckDB may know every parameter and still not the statement; then each gets its cast.
        let all_known = (0..declared.len()).all(|index| known(index).is_some());
        let types: Vec<Option<LogicalType>> = declared
            .iter()
            .enumerate()
            .map(|(index, declared)| declared.clone().or_else(|| known(index)))
            .collect();
        let alone = self.found_alone(source, &types);
        let casts = |fallback: &LogicalType, alone: &[bool]| -> Casts {
            let cast = |(index, found): (usize, &Option<LogicalType>)| {
                let is_alone = alone.get(index).copied().unwrap_or(false);
                let is_open = (all_known || known(index).is_none()) && !is_alone;
                is_open.then(|| found.as_ref().unwrap_or(fallback).sql())
            };
            types.iter().enumerate().map(cast).collect()
        };
        let expected = self.columns_with_nulls(source, &types);
        let mut first = None;
        let mut further: Vec<&LogicalType> = Vec::new();
        for logical in &expected {
            if !FALLBACKS.contains(logical) && !further.contains(&logical) && further.len() < FURTHER_MAX {
                further.push(logical);
            }
        }
        // First those casts alone that the others cannot do without.
        let sparing = alone.contains(&true).then(|| casts(&LogicalType::Varchar, &alone));
        let whole = FALLBACKS.iter().chain(further).map(|fallback| casts(fallback, &[]));
        for (is_sparing, casts) in
            sparing.map(|casts| (true, casts)).into_iter().chain(whole.map(|casts| (false, casts)))
        {
            if self.activity.stopping() {
                break;
            }
            let Some((text, parsed, bound)) = self.bind_cast(source.engine_text(), &casts) else { continue };
            if is_sparing && !bound.is_resolved() {
                continue;
            }
            let is_expected = expected.is_empty() || oids(&columns(&bound)) == oids(&expected);
            if is_expected || first.is_none() {
                first = Some((text, parsed, bound, casts));
            }
            if is_expected {
                break;
            }
        }
        // When no cast helps, DuckDB binds it again with the values.
        let Some((text, parsed, bound, casts)) = first else { return (statement, Vec::new()) };
        source.layers.push(text);
        source.parsed = parsed;
        (bound, casts)
    }

    /// Which parameters of no type DuckDB finds one for when NULL stands for the others: one that it cannot find
    /// (`name LIKE '%' || $1`) keeps it from telling any. Those beside it must not be taken for text.
    fn found_alone(&mut self, source: &Source, types: &[Option<LogicalType>]) -> Vec<bool> {
        let open = types.iter().filter(|found| found.is_none()).count();
        // A remote file is looked at by each bind.
        if !(2..=ALONE_MAX).contains(&open) || self.verdicts.reads_remote() {
            return Vec::new();
        }
        let is_found = |session: &mut Self, index: usize| {
            let stand_in = |(other, found): (usize, &Option<LogicalType>)| match found {
                _ if other == index => "$1".to_owned(),
                Some(found) => format!("CAST(NULL AS {})", found.sql()),
                None => "NULL".to_owned(),
            };
            if session.activity.stopping() {
                return false;
            }
            let texts: Vec<String> = types.iter().enumerate().map(stand_in).collect();
            let text = sql::replace_parameters(source.engine_text(), &texts).text;
            let bound = session.bind_cast(&text, &[]).map(|(_, _, bound)| bound);
            bound.is_some_and(|bound| bound.is_resolved() && bound.parameter_type(0).is_some())
        };
        let found = types.iter().enumerate();
        found.map(|(index, known)| known.is_none() && is_found(self, index)).collect()
    }

    /// The types that parameters are cast to in the text, by number from 0. DuckDB forgets them when the
    /// surroundings want yet another type.
    pub(super) fn explicit(&mut self, source: &Source) -> Vec<(usize, LogicalType)> {
        let casts = sql::explicit_casts(source.engine_text());
        if casts.is_empty() {
            return Vec::new();
        }
        let nulls: Vec<String> = casts.iter().map(|(_, named)| format!("CAST(NULL AS {named})")).collect();
        let text = format!("SELECT {}", nulls.join(", "));
        let Some((_, _, statement)) = self.bind_cast(&text, &[]) else { return Vec::new() };
        let types = columns(&statement).into_iter();
        casts.into_iter().map(|(index, _)| index).zip(types).collect()
    }

    /// The types of lists that `= ANY($1)` and its like want, by number from 0. DuckDB sees a subquery there.
    fn quantified(&mut self, source: &Source) -> Vec<(usize, LogicalType)> {
        let Some((probe, numbers)) = sql::without_quantifiers(source.engine_text()) else {
            return Vec::new();
        };
        let Some((_, _, statement)) = self.bind_cast(&probe.text, &[]) else { return Vec::new() };
        let list = |index: usize| {
            let element = statement.parameter_type(index)?;
            Some((index, LogicalType::List(Box::new(element))))
        };
        numbers.into_iter().filter_map(list).collect()
    }

    /// The types of the columns when NULL stands for each parameter of no type: what the rest of the statement
    /// makes of them.
    fn columns_with_nulls(&mut self, source: &Source, types: &[Option<LogicalType>]) -> Vec<LogicalType> {
        let nulls: Vec<String> = types
            .iter()
            .map(|found| {
                found.as_ref().map_or("NULL".to_owned(), |found| format!("CAST(NULL AS {})", found.sql()))
            })
            .collect();
        let text = sql::replace_parameters(source.engine_text(), &nulls).text;
        self.bind_cast(&text, &[]).map(|(_, _, statement)| columns(&statement)).unwrap_or_default()
    }

    /// The statement with casts to the declared types that hold more than those DuckDB found, if they change
    /// what it returns: `$1 + 1` is as wide as `$1`.
    fn widen_declared(
        &mut self,
        source: &mut Source,
        statement: Statement,
        declared: &[Option<LogicalType>],
    ) -> (Statement, Casts) {
        let wider = |(index, declared): (usize, &Option<LogicalType>)| {
            let found = statement.parameter_type(index)?;
            let declared = declared.as_ref().filter(|declared| is_wider(declared, &found))?;
            Some(declared.sql())
        };
        let casts: Casts = declared.iter().enumerate().map(wider).collect();
        if casts.iter().all(Option::is_none) {
            return (statement, Vec::new());
        }
        match self.bind_cast(source.engine_text(), &casts) {
            Some((text, parsed, widened)) if oids(&columns(&widened)) != oids(&columns(&statement)) => {
                source.layers.push(text);
                source.parsed = parsed;
                (widened, casts)
            }
            Some(_) | None => (statement, Vec::new()),
        }
    }

    /// The statement with a cast around each parameter whose value would lose something in the type that DuckDB
    /// found; nothing when the one at hand has those casts. DuckDB's decimals have a scale, and it would round
    /// a value to whatever scale it guessed from the surroundings: `column > $1` would compare with another
    /// number. So would an integer column with a fraction, or a date with a time.
    pub(super) fn with_own_types(
        &mut self,
        source: &Source,
        plan: &mut Plan,
        values: &[Value],
    ) -> Option<Statement> {
        let mut casts = plan.casts.clone();
        casts.resize(values.len(), None);
        for ((cast, found), value) in casts.iter_mut().zip(&plan.found).zip(values) {
            if let Some(own) = own_type(value, found.as_ref()) {
                *cast = Some(own.sql());
            }
        }
        if casts == plan.casts_in_use {
            return None;
        }
        let base = source.layers.get(plan.layers.checked_sub(1)?)?;
        let (_, _, statement) = self.bind_cast(&base.text, &casts)?;
        plan.casts_in_use = casts;
        Some(statement)
    }

    /// After a trial that failed: some errors of binding cost DuckDB's transaction. One that has written nothing
    /// is begun anew; of one that has, the next statement will say so.
    fn survive_trial(&mut self) {
        if self.transaction.begun
            && self.transaction.writes == 0
            && self.connection.is_transaction_invalidated()
            && let Err(Failure::Diagnosed(diagnostic)) = self.restart_engine()
        {
            tracing::warn!(code = %diagnostic.code, "a transaction could not be begun anew");
        }
    }

    /// Binds a statement with casts around its parameters.
    pub(super) fn bind_cast(
        &mut self,
        text: &str,
        casts: &[Option<String>],
    ) -> Option<(Rewritten, Vec<Parsed>, Statement)> {
        let cast = sql::cast_parameters(text, casts);
        let parsed = self.connection.extract(&cast.text).ok()?;
        let statement = self.connection.prepare(parsed.first()?).ok();
        if statement.is_none() {
            self.note_look_around();
            self.survive_trial();
        }
        Some((cast, parsed, statement?))
    }
}

fn columns(statement: &Statement) -> Vec<LogicalType> {
    statement.columns().into_iter().map(|column| column.logical_type).collect()
}

fn oids(types: &[LogicalType]) -> Vec<u32> {
    types.iter().map(|logical| encode::field_type(logical).oid).collect()
}

/// What the client is told of each parameter, and what its values are to become.
///
/// # Errors
/// 42P18 for a parameter that is neither declared nor in the text.
pub(super) fn describe(
    statement: &Statement,
    declared: &[u32],
    explicit: &[(usize, LogicalType)],
) -> Outcome<Vec<Parameter>> {
    let describe = |index: usize| {
        let cast = || explicit.iter().find(|(cast, _)| *cast == index).map(|(_, logical)| logical.clone());
        let found = statement.parameter_type(index).or_else(cast);
        let declared = declared.get(index).copied().filter(|&oid| oid != 0 && oid != oid::UNKNOWN);
        if declared.is_none() && statement.parameter_name(index).is_none_or(|name| name.is_empty()) {
            let message = format!("could not determine data type of parameter ${}", index + 1);
            return Err(Diagnostic::error(SqlState::INDETERMINATE_DATATYPE, message).into());
        }
        let oid = declared.or_else(|| found.as_ref().map(decode::logical_to_oid)).unwrap_or(oid::TEXT);
        let sent = decode::oid_to_logical(oid);
        // A decimal is read with the digits it was sent with, whatever scale DuckDB guessed, and a value that
        // may not fit stays what it is.
        let is_lossy = |found: &LogicalType| {
            !matches!(width(found), Some((true, WIDE)))
                && sent.as_ref().is_some_and(|sent| is_wider(sent, found))
        };
        let target = found.filter(|found| !is_decimal(found) && !is_lossy(found));
        Ok(Parameter { oid, target })
    };
    (0..statement.parameter_count().max(declared.len())).map(describe).collect()
}

/// Where the integers stand that go as numeric.
const WIDE: u8 = 4;

/// Where a type stands among those of its family; a later one holds what an earlier one does, and more.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other types have no wider ones")]
fn width(logical: &LogicalType) -> Option<(bool, u8)> {
    use LogicalType as L;
    Some(match logical {
        L::TinyInt | L::UTinyInt => (true, 0),
        L::SmallInt => (true, 1),
        L::USmallInt | L::Integer => (true, 2),
        L::UInteger | L::BigInt => (true, 3),
        L::UBigInt | L::HugeInt | L::UHugeInt | L::BigNum => (true, WIDE),
        L::Decimal { .. } => (true, 5),
        L::Float => (true, 6),
        L::Double => (true, 7),
        L::Date => (false, 0),
        L::Timestamp | L::TimestampS | L::TimestampMs | L::TimestampNs => (false, 1),
        L::TimestampTz => (false, 2),
        _ => return None,
    })
}

/// Whether a type holds more than another one of its family, or lists of it than lists of the other.
fn is_wider(declared: &LogicalType, found: &LogicalType) -> bool {
    use LogicalType as L;
    if let (L::List(declared), L::List(found) | L::Array(found, _)) = (declared, found) {
        return is_wider(declared, found);
    }
    match (width(declared), width(found)) {
        (Some((declared_family, declared)), Some((found_family, found))) => {
            declared_family == found_family && declared > found
        }
        (Some(_) | None, None) | (None, Some(_)) => false,
    }
}

/// Whether it is a decimal, or a list of them.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other type holds decimals that are compared")]
fn is_decimal(logical: &LogicalType) -> bool {
    match logical {
        LogicalType::Decimal { .. } => true,
        LogicalType::List(element) | LogicalType::Array(element, _) => is_decimal(element),
        _ => false,
    }
}

/// How many levels of lists a type has.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other type is a list")]
fn depth(logical: &LogicalType) -> usize {
    match logical {
        LogicalType::List(element) | LogicalType::Array(element, _) => 1 + depth(element),
        _ => 0,
    }
}

/// The type that a value has to be cast to, lest it lose something in the type that DuckDB found.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other values are DuckDB's to cast")]
fn own_type(value: &Value, found: Option<&LogicalType>) -> Option<LogicalType> {
    use LogicalType as L;
    let own = match value {
        Value::Decimal { width, scale, .. } => {
            return Some(L::Decimal { width: *width, scale: *scale });
        }
        Value::SmallInt(_) => L::SmallInt,
        Value::Integer(_) => L::Integer,
        Value::BigInt(_) => L::BigInt,
        Value::BigNum { .. } => L::BigNum,
        Value::Float(_) => L::Float,
        Value::Double(_) => L::Double,
        Value::Timestamp(_) => L::Timestamp,
        Value::TimestampTz(_) => L::TimestampTz,
        Value::List(element, _) => {
            let list = L::List(Box::new(element.clone()));
            let is_deeper = found.is_some_and(|found| depth(&list) > depth(found).max(1));
            if is_deeper || is_decimal(element) {
                return Some(list);
            }
            list
        }
        _ => return None,
    };
    let found = found?;
    let is_scaled = matches!(found, L::Decimal { .. }) && width(&own).is_some();
    ((is_scaled || is_wider(&own, found)) && !fits(value, found)).then_some(own)
}

/// Whether an integer is also one of a narrower type.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are taken not to fit")]
fn fits(value: &Value, found: &LogicalType) -> bool {
    use LogicalType as L;
    let value = match value {
        Value::SmallInt(value) => i64::from(*value),
        Value::Integer(value) => i64::from(*value),
        Value::BigInt(value) => *value,
        _ => return false,
    };
    match found {
        L::TinyInt => i8::try_from(value).is_ok(),
        L::UTinyInt => u8::try_from(value).is_ok(),
        L::SmallInt => i16::try_from(value).is_ok(),
        L::USmallInt => u16::try_from(value).is_ok(),
        L::Integer => i32::try_from(value).is_ok(),
        L::UInteger => u32::try_from(value).is_ok(),
        L::Decimal { width, scale } => {
            let digits = u32::from(width.saturating_sub(*scale));
            10_i64.checked_pow(digits).is_none_or(|limit| value.unsigned_abs() < limit.unsigned_abs())
        }
        _ => false,
    }
}
