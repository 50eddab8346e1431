//! What the figures were measured on.

use std::time::Duration;
use std::{fs, thread};

/// Long enough to see whether something else is at work.
const LOOK: Duration = Duration::from_millis(300);

/// Cores, processor, memory and kernel in one line.
pub(crate) fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let processor = field("/proc/cpuinfo", "model name");
    let memory_kib: u64 =
        field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {processor}, {} GiB of memory, Linux {}", memory_kib >> 20, kernel.trim())
}

/// How much of the cores' time goes to other work right now.
pub(crate) fn busy_percent() -> u64 {
    let (all_before, idle_before) = ticks();
    thread::sleep(LOOK);
    let (all, idle) = ticks();
    let passed = all.saturating_sub(all_before).max(1);
    (passed.saturating_sub(idle.saturating_sub(idle_before))) * 100 / passed
}

/// The ticks of all cores with work since the system's start.
pub(crate) fn busy_ticks() -> u64 {
    let (all, idle) = ticks();
    all.saturating_sub(idle)
}

/// The ticks of all cores since the system's start, and those of them without work.
fn ticks() -> (u64, u64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    // user, nice, system, idle, iowait, irq, softirq, steal
    let ticks: Vec<u64> =
        line.split_whitespace().skip(1).take(8).filter_map(|word| word.parse().ok()).collect();
    (ticks.iter().sum(), ticks.iter().skip(3).take(2).sum())
}

/// The value of the first line `name: value`.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
    line.map_or_else(String::new, |(_, value)| value.trim().to_owned())
}
