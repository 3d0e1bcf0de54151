//! A probe: a duckling that serves nobody, builds its box and tries to get out. `serve` looks at it before it serves,
//! `doctor` shows it.

use std::{fs, io, net::TcpListener, path::Path, time::Duration};

use tokio::time::timeout;
use wire::link::{Configuration, ProbeOrder, SandboxOrder, ToDuckling, ToGateway};
pub use wire::link::{Layer, LayerReport, Trial};

use super::{
    launch::{Launch, Order},
    link::Wire,
};
use crate::{home, settings::DucklingSettings};

/// A probe opens no engine; it is done in some milliseconds.
const TIMEOUT: Duration = Duration::from_secs(10);

/// In the folder: the account's, and a file that is not.
const ACCOUNT: &str = "probe";
const FOREIGN: &str = "foreign";

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// What came of each layer.
    pub layers: Vec<LayerReport>,
    /// What was tried from inside.
    pub trials: Vec<Trial>,
}

/// Launches a probe with a new folder under this one, which is removed again.
///
/// # Errors
/// When the process cannot be launched, or says nothing.
pub async fn probe(
    launcher: &dyn Launch,
    settings: &DucklingSettings,
    user_id: Option<u32>,
    under: &Path,
) -> io::Result<Findings> {
    let folder = under.join(format!("probe-{}", std::process::id()));
    let account = folder.join(ACCOUNT);
    for part in ["db", "shares", "spill"] {
        home::create_folder(&account.join(part)).map_err(io::Error::other)?;
    }
    let foreign_file = folder.join(FOREIGN);
    home::write_file(&foreign_file, b"secret").map_err(io::Error::other)?;
    let port = TcpListener::bind(("127.0.0.1", 0))?;
    let order = ProbeOrder {
        foreign_file: foreign_file.to_string_lossy().into_owned(),
        foreign_port: port.local_addr()?.port(),
    };
    let configuration = Configuration {
        account: ACCOUNT.to_owned(),
        directory: account.to_string_lossy().into_owned(),
        extension_directory: settings.extension_directory.to_string_lossy().into_owned(),
        memory_limit_bytes: settings.memory_limit_bytes,
        threads: settings.threads,
        sandbox: SandboxOrder { required: false, user_id },
        ..Configuration::default()
    };
    let found = timeout(TIMEOUT, ask(launcher, account, configuration, order)).await;
    fs::remove_dir_all(&folder)?;
    found.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "the probe says nothing")))
}

async fn ask(
    launcher: &dyn Launch,
    directory: std::path::PathBuf,
    configuration: Configuration,
    order: ProbeOrder,
) -> io::Result<Findings> {
    let process = launcher.launch(Order { account: ACCOUNT.to_owned(), directory });
    let process = process.await.map_err(|_| io::Error::other("the launching thread has ended"))??;
    let mut wire = Wire::new(process.control);
    wire.send(&ToDuckling::Probe { configuration: Box::new(configuration), order }, None).await?;
    let answer = wire.receive().await;
    process.kill.cancel();
    // Reaped, so that its folder can be removed.
    let _ = process.exit.await;
    match answer? {
        ToGateway::Probed { layers, trials } => Ok(Findings { layers, trials }),
        ToGateway::Egress
        | ToGateway::Ready { .. }
        | ToGateway::Failed { .. }
        | ToGateway::Closed { .. }
        | ToGateway::Noted { .. }
        | ToGateway::Release => Err(io::Error::other("the probe answered with an unexpected frame")),
    }
}
