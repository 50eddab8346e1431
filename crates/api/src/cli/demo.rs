//! `api-analytics demo`: the service on lifelike traffic, with everything ready to be tried.

mod traffic;

use anyhow::Context;
use domain::{AccountId, Name, Password, ProjectId, RequestEvent, Scope, Scopes, Username};
use storage::{Actor, Creation, NewKey, Registration, Storage};

use super::actor::command_line;
use super::serve::say;
use super::settings::ServeSettings;
use crate::auth::Bcrypt;
use crate::clock::Clock;
use crate::config::Config;
use crate::random::{Random, hash, prefix};
use crate::{files, maintenance, startup};

const USERNAME: &str = "demo";
const PASSWORD: &str = "demo-password";
/// Events of one transaction.
const BATCH: usize = 10_000;
/// Keeps the key of the demo in the data folder, for the next start.
const KEY_FILE: &str = "demo.key";

/// Arguments of the command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many requests of traffic to make up
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=50_000_000))]
    events: u32,
    #[command(flatten)]
    settings: ServeSettings,
}

/// Serves the demo, by default from a folder that goes away with it.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("api-analytics-demo").tempdir()?;
    let settings = arguments.settings.clone().or_data_dir(folder.path());
    let (config, storage, _lock) = settings.open()?;
    let (clock, random) = (Clock::system(), Random::system());
    let key = prepare(&config, &storage, (&clock, &random), arguments.events)?;
    startup::serve(&config, storage, clock, random, |address| {
        say(&format!("listening on http://{address}"));
        say(&guide(&format!("http://{address}"), &key));
        Ok(())
    })
}

/// The key of the demo; account, project and traffic are made at the first start.
fn prepare(
    config: &Config,
    storage: &Storage,
    (clock, random): (&Clock, &Random),
    events: u32,
) -> anyhow::Result<String> {
    files::make_data_dir(&config.data_dir)?;
    let file = config.data_dir.join(KEY_FILE);
    if let Ok(key) = std::fs::read_to_string(&file) {
        let known = !storage.grants(&[hash(key.as_bytes())])?.is_empty();
        anyhow::ensure!(known, "{} is not a key of this database", file.display());
        return Ok(key);
    }
    let by = command_line(clock.now());
    let hash = Bcrypt::new(random.clone()).hash(Password::parse(PASSWORD)?.reveal(), config.bcrypt_cost)?;
    let account = account(storage, &hash, &by)?;
    let made = storage.create_project(&Name::parse("name", "Demo API")?, Some(account), &by)?;
    let Creation::Created(project) = made else { anyhow::bail!("the demo account has too many projects") };
    let token = random.token()?;
    let scopes = Scopes::of(Scope::ALL).context("a key has scopes")?;
    let name = Name::parse("name", "demo")?;
    let key = NewKey { name, hash: token.hash, prefix: prefix(&token.text), scopes, expires_at: None };
    let made = storage.create_key(project.id, &key, &by)?;
    anyhow::ensure!(matches!(made, Creation::Created(_)), "the demo project has too many keys");
    say(&format!("making up {events} requests of the last 90 days …"));
    fill(storage, project.id, traffic::traffic(clock.now(), events))?;
    files::write_secret(&file, &token.text)?;
    Ok(token.text)
}

fn account(storage: &Storage, hash: &str, by: &Actor) -> anyhow::Result<AccountId> {
    let username = Username::parse(USERNAME)?;
    match storage.create_account(&username, hash, None, by)? {
        Registration::Created(account) => Ok(account.id),
        // The account is there without its key: an earlier start was interrupted.
        _ => Ok(storage.account_by_name(&username)?.context("the demo account is gone")?.id),
    }
}

fn fill(
    storage: &Storage,
    project: ProjectId,
    events: impl Iterator<Item = RequestEvent>,
) -> anyhow::Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    for event in events {
        batch.push((project, event));
        if batch.len() == BATCH {
            storage.append(&batch)?;
            batch.clear();
        }
    }
    storage.append(&batch)?;
    Ok(maintenance::seal_all(storage, project)?)
}

fn guide(url: &str, key: &str) -> String {
    format!(
        r#"
  account   {USERNAME} / {PASSWORD}
  project   Demo API
  API key   {key}   (sends and reads)
  API docs  {url}/docs

Try it:

  curl -s {url}/dashboard -H "X-API-Key: {key}"
  curl -s "{url}/raw_logs?status_code=500&limit=3" -H "X-API-Key: {key}"
  curl -s "{url}/report?format=pdf" -H "X-API-Key: {key}" -o report.pdf
  curl -s {url}/track -H "X-API-Key: {key}" -d '{{"created_at":"'$(date -u +%FT%TZ)'","method":"GET","endpoint":"/hello","process_time":1.5,"status_code":200}}'

Stop with Ctrl-C.
"#
    )
}
