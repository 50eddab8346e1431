//! A new password: from the terminal without an echo, or from standard input; never an argument, which others can
//! see in the list of processes.

use std::io::{self, BufRead, IsTerminal, StdinLock, Write};

use anyhow::Context;
use domain::Password;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use crate::auth::Bcrypt;
use crate::config::Config;
use crate::random::Random;

/// Longer than any password, so that what is cut is refused.
const MAX_LINE_BYTES: u64 = 4096;

/// Reads a new password: asks for it twice where somebody sits at a terminal, else takes one line.
pub(super) fn read() -> anyhow::Result<Password> {
    let stdin = io::stdin().lock();
    if !stdin.is_terminal() {
        return Ok(Password::parse(&line(stdin)?)?);
    }
    let mut terminal = Hidden::start(stdin).context("cannot hide what is typed")?;
    // A password that will not do is refused before it is asked for once more.
    let password = Password::parse(&terminal.ask("Password: ")?)?;
    let again = terminal.ask("Password, once more: ")?;
    anyhow::ensure!(again == password.reveal(), "the two passwords differ");
    Ok(password)
}

/// The hash to store.
pub(super) fn hash(password: &Password, config: &Config) -> anyhow::Result<String> {
    Ok(Bcrypt::new(Random::system()).hash(password.reveal(), config.bcrypt_cost)?)
}

/// The first line, without its end.
fn line(input: impl BufRead) -> anyhow::Result<String> {
    let mut line = Vec::new();
    input.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).context("cannot read the password")?;
    anyhow::ensure!(!line.is_empty(), "no password: give it as one line of standard input");
    text(line)
}

fn text(mut line: Vec<u8>) -> anyhow::Result<String> {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    String::from_utf8(line).ok().context("the password is not valid UTF-8")
}

/// A terminal that does not show what is typed, until this is dropped.
struct Hidden<'a> {
    stdin: StdinLock<'a>,
    shown: Termios,
}

impl<'a> Hidden<'a> {
    fn start(stdin: StdinLock<'a>) -> io::Result<Self> {
        let shown = tcgetattr(&stdin)?;
        let mut hidden = shown.clone();
        // Ctrl-C must not end the program while the terminal is silent: it ends the line instead.
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ISIG;
        hidden.special_codes[SpecialCodeIndex::VEOL] = interrupt(&shown);
        // What was typed ahead, in sight, is thrown away.
        tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
        Ok(Self { stdin, shown })
    }

    /// One line.
    fn ask(&mut self, question: &str) -> anyhow::Result<String> {
        let mut output = io::stderr().lock();
        write!(output, "{question}")?;
        output.flush()?;
        // A terminal gives a line at a time, also one that does not end in a line feed.
        let line = self.stdin.fill_buf().context("cannot read the password")?.to_vec();
        self.stdin.consume(line.len());
        writeln!(output)?;
        anyhow::ensure!(!line.is_empty(), "no password was given");
        let interrupt = interrupt(&self.shown);
        anyhow::ensure!(interrupt == 0 || line.last() != Some(&interrupt), "interrupted");
        text(line)
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(&self.stdin, OptionalActions::Now, &self.shown);
    }
}

/// What Ctrl-C sends; 0 where no key interrupts.
fn interrupt(terminal: &Termios) -> u8 {
    terminal.special_codes[SpecialCodeIndex::VINTR]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_without_its_end() {
        for (input, expected) in [
            ("correct horse", "correct horse"),
            ("correct horse\n", "correct horse"),
            ("correct horse\r\n", "correct horse"),
            (" correct horse \nbattery\n", " correct horse "),
            ("\n", ""),
        ] {
            assert_eq!(line(input.as_bytes()).unwrap(), expected, "{input:?}");
        }
    }

    #[test]
    fn nothing_at_all_and_bytes_that_are_no_text_are_refused() {
        assert!(line(&b""[..]).unwrap_err().to_string().contains("standard input"));
        assert!(line(&b"\xff\xfe12345678\n"[..]).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn endless_input_is_cut_where_no_password_reaches() {
        let text = line(io::BufReader::new(io::repeat(b'a'))).unwrap();
        assert!(Password::parse(&text).is_err());
    }
}
