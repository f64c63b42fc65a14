//! What was measured: printed at once, and kept for the page.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const PAGE: &str = "../../docs/benchmarks.md";
const BEGIN: &str = include_str!("report.md");

/// The page as it grows.
#[derive(Default)]
pub(crate) struct Report(String);

impl Report {
    pub(crate) fn section(&mut self, title: &str, about: &str) {
        self.line(&format!("\n## {title}\n\n{about}\n"));
    }

    pub(crate) fn header(&mut self, columns: &[&str]) {
        self.row(columns.iter().copied());
        self.row(columns.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" }));
    }

    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells: Vec<T> = cells.into_iter().collect();
        let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
        self.line(&format!("| {} |", cells.join(" | ")));
    }

    pub(crate) fn line(&mut self, line: &str) {
        println!("{line}");
        writeln!(self.0, "{line}").expect("a text");
    }

    /// The whole page, with what it was measured on.
    pub(crate) fn write(&self) {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
        let text = BEGIN.replace("{machine}", &machine()) + &self.0;
        std::fs::write(page, text).expect("the page is written");
    }
}

/// A value of five, with the smallest and the largest.
pub(crate) struct Five(Vec<f64>);

impl Five {
    pub(crate) fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// Median and spread, as `0.45 (0.43 to 0.47)`.
    pub(crate) fn ratio(&self) -> String {
        format!("{:.2} ({:.2} to {:.2})", self.median(), self.0[0], self.0[self.0.len() - 1])
    }
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (cpus, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = value(&memory, "MemTotal").and_then(|it| it.trim_end_matches(" kB").parse::<u64>().ok());
    let said = |program: &str, arguments: &[&str]| {
        let out = Command::new(program).args(arguments).output().ok();
        out.and_then(|out| String::from_utf8(out.stdout).ok()).map(|text| text.trim().to_owned())
    };
    let unknown = || "unknown".to_owned();
    format!(
        "{cores} cores ({}), {} GiB of memory, Linux {}; {}, SQLite {}, {}",
        value(&cpus, "model name").unwrap_or_else(unknown),
        memory.unwrap_or_default() / (1024 * 1024),
        read("/proc/sys/kernel/osrelease").trim(),
        said("rustc", &["--version"]).unwrap_or_else(unknown),
        rusqlite::version(),
        said("postgres", &["--version"]).unwrap_or_else(unknown),
    )
}
