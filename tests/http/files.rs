//! Who may read what the service keeps on the disk.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tests::{Backend, Setup};

fn setup() -> Setup {
    Setup::on(Backend::Sqlite).expect("SQLite is always there")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("own file");
}

const DATABASE: [&str; 3] = ["analytics.db", "analytics.db-wal", "analytics.db-shm"];

#[test]
fn new_files_are_private_whatever_the_umask_is() {
    let setup = setup();
    let data = setup.data_dir();
    let output = Command::new("sh")
        .args(["-c", "umask 000; exec \"$@\"", "sh"])
        .arg(tests::binary())
        .args(["migrate", "--data-dir"])
        .arg(&data)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join(DATABASE[0])), 0o600);
}

#[test]
fn files_of_an_older_version_are_made_private() {
    let server = setup().start();
    let tenant = server.client().tenant("alice");
    let setup = server.kill();
    let data = setup.data_dir();
    set_mode(&data, 0o755);
    for name in DATABASE {
        set_mode(&data.join(name), 0o644);
    }
    let server = setup.start();
    server.client().track(&tenant.key, &super::support::event()).assert_status(200);
    assert_eq!(mode(&data), 0o700);
    for name in DATABASE {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    assert!(!server.log().contains("open to others"), "{}", server.log());
}

#[test]
fn what_is_not_its_own_is_left_alone_and_named() {
    let setup = setup();
    let data = setup.data_dir();
    fs::create_dir(&data).expect("a folder");
    fs::write(data.join("holiday.jpg"), "").expect("a file");
    set_mode(&data, 0o755);
    let named = data.join("named.db");
    fs::write(&named, "").expect("a file");
    set_mode(&named, 0o644);
    let url = format!("sqlite:{}", named.display());
    let server = setup.start();
    assert_eq!(mode(&data), 0o755);
    assert_names(&server.log(), &data);
    let server = server.stop().arg("--database-url").arg(&url).start();
    assert_eq!(mode(&named), 0o644);
    assert_names(&server.log(), &named);
}

fn assert_names(log: &str, path: &Path) {
    let is_named =
        log.lines().any(|line| line.contains("WARN") && line.contains(&format!("={} ", path.display())));
    assert!(is_named, "{} is not named in: {log}", path.display());
}

#[test]
fn a_secret_that_others_can_read_is_named() {
    let server = setup().without_env("SECRET_KEY").start();
    let secret = server.setup().data_dir().join("secret.key");
    assert_eq!(mode(&secret), 0o600);
    assert!(!server.log().contains("secret.key"), "{}", server.log());
    set_mode(&secret, 0o640);
    let server = server.restart();
    assert_names(&server.log(), &secret);
}

#[test]
fn settings_with_a_secret_that_everybody_can_read_are_named() {
    for (settings, mode, is_named) in [
        ("secret_key = \"0123456789abcdef\"", 0o644, true),
        ("secret_key = \"0123456789abcdef\"", 0o640, false),
        ("cache_mib = 64", 0o644, false),
    ] {
        let setup = setup();
        let file = setup.data_dir().with_extension("toml");
        fs::write(&file, settings).expect("a file");
        set_mode(&file, mode);
        let output = setup.run("migrate", &["--config", file.to_str().expect("UTF-8")]);
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(log.contains("open to everybody"), is_named, "{settings} {mode:o}: {log}");
        if is_named {
            assert_names(&log, &file);
        }
    }
}
