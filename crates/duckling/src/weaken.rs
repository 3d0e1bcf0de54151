//! Switches that turn a layer of protection off, so that tests can show what each of the others stops by itself.
//!
//! They exist only in builds with the feature `weaken`, which a release build refuses. Everywhere else
//! [`is_off`] is the constant false.

use std::io;

/// What can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// The judges of text and plans.
    Guard,
    /// The engine's own locks.
    Locks,
    /// Namespaces, the private root and the own user.
    Namespaces,
    /// Landlock.
    Landlock,
    /// The list of system calls.
    SystemCalls,
}

#[cfg(feature = "weaken")]
mod switches {
    use std::sync::OnceLock;

    use super::Switch;

    static OFF: OnceLock<Vec<Switch>> = OnceLock::new();

    /// Turns these off, for good; names are separated by commas.
    ///
    /// # Errors
    /// With a name that means nothing.
    pub fn weaken(names: &str) -> Result<(), String> {
        let read = |name| match name {
            "guard" => Ok(Switch::Guard),
            "locks" => Ok(Switch::Locks),
            "namespaces" => Ok(Switch::Namespaces),
            "landlock" => Ok(Switch::Landlock),
            "seccomp" => Ok(Switch::SystemCalls),
            other => Err(format!("there is no layer {other:?}")),
        };
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        let off = names.map(read).collect::<Result<Vec<_>, _>>()?;
        tracing::warn!(?off, "layers are off");
        let _ = OFF.set(off);
        Ok(())
    }

    pub(crate) fn is_off(switch: Switch) -> bool {
        OFF.get().is_some_and(|off| off.contains(&switch))
    }
}

#[cfg(feature = "weaken")]
pub(crate) use self::switches::is_off;
#[cfg(feature = "weaken")]
pub use self::switches::weaken;

/// Whether a test has turned this off.
#[cfg(not(feature = "weaken"))]
pub(crate) const fn is_off(_: Switch) -> bool {
    false
}

/// A layer, unless it has been turned off.
///
/// # Errors
/// The layer's own, or that it is off.
pub(crate) fn unless_off<T>(switch: Switch, layer: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if is_off(switch) { Err(io::Error::other("turned off by a test")) } else { layer() }
}

#[cfg(all(feature = "weaken", not(debug_assertions)))]
compile_error!("the feature `weaken` turns protection off: it is for tests of debug builds only");
