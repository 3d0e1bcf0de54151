//! Rows kept aside.

use engine::Step;

use super::{connection, run};

#[test]
fn kept_rows_come_back_as_they_were() {
    let connection = connection();
    let sql = "SELECT i, 'text number ' || i AS t, [i, NULL, i + 1] AS l, {'a': i, 'b': [repeat('x', 30)]} AS s \
               FROM range(5000) AS r(i)";
    let mut execution = connection.prepare_sql(sql).unwrap().start().unwrap();
    let mut kept = execution.collection().unwrap();
    assert_eq!((kept.bytes(), kept.chunk(0).unwrap().is_none()), (0, true));
    loop {
        match execution.step().unwrap() {
            Step::Chunk(chunk) => kept.append(&chunk).unwrap(),
            Step::Finished => break,
            Step::NotReady | Step::Blocked => {}
        }
    }
    drop(execution);
    assert!(kept.bytes() > 5000 * 8, "{}", kept.bytes());
    let mut next = 0i64;
    let mut index = 0;
    while let Some(chunk) = kept.chunk(index).unwrap() {
        let numbers = chunk.column(0).unwrap().values::<i64>().unwrap().to_vec();
        let texts = chunk.column(1).unwrap().strings().unwrap();
        let (entries, elements) = chunk.column(2).unwrap().list().unwrap();
        let fields = chunk.column(3).unwrap().fields();
        let (field_entries, field_elements) = fields[1].list().unwrap();
        for (row, &number) in numbers.iter().enumerate() {
            assert_eq!(number, next);
            assert_eq!(texts.bytes(row), format!("text number {number}").as_bytes());
            let first = usize::try_from(entries[row].offset).unwrap();
            assert_eq!(elements.values::<i64>().unwrap()[first + 2], number + 1);
            assert!(!elements.validity().is_valid(first + 1));
            let first = usize::try_from(field_entries[row].offset).unwrap();
            assert_eq!(field_elements.strings().unwrap().bytes(first), "x".repeat(30).as_bytes());
            next += 1;
        }
        index += 1;
    }
    assert_eq!(next, 5000);
}

#[test]
fn a_cell_is_bound_with_its_own_type() {
    let connection = connection();
    let mut arguments = connection.prepare_sql("SELECT [1, 2]::UTINYINT[], 'b'").unwrap();
    let chunk = run(&mut arguments).unwrap().remove(0);
    let mut statement = connection.prepare_sql("SELECT typeof($1) || $2").unwrap();
    statement.bind_cell(0, &chunk, 0).unwrap();
    statement.bind_cell(1, &chunk, 1).unwrap();
    assert!(statement.bind_cell(2, &chunk, 0).is_err());
    assert!(statement.bind_cell(0, &chunk, 2).is_err());
    let chunks = run(&mut statement).unwrap();
    assert_eq!(chunks[0].column(0).unwrap().strings().unwrap().bytes(0), b"UTINYINT[]b");
}
