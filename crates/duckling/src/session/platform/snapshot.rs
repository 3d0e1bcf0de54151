//! CREATE SNAPSHOT.

use wire::link::PlatformRequest;

use super::Answer;
use crate::{
    session::{Outcome, Session},
    sql::CreateSnapshot,
};

impl Session {
    pub(super) fn create_snapshot(&mut self, create: &CreateSnapshot) -> Outcome<Answer> {
        let database = self.own_database(&create.database)?;
        let request =
            PlatformRequest::CreateSnapshot { name: create.name.clone(), database: database.clone() };
        self.ask_holding(&database, None, request)?;
        self.member.workspace().learn_shares();
        Ok(Answer::tag("CREATE SNAPSHOT"))
    }
}
