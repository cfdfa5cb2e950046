//! A plugin that calls a service the test plays.

use std::time::Duration;

use serde_json::json;
use understudy_plugin::testing::{Harness, Peer, Reply};
use understudy_plugin::websocket::{self, Event, Handshake, Refusal};
use understudy_plugin::{
    Error, Host, Manifest, Plugin, Request, SecretRequest, Summary, Take, Voice, http, log, memo, settings,
    signing,
};

use super::FORMAT;

/// Speaks through a service: a token by HTTP, kept in the memo, then a WebSocket.
pub(super) struct Cloud;

impl Plugin for Cloud {
    fn describe() -> Manifest {
        let api = Host::name("api.example.com");
        Manifest::new("cloud", "Cloud", "1.0.0-beta+7")
            .host(api.clone(), "speech")
            .secret(SecretRequest::new("api_key", "account").host(api))
            .settings_schema(json!({
                "type": "object",
                "properties": {
                    "api_key": { "type": "string" },
                    "region": { "type": "string", "default": "eu" },
                    "nested": { "type": "object", "default": {}, "properties": { "depth": { "default": 3 } } }
                }
            }))
    }

    fn check() -> Result<(), Error> {
        let settings: serde_json::Value = settings::get()?;
        log::info("checked", &[("region", &settings["region"]), ("depth", &settings["nested"]["depth"])]);
        http::Request::get("https://api.example.com/me")
            .query("a b", "ü&")
            .header("x-key", settings["api_key"].as_str().unwrap_or_default())
            .send()?
            .error_for_status()?;
        Ok(())
    }

    fn voices() -> Result<Vec<Voice>, Error> {
        let names: Vec<String> = memo::remember("voices", Duration::from_secs(60), || {
            Ok(http::Request::get("https://api.example.com/voices").send()?.error_for_status()?.json()?)
        })?;
        Ok(names.into_iter().map(|name| Voice::new(name.to_lowercase(), name)).collect())
    }

    fn synthesize(request: Request, take: &mut Take) -> Result<Summary, Error> {
        let mut connection = Handshake::new("wss://api.example.com/speak").protocol("speech").connect()?;
        connection.send_text(request.utterance.source())?;
        take.begin(FORMAT)?;
        loop {
            match connection.receive(None)? {
                Event::Binary(audio) => take.audio(&audio)?,
                Event::Text(_) => {}
                Event::Closed(_) => break take.summary(),
            }
        }
    }
}

#[test]
fn defaults_and_secrets_are_where_the_host_puts_them() {
    let mut harness = Harness::<Cloud>::new().secret("api_key", "sk-1").http(|request| {
        assert_eq!(request.url, "https://api.example.com/me?a%20b=%C3%BC%26");
        assert_eq!(request.header_value("X-KEY"), Some("sk-1"));
        Ok(Reply::status(204))
    });
    assert_eq!(harness.check(), Ok(()));
    let [line] = harness.logs() else { panic!("one line, got {:?}", harness.logs()) };
    assert_eq!(
        line.fields,
        [("region".to_owned(), "\"eu\"".to_owned()), ("depth".to_owned(), "3".to_owned())]
    );
    assert_eq!(harness.requests().len(), 1);
}

#[test]
fn the_network_is_denied_until_it_is_played() {
    assert!(matches!(Harness::<Cloud>::new().check(), Err(Error::Unauthorized(_))));
    let spoken = Harness::<Cloud>::new().synthesize(Request::text("hi"));
    assert!(matches!(spoken, Err(Error::Unauthorized(_))));
}

#[test]
fn a_status_becomes_the_error_it_means() {
    let check = |reply: Reply, expected: Error| {
        let mut harness = Harness::<Cloud>::new().http(move |_| Ok(reply.clone()));
        assert_eq!(harness.check(), Err(expected));
    };
    let seven = Some(Duration::from_secs(7));
    check(Reply::status(401).piece("no\n"), Error::unauthorized("status 401: no"));
    check(Reply::status(429).header("Retry-After", "7"), Error::RateLimited { retry_after: seven });
    let dated = Reply::status(503).header("date", "Sun, 22 Nov 2026 11:00:00 GMT");
    let dated = dated.header("retry-after", "Sun, 22 Nov 2026 11:00:07 GMT");
    check(dated, Error::RateLimited { retry_after: seven });
    check(Reply::status(402), Error::QuotaExhausted { resets_in: None });
    check(Reply::status(504), Error::TimedOut);
    check(
        Reply::status(500).piece("x".repeat(3_000)),
        Error::unavailable(format!("status 500: {}", "x".repeat(1_024))),
    );
    check(Reply::status(503).then_fails(http::Error::TimedOut), Error::unavailable("status 503: "));
    check(Reply::status(302), Error::protocol("status 302: "));
}

#[test]
fn the_memo_lives_from_call_to_call() {
    let mut calls = 0;
    let mut harness = Harness::<Cloud>::new().http(move |_| {
        calls += 1;
        assert_eq!(calls, 1, "the list is fetched once");
        Ok(Reply::json(&json!(["Ann"])))
    });
    for _ in 0..2 {
        assert_eq!(harness.voices(), Ok(vec![Voice::new("ann", "Ann")]));
    }
    assert_eq!(harness.remembered("voices"), Some(b"[\"Ann\"]".as_slice()));
}

#[test]
fn a_websocket_peer_answers_and_closes() {
    let mut harness = Harness::<Cloud>::new().websocket(|handshake| {
        assert_eq!(handshake.protocols, ["speech"]);
        let close =
            |_: &Event| vec![Event::Text("meta".into()), Event::Binary(vec![0; 320]), Event::Closed(None)];
        Ok(Peer::new().answers(close))
    });
    let recording = harness.synthesize(Request::text("hi")).unwrap();
    recording.assert_contract();
    assert_eq!(recording.chunks.len(), 1);

    let mut silent = Harness::<Cloud>::new().websocket(|_| Ok(Peer::new()));
    assert_eq!(silent.synthesize(Request::text("hi")).unwrap_err(), Error::TimedOut);
    let mut empty = Harness::<Cloud>::new().websocket(|_| Ok(Peer::new().closes(1000, "done")));
    assert_eq!(empty.synthesize(Request::text("hi")).unwrap_err(), Error::NoAudio);
}

#[test]
fn a_placeholder_in_a_message_is_refused_as_the_host_refuses_it() {
    struct Careless;
    impl Plugin for Careless {
        fn describe() -> Manifest {
            Cloud::describe()
        }
        fn voices() -> Result<Vec<Voice>, Error> {
            Ok(Vec::new())
        }
        fn synthesize(request: Request, _: &mut Take) -> Result<Summary, Error> {
            let settings: serde_json::Value = settings::get()?;
            let key = settings["api_key"].as_str().unwrap_or_default();
            let message = format!("{{\"key\":\"{key}\"}}");
            let mut connection = websocket::connect(format!("wss://api.example.com/?key={key}"))?;
            match request.utterance.source() {
                "binary" => connection.send_binary(message.as_bytes())?,
                text => connection.send_text(&message.replace(key, text))?,
            }
            connection.send_text(&message)?;
            Err(Error::NoAudio)
        }
    }
    for text in ["binary", "text"] {
        let mut harness = Harness::<Careless>::new().secret("api_key", "sk-1").websocket(|handshake| {
            assert_eq!(handshake.url, "wss://api.example.com/?key=sk-1");
            Ok(Peer::new().answers(|heard| {
                assert_eq!(heard, &Event::Text("{\"key\":\"text\"}".to_owned()));
                Vec::new()
            }))
        });
        let expected = "websocket handshake or message is malformed: placeholder in a websocket message";
        assert_eq!(harness.synthesize(Request::text(text)).unwrap_err(), Error::protocol(expected));
    }
}

#[test]
fn a_refused_handshake_says_what_a_refused_request_does() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let refusal = Refusal {
        status: 429,
        headers: vec![header("Retry-After", " 7 ")],
        body: br#"{"error":{"code":"429","message":"Slow down"}}"#.to_vec(),
    };
    let complaint = refusal.complaint();
    assert_eq!((complaint.status, complaint.message.as_str()), (429, "Slow down"));
    assert!(complaint.is(&["429"]));
    let limited = Error::RateLimited { retry_after: Some(Duration::from_secs(7)) };
    let dated = |name: &str, time: &str| header(name, &format!("Sun, 22 Nov 2026 {time} GMT"));
    let headers = vec![dated("Date", "11:00:00"), dated("Retry-After", "11:00:07")];
    let by_date = Refusal { headers, ..refusal.clone() };
    assert_eq!(by_date.complaint().by_status(), limited);
    assert_eq!(
        (complaint.by_status(), Error::from(websocket::Error::Refused(refusal))),
        (limited.clone(), limited)
    );
}

#[test]
fn a_body_is_read_piece_by_piece_within_its_limit() {
    struct Body;
    impl Plugin for Body {
        fn describe() -> Manifest {
            Manifest::new("body", "Body", "1.0.0")
        }
        fn check() -> Result<(), Error> {
            let get = || http::Request::get("https://api.example.com").send();
            let mut response = get()?;
            assert_eq!(response.read(2)?, Some(b"ab".to_vec()));
            assert_eq!(response.read(2)?, Some(b"c".to_vec()));
            assert_eq!(response.read(2)?, Some(b"de".to_vec()));
            assert_eq!(response.read(2)?, None);
            assert_eq!(get()?.bytes(4), Err(http::Error::TooLarge(4)));
            assert_eq!(get()?.text()?, "abcde");
            assert!(matches!(get()?.json::<u32>(), Err(http::Error::Protocol(_))));
            Ok(())
        }
        fn voices() -> Result<Vec<Voice>, Error> {
            Ok(Vec::new())
        }
        fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
            take.summary()
        }
    }
    let mut harness = Harness::<Body>::new().http(|_| Ok(Reply::ok("abc").piece("de")));
    assert_eq!(harness.check(), Ok(()));
}

#[test]
fn signatures_are_real_and_keys_are_named() {
    struct Signer;
    impl Plugin for Signer {
        fn describe() -> Manifest {
            Manifest::new("signer", "Signer", "1.0.0")
        }
        fn check() -> Result<(), Error> {
            // RFC 4231, test case 2, its key cut into a prefix and a secret.
            let signature = signing::hmac_sha256("key", "Je", b"what do ya want for nothing?")?;
            assert_eq!(signature.first_chunk(), Some(&[0x5b, 0xdc, 0xc1, 0x46]));
            assert_eq!(
                signing::hmac_sha256("other", "", b""),
                Err(signing::Error::UnknownSecret("other".into()))
            );
            Ok(())
        }
        fn voices() -> Result<Vec<Voice>, Error> {
            Ok(Vec::new())
        }
        fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
            take.summary()
        }
    }
    assert_eq!(Harness::<Signer>::new().secret("key", "fe").check(), Ok(()));
}

#[test]
fn a_panic_leaves_the_next_harness_a_clean_stage() {
    struct Panics;
    impl Plugin for Panics {
        fn describe() -> Manifest {
            Manifest::new("panics", "Panics", "1.0.0")
        }
        fn check() -> Result<(), Error> {
            log::error("about to fail", &[]);
            panic!("on purpose")
        }
        fn voices() -> Result<Vec<Voice>, Error> {
            Ok(Vec::new())
        }
        fn synthesize(_: Request, take: &mut Take) -> Result<Summary, Error> {
            take.summary()
        }
    }
    let fall = || Harness::<Panics>::new().settings(json!({ "left": "over" })).check();
    assert!(std::panic::catch_unwind(fall).is_err());
    assert_eq!(
        settings::get::<serde_json::Value>(),
        Ok(json!({})),
        "outside of a harness there is no setting"
    );
}
