//! A cursor over tokens that knows where a statement stops following the grammar.

use crate::sql::Tokens;

/// A statement that does not follow the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Where the token begins that should not be there, in bytes; nothing at the end of the statement.
    pub at: Option<usize>,
}

/// The cursor.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t, 's> {
    tokens: Tokens<'t, 's>,
}

impl<'t, 's> Reader<'t, 's> {
    pub(super) fn new(tokens: Tokens<'t, 's>) -> Self {
        Self { tokens }
    }

    /// Here the grammar is left.
    pub(super) fn malformed(&self) -> Malformed {
        Malformed { at: self.tokens.peek().map(|token| token.start) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        self.tokens.word(word)
    }

    pub(super) fn words(&mut self, words: &[&str]) -> bool {
        self.tokens.words(words)
    }

    pub(super) fn one_of<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        self.tokens.one_of(words)
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        self.tokens.symbol(symbol)
    }

    pub(super) fn group(&mut self) -> Option<Self> {
        self.tokens.group().map(Self::new)
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Malformed> {
        if self.word(word) { Ok(()) } else { Err(self.malformed()) }
    }

    pub(super) fn expect_one_of<'w>(&mut self, words: &[&'w str]) -> Result<&'w str, Malformed> {
        self.one_of(words).ok_or(self.malformed())
    }

    /// A name, with the letters as they are written: DuckDB keeps them, and takes others for the same.
    pub(super) fn name(&mut self) -> Result<String, Malformed> {
        self.tokens.written_name().ok_or(self.malformed())
    }

    /// A name, if the next token is one.
    pub(super) fn optional_name(&mut self) -> Option<String> {
        self.tokens.written_name()
    }

    /// A name or a string, which DuckDB takes for one in many places.
    pub(super) fn name_or_string(&mut self) -> Result<String, Malformed> {
        let name = self.tokens.written_name().or_else(|| self.tokens.string());
        name.ok_or(self.malformed())
    }

    /// A string.
    pub(super) fn string(&mut self) -> Result<String, Malformed> {
        self.optional_string().ok_or(self.malformed())
    }

    /// A string, if the next token is one.
    pub(super) fn optional_string(&mut self) -> Option<String> {
        self.tokens.string()
    }

    /// The rest, a name, a string or a number, as an option's value.
    pub(super) fn value(&mut self) -> Result<String, Malformed> {
        let malformed = self.malformed();
        if let Ok(value) = self.name_or_string() {
            return Ok(value);
        }
        let token = self.tokens.take().ok_or(malformed)?;
        let is_number = token.text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Ok(token.text.to_owned()) } else { Err(malformed) }
    }

    /// The statement, when nothing follows.
    pub(super) fn end<T>(self, value: T) -> Result<T, Malformed> {
        if self.is_empty() { Ok(value) } else { Err(self.malformed()) }
    }
}
