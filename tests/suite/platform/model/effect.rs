//! What the state is after a statement.

use super::{
    operation::{Operation, Origin},
    state::{Block, Named, SessionState, Share, Snapshot, State},
};

/// The state after the statement has succeeded. `answer` is the value that it gave, if it gave one.
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
pub(crate) fn apply(
    state: &mut State,
    sessions: &mut [SessionState],
    me: usize,
    operation: &Operation,
    answer: &str,
) {
    let place = sessions[me].place.unwrap_or_else(|| state.default_id());
    match operation {
        Operation::Create { name, if_not_exists, origin, .. } => {
            let is_there = !matches!(state.named(name), Named::Nothing);
            if *if_not_exists && is_there {
                return;
            }
            let rows = match origin {
                Origin::Empty => None,
                Origin::Database(name) => rows_of(state, name),
                Origin::Current => state.find_own(place).and_then(|database| database.rows),
                Origin::Snapshot(name) => {
                    state.snapshots_named(name).first().and_then(|snapshot| snapshot.rows)
                }
            };
            replace(state, sessions, name, rows);
        }
        Operation::Drop { name, .. } => {
            if let Named::Own(database) | Named::Detached(database) = state.named(name) {
                let id = database.id;
                evict(sessions, id, state.default_id());
                state.drop(id);
            }
        }
        Operation::Undrop(name) => {
            let at =
                state.dropped.iter().rposition(|database| database.name == *name).expect("a dropped one");
            let mut database = state.dropped.remove(at);
            database.is_attached = true;
            state.databases.push(database);
        }
        Operation::Rename(from, to) => {
            if let Named::Own(database) = state.named(from) {
                let id = database.id;
                state.own(id).name.clone_from(to);
            }
        }
        Operation::Copy { from, to, overwrite: true } => {
            let rows = rows_of(state, from);
            replace(state, sessions, to, rows);
        }
        Operation::Copy { from, to, overwrite: false } => {
            if let (Some(rows), Named::Own(database)) = (rows_of(state, from), state.named(to)) {
                let id = database.id;
                state.own(id).rows = Some(rows);
            }
        }
        Operation::Use(name) => {
            if let Named::Own(database) = state.named(name) {
                sessions[me].place = Some(database.id);
                if let Some(block) = &mut sessions[me].block {
                    block.touched.extend([place, database.id]);
                }
            }
        }
        Operation::Attach(name) => {
            if let Named::Detached(database) = state.named(name) {
                let id = database.id;
                state.own(id).is_attached = true;
            }
        }
        Operation::Detach { name, .. } => match state.named(name) {
            Named::Own(database) => {
                let id = database.id;
                state.own(id).is_attached = false;
            }
            Named::Share(_) => {
                let mut shares = state.shares.iter_mut();
                let share = shares.find(|share| share.attached_as.as_ref() == Some(name)).expect("a share");
                share.attached_as = None;
            }
            Named::Detached(_) | Named::Nothing => {}
        },
        Operation::AttachShare { url, alias } => {
            let share = state.shares.iter_mut().find(|share| share.url == *url).expect("a share");
            share.attached_as = Some(alias.clone());
            share.former = None;
        }
        Operation::CreateTable(name) => {
            if let Named::Own(database) = state.named(name) {
                let id = database.id;
                state.own(id).rows = Some(0);
            }
        }
        Operation::Insert(name) => {
            if let Named::Own(database) = state.named(name) {
                let id = database.id;
                insert(state, &mut sessions[me], id);
                if let Some(block) = &mut sessions[me].block {
                    block.touched.insert(place);
                }
            }
        }
        Operation::Count(name) => {
            if let (Named::Own(database), Some(block)) = (state.named(name), &mut sessions[me].block) {
                // Names are looked for where the session is, too.
                block.touched.extend([place, database.id]);
            }
        }
        Operation::List(_) => {
            if let Some(block) = &mut sessions[me].block {
                block.touched.insert(place);
            }
        }
        Operation::Begin | Operation::Commit | Operation::Rollback => {
            transaction(state, &mut sessions[me], operation, place);
        }
        _ => shares_and_others(state, place, operation, answer),
    }
}

fn rows_of(state: &State, name: &str) -> Option<u64> {
    match state.named(name) {
        Named::Own(database) => database.rows,
        Named::Share(share) => share.rows,
        Named::Detached(_) | Named::Nothing => None,
    }
}

/// A new database, in the place of the one of that name.
fn replace(state: &mut State, sessions: &mut [SessionState], name: &str, rows: Option<u64>) {
    let former = match state.named(name) {
        Named::Own(database) | Named::Detached(database) => Some((database.id, database.is_default)),
        Named::Share(_) | Named::Nothing => None,
    };
    if let Some((id, _)) = former {
        state.drop(id);
    }
    let new = state.add(name, rows, former.is_some_and(|(_, is_default)| is_default));
    if let Some((id, _)) = former {
        for session in sessions.iter_mut().filter(|session| session.place == Some(id)) {
            session.place = Some(new);
        }
    }
}

fn evict(sessions: &mut [SessionState], id: u64, default: u64) {
    for session in sessions {
        if session.place == Some(id) {
            session.place = None;
        }
        if let Some(block) = session.block.as_mut().filter(|block| block.place == id) {
            block.place = default;
        }
        if let Some(block) = &mut session.block
            && block.touched.contains(&id)
        {
            block.is_lost = true;
            block.lost.insert(id);
        }
    }
}

fn insert(state: &mut State, session: &mut SessionState, id: u64) {
    match &mut session.block {
        None => {
            let rows = &mut state.own(id).rows;
            *rows = rows.map(|rows| rows + 1);
        }
        Some(block) => {
            block.touched.insert(id);
            let (_, added) = block.written.get_or_insert((id, 0));
            *added += 1;
        }
    }
}

fn transaction(state: &mut State, session: &mut SessionState, operation: &Operation, place: u64) {
    match (operation, session.block.take()) {
        (Operation::Begin, _) => {
            let before = state.databases.iter().map(|database| (database.id, database.rows)).collect();
            session.block = Some(Block {
                place,
                before,
                touched: [].into(),
                written: None,
                is_failed: false,
                is_lost: false,
                lost: std::collections::BTreeSet::new(),
            });
        }
        (Operation::Commit, Some(Block { written: Some((id, added)), .. })) => {
            let rows = &mut state.own(id).rows;
            *rows = rows.map(|rows| rows + added);
        }
        (Operation::Rollback, Some(block)) => {
            // To where it was, if that is still there.
            let is_there = state.find_own(block.place).is_some();
            session.place = is_there.then_some(block.place);
        }
        (_, _) => {}
    }
}

fn shares_and_others(state: &mut State, place: u64, operation: &Operation, answer: &str) {
    match operation {
        Operation::CreateShare { name, database, if_not_exists, options, .. } => {
            if *if_not_exists && state.share(name).is_some() {
                return;
            }
            let id = match database {
                Some(name) => match state.named(name) {
                    Named::Own(database) => database.id,
                    _ => return,
                },
                None => place,
            };
            let rows = state.find_own(id).and_then(|database| database.rows);
            state.shares.retain(|share| share.name != *name);
            state.shares.push(Share {
                name: name.clone(),
                database: id,
                url: answer.to_lowercase(),
                rows,
                former: None,
                options: *options,
                grants: [].into(),
                attached_as: None,
            });
        }
        Operation::UpdateShare(name) => {
            let id = state.share(name).expect("a share").database;
            let rows = state.find_own(id).and_then(|database| database.rows);
            let share = state.shares.iter_mut().find(|share| share.name == *name).expect("a share");
            share.former = Some(share.rows);
            share.rows = rows;
        }
        Operation::Refresh(_) => state.shares.iter_mut().for_each(|share| share.former = None),
        Operation::DropShare { name, .. } => state.shares.retain(|share| share.name != *name),
        Operation::Grant { share, account, is_granted } => {
            let share = state.shares.iter_mut().find(|found| found.name == *share).expect("a share");
            if *is_granted {
                share.grants.insert((*account).to_owned());
            } else {
                share.grants.remove(*account);
            }
        }
        Operation::CreateSnapshot { name, database } => {
            if let Named::Own(database) = state.named(database) {
                let snapshot = Snapshot { name: name.clone(), database: database.id, rows: database.rows };
                state.snapshots.push(snapshot);
            }
        }
        Operation::CreateToken(name) => {
            state.tokens.insert(name.clone());
        }
        Operation::DropToken(name) => {
            state.tokens.remove(name);
        }
        _ => {}
    }
}

/// What it means for the transaction that a statement has failed. A COMMIT ends it in any case.
pub(crate) fn fail(state: &State, session: &mut SessionState, operation: &Operation) {
    match (operation, &mut session.block) {
        (Operation::Commit, Some(block)) => {
            let is_there = state.find_own(block.place).is_some();
            session.place = is_there.then_some(block.place);
            session.block = None;
        }
        (_, Some(block)) => {
            // What it did is undone by then, USE too.
            block.is_failed = true;
            block.touched.clear();
            block.written = None;
            session.place = Some(block.place);
        }
        (_, None) => {}
    }
}

/// Any statement tells the session where it is now.
pub(crate) fn settle(state: &State, session: &mut SessionState) {
    let is_there = session.place.is_some_and(|id| state.find_own(id).is_some());
    if !is_there {
        session.place = Some(state.default_id());
    }
}
