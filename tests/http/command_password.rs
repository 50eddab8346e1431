//! Passwords that are typed at a terminal: asked for twice, never shown, and the terminal is left as it was.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use tests::{Backend, Setup};

const PATIENCE: Duration = Duration::from_secs(30);

/// The program at a terminal that somebody sits at.
struct Terminal {
    child: Child,
    keyboard: File,
    line: File,
    output: Receiver<Vec<u8>>,
    screen: String,
}

impl Terminal {
    fn run(setup: &Setup, words: &[&str]) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&keyboard).expect("a terminal");
        unlockpt(&keyboard).expect("a terminal");
        let name = ptsname(&keyboard, Vec::new()).expect("its name").into_string().expect("UTF-8");
        let line = OpenOptions::new().read(true).write(true).open(name).expect("its other end");
        let child = setup.spawn_at(words, &line);
        let keyboard = File::from(keyboard);
        let mut screen = keyboard.try_clone().expect("its screen");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                let _ = sender.send(buffer[..count].to_vec());
            }
        });
        Self { child, keyboard, line, output, screen: String::new() }
    }

    /// Waits until this stands at the end of the screen.
    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.screen.ends_with(text) {
            let left = end.saturating_duration_since(Instant::now());
            let bytes = self.output.recv_timeout(left).unwrap_or_else(|error: RecvTimeoutError| {
                panic!("{error}: {text:?} is not at the end of {:?}", self.screen)
            });
            self.screen.push_str(&String::from_utf8(bytes).expect("UTF-8"));
        }
    }

    fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a keyboard");
    }

    fn shows_what_is_typed(&self) -> bool {
        let modes = tcgetattr(&self.line).expect("a terminal").local_modes;
        assert_eq!(modes.contains(LocalModes::ECHO), modes.contains(LocalModes::ISIG));
        modes.contains(LocalModes::ECHO)
    }

    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its own child") {
                return status;
            }
            if Instant::now() > end {
                self.child.kill().expect("its own child");
                panic!("runs still after {PATIENCE:?}: {:?}", self.screen);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for the end of the program; gives what was on the screen then.
    fn end(mut self) -> (ExitStatus, String) {
        let status = self.wait();
        assert!(self.shows_what_is_typed(), "the terminal is left silent");
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.screen.push_str(&String::from_utf8(bytes).expect("UTF-8"));
        }
        (status, self.screen)
    }
}

fn setup() -> Setup {
    Setup::on(Backend::Sqlite).expect("SQLite is always there")
}

#[test]
fn is_asked_for_twice_and_never_shown() {
    let setup = setup();
    let mut terminal = Terminal::run(&setup, &["user", "add", "ann"]);
    terminal.wait_for("Password: ");
    assert!(!terminal.shows_what_is_typed());
    // With a mistake that is wiped out.
    terminal.type_in("correctx\x7f horse\n");
    terminal.wait_for("Password, once more: ");
    assert!(!terminal.shows_what_is_typed());
    terminal.type_in("correct horse\n");
    let (status, screen) = terminal.end();
    assert!(status.success(), "{screen}");
    assert!(!screen.contains("horse"), "{screen}");
    let server = setup.start();
    server.client().token("ann", "correct horse").assert_status(200);
}

#[test]
fn two_that_differ_are_refused() {
    let setup = setup();
    let mut terminal = Terminal::run(&setup, &["user", "add", "ann"]);
    terminal.wait_for("Password: ");
    terminal.type_in("correct horse\n");
    terminal.wait_for("once more: ");
    terminal.type_in("correct house\n");
    let (status, screen) = terminal.end();
    assert_eq!(status.code(), Some(1));
    assert!(screen.contains("differ") && !screen.contains("hors") && !screen.contains("hous"), "{screen}");
    assert_eq!(setup.command("user list --json").json(), serde_json::json!([]));
}

#[test]
fn one_that_will_not_do_is_not_asked_for_again() {
    let setup = setup();
    let mut terminal = Terminal::run(&setup, &["user", "add", "ann"]);
    terminal.wait_for("Password: ");
    terminal.type_in("short\n");
    let (status, screen) = terminal.end();
    assert_eq!(status.code(), Some(1));
    assert!(screen.contains("8 to 71 bytes") && !screen.contains("once more"), "{screen}");
}

#[test]
fn an_interruption_leaves_the_terminal_as_it_was() {
    // Ctrl-C, Ctrl-D on an empty line.
    for key in ["\x03", "correct ho\x03", "\x04"] {
        let setup = setup();
        let mut terminal = Terminal::run(&setup, &["user", "add", "ann"]);
        terminal.wait_for("Password: ");
        terminal.type_in(key);
        let (status, screen) = terminal.end();
        assert_eq!(status.code(), Some(1), "{key:?}: {screen}");
        assert_eq!(setup.command("user list --json").json(), serde_json::json!([]));
    }
}
