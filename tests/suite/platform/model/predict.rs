//! What a statement must answer in a state.
//!
//! Where several things are wrong with a statement, the SQLSTATE of any of them will do.

use super::{
    operation::{Operation, Origin},
    state::{Named, SessionState, Snapshot, State},
};

/// What a statement must answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It succeeds.
    Success,
    /// These lines, sorted.
    Lines(Vec<String>),
    /// A number of rows: one of these.
    Rows(Vec<u64>),
    /// An error of one of these codes.
    Codes(Vec<&'static str>),
    /// The model cannot say: one of these, or success.
    Unsure(Vec<&'static str>),
    /// Not to be tried in this state.
    Skip,
}

struct View<'s> {
    state: &'s State,
    sessions: &'s [SessionState],
    me: usize,
    wrong: Vec<&'static str>,
    /// Whether it may be refused with 55006, or not.
    is_unsure: bool,
}

/// What this statement of session `me` must answer.
pub(crate) fn predict(
    state: &State,
    sessions: &[SessionState],
    me: usize,
    operation: &Operation,
) -> Expected {
    let block = sessions[me].block.as_ref();
    if let Some(block) = block {
        if block.is_failed {
            let ends = matches!(operation, Operation::Rollback);
            return if ends { Expected::Success } else { Expected::Skip };
        }
        if block.is_lost {
            let is_plain = matches!(operation, Operation::Commit | Operation::List(_));
            return if is_plain { Expected::Codes(vec!["55006"]) } else { Expected::Skip };
        }
        if operation.stands_alone() {
            return Expected::Codes(vec!["25001"]);
        }
    }
    let mut view = View { state, sessions, me, wrong: Vec::new(), is_unsure: false };
    let expected = view.judge(operation);
    match (view.is_unsure, view.wrong.is_empty()) {
        (false, true) => expected,
        (true, true) => {
            let mut codes = if let Expected::Unsure(codes) = expected { codes } else { Vec::new() };
            codes.push("55006");
            Expected::Unsure(codes)
        }
        (is_unsure, false) => {
            view.wrong.extend(is_unsure.then_some("55006"));
            Expected::Codes(view.wrong)
        }
    }
}

impl View<'_> {
    fn expect(&mut self, is_so: bool, code: &'static str) {
        if !is_so && !self.wrong.contains(&code) {
            self.wrong.push(code);
        }
    }

    fn others(&self) -> impl Iterator<Item = &SessionState> {
        let me = self.me;
        self.sessions.iter().enumerate().filter(move |(number, _)| *number != me).map(|(_, session)| session)
    }

    /// Whether other sessions use a database. From whose transaction it was taken away, uses nothing that has its name now.
    fn is_used(&self, id: u64) -> bool {
        let touches = |session: &SessionState| {
            session
                .block
                .as_ref()
                .is_some_and(|block| block.touched.contains(&id) && !block.lost.contains(&id))
        };
        let goes_back =
            |session: &SessionState| session.block.as_ref().is_some_and(|block| block.place == id);
        self.others().any(|session| session.place == Some(id) || goes_back(session) || touches(session))
    }

    /// Transactions that have used a database which was dropped still have its file open, until they end.
    fn expect_released(&mut self, name: &str) {
        let dropped: Vec<u64> = self
            .state
            .dropped
            .iter()
            .filter(|database| database.name == name)
            .map(|database| database.id)
            .collect();
        let holds = |session: &SessionState| {
            session.block.as_ref().is_some_and(|block| dropped.iter().any(|id| block.touched.contains(id)))
        };
        self.is_unsure |= self.sessions.iter().any(holds);
    }

    /// A copy is made of what is committed, and waits in vain for transactions that have written, or that have read what was
    /// there before the last changes.
    fn expect_held(&mut self, id: u64) {
        let writes = |session: &SessionState| {
            session
                .block
                .as_ref()
                .is_some_and(|block| block.written.is_some_and(|(written, _)| written == id))
        };
        let touches =
            |session: &SessionState| session.block.as_ref().is_some_and(|block| block.touched.contains(&id));
        // Whether it can be made beside them is the engine's matter.
        self.is_unsure |= self.sessions.iter().any(touches) || self.others().any(writes);
        let own = writes(&self.sessions[self.me]);
        self.expect(!own, "25001");
    }

    /// A database of one's own, attached.
    fn own(&mut self, name: &str, of_share: &'static str) -> Option<u64> {
        match self.state.named(name) {
            Named::Own(database) => Some(database.id),
            Named::Share(_) => {
                self.expect(false, of_share);
                None
            }
            Named::Detached(_) | Named::Nothing => {
                self.expect(false, "3D000");
                None
            }
        }
    }

    fn expect_source(&mut self, origin: &Origin) {
        match origin {
            Origin::Empty => {}
            Origin::Database(name) => match self.state.named(name) {
                Named::Own(database) => self.expect_held(database.id),
                Named::Share(_) => {}
                Named::Detached(_) | Named::Nothing => self.expect(false, "3D000"),
            },
            Origin::Current => {
                let current = self.place();
                self.expect_held(current);
            }
            Origin::Snapshot(name) => match self.state.snapshots_named(name)[..] {
                [] => self.expect(false, "42704"),
                [_] => {}
                [..] => self.expect(false, "42725"),
            },
        }
    }

    fn place(&self) -> u64 {
        self.sessions[self.me].place.unwrap_or_else(|| self.state.default_id())
    }

    fn expect_replaceable(&mut self, name: &str) {
        match self.state.named(name) {
            Named::Own(database) | Named::Detached(database) => {
                let is_used = self.is_used(database.id);
                self.expect_released(name);
                self.expect(!is_used, "55006");
            }
            Named::Share(_) => self.expect(false, "42P04"),
            Named::Nothing => {}
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    fn judge(&mut self, operation: &Operation) -> Expected {
        match operation {
            Operation::Create { name, or_replace, if_not_exists, origin } => {
                let is_there = !matches!(self.state.named(name), Named::Nothing);
                self.expect_source(origin);
                self.expect_released(name);
                if *if_not_exists && is_there {
                    let codes = std::mem::take(&mut self.wrong);
                    return Expected::Unsure(codes);
                }
                if *or_replace {
                    self.expect_replaceable(name);
                } else {
                    self.expect(!is_there, "42P04");
                }
            }
            Operation::Drop { name, if_exists, cascade } => {
                return self.drop_database(name, *if_exists, *cascade);
            }
            Operation::Undrop(name) => {
                self.expect_released(name);
                let is_there = !matches!(self.state.named(name), Named::Nothing);
                self.expect(!is_there, "42P04");
                let was_there = self.state.dropped.iter().any(|database| database.name == *name);
                self.expect(was_there, "3D000");
            }
            Operation::Rename(from, to) => {
                let id = self.own(from, "25006");
                self.expect_released(from);
                self.expect_released(to);
                let other = match self.state.named(to) {
                    Named::Own(database) | Named::Detached(database) => Some(database.id) != id,
                    Named::Share(_) => true,
                    Named::Nothing => false,
                };
                self.expect(!other, "42P04");
                let is_used = id.is_some_and(|id| self.is_used(id));
                self.expect(!is_used, "55006");
            }
            Operation::Copy { from, to, overwrite } => return self.copy(from, to, *overwrite),
            Operation::Use(name) => {
                let is_seen = matches!(self.state.named(name), Named::Own(_));
                if matches!(self.state.named(name), Named::Share(_)) {
                    return Expected::Skip;
                }
                self.expect(is_seen, "3D000");
            }
            Operation::Attach(name) => {
                let is_there = !matches!(self.state.named(name), Named::Nothing);
                self.expect(is_there, "3D000");
            }
            Operation::AttachShare { url, alias } => {
                let share = self.state.shares.iter().find(|share| share.url == *url);
                self.expect(share.is_some(), "3D000");
                let is_free = matches!(self.state.named(alias), Named::Nothing);
                let is_attached = share.is_some_and(|share| share.attached_as.is_some());
                self.expect(is_free && !is_attached, "42P04");
            }
            Operation::Detach { name, if_exists } => return self.detach(name, *if_exists),
            Operation::CreateShare { .. }
            | Operation::UpdateShare(_)
            | Operation::DropShare { .. }
            | Operation::Grant { .. }
            | Operation::CreateSnapshot { .. }
            | Operation::CreateToken(_)
            | Operation::DropToken(_) => return self.shares_and_others(operation),
            Operation::Refresh(name) => {
                let is_seen = name
                    .as_ref()
                    .is_none_or(|name| matches!(self.state.named(name), Named::Own(_) | Named::Share(_)));
                self.expect(is_seen, "3D000");
            }
            Operation::CreateTable(name) => {
                if self.sessions[self.me].block.is_some() {
                    return Expected::Skip;
                }
                let is_share = matches!(self.state.named(name), Named::Share(_));
                self.expect(!is_share, "42P07");
                if let Some(id) = self.own(name, "25006") {
                    let has_table = self.state.find_own(id).is_some_and(|database| database.rows.is_some());
                    self.expect(!has_table, "42P07");
                }
            }
            Operation::Insert(name) => {
                let is_share = matches!(self.state.named(name), Named::Share(_));
                self.expect(!is_share, "42P01");
                if let Some(id) = self.own(name, "25006") {
                    let has_table = self.state.find_own(id).is_some_and(|database| database.rows.is_some());
                    self.expect(has_table, "42P01");
                    let block = self.sessions[self.me].block.as_ref();
                    let elsewhere =
                        block.and_then(|block| block.written).is_some_and(|(other, _)| other != id);
                    self.expect(!elsewhere, "0A000");
                }
            }
            Operation::Count(name) => return self.count(name),
            Operation::List(listing) => return Expected::Lines(listing.lines(self.state)),
            Operation::Begin => {
                if self.sessions[self.me].block.is_some() {
                    return Expected::Skip;
                }
            }
            Operation::Commit | Operation::Rollback => {
                if self.sessions[self.me].block.is_none() {
                    return Expected::Skip;
                }
            }
        }
        Expected::Success
    }

    fn drop_database(&mut self, name: &str, if_exists: bool, cascade: bool) -> Expected {
        match self.state.named(name) {
            Named::Own(database) | Named::Detached(database) => {
                let id = database.id;
                self.expect_released(name);
                self.expect(!database.is_default && self.place() != id, "55006");
                let is_used = self.is_used(id);
                self.expect(cascade || !is_used, "55006");
                let has_shares = self.state.shares.iter().any(|share| share.database == id);
                self.expect(cascade || !has_shares, "2BP01");
            }
            Named::Share(_) => self.expect(false, "42809"),
            Named::Nothing => self.expect(if_exists, "3D000"),
        }
        Expected::Success
    }

    fn copy(&mut self, from: &str, to: &str, overwrite: bool) -> Expected {
        if from == to && !overwrite {
            return Expected::Skip;
        }
        if overwrite {
            self.expect_source(&Origin::Database(from.to_owned()));
            self.expect_replaceable(to);
            self.expect_released(to);
            return Expected::Success;
        }
        let rows = match self.state.named(from) {
            Named::Own(database) => database.rows,
            Named::Share(share) => share.rows,
            Named::Detached(_) | Named::Nothing => {
                self.expect(false, "3D000");
                None
            }
        };
        if let Some(id) = self.own(to, "25006") {
            let has_table = self.state.find_own(id).is_some_and(|database| database.rows.is_some());
            self.expect(!(has_table && rows.is_some()), "42P07");
        }
        Expected::Success
    }

    fn detach(&mut self, name: &str, if_exists: bool) -> Expected {
        match self.state.named(name) {
            Named::Own(database) if database.is_default => return Expected::Skip,
            Named::Own(database) => {
                let id = database.id;
                let block = self.sessions[self.me].block.as_ref();
                let touched = block.is_some_and(|block| block.touched.contains(&id) || block.place == id);
                let is_used = self.is_used(id);
                self.expect_released(name);
                self.expect(self.place() != id && !touched && !is_used, "55006");
            }
            Named::Share(_) => {}
            Named::Detached(_) | Named::Nothing => self.expect(if_exists, "3D000"),
        }
        Expected::Success
    }

    fn shares_and_others(&mut self, operation: &Operation) -> Expected {
        match operation {
            Operation::CreateShare { name, database, or_replace, if_not_exists, .. } => {
                let id = match database {
                    Some(database) => self.own(database, "25006"),
                    None => Some(self.place()),
                };
                if let Some(id) = id {
                    self.expect_held(id);
                }
                let is_there = self.state.share(name).is_some();
                if *if_not_exists && is_there {
                    return Expected::Unsure(std::mem::take(&mut self.wrong));
                }
                self.expect(*or_replace || !is_there, "42710");
            }
            Operation::UpdateShare(name) => match self.state.share(name) {
                Some(share) => match self.state.find_own(share.database) {
                    Some(database) if database.is_attached => self.expect_held(database.id),
                    Some(_) | None => self.expect(false, "3D000"),
                },
                None => self.expect(false, "42704"),
            },
            Operation::DropShare { name, if_exists } => {
                let is_there = self.state.share(name).is_some();
                self.expect(is_there || *if_exists, "42704");
            }
            Operation::Grant { share, account, .. } => {
                let is_there = self.state.share(share).is_some();
                self.expect(is_there && *account != "nobody", "42704");
            }
            Operation::CreateSnapshot { name, database } => {
                if let Some(id) = self.own(database, "25006") {
                    self.expect_held(id);
                    let same = |snapshot: &Snapshot| {
                        snapshot.database == id && name.is_some() && snapshot.name == *name
                    };
                    let is_there = self.state.snapshots.iter().any(same);
                    self.expect(!is_there, "42710");
                }
            }
            Operation::CreateToken(name) => self.expect(!self.state.tokens.contains(name), "42710"),
            Operation::DropToken(name) => self.expect(self.state.tokens.contains(name), "42704"),
            _ => {}
        }
        Expected::Success
    }

    fn count(&mut self, name: &str) -> Expected {
        let block = self.sessions[self.me].block.as_ref();
        let rows = match self.state.named(name) {
            Named::Own(database) => match (database.rows, block) {
                (Some(rows), None) => Some(vec![rows]),
                (Some(rows), Some(block)) => {
                    let before = block.before.get(&database.id).copied().flatten();
                    // A table that has been made since it began is there for it, or not.
                    let Some(before) = before else { return Expected::Skip };
                    let own =
                        block.written.filter(|(id, _)| *id == database.id).map_or(0, |(_, added)| added);
                    Some((before.min(rows)..=rows.max(before)).map(|rows| rows + own).collect())
                }
                (None, _) => None,
            },
            Named::Share(_) if block.is_some() => return Expected::Skip,
            Named::Share(share) => {
                let allowed = [Some(share.rows), share.former].into_iter().flatten().collect::<Vec<_>>();
                if allowed.iter().any(Option::is_none) && allowed.iter().any(Option::is_some) {
                    return Expected::Skip;
                }
                share.rows.map(|_| allowed.into_iter().flatten().collect())
            }
            Named::Detached(_) | Named::Nothing => {
                self.expect(false, "3D000");
                None
            }
        };
        if let Some(rows) = rows {
            return Expected::Rows(rows);
        }
        let is_there = !self.wrong.is_empty();
        self.expect(is_there, "42P01");
        Expected::Success
    }
}
