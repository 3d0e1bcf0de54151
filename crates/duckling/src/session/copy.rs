//! stub
use super::{Outcome, Session, simple::Queue};
use crate::{out::Out, sql::CopyStatement};
use wire::frontend::{Frontend, FrontendError};
pub(super) struct CopyingIn;
pub(super) enum Resume {
    Query(Queue),
    Extended,
}
impl Session {
    pub(super) fn begin_copy_in(&mut self, _c: &CopyStatement, _r: Resume, _o: &mut Out) -> Outcome {
        Ok(())
    }
    pub(super) fn copy_out(&mut self, _c: &CopyStatement, _o: &mut Out) -> Outcome {
        Ok(())
    }
    pub(super) fn copy_in(
        &mut self,
        _c: Box<CopyingIn>,
        _m: Result<Frontend<'_>, FrontendError>,
        _o: &mut Out,
    ) -> Outcome {
        Ok(())
    }
}
