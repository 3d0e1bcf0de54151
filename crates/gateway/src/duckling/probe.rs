//! A probe: a duckling that serves nobody, builds its box and tries to get out. `serve` looks at it before it serves,
//! `doctor` shows it.

use std::{io, net::TcpListener, path::Path, time::Duration};

use tokio::time::timeout;
use wire::link::{Configuration, ProbeOrder, SandboxOrder, ToDuckling, ToGateway};
pub use wire::link::{Layer, LayerReport, Trial};

use super::{
    frames::Wire,
    launch::{Launch, Order},
};
use crate::{
    home,
    settings::{Allowance, DucklingSettings},
};

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
    allowance: &Allowance,
    user_id: Option<u32>,
    under: &Path,
) -> io::Result<Findings> {
    // A new folder of a name that nobody could guess; it goes when this function ends.
    let folder = tempfile::Builder::new().prefix("probe-").tempdir_in(under)?;
    let account = folder.path().join(ACCOUNT);
    for part in ["db", "shares", "spill"] {
        home::create_folder(&account.join(part)).map_err(io::Error::other)?;
    }
    let foreign_file = folder.path().join(FOREIGN);
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
        memory_limit_bytes: allowance.memory_limit_bytes,
        threads: allowance.threads,
        sandbox: SandboxOrder { required: false, user_id },
        ..Configuration::default()
    };
    ask(launcher, account, configuration, order).await
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
    let frame = ToDuckling::Probe { configuration: Box::new(configuration), order };
    let answer = timeout(TIMEOUT, async {
        wire.send(&frame, None).await?;
        wire.receive().await
    });
    let answer = answer.await;
    process.kill.cancel();
    // Reaped, so that its folder can be removed.
    let _ = process.exit.await;
    let silence = |_| io::Error::new(io::ErrorKind::TimedOut, "the probe says nothing");
    match answer.map_err(silence)?? {
        ToGateway::Probed { layers, trials } => Ok(Findings { layers, trials }),
        ToGateway::Egress
        | ToGateway::Notes
        | ToGateway::Alive { .. }
        | ToGateway::Stuck { .. }
        | ToGateway::Absolved { .. }
        | ToGateway::History { .. }
        | ToGateway::Ready { .. }
        | ToGateway::Opening { .. }
        | ToGateway::Failed { .. }
        | ToGateway::Closed { .. }
        | ToGateway::Noted { .. }
        | ToGateway::Request { .. }
        | ToGateway::Withdraw { .. }
        | ToGateway::Release { .. } => Err(io::Error::other("the probe answered with an unexpected frame")),
    }
}
