//! `api-analytics user`: accounts, for an operator who has the data and need not sign in.

use anyhow::Context;
use clap::Subcommand;
use domain::{AccountId, Timestamp, Username};
use serde::Serialize;
use storage::{Account, AccountRemoval, Registration, Storage};

use super::actor::command_line;
use super::arguments;
use super::find;
use super::output::{Column, Form, Listed, time};
use super::password;
use super::settings::DataSettings;
use crate::clock::Clock;
use crate::config::Config;

/// Arguments of the command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Task,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    settings: DataSettings,
}

#[derive(Subcommand)]
enum Task {
    /// Make an account, whoever may register; the first one of a service is its administrator
    ///
    /// The password is asked for at a terminal, else it is one line of standard input.
    Add {
        /// Its name: 1 to 30 characters
        #[arg(value_parser = arguments::username)]
        name: Username,
        /// Make it an administrator of the service
        #[arg(long)]
        admin: bool,
    },
    /// List all accounts
    List,
    /// Give an account a new password; its sessions and access tokens end
    ///
    /// The password is asked for at a terminal, else it is one line of standard input.
    Password {
        /// Its name
        #[arg(value_parser = arguments::username)]
        name: Username,
    },
    /// Make an account an administrator of the service
    Admin {
        /// Its name
        #[arg(value_parser = arguments::username)]
        name: Username,
        /// Take the rank from it
        #[arg(long)]
        revoke: bool,
    },
    /// Remove an account, unless it is the last owner of a project
    Remove {
        /// Its name
        #[arg(value_parser = arguments::username)]
        name: Username,
    },
}

/// Does what is asked for. The service may run meanwhile.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let form = arguments.form;
    let (config, storage) = match arguments.task {
        // The first account may be there before the service first starts.
        Task::Add { .. } => arguments.settings.open()?,
        _ => arguments.settings.open_existing()?,
    };
    match &arguments.task {
        Task::Add { name, admin } => {
            let account = add(&config, &storage, name)?;
            let account = if *admin && !account.is_admin {
                set_rank(&storage, account, Rank::Administrator)?
            } else {
                account
            };
            let rank = if account.is_admin { "; it is an administrator" } else { "" };
            form.one(&User::from(&account), &format!("account {:?} is made{rank}", name.as_str()))
        }
        Task::List => {
            let users: Vec<_> = find::accounts(&storage)?.iter().map(User::from).collect();
            form.list(&users)
        }
        Task::Password { name } => {
            let account = set_password(&config, &storage, name)?;
            let said = format!("account {:?} has a new password; it is signed out", name.as_str());
            form.one(&User::from(&account), &said)
        }
        Task::Admin { name, revoke } => {
            let rank = if *revoke { Rank::None } else { Rank::Administrator };
            let account = set_rank(&storage, find::account(&storage, name)?, rank)?;
            let rank = if account.is_admin { "an administrator" } else { "no administrator" };
            form.one(&User::from(&account), &format!("account {:?} is {rank}", name.as_str()))
        }
        Task::Remove { name } => {
            let account = remove(&storage, name)?;
            form.one(&User::from(&account), &format!("account {:?} is removed", name.as_str()))
        }
    }
}

fn add(config: &Config, storage: &Storage, name: &Username) -> anyhow::Result<Account> {
    let taken = || anyhow::anyhow!("there is an account {:?} already", name.as_str());
    // Before somebody types a password in vain.
    if storage.account_by_name(name)?.is_some() {
        return Err(taken());
    }
    let hash = password::hash(&password::read()?, config)?;
    match storage.create_account(name, &hash, None, &command_line(Clock::system().now()))? {
        Registration::Created(account) => Ok(account),
        Registration::NameTaken => Err(taken()),
        Registration::InvalidInvitation => anyhow::bail!("an account without an invitation was refused"),
    }
}

fn set_password(config: &Config, storage: &Storage, name: &Username) -> anyhow::Result<Account> {
    let account = find::account(storage, name)?;
    let hash = password::hash(&password::read()?, config)?;
    let changed = storage.set_password(account.id, &hash, None, &command_line(Clock::system().now()))?;
    changed.with_context(|| gone(name))?;
    Ok(account)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Administrator,
    None,
}

/// The account as it is then.
fn set_rank(storage: &Storage, account: Account, rank: Rank) -> anyhow::Result<Account> {
    let is_admin = rank == Rank::Administrator;
    let is_there = storage.set_admin(account.id, is_admin, &command_line(Clock::system().now()))?;
    anyhow::ensure!(is_there, gone(&account.username));
    Ok(Account { is_admin, ..account })
}

/// The account as it was.
fn remove(storage: &Storage, name: &Username) -> anyhow::Result<Account> {
    let account = find::account(storage, name)?;
    match storage.delete_account(account.id, &command_line(Clock::system().now()))? {
        AccountRemoval::Deleted => Ok(account),
        AccountRemoval::Unknown => anyhow::bail!(gone(name)),
        AccountRemoval::LastOwnerOf(projects) => {
            let named: Vec<_> = projects.iter().map(|(id, name)| format!("{name:?} (id {id})")).collect();
            anyhow::bail!(
                "{:?} is the last owner of {}; remove these projects, or give them another owner, first",
                name.as_str(),
                named.join(", ")
            )
        }
    }
}

fn gone(name: &Username) -> String {
    format!("account {:?} has just been removed", name.as_str())
}

/// An account as it is shown.
#[derive(Serialize)]
struct User {
    id: AccountId,
    username: String,
    is_admin: bool,
    created_at: Timestamp,
}

impl From<&Account> for User {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            username: account.username.as_str().to_owned(),
            is_admin: account.is_admin,
            created_at: account.created_at,
        }
    }
}

impl Listed for User {
    const COLUMNS: &'static [Column] = &[
        Column::Number("id"),
        Column::Text("username"),
        Column::Text("administrator"),
        Column::Text("created"),
    ];

    fn cells(&self) -> Vec<String> {
        let rank = if self.is_admin { "yes" } else { "no" };
        vec![self.id.to_string(), self.username.clone(), rank.to_owned(), time(self.created_at)]
    }
}
