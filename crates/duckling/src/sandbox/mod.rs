//! The box that the operating system puts around a duckling, built by the duckling itself before it opens the engine.
//!
//! Three steps, in the order in which they take rights away. [`Sandbox::begin`]: what has to be done while the process
//! has read nothing. [`Sandbox::enclose`]: namespaces, a root folder and a user of its own, after which there is no
//! host to be seen; the listener for the egress proxy is opened behind this step. [`Sandbox::restrict`]: limits,
//! Landlock, system calls. Each layer assumes that the others have failed, and each is reported: a machine that cannot
//! give one still gets the rest. Deliberately absent: control groups and launching, which are the gateway's.

mod begin;
mod namespaces;
mod root;
mod owner;
mod limits;
mod files;
mod calls;
mod trials;

use std::{io, path::Path};

use wire::link::{Configuration, Layer, LayerReport};

pub(crate) use self::trials::attempt;
use crate::weaken::{self, Switch};

/// Why the box is not good enough to serve in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxError {
    /// The kernel does not enforce Landlock and the operator wants it.
    #[error("this kernel does not enforce Landlock ({0}); sandbox = \"best-effort\" serves without it")]
    NoLandlock(String),
}

/// The box, as far as it is built.
#[derive(Debug, Default)]
pub(crate) struct Sandbox {
    reports: Vec<LayerReport>,
}

impl Sandbox {
    /// What has to be done while the process has one thread and has read nothing.
    ///
    /// # Errors
    /// When the signal at the gateway's death cannot be had.
    pub(crate) fn begin() -> io::Result<Self> {
        let mut sandbox = Self::default();
        let report = begin::begin()?;
        sandbox.note(Layer::Descriptors, report);
        Ok(sandbox)
    }

    /// Takes the process away from the host's network, files and users.
    ///
    /// # Errors
    /// When the account's folders cannot be made, the working directory cannot be left, or the signal at the gateway's death cannot be had again.
    pub(crate) fn enclose(&mut self, configuration: &Configuration) -> io::Result<()> {
        // Landlock gives rights to folders that exist.
        for folder in owner::WRITTEN {
            std::fs::create_dir_all(Path::new(&configuration.directory).join(folder))?;
        }
        if configuration.extensions.iter().any(|extension| extension == "delta") {
            // It is linked to the resolver's library, and behind these walls there is none.
            engine::process::load_library(c"libresolv.so.2");
        }
        let mut entered = weaken::unless_off(Switch::Namespaces, namespaces::enter);
        let is_taken_back = entered.is_err();
        if is_taken_back {
            // No other user can be had then; what an earlier process gave to one is this user's again.
            owner::take_back(configuration);
            entered = weaken::unless_off(Switch::Namespaces, namespaces::enter_with_user);
        }
        let has_mounts = entered.as_ref().is_ok_and(|entered| entered.mounts);
        self.note(Layer::Network, entered.map(|entered| entered.note.to_owned()));
        let root = if has_mounts {
            root::enter(configuration)
                .map(|()| "only the account's folder and what the engine reads".to_owned())
        } else {
            Err(io::Error::other("no mount namespace"))
        };
        // Without a root of its own, another user might not get through the folders above the account's.
        let has_root = root.is_ok();
        self.note(Layer::Root, root);
        let user = match configuration.sandbox.user_id {
            Some(id) if has_root => owner::become_user(id, configuration).map(|()| format!("user id {id}")),
            Some(_) => Err(io::Error::other("needs the private root")),
            None => Err(io::Error::other("the gateway is not root")),
        };
        if user.is_err() && !is_taken_back {
            owner::take_back(configuration);
        }
        self.note(Layer::User, user);
        // A relative path of a tenant's must lead nowhere.
        std::env::set_current_dir("/")?;
        // Changing the user has cleared it.
        begin::follow_the_gateway()
    }

    /// Takes the last rights away; `proxy_port` is the one port that may be connected to.
    ///
    /// # Errors
    /// When Landlock is required and not enforced.
    pub(crate) fn restrict(
        &mut self,
        configuration: &Configuration,
        proxy_port: Option<u16>,
    ) -> Result<(), SandboxError> {
        let has_own_count = self.holds(Layer::User) || namespaces::has_own_user();
        self.note(Layer::Limits, limits::set(configuration, has_own_count));
        let landlock = weaken::unless_off(Switch::Landlock, || files::restrict(configuration, proxy_port));
        if let (Err(error), true) = (&landlock, configuration.sandbox.required) {
            return Err(SandboxError::NoLandlock(error.to_string()));
        }
        self.note(Layer::Landlock, landlock);
        self.note(Layer::SystemCalls, weaken::unless_off(Switch::SystemCalls, calls::restrict));
        Ok(())
    }

    /// What came of each layer.
    pub(crate) fn reports(&self) -> &[LayerReport] {
        &self.reports
    }

    fn holds(&self, layer: Layer) -> bool {
        self.reports.iter().any(|report| report.layer == layer && report.holds)
    }

    fn note(&mut self, layer: Layer, result: io::Result<String>) {
        let holds = result.is_ok();
        let note = result.unwrap_or_else(|error| error.to_string());
        self.reports.push(LayerReport { layer, holds, note });
    }
}
