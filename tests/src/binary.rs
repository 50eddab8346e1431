//! Where the program under test is.

use std::env;
use std::path::{Path, PathBuf};

/// The path of the program under test.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn binary() -> PathBuf {
    let path = env::var_os("API_ANALYTICS_BIN").map_or_else(
        || {
            let test = env::current_exe().expect("the test's own path");
            test.ancestors().nth(2).unwrap_or(Path::new(".")).join("api-analytics")
        },
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --workspace` first, run `cargo test --workspace`, or set API_ANALYTICS_BIN",
        path.display()
    );
    path
}
