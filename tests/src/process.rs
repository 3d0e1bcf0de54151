//! Processes: starting one that ends with the test, and what /proc tells of it (children, CPU, memory).

use std::{
    fs,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A child process that is ended by its own id when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stop: Signal,
}

/// How long a process may take to end after its stop signal before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

impl Process {
    /// Starts `command`; `stop` is the signal that ends it in an orderly way.
    pub fn spawn(command: &mut Command, stop: Signal) -> std::io::Result<Self> {
        command.spawn().map(|child| Self { child, stop })
    }

    /// Takes over a child that was started otherwise.
    #[must_use]
    pub fn adopt(child: Child, stop: Signal) -> Self {
        Self { child, stop }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, when it has ended by itself.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().expect("own child")
    }

    /// Ends it with SIGKILL, and waits for its end.
    pub fn kill(&mut self) {
        // Ours and not yet waited for, so the id cannot have been given to another process.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it: the stop signal, and SIGKILL when that does not help. Returns whether the signal sufficed.
    pub fn stop(&mut self) -> bool {
        if self.ended().is_some() {
            return true;
        }
        signal(self.id(), self.stop);
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if self.ended().is_some() {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Sends a signal to a process that this test started (or a child of such).
pub fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    // An error means that it has already ended.
    let _ = kill_process(pid, signal);
}

/// The children, grandchildren and so on of a process, itself not included.
#[must_use]
pub fn descendants(pid: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(fields) = stat(child) {
            parents.push((child, fields[1].parse::<u32>().unwrap_or(0)));
        }
    }
    let mut found = vec![pid];
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        at += 1;
    }
    found.split_off(1)
}

/// The command line of a process, arguments separated by spaces; empty when it has ended.
#[must_use]
pub fn command_line(pid: u32) -> String {
    fs::read(format!("/proc/{pid}/cmdline"))
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .unwrap_or_default()
}

/// Whether the process exists and is no zombie.
#[must_use]
pub fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|fields| fields[0] != "Z")
}

/// CPU time used so far, user and system, by the process and its waited-for children, in clock ticks (1/100 s).
#[must_use]
pub fn cpu_ticks(pid: u32) -> u64 {
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), of which the first two are cut off by `stat`.
    stat(pid).map_or(0, |fields| fields[11..15].iter().filter_map(|field| field.parse::<u64>().ok()).sum())
}

/// The same for a process, its children, grandchildren and so on together, those that have ended included.
#[must_use]
pub fn tree_cpu_ticks(pid: u32) -> u64 {
    cpu_ticks(pid) + descendants(pid).into_iter().map(cpu_ticks).sum::<u64>()
}

/// Resident memory now, in bytes.
#[must_use]
pub fn resident_bytes(pid: u32) -> u64 {
    status_bytes(pid, "VmRSS:")
}

/// The highest resident memory so far, in bytes.
#[must_use]
pub fn peak_resident_bytes(pid: u32) -> u64 {
    status_bytes(pid, "VmHWM:")
}

/// Resets the peak of [`peak_resident_bytes`] to the present value.
pub fn reset_peak_resident(pid: u32) {
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

fn status_bytes(pid: u32, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// The fields of /proc/PID/stat after the command name (which may hold spaces): state, parent, …
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
