//! The same on PostgreSQL: questions beside the bare handler, activations beside `pgbench` with the same statements.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use keyward_store::accounts;
use keyward_store::testing::{Database, statements};
use regex::Regex;

use crate::Wanted;
use crate::activations::Activate;
use crate::asking::ask;
use crate::filled::Filled;
use crate::report::{Five, Report};
use crate::verdicts::{self, settings};

const PAIRS: usize = 5;
const SCRIPT: &str = include_str!("activate.sql");
/// Of `pgbench`, as many as the script says.
const SESSIONS: usize = 32;
/// Activations of a run.
const RUN: usize = 6_400;
/// What each round begins behind, in turns of a session.
const TURNS: usize = RUN / SESSIONS;
const FOREVER: Duration = Duration::from_secs(3_600);

pub(crate) fn run(wanted: &Wanted, place: &Path, report: &mut Report) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let database =
        runtime.block_on(Database::postgres()).expect("a server: cargo xtask bench server starts one");
    let half = wanted.licenses / 2;
    let url = database.url().expect("its address");
    let filled = Filled::on_postgres(&place.join("postgres"), &url, half, half);
    report.section(
        &format!("Questions on PostgreSQL, {} licences", wanted.licenses),
        "PostgreSQL, the server and its clients share the machine; the CPU is that of the server alone, without PostgreSQL's.",
    );
    report.header(&verdicts::COLUMNS);
    verdicts::pairs(&filled, "summary", None, report);

    check_script();
    let twin = runtime.block_on(Database::postgres()).expect("a server");
    let twin_url = twin.url().expect("its address");
    Filled::on_postgres(&place.join("postgres-twin"), &twin_url, (PAIRS * RUN) as u64, 0);
    let digests = "update keyward.licenses set key_digest =
        decode(lpad((serial - (select min(serial) from keyward.licenses))::text, 64, '0'), 'hex')";
    for script in [digests, "vacuum analyze"] {
        runtime.block_on(twin.run_script(script));
    }
    let account = runtime.block_on(account(&twin));
    let script = place.join("activate.sql");
    std::fs::write(&script, SCRIPT).expect("it is written");
    let served = filled.program.serve(&settings("summary"));
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for pair in 0..PAIRS {
        let raw = pgbench(&twin_url, &script, &account, pair);
        let asked = ask(&served.host, 64, FOREVER, &Activate::new(&filled.pool, pair * RUN, RUN));
        ratios.push(asked.rate() / raw);
        ours.push(asked.rate());
        theirs.push(raw);
    }
    report.section(
        "Activations on PostgreSQL",
        "`POST /api/activate` from 64 clients, beside `pgbench -c 32 -M prepared` running `crates/cli/benches/server/activate.sql`: \
         the same statements in transactions, without HTTP.",
    );
    report.header(&["ours", "pgbench", "ratio"]);
    report.row([
        format!("{:.0}/s", Five::new(ours).median()),
        format!("{:.0}/s", Five::new(theirs).median()),
        Five::new(ratios).ratio(),
    ]);
}

async fn account(database: &Database) -> String {
    let store = database.open().await.expect("it opens");
    let account = accounts::first(&store).await.expect("it is asked").expect("an account");
    format!(r"\x{}", account.id.simple())
}

/// Activations a second, each session with keys that no other run had.
fn pgbench(url: &str, script: &Path, account: &str, pair: usize) -> f64 {
    let mut pgbench = Command::new("pgbench");
    pgbench.args(["--no-vacuum", "--protocol", "prepared", "--jobs", "2"]);
    pgbench.arg("--client").arg(SESSIONS.to_string()).arg("--transactions").arg(TURNS.to_string());
    pgbench.arg("--file").arg(script).env("PGOPTIONS", "-c search_path=keyward");
    let begin = pair * TURNS;
    for (name, value) in [("account", account), ("turn", &begin.to_string()), ("now", "1800000000000000")] {
        pgbench.arg("--define").arg(format!("{name}={value}"));
    }
    let done = pgbench.arg(url).output().expect("pgbench starts");
    let (said, why) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && !said.contains("aborted"), "{said}{why}");
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rate| rate.split(' ').next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("{said}{why}"))
}

/// The script's statements are the program's, but for where their values come from.
fn check_script() {
    let known: Vec<String> = statements().iter().map(|sql| bare(sql.text)).collect();
    let comments = Regex::new(r"(?m)^(--|\\set|\\(start|end)pipeline).*$").expect("a pattern");
    let script = comments.replace_all(SCRIPT, "").replace(r"\gset l_", ";");
    for statement in script.split(';').map(bare).filter(|statement| !statement.is_empty()) {
        let is_ours = matches!(&*statement, "begin" | "commit") || known.contains(&statement);
        assert!(is_ours, "no statement of the program any more: {statement}");
    }
}

/// A statement without its values and white space.
fn bare(statement: &str) -> String {
    let value = Regex::new(r"\$\d+|:\w+|decode\(.*?'hex'\)").expect("a pattern");
    let (statement, _) = statement.split_once("values (").unwrap_or((statement, ""));
    value.replace_all(statement, "?").split_whitespace().collect::<Vec<_>>().join(" ")
}
