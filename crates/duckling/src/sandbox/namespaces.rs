//! Namespaces: a network with nothing but its own loopback, mounts of its own, nobody's shared memory.
//!
//! As root they are simply made. An ordinary user makes a user namespace around them, where the system allows that;
//! in it the process keeps its own user id, and drops every right it got once the mounts are done.

use std::{fs, io};

use engine::process::unshare_namespaces;
use rustix::{
    net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, send, socket},
    process::{getegid, geteuid},
};

/// What could be had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entered {
    /// Whether the mounts are its own.
    pub mounts: bool,
    /// In words.
    pub note: &'static str,
}

/// Enters new namespaces as root does, as many as can be had; the network is always among them.
///
/// # Errors
/// When none can be had.
pub(super) fn enter() -> io::Result<Entered> {
    try_ways(false, &[(true, "loopback only"), (false, "loopback only, mounts shared")])
}

/// The same inside a user namespace, in which there is no other user to become.
///
/// # Errors
/// When none can be had.
pub(super) fn enter_with_user() -> io::Result<Entered> {
    let ways = [
        (true, "loopback only, in a user namespace"),
        (false, "loopback only, in a user namespace, mounts shared"),
    ];
    try_ways(true, &ways)
}

fn try_ways(with_user: bool, ways: &[(bool, &'static str)]) -> io::Result<Entered> {
    let mut failure = io::Error::other("not tried");
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    for &(mounts, note) in ways {
        match unshare_namespaces(with_user, mounts) {
            Ok(()) => {
                if with_user {
                    map_user(user, group)?;
                }
                bring_loopback_up()?;
                return Ok(Entered { mounts, note });
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Whether processes are counted in a user namespace of this process's own.
pub(super) fn has_own_user() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    // The first namespace maps every id (user_namespaces(7)).
    map.split_whitespace().nth(2).is_some_and(|length| length == "1")
}

/// The same ids inside as outside (`user_namespaces(7)`).
fn map_user(user: u32, group: u32) -> io::Result<()> {
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Brings up the loopback of a new network namespace, whose index is 1 (rtnetlink(7), `RTM_NEWLINK`).
fn bring_loopback_up() -> io::Result<()> {
    const LENGTH: usize = 32;
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
    const LOOPBACK: i32 = 1;
    const IFF_UP: u32 = 1;
    let mut message = Vec::with_capacity(LENGTH);
    // struct nlmsghdr: length, type, flags, sequence number, port id
    message.extend_from_slice(&32_u32.to_ne_bytes());
    message.extend_from_slice(&RTM_NEWLINK.to_ne_bytes());
    message.extend_from_slice(&REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    message.extend_from_slice(&1_u32.to_ne_bytes());
    message.extend_from_slice(&0_u32.to_ne_bytes());
    // struct ifinfomsg: family and padding, type, index, flags, which of them to change
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&0_u16.to_ne_bytes());
    message.extend_from_slice(&LOOPBACK.to_ne_bytes());
    message.extend_from_slice(&IFF_UP.to_ne_bytes());
    message.extend_from_slice(&IFF_UP.to_ne_bytes());
    // Protocol 0 is NETLINK_ROUTE.
    let link = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    send(&link, &message, SendFlags::empty())?;
    let mut answer = [0; 256];
    let (length, _) = recv(&link, &mut answer, RecvFlags::empty())?;
    // struct nlmsgerr follows the header: 0, or an error number below it
    match answer.get(16..20).and_then(|bytes| bytes.first_chunk::<4>()).filter(|_| length >= 20) {
        Some(bytes) => match i32::from_ne_bytes(*bytes) {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error.wrapping_neg())),
        },
        None => Err(io::Error::other("rtnetlink gave no answer")),
    }
}
