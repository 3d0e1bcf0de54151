//! A cancel request is for what its client had sent when it came, however late it arrives.

use super::{super::Stop, Rig};

#[test]
fn a_late_request_never_hits_what_was_sent_after_it() {
    let rig = Rig::new();
    let activity = rig.session.activity();

    // Sent up to byte 10, where the first statement ends, while that statement is under way.
    activity.received(10);
    activity.begin(None);
    activity.cancel(10);
    assert_eq!(activity.end(), Some(Stop::Requested));

    // The same request arrives when the second statement has begun.
    activity.received(10);
    activity.begin(None);
    activity.cancel(10);
    assert!(!activity.stopping());
    assert_eq!(activity.end(), None);

    // It arrives between two statements.
    activity.cancel(20);
    activity.received(10);
    activity.begin(None);
    assert_eq!(activity.end(), None);
}

#[test]
fn an_early_request_hits_what_the_session_had_not_read_yet_and_that_alone() {
    let rig = Rig::new();
    let activity = rig.session.activity();
    activity.cancel(20);
    activity.received(20);
    activity.begin(None);
    assert_eq!(activity.end(), Some(Stop::Requested));
    activity.begin(None);
    assert_eq!(activity.end(), None);
}
