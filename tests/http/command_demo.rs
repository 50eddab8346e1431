//! `api-analytics demo`: the lines that it prints do what they say.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};

use serde_json::Value;
use tests::{Backend, Setup};

/// The demo, which ends with this value.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Demo {
    /// Starts it and gives the lines that it prints.
    fn start(setup: &Setup) -> (Self, Vec<String>) {
        let mut child = setup.spawn(&["demo", "--port", "0", "--events", "5000"]);
        let stdout = child.stdout.take().expect("piped");
        let mut lines = Vec::new();
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("UTF-8");
            let is_last = line.starts_with("Stop with");
            lines.push(line);
            if is_last {
                break;
            }
        }
        (Self(child), lines)
    }
}

#[test]
fn every_line_of_its_guide_works() {
    let setup = Setup::on(Backend::Sqlite).expect("SQLite is always there");
    let (_demo, lines) = Demo::start(&setup);
    let folder = setup.data_dir();
    let commands: Vec<_> = lines.iter().filter(|line| line.trim_start().starts_with("curl ")).collect();
    assert_eq!(commands.len(), 4, "{lines:#?}");
    let mut answers = Vec::new();
    for command in commands {
        // What is answered with an error is a failure, as for whoever types it in.
        let command = command.trim().replacen("curl ", "curl --fail-with-body -S ", 1);
        let output = Command::new("sh").args(["-c", &command]).current_dir(&folder).output().expect("sh");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {text} {error}");
        answers.push(text);
    }
    let json = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    assert!(json(&answers[0])["summary"]["total_requests"].as_u64() > Some(0), "{}", answers[0]);
    let logs = json(&answers[1]);
    assert_eq!(logs.as_array().map(Vec::len), Some(3), "{logs}");
    assert!(logs.as_array().expect("a list").iter().all(|event| event["status_code"] == 500), "{logs}");
    assert!(fs::read(folder.join("report.pdf")).expect("a file").starts_with(b"%PDF-"));
    assert_eq!(answers[3], "", "the event is stored");

    let named = |name: &str| lines.iter().find(|line| line.trim_start().starts_with(name)).expect("a line");
    let docs = named("API docs").split_whitespace().last().expect("a URL");
    let docs = Command::new("curl").args(["-sL", "--fail", docs]).output().expect("curl");
    assert!(docs.status.success());
    let projects = setup.command("project list --json").json();
    assert!(named("project").contains(projects[0]["name"].as_str().expect("a name")));
    assert_eq!(projects[0]["events"], 5001);
    assert!(named("account").contains("demo / demo-password"));
    let url = lines[0].strip_prefix("listening on ").or_else(|| lines[1].strip_prefix("listening on "));
    let client = tests::Client::new(url.expect("its address"));
    client.token("demo", "demo-password").assert_status(200);
}
