//! The command line.

mod actor;
mod arguments;
mod demo;
mod find;
mod key;
mod load;
mod maintain;
mod output;
mod password;
mod project;
mod serve;
mod settings;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Self-hosted analytics for HTTP APIs.
#[derive(Parser)]
#[command(name = "api-analytics", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve(settings::ServeSettings),
    /// Run the service on sample traffic, to look around
    Demo(demo::Arguments),
    /// Make, list, change and remove accounts
    User(user::Arguments),
    /// Make, list, rename and remove projects
    Project(project::Arguments),
    /// Make, list and revoke API keys
    Key(key::Arguments),
    /// Load events from a CSV file
    Load(load::Arguments),
    /// Show, check or rebuild the segments that dashboards are answered from
    Maintain(maintain::Arguments),
    /// Bring the database's schema up to date and exit
    Migrate(settings::DataSettings),
    /// Print the OpenAPI document
    Openapi,
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(settings) => serve::run(&settings),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::User(arguments) => user::run(&arguments),
        Command::Project(arguments) => project::run(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Maintain(arguments) => maintain::run(&arguments),
        Command::Migrate(settings) => serve::migrate(&settings),
        Command::Openapi => openapi(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<clap::Error>() => misuse(&error),
        Err(error) => {
            // Libraries break their messages into lines; an operator gets one.
            let message = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("api-analytics: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What clap cannot tell by itself, reported as it does.
fn misuse(error: &anyhow::Error) -> ExitCode {
    if let Some(misuse) = error.downcast_ref::<clap::Error>() {
        // There is nowhere else to report to.
        let _ = misuse.print();
    }
    ExitCode::from(2)
}

fn openapi() -> anyhow::Result<()> {
    println!("{}", crate::openapi::json()?);
    Ok(())
}
