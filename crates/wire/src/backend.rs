//! Messages from the server (protocol page "Message Formats"), each written whole into a buffer.
//!
//! Rows of results are not written here but by the columnar encoder, straight into the batch; the DataRow
//! of this module is for the few rows that the server makes up itself.

use crate::{Diagnostic, diagnostic::Object, format::Format};

/// What a RowDescription says of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'f> {
    /// The column's name.
    pub name: &'f str,
    /// The table it comes straight from, or 0.
    pub table_oid: u32,
    /// Its number in that table, or 0.
    pub column_number: i16,
    /// The type's OID.
    pub type_oid: u32,
    /// The type's size in bytes; negative: varying.
    pub type_size: i16,
    /// The type's modifier, or −1.
    pub type_modifier: i32,
    /// Text or binary.
    pub format: Format,
}

/// The transaction status of ReadyForQuery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Not in a transaction block.
    Idle,
    /// In a transaction block.
    InTransaction,
    /// In a failed transaction block.
    Failed,
}

impl TransactionStatus {
    /// The byte that ReadyForQuery carries.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Idle => b'I',
            Self::InTransaction => b'T',
            Self::Failed => b'E',
        }
    }
}

/// Writes a message: type, length (filled in afterwards), body.
///
/// The length saturates at `u32::MAX`; senders keep messages below [`MAX_MESSAGE_BYTES`], so that it
/// never does.
pub fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(slot) = out.get_mut(start..start + 4) {
        slot.copy_from_slice(&length.to_be_bytes());
    }
}

/// No message may be longer: clients read lengths as signed 32-bit integers.
pub const MAX_MESSAGE_BYTES: usize = 0x3fff_ffff;

fn c_string(out: &mut Vec<u8>, text: &str) {
    // A NUL would end the string early; nothing after it could be read.
    let text = text.split('\0').next().unwrap_or_default();
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

fn count(items: usize) -> [u8; 2] {
    u16::try_from(items).unwrap_or(u16::MAX).to_be_bytes()
}

/// `R` 0.
pub fn authentication_ok(out: &mut Vec<u8>) {
    message(out, b'R', |out| out.extend_from_slice(&0u32.to_be_bytes()));
}

/// `R` 3.
pub fn authentication_cleartext_password(out: &mut Vec<u8>) {
    message(out, b'R', |out| out.extend_from_slice(&3u32.to_be_bytes()));
}

/// `R` 10: the SASL mechanisms that the client may choose from.
pub fn authentication_sasl(out: &mut Vec<u8>, mechanisms: &[&str]) {
    message(out, b'R', |out| {
        out.extend_from_slice(&10u32.to_be_bytes());
        for mechanism in mechanisms {
            c_string(out, mechanism);
        }
        out.push(0);
    });
}

/// `R` 11: a challenge of the SASL exchange.
pub fn authentication_sasl_continue(out: &mut Vec<u8>, data: &[u8]) {
    authentication_with(out, 11, data);
}

/// `R` 12: the outcome of the SASL exchange, before `R` 0.
pub fn authentication_sasl_final(out: &mut Vec<u8>, data: &[u8]) {
    authentication_with(out, 12, data);
}

fn authentication_with(out: &mut Vec<u8>, kind: u32, data: &[u8]) {
    message(out, b'R', |out| {
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(data);
    });
}

/// `K`: process id and secret, 4 bytes of it for protocol 3.0 and up to 256 from 3.2 on.
pub fn backend_key_data(out: &mut Vec<u8>, process_id: i32, secret: &[u8]) {
    message(out, b'K', |out| {
        out.extend_from_slice(&process_id.to_be_bytes());
        out.extend_from_slice(secret);
    });
}

/// `v`: the newest minor version spoken here and the protocol options that are not known.
pub fn negotiate_protocol_version(out: &mut Vec<u8>, newest_minor: u16, unknown_options: &[String]) {
    message(out, b'v', |out| {
        // The field holds the whole version in libpq's reading of the page: major 3 in the upper half.
        out.extend_from_slice(&((3u32 << 16) | u32::from(newest_minor)).to_be_bytes());
        out.extend_from_slice(&u32::from(u16::from_be_bytes(count(unknown_options.len()))).to_be_bytes());
        for option in unknown_options {
            c_string(out, option);
        }
    });
}

/// `S`: a setting's value, at start and whenever it changes.
pub fn parameter_status(out: &mut Vec<u8>, name: &str, value: &str) {
    message(out, b'S', |out| {
        c_string(out, name);
        c_string(out, value);
    });
}

/// `Z`.
pub fn ready_for_query(out: &mut Vec<u8>, status: TransactionStatus) {
    message(out, b'Z', |out| out.push(status.byte()));
}

/// `C`.
pub fn command_complete(out: &mut Vec<u8>, tag: &str) {
    message(out, b'C', |out| c_string(out, tag));
}

/// `I`.
pub fn empty_query_response(out: &mut Vec<u8>) {
    message(out, b'I', |_| {});
}

/// `1`.
pub fn parse_complete(out: &mut Vec<u8>) {
    message(out, b'1', |_| {});
}

/// `2`.
pub fn bind_complete(out: &mut Vec<u8>) {
    message(out, b'2', |_| {});
}

/// `3`.
pub fn close_complete(out: &mut Vec<u8>) {
    message(out, b'3', |_| {});
}

/// `n`.
pub fn no_data(out: &mut Vec<u8>) {
    message(out, b'n', |_| {});
}

/// `s`.
pub fn portal_suspended(out: &mut Vec<u8>) {
    message(out, b's', |_| {});
}

/// `D` of texts.
pub fn text_row(out: &mut Vec<u8>, values: &[&str]) {
    message(out, b'D', |out| {
        out.extend_from_slice(&count(values.len()));
        for value in values {
            out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(value.as_bytes());
        }
    });
}

/// `t`.
pub fn parameter_description(out: &mut Vec<u8>, oids: &[u32]) {
    message(out, b't', |out| {
        out.extend_from_slice(&count(oids.len()));
        for oid in oids {
            out.extend_from_slice(&oid.to_be_bytes());
        }
    });
}

/// `T`.
pub fn row_description(out: &mut Vec<u8>, fields: &[Field<'_>]) {
    message(out, b'T', |out| {
        out.extend_from_slice(&count(fields.len()));
        for field in fields {
            c_string(out, field.name);
            out.extend_from_slice(&field.table_oid.to_be_bytes());
            out.extend_from_slice(&field.column_number.to_be_bytes());
            out.extend_from_slice(&field.type_oid.to_be_bytes());
            out.extend_from_slice(&field.type_size.to_be_bytes());
            out.extend_from_slice(&field.type_modifier.to_be_bytes());
            out.extend_from_slice(&format_code(field.format));
        }
    });
}

fn format_code(format: Format) -> [u8; 2] {
    match format {
        Format::Text => [0, 0],
        Format::Binary => [0, 1],
    }
}

/// `G`: send COPY data, in this many columns of this format.
pub fn copy_in_response(out: &mut Vec<u8>, format: Format, columns: usize) {
    copy_response(out, b'G', format, columns);
}

/// `H`: COPY data follows, in this many columns of this format.
pub fn copy_out_response(out: &mut Vec<u8>, format: Format, columns: usize) {
    copy_response(out, b'H', format, columns);
}

fn copy_response(out: &mut Vec<u8>, kind: u8, format: Format, columns: usize) {
    message(out, kind, |out| {
        out.push(u8::from(format == Format::Binary));
        out.extend_from_slice(&count(columns));
        for _ in 0..columns.min(usize::from(u16::MAX)) {
            out.extend_from_slice(&format_code(format));
        }
    });
}

/// `d`.
pub fn copy_data(out: &mut Vec<u8>, data: &[u8]) {
    message(out, b'd', |out| out.extend_from_slice(data));
}

/// `c`.
pub fn copy_done(out: &mut Vec<u8>) {
    message(out, b'c', |_| {});
}

/// `E` or `N`, by the diagnostic's severity.
pub fn diagnostic(out: &mut Vec<u8>, diagnostic: &Diagnostic) {
    let kind = if diagnostic.severity.is_error() { b'E' } else { b'N' };
    message(out, kind, |out| {
        let mut field = |code: u8, text: &str| {
            out.push(code);
            c_string(out, text);
        };
        field(b'S', diagnostic.severity.word());
        field(b'V', diagnostic.severity.word());
        field(b'C', diagnostic.code.as_str());
        field(b'M', &diagnostic.message);
        let position = diagnostic.position.map(|position| position.to_string());
        let object = diagnostic.object.as_deref().unwrap_or(&NO_OBJECT);
        let optional = [
            (b'D', diagnostic.detail.as_deref()),
            (b'H', diagnostic.hint.as_deref()),
            (b'P', position.as_deref()),
            (b'W', diagnostic.context.as_deref()),
            (b's', object.schema.as_deref()),
            (b't', object.table.as_deref()),
            (b'c', object.column.as_deref()),
            (b'n', object.constraint.as_deref()),
            (b'R', object.routine.as_deref()),
        ];
        for (code, text) in optional {
            if let Some(text) = text {
                field(code, text);
            }
        }
        out.push(0);
    });
}

static NO_OBJECT: Object =
    Object { schema: None, table: None, column: None, constraint: None, routine: None };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqlState;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn the_length_counts_itself_and_the_body() {
        assert_eq!(written(|out| command_complete(out, "SELECT 1")), b"C\0\0\0\x0dSELECT 1\0");
        assert_eq!(written(parse_complete), b"1\0\0\0\x04");
        assert_eq!(written(|out| authentication_sasl(out, &["A", "B"])), b"R\0\0\0\x0d\0\0\0\x0aA\0B\0\0");
        assert_eq!(written(|out| authentication_sasl_final(out, b"v=")), b"R\0\0\0\x0a\0\0\0\x0cv=");
        assert_eq!(written(|out| ready_for_query(out, TransactionStatus::Failed)), b"Z\0\0\0\x05E");
    }

    #[test]
    fn errors_and_notices_carry_the_fields_that_are_there() {
        let error = Diagnostic::error(SqlState::UNDEFINED_TABLE, "no\0pe").with_position(3);
        assert_eq!(
            written(|out| diagnostic(out, &error)),
            b"E\0\0\0\x21SERROR\0VERROR\0C42P01\0Mno\0P3\0\0".as_slice()
        );
        let notice = Diagnostic::notice(SqlState::SUCCESSFUL_COMPLETION, "x");
        assert!(written(|out| diagnostic(out, &notice)).starts_with(b"N"));
    }
}
