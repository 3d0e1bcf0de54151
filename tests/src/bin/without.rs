//! `without CALLS PROGRAM ARGUMENT…`: runs a program on a machine that lacks some system calls, as far as the program
//! can tell: they answer `ENOSYS` (`landlock`) or `EPERM` (`unshare`, as in a container that may not use namespaces).

use std::{collections::BTreeMap, os::unix::process::CommandExt, process::Command};

use anyhow::{Context, bail};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let lacking = arguments.next().context("which calls?")?.into_string().unwrap_or_default();
    let program = arguments.next().context("which program?")?;
    for name in lacking.split(',') {
        let (calls, errno): (&[i64], i32) = match name {
            "landlock" => (&[libc::SYS_landlock_create_ruleset], libc::ENOSYS),
            "unshare" => (&[libc::SYS_unshare], libc::EPERM),
            other => bail!("unknown: {other}"),
        };
        let rules: BTreeMap<_, _> = calls.iter().map(|call| (*call, Vec::new())).collect();
        let refusal = SeccompAction::Errno(errno.unsigned_abs());
        let filter = SeccompFilter::new(
            rules,
            SeccompAction::Allow,
            refusal,
            TargetArch::try_from(std::env::consts::ARCH)?,
        )?;
        seccompiler::apply_filter(&BpfProgram::try_from(filter)?)?;
    }
    Err(Command::new(program).args(arguments).exec().into())
}
