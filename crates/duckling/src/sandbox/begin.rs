//! What has to be done while the process has one thread and has read nothing: it dies with its gateway, inherits
//! nothing, leaves no core, and is the first that the kernel takes when memory runs out.

use std::{fs, io};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};
use wire::link::addresses::ARENAS;

/// Standard input (the control link), output (nowhere) and error (the gateway's log) stay.
const FIRST_FOREIGN_DESCRIPTOR: u32 = 3;

/// Of −1000 to 1000: the kernel takes a duckling before anything that was not told otherwise (proc(5)).
const OOM_SCORE: &str = "500";

/// Does all of it.
///
/// # Errors
/// When the signal at the gateway's death cannot be had: nothing would end this process then.
pub(super) fn begin() -> io::Result<io::Result<String>> {
    follow_the_gateway()?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, maximum: files.maximum })?;
    if let Err(error) = fs::write("/proc/self/oom_score_adj", OOM_SCORE) {
        tracing::debug!(%error, "the score for the kernel's killer stays what it was");
    }
    if let Err(error) = engine::process::cap_arenas(ARENAS) {
        tracing::debug!(%error, "allocation arenas are not capped");
    }
    if !engine::process::give_back_addresses() {
        tracing::debug!("the engine's allocator keeps addresses");
    }
    engine::process::ignore_file_size_signal()?;
    let closed = engine::process::close_descriptors_from(FIRST_FOREIGN_DESCRIPTOR);
    Ok(closed.and_then(|()| match std::env::vars_os().next() {
        None => Ok("empty environment, three descriptors".to_owned()),
        Some(_) => Err(io::Error::other("the environment is not empty")),
    }))
}

/// Asks for SIGKILL when the gateway's launching thread ends.
///
/// # Errors
/// Whatever the system answers.
pub(super) fn follow_the_gateway() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}
