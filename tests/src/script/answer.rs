//! Whether what a server sent is what a script expects.

use super::{Line, Side};

/// Lines that are for both sides, or a run of lines that are marked for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// What this side is to send.
    pub(super) own: Vec<String>,
    /// What the other side sends instead; nothing where both send the same.
    pub(super) other: Option<Vec<String>>,
}

/// The lines of a `receive` as one side sees them.
pub(super) fn groups(lines: &[Line], side: Side) -> Vec<Group> {
    lines
        .chunk_by(|one, next| one.side.is_some() && next.side.is_some())
        .map(|run| {
            let of = |wanted: fn(Option<Side>, Side) -> bool| {
                let lines = run.iter().filter(|line| wanted(line.side, side));
                lines.map(|line| line.text.clone()).collect::<Vec<_>>()
            };
            let is_marked = run.iter().any(|line| line.side.is_some());
            Group {
                own: of(|marked, side| marked.is_none_or(|marked| marked == side)),
                other: is_marked.then(|| of(|marked, side| marked.is_some_and(|marked| marked != side))),
            }
        })
        .collect()
}

/// Whether a message, printed, is the expected one.
pub(super) fn fits(expected: &str, received: &str) -> bool {
    let report = |line: &str| line.starts_with("ErrorResponse ") || line.starts_with("NoticeResponse ");
    if let Some(prefix) = expected.strip_suffix('*') {
        return received.starts_with(prefix);
    }
    if expected == "BackendKeyData" {
        return received.starts_with(expected);
    }
    if !report(expected) || !report(received) {
        return expected.trim_end() == received.trim_end();
    }
    let (received, fields) = received.split_once(FIELDS).unwrap_or((received, ""));
    let (expected, wanted) = match expected.strip_suffix('}').and_then(|line| line.rsplit_once(" {")) {
        Some((expected, wanted)) => (expected, wanted),
        None => (expected, ""),
    };
    let mut parts = expected.splitn(4, ' ');
    let head = parts.by_ref().take(3).collect::<Vec<_>>().join(" ");
    let has = |wanted: &str| {
        fields.split(FIELDS).any(|field| {
            field == wanted
                || (!wanted.contains('=') && field.split_once('=').is_some_and(|(key, _)| key == wanted))
        })
    };
    received.starts_with(&head)
        && received.contains(parts.next().unwrap_or(""))
        && wanted.split(' ').filter(|wanted| !wanted.is_empty()).all(has)
}

/// Between a printed report and each of its fields.
pub(super) const FIELDS: char = '\u{1f}';

#[cfg(test)]
mod tests {
    use super::*;

    fn line(side: Option<Side>, text: &str) -> Line {
        Line { side, text: text.to_owned() }
    }

    #[test]
    fn marked_lines_are_told_apart() {
        let lines = [
            line(None, "A"),
            line(Some(Side::Postgres), "B"),
            line(Some(Side::Pintail), "C"),
            line(None, "D"),
        ];
        let own =
            |side| groups(&lines, side).into_iter().map(|group| (group.own, group.other)).collect::<Vec<_>>();
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let expected = [(owned(&["A"]), None), (owned(&["B"]), Some(owned(&["C"]))), (owned(&["D"]), None)];
        assert_eq!(own(Side::Postgres), expected);
        assert_eq!(own(Side::Pintail)[1], (owned(&["C"]), Some(owned(&["B"]))));
    }

    #[test]
    fn reports_are_compared_by_code_words_and_fields() {
        let received = format!("ErrorResponse ERROR 42703 no column x{FIELDS}P=8{FIELDS}H=try y");
        for (expected, fit) in [
            ("ErrorResponse ERROR 42703", true),
            ("ErrorResponse ERROR 42703 column x", true),
            ("ErrorResponse ERROR 42703 {P=8 H}", true),
            ("ErrorResponse ERROR 42703 {P=9}", false),
            ("ErrorResponse ERROR 42703 {D}", false),
            ("ErrorResponse FATAL 42703", false),
            ("ErrorResponse ERROR 42703 column y", false),
        ] {
            assert_eq!(fits(expected, &received), fit, "{expected}");
        }
    }
}
