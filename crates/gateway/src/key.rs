//! What settings of an account are found by. The store, which compares names in the same way, is not asked.

/// What settings of an account are found by: its name as the store compares names, whose case does not matter.
#[must_use]
pub fn account_key(name: &str) -> String {
    name.to_ascii_lowercase()
}
