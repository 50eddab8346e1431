//! Who may read what lies on the disk: the data folder and the database are for the service alone.
//!
//! What the service makes itself it makes private, and makes private again where an older version or somebody's
//! `umask` did not. What is not its own it does not touch: the log names what others can read.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::process::geteuid;

/// What the service makes in its data folder begins so; `lost+found` is the file system's.
const OWN_NAMES: [&str; 4] = ["analytics.db", "secret.", "demo.", "lost+found"];
/// What SQLite keeps beside a database.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];
const GROUP_AND_OTHERS: u32 = 0o077;
const OTHERS: u32 = 0o007;
const STICKY: u32 = 0o1000;

/// Makes the data folder where there is none, for the service alone.
pub(crate) fn make_data_dir(path: &Path) -> anyhow::Result<()> {
    let fault = || format!("cannot use the data folder {}", path.display());
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(fault)?;
    let metadata = fs::metadata(path).with_context(fault)?;
    if metadata.mode() & GROUP_AND_OTHERS != 0 && is_own_folder(path, &metadata) {
        set_mode(path, 0o700);
    }
    Ok(())
}

/// Whether the service may be the only user of a folder: it holds nothing else.
fn is_own_folder(path: &Path, metadata: &Metadata) -> bool {
    let is_own = |entry: io::Result<fs::DirEntry>| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        OWN_NAMES.iter().any(|own| name.starts_with(own)).then_some(())
    };
    is_own_file(metadata)
        && metadata.mode() & STICKY == 0
        && fs::read_dir(path).is_ok_and(|mut entries| entries.all(|entry| is_own(entry).is_some()))
}

fn is_own_file(metadata: &Metadata) -> bool {
    metadata.uid() == geteuid().as_raw()
}

/// Where it does not work, others can still read the file: the log says so afterwards.
fn set_mode(path: &Path, mode: u32) {
    let _ = fs::set_permissions(path, Permissions::from_mode(mode));
}

/// Makes the file of a SQLite database where there is none, for the service alone; its companions get the same
/// rights from SQLite. What cannot be made is left to SQLite, which says why.
pub(crate) fn make_database(path: &Path) {
    let _ = private_file(path);
}

/// Makes the files of the database in the data folder private.
pub(crate) fn tighten_database(path: &Path) {
    for path in BESIDE.map(|suffix| with_suffix(path, suffix)) {
        if fs::metadata(&path).is_ok_and(|metadata| is_own_file(&metadata)) {
            set_mode(&path, 0o600);
        }
    }
}

/// Opens a file, and makes it, for the service alone, where there is none.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

/// The path with something appended to its last name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Warns of a data folder that is not the service's alone.
pub(crate) fn check_data_dir(path: &Path) {
    check(path, GROUP_AND_OTHERS, "the data folder is open to others");
}

/// Warns of a database that is not the service's alone.
pub(crate) fn check_database(path: &Path) {
    for path in BESIDE.map(|suffix| with_suffix(path, suffix)) {
        check(&path, GROUP_AND_OTHERS, "the database is open to others");
    }
}

/// Warns of a file with a secret that is not the service's alone.
pub(crate) fn check_secret(path: &Path) {
    check(path, GROUP_AND_OTHERS, "the secret is open to others");
}

/// Warns of a file with settings that hold a secret and that everybody can read. A group is the operator's choice.
pub(crate) fn check_settings(path: &Path) {
    check(path, OTHERS, "the settings hold a secret and are open to everybody");
}

fn check(path: &Path, rights: u32, message: &str) {
    if let Ok(metadata) = fs::metadata(path)
        && metadata.mode() & rights != 0
    {
        let mode = format!("{:o}", metadata.mode() & 0o7777);
        tracing::warn!(file.path = %path.display(), mode, "{message}; make it private with chmod");
    }
}

/// Writes a secret, readable by its owner only, whole or not at all.
pub(crate) fn write_secret(path: &Path, secret: &str) -> io::Result<()> {
    use std::io::Write;

    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    /// A folder that others can read, with these files.
    fn open_folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o755);
        for name in files {
            let path = folder.path().join(name);
            fs::write(&path, "").unwrap();
            set_mode(&path, 0o644);
        }
        folder
    }

    #[test]
    fn tightens_a_folder_of_its_own_files_only() {
        for (files, expected) in [
            (&[][..], 0o700),
            (&["analytics.db", "analytics.db-wal", "secret.key", "demo.key"], 0o700),
            (&["analytics.db", "holiday.jpg"], 0o755),
        ] {
            let folder = open_folder(files);
            make_data_dir(folder.path()).unwrap();
            assert_eq!(mode(folder.path()), expected, "{files:?}");
        }
        let shared = open_folder(&[]);
        set_mode(shared.path(), 0o1777);
        make_data_dir(shared.path()).unwrap();
        assert_eq!(mode(shared.path()), 0o1777, "like /tmp");
    }

    #[test]
    fn tightens_a_database_with_all_of_its_files() {
        let names = ["analytics.db", "analytics.db-wal", "analytics.db-shm"];
        let folder = open_folder(&names);
        make_database(&folder.path().join("analytics.db"));
        assert_eq!(names.map(|name| mode(&folder.path().join(name))), [0o644; 3]);
        tighten_database(&folder.path().join("analytics.db"));
        assert_eq!(names.map(|name| mode(&folder.path().join(name))), [0o600; 3]);
    }

    #[test]
    fn what_it_makes_is_private() {
        let folder = open_folder(&["other"]);
        let data = folder.path().join("deep/data");
        make_data_dir(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        let database = folder.path().join("named.db");
        make_database(&database);
        assert_eq!(mode(&database), 0o600);
        let secret = folder.path().join("secret.key");
        write_secret(&secret, "secret").unwrap();
        assert_eq!(mode(&secret), 0o600);
    }
}
