//! How much a session may keep from one statement to the next.

use wire::frontend::{Bind, Frontend};

use super::Rig;

fn code(answer: &[String]) -> Option<&str> {
    answer.iter().find(|message| message.starts_with("E(")).map(|error| &error[2..7])
}

#[test]
fn variables_are_not_a_way_around_the_memory_limit() {
    let mut rig = Rig::greeted();
    let fill =
        |rig: &mut Rig, number: usize| rig.query(&format!("SET VARIABLE v{number} = repeat('x', 1000000)"));
    let refused = (0..30).find(|&number| code(&fill(&mut rig, number)) == Some("53200"));
    assert_eq!(refused, Some(16), "the limit is 16 MiB");
    let sixteenth = rig.query("SELECT getvariable('v16') IS NULL, length(getvariable('v15'))");
    assert!(sixteenth.contains(&"D(t|1000000)".to_owned()), "{sixteenth:?}");
    assert_eq!(rig.query("RESET VARIABLE v3"), ["C(RESET)", "Z(I)"]);
    assert_eq!(code(&fill(&mut rig, 16)), None);
    for too_large in ["range(1000000)", "{'a': repeat('x', 20000000)}", "MAP {'a': [repeat('x', 20000000)]}"]
    {
        let answer = rig.query(&format!("SET VARIABLE w = {too_large}"));
        assert_eq!(code(&answer), Some("53200"), "{too_large}: {answer:?}");
    }
    rig.query("PREPARE p AS SET VARIABLE w = repeat('x', 20000000)");
    assert_eq!(code(&rig.query("EXECUTE p")), Some("53200"));
}

#[test]
fn prepared_statements_and_cursors_keep_no_more_text_than_they_may() {
    let mut rig = Rig::greeted();
    let long = format!("SELECT 1 /* {} */", "x".repeat(1_000_000));
    let prepare = |rig: &mut Rig, number: usize| rig.query(&format!("PREPARE p{number} AS {long}"));
    let refused = (0..30).find(|&number| code(&prepare(&mut rig, number)) == Some("53400"));
    assert_eq!(refused, Some(17), "what there is may be 16 MiB");
    assert_eq!(code(&rig.query(&format!("BEGIN; DECLARE c CURSOR FOR {long}"))), Some("53400"));
    rig.query("ROLLBACK");
    assert_eq!(code(&rig.query(&long)), None, "what is not kept is not counted");
    rig.query("DEALLOCATE p1");
    assert_eq!(code(&prepare(&mut rig, 17)), None);
    rig.query("DEALLOCATE ALL");
    // Those of one string share its text.
    let several: Vec<String> =
        (0..100).map(|number| format!("PREPARE q{number} AS SELECT {number};")).collect();
    assert_eq!(code(&rig.query(&format!("{} /* {} */", several.concat(), "x".repeat(1_000_000)))), None);
    assert_eq!(code(&rig.query("PREPARE another AS SELECT 1")), None);
}

#[test]
fn portals_keep_no_more_parameters_than_they_may() {
    let mut rig = Rig::greeted();
    rig.query("BEGIN");
    let value = vec![b'x'; 1_000_000];
    rig.send(Frontend::Parse { name: "s", sql: "SELECT length($1)", parameter_oids: vec![25] });
    let names: Vec<String> = (0..30).map(|number| format!("p{number}")).collect();
    for name in &names {
        rig.send(Frontend::Bind(Bind {
            portal: name,
            statement: "s",
            parameter_formats: vec![],
            parameters: vec![Some(&value)],
            result_formats: vec![],
        }));
    }
    rig.send(Frontend::Sync);
    let answer = rig.take();
    assert_eq!(answer.iter().filter(|message| *message == "2").count(), 17, "{answer:?}");
    assert_eq!(code(&answer), Some("53400"), "{answer:?}");
}
