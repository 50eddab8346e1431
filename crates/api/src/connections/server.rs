//! The server: actix-web's own (`HttpServer`), taken apart so that the sockets can be watched.

use std::fmt;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::{Server, ServerBuilder};
use actix_service::{Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service};
use actix_web::body::MessageBody;
use actix_web::rt::net::TcpStream;

use super::connection::{Connection, Rules};
use super::exchange::{Tracked, Work};
use super::last_answer::CLOSING;
use crate::clock::Clock;
use crate::pace::Pace;

/// Threads that wait for the database or compute, for each worker. Each keeps some memory for its next task;
/// more of them than connections to the database or cores would only wait.
const BLOCKING_THREADS: usize = 8;

/// How long connections may take to finish at shutdown, in seconds.
const SHUTDOWN_SECONDS: u64 = 10;

/// How connections are served.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Threads.
    pub(crate) workers: usize,
    /// Connections of all threads together; further ones wait until one ends.
    pub(crate) max_connections: usize,
    /// How slowly a client may take its answers.
    pub(crate) answers: Pace,
    pub(crate) clock: Clock,
}

/// Serves until SIGTERM or SIGINT, and then until the requests that are worked on are answered.
pub(crate) fn serve<F, S, B>(
    listener: TcpListener,
    settings: &Settings,
    application: F,
) -> std::io::Result<Server>
where
    F: Fn() -> S + Clone + Send + 'static,
    S: ServiceFactory<Request, Config = (), Response = Response<B>> + 'static,
    S::Error: Into<actix_web::Error>,
    S::InitError: fmt::Debug,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let builder = ServerBuilder::new();
    let shutdown = builder.graceful_shutdown_signal();
    let rules = Rules { answers: settings.answers, clock: settings.clock.clone() };
    let service = move || {
        let (shutdown, rules) = (shutdown.clone(), rules.clone());
        let application = application().map_err(|error| error.into().error_response());
        let tracked = apply_fn_factory(application, |mut request: Request, application: &_| {
            let work = Work::begin(&mut request);
            let answer = Service::call(application, request);
            async move {
                let answer = answer.await?;
                Ok(match work {
                    Some(work) => work.answer(answer),
                    None => answer.map_body(|_, body| Tracked::untracked(body)),
                })
            }
        });
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            // The connection has its own time for silence and for heads, and for all of them.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(CLOSING)
            .local_addr(address)
            .on_connect_ext(|connection: &Connection<TcpStream>, data| {
                data.insert(Rc::clone(connection.exchange()));
            })
            .h1(tracked);
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            std::future::ready(Ok((Connection::new(stream, peer, rules.clone()), peer)))
        })
        .and_then(http)
    };
    let server = builder
        .workers(settings.workers)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .max_concurrent_connections(settings.max_connections.div_ceil(settings.workers))
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .listen("http", listener, service)?;
    Ok(server.run())
}
