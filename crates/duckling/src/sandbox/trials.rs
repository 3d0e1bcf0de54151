//! What a probe tries from inside the box. Each attempt is one that a tenant who had taken the process over would make;
//! the box holds when the system refuses it.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::net::UnixDatagram,
    path::Path,
    process::Command,
    time::Duration,
};

use rustix::{
    net::{AddressFamily, SocketType, ipproto, socket},
    process::{Resource, Rlimit, getppid, setrlimit, test_kill_process},
};
use wire::link::{Configuration, ProbeOrder, Trial};

/// Packets that are dropped would be waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Tries to get out.
pub(crate) fn attempt(configuration: &Configuration, order: &ProbeOrder) -> Vec<Trial> {
    let account = Path::new(&configuration.directory);
    let beside = account.with_file_name("beside");
    let foreign_port = SocketAddr::from((Ipv4Addr::LOCALHOST, order.foreign_port));
    let attempts: [(&str, io::Result<()>); 15] = [
        ("read a file of the host", File::open("/etc/passwd").map(drop)),
        ("read a file of the gateway", File::open(&order.foreign_file).map(drop)),
        ("read the gateway's memory map", read_of_parent("maps")),
        ("list the root folder's files", fs::read_dir("/etc").map(drop)),
        ("write beside the account's folder", File::create(beside).map(drop)),
        ("write to the shares", File::create(account.join("shares/x")).map(drop)),
        ("run a program", Command::new("/proc/self/exe").arg("--version").spawn().map(drop)),
        ("signal the gateway", signal_parent()),
        (
            "connect to the host's loopback",
            TcpStream::connect_timeout(&foreign_port, CONNECT_TIMEOUT).map(drop),
        ),
        ("listen on a port", TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map(drop)),
        ("send a datagram", UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map(drop)),
        ("open a unix socket", UnixDatagram::unbound().map(drop)),
        ("open a netlink socket", netlink()),
        ("open a socket of another protocol", other_protocol()),
        (
            "raise its own limits",
            setrlimit(Resource::Core, Rlimit { current: None, maximum: None }).map_err(Into::into),
        ),
    ];
    let trial = |(attempt, result): (&str, io::Result<()>)| Trial {
        attempt: attempt.to_owned(),
        held: result.is_err(),
        note: result.err().map_or_else(|| "it worked".to_owned(), |error| error.to_string()),
    };
    attempts.into_iter().map(trial).collect()
}

fn read_of_parent(file: &str) -> io::Result<()> {
    let parent = getppid().map_or(1, |parent| parent.as_raw_nonzero().get());
    fs::read(format!("/proc/{parent}/{file}")).map(drop)
}

fn signal_parent() -> io::Result<()> {
    let parent = getppid().ok_or_else(|| io::Error::other("the parent is in another namespace"))?;
    Ok(test_kill_process(parent)?)
}

/// Landlock's rule about ports is about TCP alone.
fn other_protocol() -> io::Result<()> {
    Ok(socket(AddressFamily::INET, SocketType::STREAM, Some(ipproto::MPTCP)).map(drop)?)
}

fn netlink() -> io::Result<()> {
    Ok(socket(AddressFamily::NETLINK, SocketType::RAW, None).map(drop)?)
}
