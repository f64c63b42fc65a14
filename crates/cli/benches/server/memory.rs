//! What a process holds: memory, in kB, and descriptors; 0 when it has ended.

/// The most that it ever held.
pub(crate) fn peak(pid: u32) -> u64 {
    of_status(pid, "VmHWM:")
}

/// What it holds now.
pub(crate) fn resident(pid: u32) -> u64 {
    of_status(pid, "VmRSS:")
}

/// What it holds now that belongs to no file.
pub(crate) fn anonymous(pid: u32) -> u64 {
    of_status(pid, "RssAnon:")
}

/// Its open descriptors.
pub(crate) fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

fn of_status(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
