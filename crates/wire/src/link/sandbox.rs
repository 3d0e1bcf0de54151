//! What the gateway and a duckling tell each other about the box around the duckling.
//!
//! The duckling builds the box itself, before it opens the engine, as far as the system lets it; it reports what came
//! of each [`Layer`]. A probe, which serves nobody, also tries to get out and reports that as [`Trial`]s.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the box is to be built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxOrder {
    /// Serve only when Landlock holds.
    pub required: bool,
    /// The user and group id that the duckling is to become, where it begins as root.
    pub user_id: Option<u32>,
}

/// One layer of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// No environment and no descriptors but those it needs.
    Descriptors,
    /// Namespaces of its own: a network that has nothing but loopback, and no shared memory of others.
    Network,
    /// A root folder that holds only what it needs.
    Root,
    /// A user id of its own.
    User,
    /// Limits on memory, files, processes and cores.
    Limits,
    /// Landlock on files, TCP ports and signals.
    Landlock,
    /// A list of system calls, and none beside it.
    SystemCalls,
    /// A control group with a memory limit.
    ControlGroup,
}

impl Layer {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Descriptors => "descriptors",
            Self::Network => "network namespace",
            Self::Root => "private root",
            Self::User => "own user",
            Self::Limits => "resource limits",
            Self::Landlock => "landlock",
            Self::SystemCalls => "seccomp",
            Self::ControlGroup => "control group",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What came of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Which one.
    pub layer: Layer,
    /// Whether it holds.
    pub holds: bool,
    /// What it is, or why it does not hold.
    pub note: String,
}

/// Something that a probe tried from inside the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What was tried.
    pub attempt: String,
    /// Whether the box held.
    pub held: bool,
    /// What the system answered.
    pub note: String,
}

/// What a probe is to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeOrder {
    /// A file that it must not be able to read.
    pub foreign_file: String,
    /// A port of the host's loopback that it must not be able to connect to.
    pub foreign_port: u16,
}
