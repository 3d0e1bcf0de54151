//! What a client answers to `R` 10 and `R` 11 (protocol pages "SASL Authentication" and "Message Formats").
//!
//! Both come with the type byte `p`, as a password does; the start-up alone knows which of them it waits for. What the
//! mechanism's own messages say is not looked at here.

use crate::{frontend::FrontendError, read::Body};

/// `SASLInitialResponse`: the mechanism that the client has chosen, and its first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitialResponse<'m> {
    /// One of those that were offered, or not.
    pub mechanism: &'m str,
    /// The mechanism's first message; nothing when the client waits for a challenge first.
    pub data: Option<&'m [u8]>,
}

impl<'m> InitialResponse<'m> {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is not laid out exactly so.
    pub fn decode(body: &'m [u8]) -> Result<Self, FrontendError> {
        let mut body = Body::new(body);
        let mechanism = body.c_bytes().ok_or(FrontendError::Unterminated)?;
        let mechanism = std::str::from_utf8(mechanism).map_err(|_| FrontendError::Encoding)?;
        let data = match body.i32().ok_or(FrontendError::Short)? {
            -1 => None,
            length => {
                let length = usize::try_from(length).map_err(|_| FrontendError::Short)?;
                Some(body.bytes(length).ok_or(FrontendError::Short)?)
            }
        };
        if body.is_empty() { Ok(Self { mechanism, data }) } else { Err(FrontendError::Trailing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mechanism_and_exactly_its_first_message() {
        let body = b"SCRAM-SHA-256\0\0\0\0\x02hi";
        let read = InitialResponse::decode(body).unwrap();
        assert_eq!((read.mechanism, read.data), ("SCRAM-SHA-256", Some(&b"hi"[..])));
        for end in 0..body.len() {
            assert!(InitialResponse::decode(&body[..end]).is_err(), "{end}");
        }
        assert_eq!(InitialResponse::decode(b"X\0\0\0\0\x01hi"), Err(FrontendError::Trailing));
        assert_eq!(InitialResponse::decode(b"X\0\xff\xff\xff\xff").unwrap().data, None);
        assert_eq!(InitialResponse::decode(b"X\0\xff\xff\xff\xfe"), Err(FrontendError::Short));
    }
}
