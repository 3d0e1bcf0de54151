//! `to_char` of numbers, and `to_number`.

use wire::{Diagnostic, SqlState};

use super::template::quoted;

/// One mark of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Nine,
    Zero,
    Point,
    /// A separator of thousands.
    Group,
    /// `S`, `MI`, `PL`, `SG`.
    Sign(Sign),
    Brackets,
    Currency,
    /// `TH` or `th`.
    Ordinal(bool),
    /// `RN` or `rn`.
    Roman(bool),
    Shift,
    Exponent,
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// Beside the number.
    Anchored,
    Minus,
    Plus,
    Both,
}

/// A pattern, read.
#[derive(Debug, Default)]
struct Pattern {
    marks: Vec<Mark>,
    /// FM: without blanks, and without zeros at the end.
    is_bare: bool,
    /// Digits before the point and behind it.
    before: usize,
    behind: usize,
    /// Digits behind V, by which the number is shifted.
    shift: usize,
    /// From which digit before the point on zeros are written.
    zeros_from: Option<usize>,
    /// Up to which digit behind the point they are.
    zeros_to: usize,
}

impl Pattern {
    fn read(text: &str) -> Self {
        let mut pattern = Self::default();
        let mut rest = text;
        let mut has_point = false;
        let mut has_shift = false;
        while let Some(first) = rest.chars().next() {
            let is =
                |word: &str| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            let is_small = first.is_lowercase();
            let (mark, length) = match () {
                // B has had no meaning for long.
                () if is("B") => {
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
                () if is("FM") => {
                    pattern.is_bare = true;
                    rest = rest.get(2..).unwrap_or_default();
                    continue;
                }
                () if is("EEEE") => (Mark::Exponent, 4),
                () if is("MI") => (Mark::Sign(Sign::Minus), 2),
                () if is("PL") => (Mark::Sign(Sign::Plus), 2),
                () if is("SG") => (Mark::Sign(Sign::Both), 2),
                () if is("PR") => (Mark::Brackets, 2),
                () if is("RN") => (Mark::Roman(is_small), 2),
                () if is("TH") => (Mark::Ordinal(is_small), 2),
                () if is("S") => (Mark::Sign(Sign::Anchored), 1),
                () if is("L") => (Mark::Currency, 1),

                () if is("V") => (Mark::Shift, 1),
                () if is(".") || is("D") => (Mark::Point, 1),
                () if is(",") || is("G") => (Mark::Group, 1),
                () if is("9") => (Mark::Nine, 1),
                () if is("0") => (Mark::Zero, 1),
                () if is("\"") => {
                    let (text, after) = quoted(rest.get(1..).unwrap_or_default());
                    pattern.marks.push(Mark::Text(text));
                    rest = after;
                    continue;
                }
                () => (Mark::Text(first.to_string()), first.len_utf8()),
            };
            if matches!(mark, Mark::Nine | Mark::Zero) {
                pattern.digit(&mark, has_point, has_shift);
            }
            has_point |= mark == Mark::Point;
            has_shift |= mark == Mark::Shift;
            pattern.marks.push(mark);
            rest = rest.get(length..).unwrap_or_default();
        }
        pattern
    }

    fn digit(&mut self, mark: &Mark, is_behind: bool, is_shifted: bool) {
        if is_behind {
            self.behind += 1;
            if *mark == Mark::Zero {
                self.zeros_to = self.behind;
            }
            return;
        }
        self.before += 1;
        self.shift += usize::from(is_shifted);
        if *mark == Mark::Zero {
            self.zeros_from.get_or_insert(self.before);
        }
    }

    fn has(&self, found: impl Fn(&Mark) -> bool) -> bool {
        self.marks.iter().any(found)
    }
}

fn wrong(text: &str) -> Diagnostic {
    let message = format!("invalid input syntax for type numeric: \"{text}\"");
    Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, message)
}

/// A number's digits: its sign, those before the point and those behind it.
struct Digits {
    is_negative: bool,
    before: String,
    behind: String,
}

/// The most digits that a float is written with.
const DIGITS_MAX: usize = 1000;

impl Digits {
    fn read(text: &str) -> Result<Self, Diagnostic> {
        let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i32 = exponent.parse().map_err(|_| wrong(text))?;
        let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_number = before.bytes().chain(behind.bytes()).all(|byte| byte.is_ascii_digit());
        if !is_number || usize::try_from(exponent.unsigned_abs()).unwrap_or(DIGITS_MAX) >= DIGITS_MAX {
            return Err(wrong(text));
        }
        let mut digits = Self { is_negative, before: before.to_owned(), behind: behind.to_owned() };
        digits.shift(exponent);
        Ok(digits)
    }

    /// Moves the point to the right, or to the left.
    fn shift(&mut self, places: i32) {
        for _ in 0..places {
            let next = if self.behind.is_empty() { '0' } else { self.behind.remove(0) };
            self.before.push(next);
        }
        for _ in places..0 {
            self.behind.insert(0, self.before.pop().unwrap_or('0'));
        }
        let significant = self.before.trim_start_matches('0');
        self.before = if significant.is_empty() { "0".to_owned() } else { significant.to_owned() };
    }

    /// Rounds to so many digits behind the point, a half away from zero.
    fn round(&mut self, places: usize) {
        let is_up = self.behind.as_bytes().get(places).is_some_and(|digit| *digit >= b'5');
        self.behind.truncate(places);
        while self.behind.len() < places {
            self.behind.push('0');
        }
        if is_up {
            let mut all: Vec<u8> = self.before.bytes().chain(self.behind.bytes()).collect();
            let mut carry = true;
            for digit in all.iter_mut().rev() {
                if !carry {
                    break;
                }
                carry = *digit == b'9';
                *digit = if carry { b'0' } else { *digit + 1 };
            }
            if carry {
                all.insert(0, b'1');
            }
            let text = String::from_utf8(all).unwrap_or_default();
            let (before, behind) = text.split_at(text.len() - places);
            (self.before, self.behind) = (before.to_owned(), behind.to_owned());
        }
        let is_zero = self.before.bytes().chain(self.behind.bytes()).all(|digit| digit == b'0');
        self.is_negative &= !is_zero;
    }
}

/// Writes a number by a pattern.
pub(super) fn write(value: &str, pattern: &str) -> Result<String, Diagnostic> {
    let pattern = Pattern::read(pattern);
    if value.contains("nan") || value.contains("inf") {
        return Ok("#".repeat(pattern.before + 1));
    }
    let mut digits = Digits::read(value)?;
    if let Some(small) =
        pattern.marks.iter().find_map(|mark| if let Mark::Roman(small) = mark { Some(*small) } else { None })
    {
        return Ok(roman(&mut digits, small, pattern.is_bare));
    }
    if pattern.has(|mark| *mark == Mark::Exponent) {
        return Ok(scientific(digits, &pattern));
    }
    digits.shift(i32::try_from(pattern.shift).unwrap_or(0));
    digits.round(pattern.behind);
    Ok(lay_out(&digits, &pattern))
}

/// Where the number's digits go among the pattern's marks.
fn lay_out(digits: &Digits, pattern: &Pattern) -> String {
    let is_too_long = digits.before.len() > pattern.before && digits.before != "0";
    // A zero before the point is shown only where there is nothing behind it, or a 0 wants it.
    let is_zero = digits.behind.bytes().all(|digit| digit == b'0');
    let hides_zero = digits.before == "0" && pattern.behind > 0 && !(is_zero && pattern.is_bare);
    let first = if is_too_long {
        1
    } else {
        pattern.before + 1 - if hides_zero { 0 } else { digits.before.len().min(pattern.before) }
    };
    let first = pattern.zeros_from.map_or(first, |from| from.min(first));
    let shown_behind = if pattern.is_bare && !is_too_long {
        digits.behind.trim_end_matches('0').len().max(pattern.zeros_to)
    } else {
        pattern.behind
    };
    let mut writer =
        Writer { out: String::new(), digits, pattern, place: 0, is_behind: false, first, is_signed: false };
    for mark in &pattern.marks {
        writer.mark(mark, is_too_long, shown_behind);
    }
    writer.finish()
}

struct Writer<'n> {
    out: String,
    digits: &'n Digits,
    pattern: &'n Pattern,
    /// The digits written, on this side of the point.
    place: usize,
    is_behind: bool,
    /// The first place before the point that has a digit.
    first: usize,
    /// Whether the sign is written.
    is_signed: bool,
}

impl Writer<'_> {
    fn mark(&mut self, mark: &Mark, is_too_long: bool, shown_behind: usize) {
        match mark {
            Mark::Nine | Mark::Zero if self.is_behind => {
                self.place += 1;
                if self.place <= shown_behind {
                    let digit = self.digits.behind.chars().nth(self.place - 1).unwrap_or('0');
                    self.out.push(if is_too_long { '#' } else { digit });
                }
            }
            Mark::Nine | Mark::Zero => {
                self.place += 1;
                if self.place < self.first {
                    self.blank();
                    return;
                }
                self.sign_before();
                let missing = self.pattern.before.saturating_sub(self.digits.before.len());
                let digit =
                    self.place.checked_sub(missing + 1).and_then(|at| self.digits.before.chars().nth(at));
                self.out.push(if is_too_long { '#' } else { digit.unwrap_or('0') });
            }
            Mark::Point => {
                self.sign_before();
                (self.is_behind, self.place) = (true, 0);
                self.out.push('.');
            }
            Mark::Group if self.place >= self.first => self.out.push(','),
            Mark::Group | Mark::Currency => self.blank(),
            Mark::Sign(sign) => self.sign(*sign),
            Mark::Text(text) => self.out.push_str(text),
            Mark::Ordinal(small) => {
                let suffix = ordinal(&self.digits.before);
                let suffix = if *small { suffix.to_owned() } else { suffix.to_uppercase() };
                if self.pattern.behind == 0 && !self.digits.is_negative && !is_too_long {
                    self.out.push_str(&suffix);
                }
            }
            Mark::Brackets | Mark::Roman(_) | Mark::Shift | Mark::Exponent => {}
        }
    }

    fn blank(&mut self) {
        if !self.pattern.is_bare {
            self.out.push(' ');
        }
    }

    /// The sign right before the first digit, unless a mark says where it goes.
    fn sign_before(&mut self) {
        if std::mem::replace(&mut self.is_signed, true) {
            return;
        }
        let is_elsewhere =
            |mark: &Mark| matches!(mark, Mark::Sign(sign) if *sign != Sign::Anchored && *sign != Sign::Plus);
        let anchored = self.pattern.marks.iter().position(|mark| *mark == Mark::Sign(Sign::Anchored));
        let first_digit =
            self.pattern.marks.iter().position(|mark| matches!(mark, Mark::Nine | Mark::Zero | Mark::Point));
        if self.pattern.has(|mark| *mark == Mark::Brackets) {
            if self.digits.is_negative {
                self.out.push('<');
            } else {
                self.blank();
            }
        } else if anchored.is_some_and(|anchored| Some(anchored) < first_digit) {
            self.out.push(if self.digits.is_negative { '-' } else { '+' });
        } else if anchored.is_none() && !self.pattern.has(is_elsewhere) {
            if self.digits.is_negative {
                self.out.push('-');
            } else {
                self.blank();
            }
        }
    }

    fn sign(&mut self, sign: Sign) {
        let is_negative = self.digits.is_negative;
        match sign {
            Sign::Anchored if self.is_signed => self.out.push(if is_negative { '-' } else { '+' }),
            Sign::Anchored => {}
            Sign::Minus if is_negative => self.out.push('-'),
            Sign::Plus if !is_negative => self.out.push('+'),
            Sign::Minus | Sign::Plus => self.blank(),
            Sign::Both => self.out.push(if is_negative { '-' } else { '+' }),
        }
    }

    fn finish(mut self) -> String {
        if self.pattern.has(|mark| *mark == Mark::Brackets) {
            if self.digits.is_negative {
                self.out.push('>');
            } else {
                self.blank();
            }
        }
        self.out
    }
}

fn ordinal(number: &str) -> &'static str {
    let last =
        |count: usize| number.len().checked_sub(count).and_then(|at| number.get(at..)).unwrap_or_default();
    match (last(2), last(1)) {
        ("11" | "12" | "13", _) => "th",
        (_, "1") => "st",
        (_, "2") => "nd",
        (_, "3") => "rd",
        _ => "th",
    }
}

/// How wide PostgreSQL makes Roman numbers.
const ROMAN_WIDTH: usize = 15;

fn roman(digits: &mut Digits, small: bool, is_bare: bool) -> String {
    const STEPS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    digits.round(0);
    let number =
        digits.before.parse().ok().filter(|number| (1..4000).contains(number) && !digits.is_negative);
    let Some(mut left): Option<u32> = number else {
        return "#".repeat(ROMAN_WIDTH);
    };
    let mut out = String::new();
    for (step, letters) in STEPS {
        while left >= step {
            out.push_str(letters);
            left -= step;
        }
    }
    let out = if small { out.to_lowercase() } else { out };
    if is_bare { out } else { format!("{out:>ROMAN_WIDTH$}") }
}

fn scientific(mut digits: Digits, pattern: &Pattern) -> String {
    let mut exponent = i32::try_from(digits.before.len()).unwrap_or(1) - 1;
    if digits.before == "0" {
        let zeros = digits.behind.len() - digits.behind.trim_start_matches('0').len();
        exponent = if zeros == digits.behind.len() { 0 } else { -i32::try_from(zeros).unwrap_or(0) - 1 };
    }
    digits.shift(-exponent);
    digits.round(pattern.behind);
    if digits.before.len() > 1 {
        digits.shift(-1);
        digits.behind.truncate(pattern.behind);
        exponent += 1;
    }
    let sign = if digits.is_negative {
        "-"
    } else if pattern.is_bare {
        ""
    } else {
        " "
    };
    let point = if pattern.behind > 0 { "." } else { "" };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{}{point}{}e{exponent_sign}{:02}", digits.before, digits.behind, exponent.abs())
}

/// Reads a number by a pattern: its digits, as many as the pattern has places for.
pub(super) fn read(string: &str, pattern: &str) -> Result<String, Diagnostic> {
    let pattern = Pattern::read(pattern);
    let mut out = String::new();
    let (mut before, mut behind, mut has_point, mut is_negative) = (0, 0, false, false);
    for character in string.chars() {
        match character {
            '0'..='9' if has_point => {
                behind += 1;
                if behind <= pattern.behind {
                    out.push(character);
                }
            }
            '0'..='9' => {
                before += 1;
                if before <= pattern.before {
                    out.push(character);
                }
            }
            '.' if !has_point && pattern.has(|mark| *mark == Mark::Point) => {
                has_point = true;
                out.push('.');
            }
            '.' => break,
            '-' | '<' => is_negative = true,
            _ => {}
        }
    }
    if before == 0 && behind == 0 {
        return Err(wrong(string));
    }
    let sign = if is_negative { "-" } else { "" };
    let exponent = if pattern.shift > 0 { format!("e-{}", pattern.shift) } else { String::new() };
    Ok(format!("{sign}{}{exponent}", if out.starts_with('.') { format!("0{out}") } else { out }))
}
