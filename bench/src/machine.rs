//! What the figures were measured on.

use std::fs;

/// Cores, processor, memory and kernel in one line.
pub(crate) fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let processor = field("/proc/cpuinfo", "model name");
    let memory_kib: u64 =
        field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {processor}, {} GiB of memory, Linux {}", memory_kib >> 20, kernel.trim())
}

/// The value of the first line `name: value`.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
    line.map_or_else(String::new, |(_, value)| value.trim().to_owned())
}
