//! What leaves the host, and what comes back.

mod answers;
mod encryption;
mod policy;
mod secrets;
mod sockets;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use understudy_sandbox::{Grant, Limits, Plugin, PluginConfig, Secret};

use crate::server::Server;
use crate::support::{misfit, sandbox};

/// The key that must never be seen.
const CANARY: &str = "sk-canary/0123456789 \"quoted\"";

/// The misfit with hosts to ask for: `127.0.0.1`, to which its key may go, `localhost`, to which it
/// may not, and the host of its setting `base_url`. Grants are a host and what else is granted.
async fn reaching(grants: &[String], limits: Limits, settings: Value) -> Plugin {
    let grants = grants.iter().map(|text| {
        let (host, flags) = text.split_once(' ').unwrap_or((text, ""));
        Grant {
            host: host.parse().unwrap(),
            private: flags.contains("private"),
            plain_http: flags.contains("plain"),
        }
    });
    let config = PluginConfig {
        settings: settings.as_object().unwrap().clone(),
        limits,
        grants: grants.collect(),
        secrets: BTreeMap::from([("api_key".to_owned(), Secret::new(CANARY.to_owned()))]),
        ..PluginConfig::named("misfit")
    };
    sandbox().load(misfit(&["networked"]), config).await.unwrap()
}

/// A plugin that may reach the server by its address.
async fn reaching_server(server: &Server, limits: Limits) -> Plugin {
    reaching(&[format!("{} private plain", server.address)], limits, json!({})).await
}

/// A plugin that may reach the server by its address and by `localhost`.
async fn reaching_both(server: &Server, limits: Limits) -> Plugin {
    let name = format!("localhost:{} private plain", server.port());
    reaching(&[format!("{} private plain", server.address), name], limits, json!({})).await
}
