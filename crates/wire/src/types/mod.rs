//! The text and binary forms of values (placeholder until the codecs land).
