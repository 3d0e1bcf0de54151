//! What of shares lies where: readers have links to immutable files, and no file stays that nobody reads.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use harness::{Pintail, RawClient};

use super::{account, succeed, wait_until};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

#[test]
fn former_states_of_a_share_go() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (_, mut bob) = account(&pintail, "bob")?;
    let shares = pintail.data().join("shares");
    let before = files(&shares).len();
    succeed(&mut ann, "create database d; create table d.t as select 1 as i")?;
    let url = ann.value("create share s from d")?;
    succeed(&mut bob, &format!("attach '{url}' as shown"))?;
    let made: Vec<PathBuf> = files(&shares);
    assert_eq!(made.len(), before + 1, "{made:?}");
    for path in &made {
        let metadata = fs::metadata(path)?;
        assert_eq!(metadata.permissions().mode() & 0o222, 0, "{} may be written to", path.display());
    }
    for round in 0..5 {
        succeed(&mut ann, &format!("insert into d.t values ({round}); update share s"))?;
        succeed(&mut bob, "refresh databases")?;
        bob.value("select count(*) from shown.t")?;
    }
    wait_until("former states to go", || Ok(files(&shares).len() == before + 1))?;
    // The reader's link is the same file.
    let numbers = |folder: &Path| -> Vec<u64> {
        files(folder)
            .iter()
            .filter_map(|path| fs::metadata(path).ok())
            .map(|metadata| metadata.ino())
            .collect()
    };
    let all = numbers(&shares);
    let accounts = files(&pintail.data().join("accounts"));
    let is_present =
        |account: &PathBuf| numbers(&account.join("shares")).iter().all(|number| all.contains(number));
    wait_until("links to former states to go", || Ok(accounts.iter().all(is_present)))?;
    succeed(&mut ann, "drop share s")?;
    wait_until("a dropped share's file to go", || Ok(files(&shares).len() == before))?;
    wait_until("its readers to hear of it", || Ok(bob.value("select count(*) from shown.t").is_err()))?;
    Ok(())
}

#[test]
fn readers_that_come_later_see_the_present_state() -> anyhow::Result<()> {
    let pintail = Pintail::configured(&[("DUCKLING_COOLDOWN_S", "0")])?;
    let (_, mut ann) = account(&pintail, "ann")?;
    let (target, mut bob) = account(&pintail, "bob")?;
    succeed(&mut ann, "create database d; create table d.t as select 1 as i")?;
    let url = ann.value("create share s from d")?;
    succeed(&mut bob, &format!("attach '{url}' as shown"))?;
    let ducklings = pintail.ducklings().len();
    drop(bob);
    wait_until("the end of bob's process", || Ok(pintail.ducklings().len() < ducklings))?;
    succeed(&mut ann, "insert into d.t values (2); update share s")?;
    let mut bob = RawClient::connect(&target)?;
    assert_eq!(bob.value("select count(*) from shown.t")?, "2");
    drop(bob);
    wait_until("the end of bob's process", || Ok(pintail.ducklings().len() < ducklings))?;
    succeed(&mut ann, "drop share s")?;
    let mut bob = RawClient::connect(&target)?;
    assert!(bob.value("select count(*) from shown.t").is_err());
    assert_eq!(bob.value("select count(*) from md_all_databases() where alias = 'shown'")?, "0");
    Ok(())
}
