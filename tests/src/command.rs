//! Other commands of the program on the same data, run to their end, and what they said.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;

use crate::server::Setup;

/// What a command said.
#[derive(Debug)]
pub struct Said {
    command: String,
    /// Its exit code.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Setup {
    /// Runs a line of words that are separated by one blank each, such as `key list 1`.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn command(&self, line: &str) -> Said {
        self.command_with(&line.split(' ').collect::<Vec<_>>(), "")
    }

    /// Runs these words, with that text on standard input.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn command_with(&self, words: &[&str], input: &str) -> Said {
        let mut command = self.words(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_owned();
        // A command may end before it has read everything.
        let writer = thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
        let output = child.wait_with_output().expect("its output");
        let _ = writer.join();
        Said::of(words.join(" "), &output)
    }

    /// Starts these words without waiting for their end; their standard output is a pipe.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn spawn(&self, words: &[&str]) -> Child {
        let mut command = self.words(words);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program runs")
    }

    /// The same where input and both outputs are a terminal.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn spawn_at(&self, words: &[&str], terminal: &File) -> Child {
        let end = || terminal.try_clone().expect("a terminal");
        let mut command = self.words(words);
        command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("the program runs")
    }

    fn words(&self, words: &[&str]) -> Command {
        let (name, arguments) = words.split_first().expect("a command");
        let mut command = self.program(name);
        command.args(arguments);
        command
    }
}

impl Said {
    fn of(command: String, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self {
            command,
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// The same, having succeeded.
    ///
    /// # Panics
    /// When it has failed.
    #[must_use]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}: {}", self.command, self.stderr);
        self
    }

    /// Its JSON, if it succeeded and said nothing else.
    ///
    /// # Panics
    /// When it failed, or its output is no JSON.
    #[must_use]
    pub fn json(self) -> Value {
        let said = self.done();
        assert_eq!(said.stderr, "", "{}", said.command);
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
    }

    /// The only line of its standard output, if it succeeded.
    ///
    /// # Panics
    /// When it failed, or said more or less.
    #[must_use]
    pub fn line(self) -> String {
        let said = self.done();
        let line = said.stdout.strip_suffix('\n').expect("a whole line");
        assert!(!line.is_empty() && !line.contains('\n'), "{}: {:?}", said.command, said.stdout);
        line.to_owned()
    }

    /// Checks that it failed with one line that holds this text.
    ///
    /// # Panics
    /// When it did not.
    pub fn assert_failed(&self, named: &str) {
        assert_eq!(self.code, Some(1), "{}: {} {}", self.command, self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "{}", self.command);
        assert_eq!(self.stderr.lines().count(), 1, "{}: {}", self.command, self.stderr);
        assert!(self.stderr.contains(named), "{}: {named:?} is not in {}", self.command, self.stderr);
    }

    /// Checks that it was refused as misuse, with a message that holds this text.
    ///
    /// # Panics
    /// When it was not.
    pub fn assert_misused(&self, named: &str) {
        assert_eq!(self.code, Some(2), "{}: {} {}", self.command, self.stdout, self.stderr);
        assert!(self.stderr.contains(named), "{}: {named:?} is not in {}", self.command, self.stderr);
    }
}
