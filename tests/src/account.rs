//! Accounts and what they do with projects, a verb for each operation. Not for the base API, which knows a key instead
//! of a project: see `client`.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::client::{Client, PASSWORD};

/// An account that has signed in.
#[derive(Clone, Debug)]
pub struct Account {
    /// The client of the server.
    pub client: Client,
    /// Its name.
    pub username: String,
    /// A bearer token.
    pub token: String,
}

/// A project as one account sees it.
#[derive(Clone, Debug)]
pub struct Project {
    /// The account: an owner, if it made the project.
    pub account: Account,
    /// The id.
    pub id: String,
}

/// An API key of a project.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// The key itself.
    pub text: String,
}

impl Client {
    /// A new account with a token.
    ///
    /// # Panics
    /// When the service refuses one of the steps.
    #[must_use]
    pub fn account(&self, username: &str) -> Account {
        self.register(&json!({"username": username, "password": PASSWORD})).assert_status(200);
        self.sign_in(username)
    }

    /// An account that is there already.
    ///
    /// # Panics
    /// When the service refuses it.
    #[must_use]
    pub fn sign_in(&self, username: &str) -> Account {
        let token = text(&self.token(username, PASSWORD).expect(200).json()["access_token"]);
        Account { client: self.clone(), username: username.to_owned(), token }
    }

    /// A new account that owns a project.
    ///
    /// # Panics
    /// When the service refuses one of the steps.
    #[must_use]
    pub fn owner(&self, username: &str) -> Project {
        self.account(username).project("watched")
    }
}

impl Account {
    /// The same account, on another process or after a restart.
    #[must_use]
    pub fn on(&self, client: &Client) -> Self {
        Self { client: client.clone(), ..self.clone() }
    }

    /// Any request of this account.
    #[must_use]
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        self.client.call(method, path).bearer(&self.token)
    }

    /// `GET`
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send()
    }

    /// `POST` of JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send()
    }

    /// A new project of this name.
    ///
    /// # Panics
    /// When the service refuses it.
    #[must_use]
    pub fn project(&self, name: &str) -> Project {
        let made = self.post("/projects", &json!({"name": name})).expect(201);
        Project { account: self.clone(), id: made.id() }
    }

    /// `POST /invitations/accept`
    #[must_use]
    pub fn accept(&self, token: &str) -> Answer {
        self.post("/invitations/accept", &json!({"token": token}))
    }
}

impl Project {
    /// The path of something in the project: `/projects/{id}` and the rest.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/projects/{}{rest}", self.id)
    }

    /// Any request below the project's path.
    #[must_use]
    pub fn call(&self, method: &str, rest: &str) -> Call<'_> {
        self.account.call(method, &self.path(rest))
    }

    /// `GET`
    #[must_use]
    pub fn get(&self, rest: &str) -> Answer {
        self.call("GET", rest).send()
    }

    /// `POST` of JSON.
    #[must_use]
    pub fn post(&self, rest: &str, body: &Value) -> Answer {
        self.call("POST", rest).json(body).send()
    }

    /// `PATCH` of JSON.
    #[must_use]
    pub fn patch(&self, rest: &str, body: &Value) -> Answer {
        self.call("PATCH", rest).json(body).send()
    }

    /// `PUT` of JSON.
    #[must_use]
    pub fn put(&self, rest: &str, body: &Value) -> Answer {
        self.call("PUT", rest).json(body).send()
    }

    /// `DELETE`
    #[must_use]
    pub fn delete(&self, rest: &str) -> Answer {
        self.call("DELETE", rest).send()
    }

    /// Ends the project, under this name.
    #[must_use]
    pub fn end(&self, name: &str) -> Answer {
        self.call("DELETE", "").json(&json!({"name": name})).send()
    }

    /// `GET` of a question about the project; the query without its question mark.
    #[must_use]
    pub fn ask(&self, path: &str, query: &str) -> Answer {
        self.account.get(&format!("{path}?project={}&{query}", self.id))
    }

    /// The same project, on another process or after a restart.
    #[must_use]
    pub fn on(&self, client: &Client) -> Self {
        self.seen_by(&self.account.on(client))
    }

    /// The same project, as another account sees it.
    #[must_use]
    pub fn seen_by(&self, account: &Account) -> Self {
        Self { account: account.clone(), id: self.id.clone() }
    }

    /// A new key for that.
    ///
    /// # Panics
    /// When the service refuses it.
    #[must_use]
    pub fn key(&self, scopes: &[&str]) -> Key {
        let made = self.post("/keys", &json!({"name": scopes.join(" and "), "scopes": scopes})).expect(201);
        Key { id: made.id(), text: text(&made.json()["key"]) }
    }

    /// The token of a new link; the name is added.
    ///
    /// # Panics
    /// When the service refuses it.
    #[must_use]
    pub fn link(&self, body: &Value) -> String {
        let mut body = body.clone();
        body["name"] = json!("a link");
        text(&self.post("/links", &body).expect(201).json()["token"])
    }

    /// The token of a new invitation.
    ///
    /// # Panics
    /// When the service refuses it.
    #[must_use]
    pub fn invitation(&self, role: &str) -> String {
        text(&self.post("/invitations", &json!({"role": role})).expect(201).json()["token"])
    }

    /// The project as a new account sees it that has become a member.
    ///
    /// # Panics
    /// When the service refuses one of the steps.
    #[must_use]
    pub fn member(&self, username: &str, role: &str) -> Self {
        let account = self.account.client.account(username);
        account.accept(&self.invitation(role)).assert_status(200);
        self.seen_by(&account)
    }

    /// The id of the account of a member.
    ///
    /// # Panics
    /// When there is no such member.
    #[must_use]
    pub fn account_id(&self, username: &str) -> String {
        let members = self.get("/members").expect(200).items();
        let member = members.iter().find(|member| member["username"] == username);
        text(&member.unwrap_or_else(|| panic!("{username} is no member"))["account"])
    }

    /// Gives the project these settings, and all others their default.
    pub fn set(&self, settings: &Value) {
        self.put("/settings", settings).assert_status(200);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
