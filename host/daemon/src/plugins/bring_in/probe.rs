//! The question to a candidate before it takes the place of one that plays: is all well with you?

use std::time::Duration;

use tokio::time::Instant;
use tracing::info;
use understudy_sandbox::Plugin;
use understudy_speech::{Call, Failure, Provider, ProviderError};

use crate::plugins::PluginState;

/// Asks the candidate to check itself.
pub(super) async fn probe(plugin: &Plugin, patience: Duration) -> Result<(), PluginState> {
    let call = Call { request_id: "reload-check".into(), deadline: Instant::now() + patience };
    match plugin.check(call).await {
        Ok(()) => Ok(()),
        Err(failure) if is_of_the_moment(&failure) => {
            let plugin = plugin.name();
            info!(plugin, code = failure.code(), %failure, "service not reached by the check, the plugin is taken");
            Ok(())
        }
        Err(failure) => Err(PluginState::Rejected {
            code: "plugin_check_failed",
            reason: format!("it finds something wrong with itself: {failure}"),
            hint: Some(
                "correct its section or the file; plugins.check_seconds = 0 takes plugins without a check"
                    .to_owned(),
            ),
        }),
    }
}

/// Whether a failure is one the plugin before it would meet as well: the network's, the service's or
/// this host's. A service that cannot be understood is the plugin's own trouble.
const fn is_of_the_moment(failure: &Failure) -> bool {
    match failure {
        Failure::Provider(error) => matches!(
            error,
            ProviderError::Unavailable(_)
                | ProviderError::TimedOut
                | ProviderError::RateLimited { .. }
                | ProviderError::QuotaExhausted { .. }
        ),
        Failure::DeadlineExceeded { .. } | Failure::Busy { .. } | Failure::Replaced { .. } => true,
        Failure::Trapped { .. }
        | Failure::CpuExceeded { .. }
        | Failure::LimitExceeded { .. }
        | Failure::NotGranted { .. }
        | Failure::BrokenContract { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_is_down_refuses_nobody_and_a_wrong_key_does() {
        let check =
            |failure: Failure, expected| assert_eq!(is_of_the_moment(&failure), expected, "{failure}");
        let plugin = || "amy".to_owned();
        check(ProviderError::Unavailable("no route to host".to_owned()).into(), true);
        check(ProviderError::TimedOut.into(), true);
        check(ProviderError::RateLimited { retry_after: None }.into(), true);
        check(Failure::DeadlineExceeded { plugin: plugin(), limit: Duration::from_secs(5) }, true);
        check(ProviderError::Unauthorized("401".to_owned()).into(), false);
        check(ProviderError::Protocol("no JSON".to_owned()).into(), false);
        check(Failure::Trapped { plugin: plugin(), reason: "unreachable".to_owned() }, false);
    }
}
