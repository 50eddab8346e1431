//! What every answer gets, whoever made it: an id, the headers of `headers`, a line in the log.

use std::fmt;

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, apply_fn_factory, map_config};
use actix_web::dev::{AppConfig, ServiceResponse};

use crate::headers;
use crate::telemetry::Observed;

/// Completes the answers of an application. Around it as a whole: as middleware each of the two would put the answer
/// of every event into an allocation of its own.
pub(crate) fn complete<S, B: 'static>(
    application: impl IntoServiceFactory<S, Request>,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = Response<B>,
    Error = S::Error,
    InitError = S::InitError,
    Service = impl Service<Request, Response = Response<B>, Error = S::Error, Future: 'static> + 'static,
    Future: 'static,
>
where
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>> + 'static,
    S::InitError: fmt::Debug,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
{
    let application = map_config(application.into_factory(), |()| AppConfig::default());
    apply_fn_factory(application, |request: Request, application: &S::Service| {
        let observed = Observed::begin(request.head());
        let answer = application.call(request);
        async move {
            let mut answer = answer.await?;
            headers::complete(&mut answer);
            observed.end(&mut answer);
            Ok(answer.into())
        }
    })
}
