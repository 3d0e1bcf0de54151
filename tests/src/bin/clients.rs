//! `clients [NAME…]`: runs the matrix of clients (or those named) on PostgreSQL 15 and on Pintail, records the results in
//! `docs/results/clients.tsv` and writes `docs/clients.md`. Fails when a cell fails that `known.toml` does not have.

use std::{fs, process::ExitCode, time::Instant};

use harness::{
    config,
    matrix::{self, Outcome, Results, Servers},
};

#[expect(clippy::print_stdout, reason = "a command that people read")]
fn main() -> anyhow::Result<ExitCode> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let clients = matrix::clients()?;
    let absent = matrix::absent()?;
    let servers = Servers::start()?;
    let mut results = Results::recorded()?;
    let mut wrong = 0;
    for client in clients.iter().filter(|client| wanted.is_empty() || wanted.contains(&client.name)) {
        if let Some(missing) = client.missing() {
            let reason = absent.get(&client.name).map_or("and absent.toml has no reason", String::as_str);
            println!("{:24} left out: {missing} is missing, {reason}", client.name);
            wrong += usize::from(!absent.contains_key(&client.name));
            continue;
        }
        let start = Instant::now();
        match servers.run(client) {
            Ok(row) => {
                let count = |outcome| row.cells.iter().filter(|cell| cell.outcome == outcome).count();
                println!(
                    "{:24} {:3} ok {:2} impossible {:2} failed   {:.1} s",
                    client.name,
                    count(Outcome::Passed),
                    count(Outcome::Impossible),
                    count(Outcome::Failed),
                    start.elapsed().as_secs_f64()
                );
                let judgement = matrix::judge(&row)?;
                for failure in &judgement.unexpected {
                    println!("  fails: {failure}");
                }
                for case in &judgement.stale {
                    println!("  no longer fails, take it out of known.toml: {case}");
                }
                wrong += judgement.unexpected.len() + judgement.stale.len();
                results.record(row);
            }
            Err(error) => {
                println!("{:24} {error:#}", client.name);
                wrong += 1;
            }
        }
        results.save(&clients)?;
        fs::write(config::root().join("docs/clients.md"), matrix::page(&clients, &results)?)?;
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
