//! The service at the other end.

use understudy_plugin::{Error, http};

use crate::access::{Access, Account};
use crate::refusal;
use crate::settings::Settings;

/// The service of the settings.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) settings: Settings,
}

impl Service {
    pub(crate) fn read() -> Result<Self, Error> {
        Ok(Self { settings: Settings::read()? })
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> http::Request {
        let request = http::Request::new(method, format!("{}{path}", self.settings.base_url));
        match &self.settings.user_project {
            Some(project) => request.header("x-goog-user-project", project),
            None => request,
        }
    }

    /// Sends a request with the credentials. A token from the memo that is no longer taken is bought
    /// anew, once.
    pub(crate) fn send(&self, request: http::Request) -> Result<http::Response, Error> {
        let account = match Access::of(&self.settings)? {
            Access::Key(key) => return Ok(request.header("x-goog-api-key", key).send()?),
            Access::Account(account) => account,
        };
        let bearer =
            |request: http::Request, token: &str| request.header("authorization", format!("Bearer {token}"));
        if let Some(token) = Account::kept_token() {
            let response = bearer(request.clone(), &token).send()?;
            if response.status() != 401 {
                return Ok(response);
            }
        }
        Ok(bearer(request, &account.new_token()?).send()?)
    }

    /// Whether the credentials are good and the API is on. Free of charge.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let request = self.request("GET", "/v1/voices").query("languageCode", &self.settings.language);
        let response = self.send(request)?;
        if response.is_success() { Ok(()) } else { Err(refusal::of_account(&response.complaint())) }
    }
}
