//! One service for one SQLite file: a second one would seal the same rows and could not see what the first holds
//! in memory. Other commands may run beside it.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

use crate::files;

/// Holds a database until it is dropped; the system lets it go when the process dies, however it dies.
#[derive(Debug)]
pub(crate) struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Takes the file of a database, which is there, for this process.
    pub(crate) fn take(database: &Path) -> anyhow::Result<Self> {
        // Whatever way the file is named, its lock has one name.
        let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
        let path = files::with_suffix(&database, ".lock");
        let file =
            files::private_file(&path).with_context(|| format!("cannot use the lock {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                anyhow::bail!("another service runs on the database {}", database.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot take the lock {}", path.display()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_at_a_time_whatever_the_file_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("analytics.db");
        std::fs::write(&database, "").unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&database, &link).unwrap();
        let held = DatabaseLock::take(&database).unwrap();
        for name in [&database, &link, &folder.path().join(".").join("analytics.db")] {
            let error = DatabaseLock::take(name).unwrap_err().to_string();
            assert!(error.contains("another service") && error.contains("analytics.db"), "{error}");
        }
        let other = folder.path().join("other.db");
        std::fs::write(&other, "").unwrap();
        DatabaseLock::take(&other).unwrap();
        drop(held);
        DatabaseLock::take(&link).unwrap();
    }
}
