//! Who may reach what, case by case.

use serde_json::json;

use super::*;

fn policy(asked: &[&str], grants: &[&str]) -> Policy {
    let grant = |text: &&str| {
        let (host, flags) = text.split_once(' ').unwrap_or((text, ""));
        Grant {
            host: host.parse().unwrap(),
            private: flags.contains("private"),
            plain_http: flags.contains("plain"),
        }
    };
    let asked = asked.iter().map(|text| text.parse().unwrap()).collect();
    Policy::new("misfit".into(), asked, grants.iter().map(grant).collect())
}

/// The permit's privacy, or the denial as it is shown.
fn check(policy: &Policy, url: &str, expected: Result<bool, &str>) {
    let judged = policy.judge(&target::parse(url).unwrap());
    match (judged, expected) {
        (Ok(permit), Ok(private)) => assert_eq!(permit.private, private, "{url}"),
        (Err(denial), Err(text)) => assert_eq!(denial.to_string(), text, "{url}"),
        (actual, _) => panic!("{url}: {actual:?}"),
    }
}

const NO_GRANT_HELPS: &str = "\nhint: no grant helps: the plugin's manifest does not name this host";

#[test]
fn a_host_is_reached_when_both_sides_said_so() {
    let both = policy(&["api.example.com", "*.example.org"], &["*.example.com", "eu.example.org"]);
    check(&both, "https://api.example.com/v1", Ok(false));
    check(&both, "wss://eu.example.org/", Ok(false));
    check(
        &both,
        "https://admin.example.com/",
        Err(&format!("host is not in the manifest of misfit: https://admin.example.com{NO_GRANT_HELPS}")),
    );
    check(
        &both,
        "https://us.example.org/?text=hello",
        Err("host is not granted to misfit: https://us.example.org\n\
             hint: under [providers.misfit] write grants = [\"*.example.com\", \"eu.example.org\", \"us.example.org\"]"),
    );
}

#[test]
fn another_port_is_another_service() {
    let policy = policy(&["localhost"], &["localhost:8880 private plain"]);
    check(&policy, "http://localhost:8880/", Ok(true));
    check(
        &policy,
        "http://localhost:8881/",
        Err("host is not granted to misfit: http://localhost:8881\n\
             hint: under [providers.misfit] write grants = [\
             { host = \"localhost:8880\", private = true, plain_http = true }, \
             { host = \"localhost:8881\", private = true, plain_http = true }]"),
    );
}

#[test]
fn plain_http_needs_a_grant_of_its_own() {
    let encrypted = policy(&["api.example.com"], &["api.example.com"]);
    check(
        &encrypted,
        "http://api.example.com/",
        Err("plain http is not granted to misfit: http://api.example.com\n\
             hint: under [providers.misfit] write grants = [{ host = \"api.example.com\", plain_http = true }]"),
    );
    check(
        &encrypted,
        "ws://api.example.com/",
        Err("plain http is not granted to misfit: ws://api.example.com\n\
             hint: under [providers.misfit] write grants = [{ host = \"api.example.com\", plain_http = true }]"),
    );
    check(&policy(&["api.example.com"], &["api.example.com plain"]), "ws://api.example.com/", Ok(false));
    // A grant of plain http does not lend its other half to a grant without.
    let mixed = policy(&["api.example.com"], &["api.example.com plain", "*.example.com private"]);
    check(&mixed, "http://api.example.com/", Ok(false));
    check(&mixed, "https://api.example.com/", Ok(true));
}

#[test]
fn a_private_address_needs_a_grant_of_its_own() {
    let public = policy(&["127.0.0.1", "::1", "1.1.1.1"], &["127.0.0.1", "::1", "1.1.1.1"]);
    check(&public, "https://1.1.1.1/", Ok(false));
    let hint = |host: &str| {
        let mut grants = ["127.0.0.1", "[::1]", "1.1.1.1"].map(|granted| format!("\"{granted}\""));
        let granted = grants.iter_mut().find(|granted| granted.contains(host)).unwrap();
        *granted = format!("{{ host = \"{host}\", private = true }}");
        format!("hint: under [providers.misfit] write grants = [{}]", grants.join(", "))
    };
    for spelling in ["127.0.0.1", "127.1", "0x7f000001", "2130706433"] {
        let text = "private address is not granted to misfit: https://127.0.0.1 is 127.0.0.1, this machine";
        check(&public, &format!("https://{spelling}/"), Err(&format!("{text}\n{}", hint("127.0.0.1"))));
    }
    let text = "private address is not granted to misfit: https://[::1] is ::1, this machine";
    check(&public, "https://[::1]/", Err(&format!("{text}\n{}", hint("[::1]"))));
    check(&policy(&["127.0.0.1"], &["127.0.0.1 private"]), "https://127.0.0.1/", Ok(true));
}

#[test]
fn the_host_of_a_setting_is_the_host_of_its_url() {
    let check = |settings: Value, expected: Result<Option<&str>, &str>| {
        let found = patterns([&Host::Setting("base_url".to_owned())], &settings);
        let found = found.map(|hosts| hosts.first().map(ToString::to_string));
        let expected = expected.map(|host| host.map(str::to_owned)).map_err(str::to_owned);
        assert_eq!(found.map_err(|error| error.to_string()), expected, "{settings}");
    };
    check(json!({ "base_url": "http://localhost:8880/v1" }), Ok(Some("localhost")));
    check(json!({ "base_url": "https://[::1]/" }), Ok(Some("[::1]")));
    check(json!({}), Ok(None));
    check(json!({ "base_url": "" }), Ok(None));
    check(
        json!({ "base_url": "localhost:8880" }),
        Err("settings do not fit the plugin at /base_url: must be the address of a service: \
             scheme is not https, http, wss or ws: localhost"),
    );
    let names = [Host::Name("api.example.com".to_owned()), Host::Name("*.example.org".to_owned())];
    assert_eq!(patterns(&names, &json!({})).unwrap().len(), 2);
}
