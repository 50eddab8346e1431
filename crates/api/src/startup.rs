//! The service as a whole: its state, its start and its end.

use std::future::poll_fn;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::task::Poll;

use actix_web::middleware::{Condition, NormalizePath, from_fn};
use actix_web::{App as Router, web};
use anyhow::Context;
use storage::Storage;

use crate::app::App;
use crate::auth::{
    Bcrypt, KeyDirectory, PasswordCapacity, PasswordCosts, Passwords, Throttle, ThrottleLimits, Tokens,
    cost_of_hash,
};
use crate::batch::{Limits, Memory};
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::ingest::Ingest;
use crate::intake::Intake;
use crate::maintenance::Maintenance;
use crate::origins::Origins;
use crate::questions::Questions;
use crate::quota::{Names, Rates};
use crate::random::Random;
use crate::schema::DocumentText;
use crate::{answers, connections, cors, exposure, files, openapi, routes};

/// Serves until SIGTERM or SIGINT; then stores what waits and returns. `ready` is told the address.
pub(crate) fn serve(
    config: &Config,
    storage: Storage,
    clock: Clock,
    random: Random,
    ready: impl FnOnce(SocketAddr) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let address = SocketAddr::new(config.host, config.port);
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    let secret = secret(config, &random)?;
    let (ingest, writer) =
        Ingest::start(storage.clone(), clock.clone(), config.queue_capacity, config.idempotency_hours)
            .context("cannot start the writer")?;
    let (keys, lookups) =
        KeyDirectory::start(storage.clone(), clock.clone()).context("cannot start look-ups")?;
    let maintenance = Maintenance::start(storage.clone(), clock.clone(), keys.uses())
        .context("cannot start the maintenance")?;
    let app = web::Data::new(App {
        rates: Rates::new(clock.clone()),
        names: Names::default(),
        questions: Questions::new(config.scan_threads),
        datasets: config.datasets(storage.clone()),
        ingest,
        intake: Intake::new(config.workers).context("cannot start threads for batches")?,
        keys,
        throttle: Throttle::new(clock.clone(), throttle_limits(config)),
        origins: Origins { proxies: config.trusted_proxies.clone(), public: config.public_url.clone() },
        registration: config.registration,
        passwords: Passwords::start(
            Bcrypt::new(random.clone()),
            PasswordCosts { configured: config.bcrypt_cost, stored: highest_cost(&storage)? },
            PasswordCapacity { threads: config.password_threads, queue: config.password_queue },
        )
        .context("cannot start the threads for passwords")?,
        clock,
        random,
        storage,
        tokens: Tokens::new(secret.reveal().as_bytes(), config.token_minutes),
        batch_memory: Memory::new(config.batch_memory_mib << 20),
        body_pace: config.body_pace(),
        batch_limits: Limits { events: config.batch_max_events, bytes: config.batch_max_bytes },
        idempotency_hours: config.idempotency_hours,
    });
    let document = web::Data::new(DocumentText(openapi::json().context("the OpenAPI document")?));
    let settings = connections::Settings {
        workers: config.workers,
        max_connections: connections::allow_connections(config.max_connections),
        answers: config.answer_pace(),
        clock: app.clock.clone(),
    };
    let origins = config.cors_origins.clone();
    actix_web::rt::System::new().block_on(async move {
        let mut server = connections::serve(listener, &settings, move || {
            answers::complete(
                Router::new()
                    .app_data(app.clone())
                    .app_data(document.clone())
                    .wrap(NormalizePath::trim())
                    .wrap(Condition::new(origins.are_any(), origins.cors()))
                    .wrap(Condition::new(origins.are_any(), from_fn(cors::refuse)))
                    .configure(routes::configure),
            )
        })?;
        // The first step starts the threads and listens to signals: who is told that all is ready may send one.
        if let Poll::Ready(ended) = poll_fn(|cx| Poll::Ready(Pin::new(&mut server).poll(cx))).await {
            return ended.context("the server failed");
        }
        exposure::warn(config);
        ready(address)?;
        server.await.context("the server failed")
    })?;
    // The handlers are gone and with them every entrance to the queue: the writer ends when it is empty.
    writer.join().map_err(|_| anyhow::anyhow!("the writer failed"))?;
    lookups.join().map_err(|_| anyhow::anyhow!("the look-up of keys failed"))?;
    maintenance.stop().map_err(|_| anyhow::anyhow!("the maintenance failed"))?;
    tracing::info!("stopped; everything is stored");
    Ok(())
}

fn throttle_limits(config: &Config) -> ThrottleLimits {
    // Of the places for passwords one address gets most, and never all.
    let places = config.password_threads + config.password_queue;
    ThrottleLimits {
        at_once: (places * 3 / 4).max(1),
        failures_of_name_and_address: config.sign_in_failures_per_hour,
        failures_of_name: config.sign_in_failures_per_hour_name,
        failures_of_address: config.sign_in_failures_per_hour_address,
        registrations_of_address: config.registrations_per_hour_address,
        registrations: config.registrations_per_hour,
    }
}

/// The highest cost of all stored passwords: what a wrong one has to take for none to be told from another.
fn highest_cost(storage: &Storage) -> anyhow::Result<u32> {
    const AT_ONCE: u32 = 1000;
    let (mut highest, mut after) = (0, None);
    loop {
        let accounts = storage.accounts(after, AT_ONCE)?;
        let costs = accounts.iter().filter_map(|account| cost_of_hash(&account.password_hash));
        highest = costs.fold(highest, u32::max);
        match accounts.last() {
            Some(last) => after = Some(last.id),
            None => return Ok(highest),
        }
    }
}

/// The given secret, or the one in the data folder, made at the first start.
fn secret(config: &Config, random: &Random) -> anyhow::Result<Secret> {
    if let Some(secret) = &config.secret_key {
        return Ok(secret.clone());
    }
    files::make_data_dir(&config.data_dir)?;
    let path = config.data_dir.join("secret.key");
    match std::fs::read_to_string(&path) {
        Ok(secret) if secret.len() >= 16 => {
            files::check_secret(&path);
            return Ok(Secret::new(secret));
        }
        Ok(_) => anyhow::bail!("the secret in {} is too short; delete the file", path.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the secret {}", path.display()));
        }
    }
    let secret = random.token()?.text;
    files::write_secret(&path, &secret)
        .with_context(|| format!("cannot write the secret {}", path.display()))?;
    Ok(Secret::new(secret))
}
