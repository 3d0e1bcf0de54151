//! Suspended portals.

use wire::frontend::{Bind, Frontend};

use super::{Flow, Incoming, Rig};

#[test]
fn portals_suspend_and_keep_their_rows_aside() {
    let mut rig = Rig::new();
    rig.take();
    rig.query("begin");
    let bind = |portal| {
        Frontend::Bind(Bind {
            portal,
            statement: "s",
            parameter_formats: vec![],
            parameters: vec![],
            result_formats: vec![],
        })
    };
    rig.send(Frontend::Parse { name: "s", sql: "select range r from range(5000)", parameter_oids: vec![] });
    rig.send(bind("p")).send(Frontend::Execute { portal: "p", max_rows: 2 });
    rig.send(bind("q")).send(Frontend::Execute { portal: "q", max_rows: 1 });
    assert_eq!(rig.take(), ["1", "2", "D(0)", "D(1)", "s", "2", "D(0)", "s"]);
    rig.send(Frontend::Execute { portal: "p", max_rows: 1 });
    assert_eq!(rig.take(), ["D(2)", "s"]);
    rig.send(Frontend::Execute { portal: "q", max_rows: 0 });
    let rows = rig.take();
    assert_eq!(
        (rows.len(), rows[4998].as_str(), rows.last().unwrap().as_str()),
        (5000, "D(4999)", "C(SELECT 4999)")
    );
    rig.send(Frontend::Execute { portal: "p", max_rows: i32::MAX }).send(Frontend::Sync);
    let rows = rig.take();
    assert_eq!((rows.len(), rows[0].as_str(), rows[4997].as_str()), (4999, "D(3)", "C(SELECT 4997)"));
}

#[test]
fn a_suspended_portal_of_autocommit_goes_with_its_transaction() {
    let mut rig = Rig::new();
    rig.take();
    let unnamed = || {
        Frontend::Bind(Bind {
            portal: "",
            statement: "",
            parameter_formats: vec![],
            parameters: vec![],
            result_formats: vec![],
        })
    };
    for _ in 0..2 {
        rig.send(Frontend::Parse { name: "", sql: "select * from range(100000)", parameter_oids: vec![] });
        rig.send(unnamed());
        let incoming = Incoming {
            kind: b'E',
            message: Ok(Frontend::Execute { portal: "", max_rows: 1 }),
            sync_follows: true,
        };
        assert_eq!(rig.session.handle(incoming, &mut rig.out).unwrap(), Flow::Continue);
        rig.send(Frontend::Sync);
        assert_eq!(rig.take(), ["1", "2", "D(0)", "s", "Z(I)"]);
        assert!(!rig.session.connection.is_in_transaction());
        assert_eq!(rig.query("selec")[1], "Z(I)");
        assert!(!rig.session.is_broken);
    }
}
