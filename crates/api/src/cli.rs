//! The command line.

mod actor;
mod demo;
mod load;
mod maintain;
mod serve;
mod settings;

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
        Command::Load(arguments) => load::run(&arguments),
        Command::Maintain(arguments) => maintain::run(&arguments),
        Command::Migrate(settings) => serve::migrate(&settings),
        Command::Openapi => openapi(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Libraries break their messages into lines; an operator gets one.
            let message = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
            eprintln!("api-analytics: {message}");
            ExitCode::FAILURE
        }
    }
}

fn openapi() -> anyhow::Result<()> {
    println!("{}", crate::openapi::json()?);
    Ok(())
}
