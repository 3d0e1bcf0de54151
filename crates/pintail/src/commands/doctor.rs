//! `pintail doctor`: has a probe build the box and try to get out of it, and shows what came of that.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use gateway::duckling::{
    groups::Groups,
    launch::ProcessLauncher,
    probe::{self, Findings, Layer, LayerReport},
};
use rustix::process::geteuid;
use serde_json::json;

use crate::{config::Resolved, output};

/// Of the range that ids are drawn from when none is configured.
const UNUSED_USER_ID: u32 = 0x7000_0000;

/// Shows it; fails when something got out, or when `serve` would refuse.
pub(crate) fn run(resolved: &Resolved, json: bool) -> anyhow::Result<()> {
    let Findings { mut layers, trials } = examine(resolved)?;
    layers.push(control_group());
    if json {
        output::print_json(&json!({ "layers": layers, "trials": trials }))?;
    } else {
        let rows = layers.iter().map(|report| {
            let state = if report.holds { "yes" } else { "no" };
            vec![report.layer.to_string(), state.to_owned(), report.note.clone()]
        });
        output::print_table(&["layer", "given", "what, or why not"], rows.collect())?;
        output::print("\n")?;
        let rows = trials.iter().map(|trial| {
            let outcome = if trial.held { "refused" } else { "POSSIBLE" };
            vec![trial.attempt.clone(), outcome.to_owned(), trial.note.clone()]
        });
        output::print_table(&["from inside", "outcome", "answer"], rows.collect())?;
    }
    let landlock = layers.iter().find(|report| report.layer == Layer::Landlock);
    let has_landlock = landlock.is_some_and(|report| report.holds);
    ensure!(
        has_landlock || !resolved.settings.duckling.sandbox.required,
        "this kernel does not enforce Landlock, and `pintail serve` refuses; sandbox = \"best-effort\" serves without"
    );
    let open: Vec<_> =
        trials.iter().filter(|trial| !trial.held).map(|trial| trial.attempt.as_str()).collect();
    ensure!(open.is_empty(), "from inside the box it is possible to {}", open.join(", to "));
    Ok(())
}

/// Launches a probe, outside of any server.
fn examine(resolved: &Resolved) -> anyhow::Result<Findings> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = std::env::temp_dir();
    let settings = &resolved.settings.duckling;
    let configured = settings.sandbox.user_id_base;
    let any = if configured == 0 { UNUSED_USER_ID } else { configured };
    let user_id = geteuid().is_root().then_some(any);
    runtime.block_on(async {
        let launcher = ProcessLauncher::start(PathBuf::from("/proc/self/exe"), vec!["duckling".into()])?;
        let allowance = &resolved.settings.allowances.default;
        let probed = probe::probe(&launcher, settings, allowance, user_id, Path::new(&folder)).await;
        probed.context("the probe failed")
    })
}

fn control_group() -> LayerReport {
    let found = Groups::look();
    let holds = found.is_ok();
    let note = found.map_or_else(|reason| reason, |()| "a memory limit on each process".to_owned());
    LayerReport { layer: Layer::ControlGroup, holds, note }
}
