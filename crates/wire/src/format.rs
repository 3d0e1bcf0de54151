//! The two forms in which a value can travel.

/// Text or binary, as Bind asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The text form.
    Text,
    /// The binary form.
    Binary,
}
