//! The lexer: words, quoted names, strings, numbers, parameters, symbols.
//!
//! The rules are those of PostgreSQL's `scan.l`, which DuckDB's scanner descends from (standard strings,
//! `E''` with backslashes, dollar quotes, nested block comments). It never fails: an unterminated quote
//! reaches to the end, and DuckDB will say what is wrong with it.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An unquoted word: keyword or name.
    Word,
    /// A name in double quotes.
    QuotedName,
    /// A string: `'…'`, `E'…'`, `X'…'`, `B'…'`, `N'…'`, `U&'…'`, `$$…$$`.
    Text,
    /// A number.
    Number,
    /// `$1`, `$name` or `?`.
    Parameter,
    /// Anything else: one character.
    Symbol,
}

/// A token of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'s> {
    /// What it is.
    pub kind: Kind,
    /// Its text as written.
    pub text: &'s str,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
}

impl Token<'_> {
    /// Whether this is the unquoted word, in any case.
    #[must_use]
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether this is the symbol.
    #[must_use]
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// The name that a word or a quoted name stands for: words in lower case, quotes taken off.
    #[must_use]
    pub(crate) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_lowercase()),
            Kind::QuotedName => {
                let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
                Some(inner.replace("\"\"", "\""))
            }
            Kind::Text | Kind::Number | Kind::Parameter | Kind::Symbol => None,
        }
    }

    /// The same with the letters as they are written.
    #[must_use]
    pub(crate) fn written_name(&self) -> Option<String> {
        if self.kind == Kind::Word { Some(self.text.to_owned()) } else { self.name() }
    }

    /// The value of a string, escapes undone.
    #[must_use]
    pub(crate) fn string(&self) -> Option<String> {
        if self.kind != Kind::Text {
            return None;
        }
        if let Some(rest) = self.text.strip_prefix('$') {
            let tag_end = rest.find('$')?;
            let tag = rest.get(..=tag_end)?;
            let body = rest.get(tag_end + 1..)?;
            return body.strip_suffix(tag)?.strip_suffix('$').map(str::to_owned);
        }
        let (prefix, body) = self.text.split_once('\'')?;
        let body = body.strip_suffix('\'')?;
        Some(if prefix.eq_ignore_ascii_case("e") { unescape(body) } else { body.replace("''", "'") })
    }
}

/// Undoes the escapes of `E''`; bytes given by number have to be UTF-8 together.
fn unescape(body: &str) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find(['\'', '\\']) {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut characters = special.chars();
        let (first, second) = (characters.next(), characters.next());
        rest = characters.as_str();
        let (digits, radix, most) = match (first, second) {
            (Some('\\'), Some('x')) => (rest, 16, 2),
            (Some('\\'), Some('u')) => (rest, 16, 4),
            (Some('\\'), Some('U')) => (rest, 16, 8),
            (Some('\\'), Some('0'..='7')) => (special.get(1..).unwrap_or_default(), 8, 3),
            (Some('\\'), Some(escaped)) => {
                push(&mut out, plain_escape(escaped));
                continue;
            }
            (first, _) => {
                push(&mut out, first.unwrap_or_default());
                continue;
            }
        };
        let count = digits.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
        let (number, after) = digits.split_at(count);
        rest = after;
        match u32::from_str_radix(number, radix) {
            Ok(code) if most > 3 => push(&mut out, char::from_u32(code).unwrap_or_default()),
            Ok(byte) => out.push(u8::try_from(byte & 0xff).unwrap_or_default()),
            Err(_) => push(&mut out, second.unwrap_or_default()),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

fn plain_escape(escaped: char) -> char {
    match escaped {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        other => other,
    }
}

fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// All tokens of a text; comments and white space are between them.
#[must_use]
pub(crate) fn lex(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    loop {
        rest = skip_blank(rest);
        let Some((kind, length)) = next(rest) else {
            return tokens;
        };
        let start = sql.len() - rest.len();
        let (text, tail) = rest.split_at(length);
        tokens.push(Token { kind, text, start, end: start + length });
        rest = tail;
    }
}

fn skip_blank(mut rest: &str) -> &str {
    loop {
        rest = rest.trim_start_matches(is_blank);
        if rest.starts_with("--") {
            rest = rest.find(['\n', '\r']).and_then(|end| rest.get(end..)).unwrap_or_default();
        } else if rest.starts_with("/*") {
            rest = skip_block_comment(rest);
        } else {
            return rest;
        }
    }
}

fn skip_block_comment(text: &str) -> &str {
    let mut depth = 0usize;
    let mut rest = text;
    loop {
        if let Some(inner) = rest.strip_prefix("/*") {
            depth += 1;
            rest = inner;
        } else if let Some(outer) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = outer;
            if depth == 0 {
                return rest;
            }
        } else {
            let mut characters = rest.chars();
            if characters.next().is_none() {
                return "";
            }
            rest = characters.as_str();
        }
    }
}

/// Kind and length of the token at the start of a text.
fn next(rest: &str) -> Option<(Kind, usize)> {
    let first = rest.chars().next()?;
    Some(match first {
        '\'' => (Kind::Text, quoted_length(rest, 1, '\'', false)),
        '"' => (Kind::QuotedName, quoted_length(rest, 1, '"', false)),
        '$' => dollar(rest),
        '?' => (Kind::Parameter, 1),
        '0'..='9' => (Kind::Number, number_length(rest)),
        '.' if rest.chars().nth(1).is_some_and(|second| second.is_ascii_digit()) => {
            (Kind::Number, number_length(rest))
        }
        'e' | 'E' if rest.get(1..).is_some_and(|tail| tail.starts_with('\'')) => {
            (Kind::Text, quoted_length(rest, 2, '\'', true))
        }
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' if rest.get(1..).is_some_and(|tail| tail.starts_with('\'')) => {
            (Kind::Text, quoted_length(rest, 2, '\'', false))
        }
        'u' | 'U' if rest.get(1..).is_some_and(|tail| tail.starts_with("&'")) => {
            (Kind::Text, quoted_length(rest, 3, '\'', false))
        }
        'u' | 'U' if rest.get(1..).is_some_and(|tail| tail.starts_with("&\"")) => {
            (Kind::QuotedName, quoted_length(rest, 3, '"', false))
        }
        _ if is_name_start(first) => (Kind::Word, name_length(rest)),
        other => (Kind::Symbol, other.len_utf8()),
    })
}

/// What DuckDB takes for space: its scanner's own, and what it makes spaces of before that
/// (`Parser::StripUnicodeSpaces`). Everything else beyond ASCII is a part of a name to it.
pub(super) fn is_blank(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{a0}' | '\u{2000}'
            ..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{feff}'
    )
}

fn is_name_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !(character.is_ascii() || is_blank(character))
}

fn is_name_part(character: char) -> bool {
    is_name_start(character) || character.is_ascii_digit() || character == '$'
}

fn name_length(rest: &str) -> usize {
    rest.find(|character| !is_name_part(character)).unwrap_or(rest.len())
}

fn number_length(rest: &str) -> usize {
    let is_hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut previous = ' ';
    let mut characters = rest.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        // A sign without a digit behind it is no exponent's: a comment may begin there.
        let is_exponents = matches!(character, '+' | '-')
            && matches!(previous, 'e' | 'E')
            && !is_hexadecimal
            && characters.peek().is_some_and(|(_, following)| following.is_ascii_digit());
        if !(character.is_ascii_alphanumeric() || matches!(character, '.' | '_') || is_exponents) {
            return index;
        }
        previous = character;
    }
    rest.len()
}

/// The length of a quoted token whose body begins after `open` bytes; a doubled quote stands for itself.
fn quoted_length(rest: &str, open: usize, quote: char, backslashes: bool) -> usize {
    let mut characters = rest.char_indices().skip_while(|(index, _)| *index < open).peekable();
    while let Some((index, character)) = characters.next() {
        if backslashes && character == '\\' {
            characters.next();
        } else if character == quote {
            if characters.peek().is_some_and(|(_, following)| *following == quote) {
                characters.next();
            } else {
                return index + quote.len_utf8();
            }
        }
    }
    rest.len()
}

/// `$1`, `$name`, `$$…$$` or `$tag$…$tag$`.
fn dollar(rest: &str) -> (Kind, usize) {
    let tail = rest.get(1..).unwrap_or_default();
    let digits = tail.find(|character: char| !character.is_ascii_digit()).unwrap_or(tail.len());
    if digits > 0 {
        return (Kind::Parameter, 1 + digits);
    }
    let tag = tail.find(|character: char| !is_name_part(character) || character == '$').unwrap_or(tail.len());
    if !tail.get(tag..).is_some_and(|after| after.starts_with('$')) {
        return if tag > 0 { (Kind::Parameter, 1 + tag) } else { (Kind::Symbol, 1) };
    }
    let opener = rest.get(..tag + 2).unwrap_or(rest);
    let body = rest.get(opener.len()..).unwrap_or_default();
    let end = body.find(opener).map_or(rest.len(), |found| opener.len() + found + opener.len());
    (Kind::Text, end)
}

/// A cursor over the tokens of one statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'t, 's> {
    tokens: &'t [Token<'s>],
}

impl<'t, 's> Tokens<'t, 's> {
    /// A cursor at the first token.
    #[must_use]
    pub(crate) fn new(tokens: &'t [Token<'s>]) -> Self {
        Self { tokens }
    }

    /// What is left.
    #[must_use]
    pub(crate) fn rest(&self) -> &'t [Token<'s>] {
        self.tokens
    }

    /// Whether nothing is left.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The next token, without taking it.
    #[must_use]
    pub(crate) fn peek(&self) -> Option<&'t Token<'s>> {
        self.tokens.first()
    }

    /// Takes the next token.
    pub(crate) fn take(&mut self) -> Option<&'t Token<'s>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Takes the word if it comes next.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        if found {
            self.take();
        }
        found
    }

    /// Takes all the words if they come next, or none of them.
    pub(crate) fn words(&mut self, words: &[&str]) -> bool {
        let mut ahead = *self;
        let found = words.iter().all(|word| ahead.word(word));
        if found {
            *self = ahead;
        }
        found
    }

    /// Takes one of the words if it comes next, and tells which.
    pub(crate) fn one_of<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().find(|word| self.word(word)).copied()
    }

    /// Takes the symbol if it comes next.
    pub(crate) fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_symbol(symbol));
        if found {
            self.take();
        }
        found
    }

    /// Takes a word or quoted name.
    pub(crate) fn name(&mut self) -> Option<String> {
        let name = self.peek()?.name()?;
        self.take();
        Some(name)
    }

    /// Takes a word or quoted name, with the letters as they are written.
    pub(crate) fn written_name(&mut self) -> Option<String> {
        let name = self.peek()?.written_name()?;
        self.take();
        Some(name)
    }

    /// Takes a string.
    pub(crate) fn string(&mut self) -> Option<String> {
        let string = self.peek()?.string()?;
        self.take();
        Some(string)
    }

    /// Takes a group in parentheses and gives what is between them.
    pub(crate) fn group(&mut self) -> Option<Tokens<'t, 's>> {
        if !self.peek()?.is_symbol("(") {
            return None;
        }
        let mut depth = 0usize;
        for (index, token) in self.tokens.iter().enumerate() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
                if depth == 0 {
                    let inner = self.tokens.get(1..index)?;
                    self.tokens = self.tokens.get(index + 1..)?;
                    return Some(Tokens::new(inner));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(sql: &str) -> Vec<(Kind, &str)> {
        lex(sql).into_iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn tokens_are_what_they_look_like() {
        assert_eq!(
            kinds("SELECT $1, $$x$$ ?, \"a\"\"b\" 1.5e-3 e'\\'' x'00' é1"),
            [
                (Kind::Word, "SELECT"),
                (Kind::Parameter, "$1"),
                (Kind::Symbol, ","),
                (Kind::Text, "$$x$$"),
                (Kind::Parameter, "?"),
                (Kind::Symbol, ","),
                (Kind::QuotedName, "\"a\"\"b\""),
                (Kind::Number, "1.5e-3"),
                (Kind::Text, "e'\\''"),
                (Kind::Text, "x'00'"),
                (Kind::Word, "é1"),
            ]
        );
    }

    #[test]
    fn a_sign_belongs_to_an_exponent_that_has_digits() {
        assert_eq!(
            kinds("1e--2\n0x1e-5 2e+5 1.e-3").iter().map(|(_, text)| *text).collect::<Vec<_>>(),
            ["1e", "0x1e", "-", "5", "2e+5", "1.e-3"]
        );
    }

    #[test]
    fn spaces_of_all_kinds_are_spaces_outside_of_quotes() {
        let sql = "begin work; use \"a b\" 'a b' $$a b$$ /* a b */ x";
        let expected = kinds(sql);
        for space in (1..=0xffff).filter_map(char::from_u32).filter(|character| is_blank(*character)) {
            let written: String = sql.chars().map(|c| if c == ' ' { space } else { c }).collect();
            let found = kinds(&written);
            let plain: Vec<_> = found.iter().map(|(kind, text)| (*kind, text.replace(space, " "))).collect();
            let same = plain.iter().map(|(kind, text)| (*kind, text.as_str())).eq(expected.iter().copied());
            assert!(same, "{space:?}: {found:?}");
        }
        // DuckDB takes these for letters.
        assert_eq!(kinds("a\u{2028}b\u{85}c").len(), 1);
    }

    #[test]
    fn strings_lose_quotes_and_escapes() {
        for (sql, value) in [
            ("'it''s'", "it's"),
            ("E'a\\n\\'b'", "a\n'b"),
            ("E'\\x41\\101\\u00e4\\q\\xc3\\xa4'", "AAäqä"),
            ("$q$a$b$q$", "a$b"),
            ("$$$$", ""),
        ] {
            assert_eq!(lex(sql)[0].string().as_deref(), Some(value), "{sql}");
        }
        assert_eq!(lex("\"A\"\"b\"")[0].name().as_deref(), Some("A\"b"));
    }

    #[test]
    fn groups_are_balanced() {
        let tokens = lex("(a (b) c) d");
        let mut cursor = Tokens::new(&tokens);
        assert_eq!(cursor.group().unwrap().rest().len(), 5);
        assert!(cursor.word("D"));
        assert!(Tokens::new(&lex("(a")).group().is_none());
    }

    proptest! {
        #[test]
        fn lexing_never_loses_a_byte(sql in "[a-z0-9.;'\"$/*\\\\(eEé\n -]{0,60}") {
            let mut end = 0;
            for token in lex(&sql) {
                prop_assert!(token.start >= end);
                prop_assert_eq!(&sql[token.start..token.end], token.text);
                let between = &sql[end..token.start];
                prop_assert!(skip_blank(between).is_empty(), "{:?}", between);
                end = token.end;
            }
            prop_assert!(skip_blank(&sql[end..]).is_empty());
        }
    }
}
