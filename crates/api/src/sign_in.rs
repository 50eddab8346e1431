//! From a name and a password to an account: throttled, and noted where it fails.

use actix_web::{HttpRequest, web};
use domain::Username;
use storage::{Account, Actor, action};

use crate::access::SignedIn;
use crate::app::App;
use crate::auth::Verified;
use crate::problem::Problem;
use crate::telemetry::describe;

/// The account whose name and password these are.
///
/// # Errors
/// They are not; or there were too many wrong ones, of this name or from this address.
pub(crate) async fn sign_in(
    app: &web::Data<App>,
    request: &HttpRequest,
    username: String,
    password: String,
) -> Result<(Account, Actor), Problem> {
    let address = app.origins.caller(request);
    let slot = app.passwords.slot(app.throttle.standing(&username, address))?;
    let attempt = app.throttle.sign_in(&username, address)?;
    let account = match Username::parse(&username) {
        Ok(name) => {
            let storage = app.storage.clone();
            web::block(move || storage.account_by_name(&name)).await??
        }
        // Takes as long as a name that nobody has.
        Err(_) => None,
    };
    let actor = Actor {
        account: account.as_ref().map(|account| account.id),
        name: username,
        address,
        at: app.clock.now(),
    };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    match (slot.verify(password, hash).await?, account) {
        (Verified::Right { renewed }, Some(account)) => {
            attempt.succeeded();
            if let Some(hash) = renewed {
                renew(app, &account, hash).await?;
            }
            Ok((account, actor))
        }
        (_, account) => {
            attempt.failed();
            if account.is_some() {
                note_failure(app, &actor);
            }
            Err(Problem::WrongCredentials)
        }
    }
}

/// Asks somebody who is signed in for the password once more.
///
/// # Errors
/// It is another one; or there were too many wrong ones.
pub(crate) async fn confirm_password(
    app: &web::Data<App>,
    account: &SignedIn,
    password: String,
) -> Result<(), Problem> {
    let (name, address) = (account.account.username.as_str(), account.actor().address);
    let slot = app.passwords.slot(app.throttle.standing(name, address))?;
    let attempt = app.throttle.sign_in(name, address)?;
    match slot.verify(password, Some(account.account.password_hash.clone())).await? {
        Verified::Right { .. } => {
            attempt.succeeded();
            Ok(())
        }
        Verified::Wrong => {
            attempt.failed();
            note_failure(app, account.actor());
            Err(Problem::WrongPassword)
        }
    }
}

/// Enters a failure into the audit log of the account. The answer does not wait for it: it would tell by its time that
/// there is such an account.
fn note_failure(app: &web::Data<App>, actor: &Actor) {
    let (storage, entry) = (app.storage.clone(), actor.did(action::SIGN_IN_FAIL, ""));
    actix_web::rt::spawn(async move {
        if let Ok(Err(error)) = web::block(move || storage.note(&entry)).await {
            tracing::warn!(error = describe(&error), "cannot note a failed sign-in");
        }
    });
}

/// Keeps the hash of a password at the cost that is configured now.
async fn renew(app: &web::Data<App>, account: &Account, hash: String) -> Result<(), Problem> {
    let (storage, id, old) = (app.storage.clone(), account.id, account.password_hash.clone());
    web::block(move || storage.renew_password_hash(id, &old, &hash)).await??;
    Ok(())
}
