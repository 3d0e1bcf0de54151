//! Tests of arrays.

use proptest::prelude::*;

use super::*;
use crate::{SqlState, types::ValueError};

fn elements(text: &str) -> Vec<Option<String>> {
    let array = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error} {:?}", error.detail()));
    array.elements.into_iter().map(|e| e.map(|e| String::from_utf8(e.into_owned()).unwrap())).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn literals_are_read_as_postgresql_reads_them() {
    assert_eq!(elements("{}"), Vec::<Option<String>>::new());
    assert_eq!(elements("{1,2}"), some(&["1", "2"]));
    assert_eq!(elements(" { a b , \"c,d\" } "), some(&["a b", "c,d"]));
    assert_eq!(elements(r#"{"a\"b\\c",\ x}"#), some(&["a\"b\\c", " x"]));
    assert_eq!(elements("{NULL,\"NULL\",null}"), vec![None, Some("NULL".to_owned()), None]);
    assert_eq!(elements("[2:3]={1,2}"), some(&["1", "2"]));
    assert_eq!(parse(b"{{1,2,3},{4,5,6}}").unwrap().dimensions, [2, 3]);
}

#[test]
fn malformed_literals_are_refused() {
    for text in [
        "",
        "1",
        "{",
        "{1",
        "{1,}",
        "{,1}",
        "{1}x",
        "{{1},2}",
        "{1,{2}}",
        "{{1,2},{3}}",
        "{\"a}",
        "{a\"b}",
        "{\\",
        "[1:3]={1,2}",
        "{\"a\"b}",
        "{{}}",
        "{{},{}}",
        "{\"a\\",
    ] {
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), SqlState::INVALID_TEXT_REPRESENTATION, "{text}");
        assert!(error.detail().is_some());
    }
    assert_eq!(parse(b"{{{{{{{1}}}}}}}"), Err(ValueError::ArrayDimensions));
}

#[test]
fn lengths_that_lie_are_refused() {
    let mut out = Vec::new();
    write_header_binary(&mut out, &[1000, 1_000_000, 1_000_000], false, 23);
    assert!(parse_binary(&out).is_err());
    out.clear();
    write_header_binary(&mut out, &[1], false, 23);
    write_element_binary(&mut out, Some(b"abcd"));
    out.push(0);
    assert!(parse_binary(&out).is_err());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(values in prop::collection::vec(prop::option::of(any::<Vec<u8>>()), 0..6)) {
        let mut text = b"{".to_vec();
        let mut binary = Vec::new();
        write_header_binary(&mut binary, &[values.len()], values.contains(&None), 17);
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            match value {
                Some(bytes) => write_element(&mut text, bytes),
                None => text.extend_from_slice(b"NULL"),
            }
            write_element_binary(&mut binary, value.as_deref());
        }
        text.push(b'}');
        let read: Vec<_> = parse(&text).unwrap().elements.into_iter().map(|e| e.map(std::borrow::Cow::into_owned)).collect();
        prop_assert_eq!(&read, &values);
        let read: Vec<_> = parse_binary(&binary).unwrap().elements.into_iter().map(|e| e.map(<[u8]>::to_vec)).collect();
        prop_assert_eq!(&read, &values);
    }
}
