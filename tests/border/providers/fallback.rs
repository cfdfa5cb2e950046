//! Somebody cannot go on, and the show does: the binary, real plugins, and services that fail.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::Response;
use serde_json::{Value, json};
use understudy_simulators::{Fault, Order, Simulator};

use super::{PROVIDERS, Provider, leave_key};
use crate::support::{Daemon, decode};

const TEXT: &str = "The understudy knows every line.";

fn provider(name: &str) -> &'static Provider {
    PROVIDERS.iter().find(|provider| provider.name == name).expect("it is one of them")
}

/// A daemon whose route is these providers in order, and their services. It buys every take anew:
/// what is told here is who is called.
async fn route<const N: usize>(names: [&str; N], config: &str) -> (Daemon, [Simulator; N]) {
    keeping_route(names, &format!("cache.enabled = false\n{config}"), "").await
}

/// The same, which keeps its takes. `policy` is in everybody's section.
async fn keeping_route<const N: usize>(
    names: [&str; N],
    config: &str,
    policy: &str,
) -> (Daemon, [Simulator; N]) {
    let simulators = names.map(|name| provider(name).simulator());
    let mut text = format!("default_route = \"main\"\n{config}[routes.main]\nprimary = {names:?}\n");
    for (name, simulator) in names.iter().zip(&simulators) {
        text += &provider(name).section(simulator).replacen('\n', &format!("\n{policy}"), 1);
    }
    (Daemon::start_with(&text, leave_key).await, simulators)
}

async fn speak(daemon: &Daemon, change: Value) -> Response {
    let mut body = json!({ "model": "tts-1", "voice": "azure/en-US-AriaNeural", "input": TEXT });
    let fields = body.as_object_mut().expect("an object");
    fields.extend(change.as_object().expect("an object").clone());
    daemon.post("/v1/audio/speech", &body).send().await.expect("an answer")
}

fn header<'answer>(answer: &'answer Response, name: &str) -> &'answer str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

/// What the headers say of who spoke: voice, in whose place, why, how it was found.
fn told(answer: &Response) -> [&str; 4] {
    ["voice", "substituted", "substituted-why", "casting"]
        .map(|name| header(answer, &format!("x-understudy-{name}")))
}

async fn assert_spoken(answer: Response) {
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
    let audio = decode(&answer.bytes().await.expect("audio"));
    assert!((1.5..4.0).contains(&audio.duration().as_secs_f64()), "{:?}", audio.duration());
}

/// The calls that asked a service to speak.
fn syntheses(simulator: &Simulator) -> usize {
    simulator.requests().iter().filter(|request| !request.uri.path().contains("voices")).count()
}

#[tokio::test]
async fn the_same_voice_at_a_sister_service_steps_in_and_the_answer_says_so() {
    let (daemon, [azure, _edge]) = route(["azure", "edge"], "").await;
    let well = speak(&daemon, json!({})).await;
    assert_eq!(told(&well), ["azure/en-US-AriaNeural", "", "", ""]);
    assert!(header(&well, "x-understudy-attempts").starts_with("azure;outcome=ok;ms="));
    assert_spoken(well).await;
    azure.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    let answer = speak(&daemon, json!({})).await;
    assert_eq!(
        told(&answer),
        ["edge/en-US-AriaNeural", "azure/en-US-AriaNeural", "provider_unavailable", "same-name"]
    );
    let attempts = header(&answer, "x-understudy-attempts");
    assert!(attempts.starts_with("azure;outcome=provider_unavailable;ms="), "{attempts}");
    assert!(attempts.contains(", edge;outcome=ok;ms="), "{attempts}");
    assert!(!header(&answer, "x-request-id").is_empty());
    assert_spoken(answer).await;
}

#[tokio::test]
async fn a_dead_primary_costs_no_client_an_error_and_its_part_is_played_alike() {
    let (daemon, [azure, google]) = route(["azure", "google"], "retry.backoff_seconds = 0.01\n").await;
    assert_spoken(speak(&daemon, json!({ "voice": "azure/en-US-GuyNeural" })).await).await;
    drop(azure);
    for _ in 0..8 {
        let answer = speak(&daemon, json!({ "voice": "azure/en-US-GuyNeural" })).await;
        let [voice, asked, _, how] = told(&answer);
        assert!(voice.starts_with("google/en-US-"), "{voice}");
        assert_eq!((asked, how), ("azure/en-US-GuyNeural", "nearest"));
        let score: f32 = header(&answer, "x-understudy-score").parse().expect("a score");
        assert!(score > 0.5, "{score}");
        assert_spoken(answer).await;
    }
    let status = daemon.json("/api/v1/status").await;
    let azure = &status["providers"][0];
    assert_eq!((&azure["name"], &azure["breaker"]), (&json!("azure"), &json!("open")), "{status}");
    let asked = azure["calls"].as_u64().expect("a count");
    speak(&daemon, json!({})).await;
    let status = daemon.json("/api/v1/status").await;
    assert_eq!(status["providers"][0]["calls"], asked, "it is left alone: {status}");
    assert!(status["providers"][0]["withheld"]["breaker_open"].as_u64() > Some(0), "{status}");
    let metrics = daemon.get("/metrics").send().await.expect("an answer").text().await.expect("text");
    assert!(metrics.contains("understudy_breaker_state{provider=\"azure\",state=\"open\"} 1"), "{metrics}");
    assert_eq!(syntheses(&google), 9);
}

#[tokio::test]
async fn a_primary_that_answers_503_to_one_in_five_costs_no_client_an_error() {
    let (daemon, [azure, _edge]) = route(["azure", "edge"], "retry.backoff_seconds = 0.01\n").await;
    let failing = || Some(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    azure.faults().schedule((0..200).map(|call| if call % 5 == 2 { failing() } else { None }));
    let mut tried_again = 0;
    for _ in 0..40 {
        let answer = speak(&daemon, json!({})).await;
        let attempts = header(&answer, "x-understudy-attempts").to_owned();
        tried_again += usize::from(attempts.contains("outcome=provider_unavailable"));
        assert_eq!(told(&answer)[0], "azure/en-US-AriaNeural", "a retry is enough: {attempts}");
        assert_spoken(answer).await;
    }
    assert!((8..=12).contains(&tried_again), "{tried_again}");
}

#[tokio::test]
async fn a_primary_cut_in_mid_body_costs_no_client_an_error() {
    let (daemon, [kokoro, _google]) = route(["kokoro", "google"], "breaker.failures = 1_000\n").await;
    let path = Some("/v1/audio/speech".to_owned());
    kokoro.faults().order(Order { fault: Fault::Cut { after: 4_000 }, path, times: None });
    for format in ["mp3", "wav", "opus"] {
        let answer = speak(&daemon, json!({ "voice": "kokoro/af_heart", "response_format": format })).await;
        let asked = told(&answer)[1].to_owned();
        assert_spoken(answer).await;
        assert_eq!(asked, "kokoro/af_heart", "{format}");
    }
}

#[tokio::test]
async fn a_primary_that_limits_its_rate_is_passed_over_at_once_and_all_of_them_are_a_429() {
    let (daemon, [azure, edge]) = route(["azure", "edge"], "").await;
    azure.faults().set(Fault::RateLimited { retry_after: Some(Duration::from_secs(300)) });
    let answer = speak(&daemon, json!({})).await;
    assert_eq!(told(&answer)[2], "provider_rate_limited");
    assert_spoken(answer).await;
    let asked = syntheses(&azure);
    let answer = speak(&daemon, json!({})).await;
    assert_eq!(header(&answer, "x-understudy-skipped"), "azure;code=provider_rate_limited");
    assert_spoken(answer).await;
    assert_eq!(syntheses(&azure), asked, "it said how long it wants to be left alone");

    edge.faults().set(Fault::RateLimited { retry_after: Some(Duration::from_secs(40)) });
    for _ in 0..2 {
        let answer = speak(&daemon, json!({})).await;
        assert_eq!(answer.status(), 429);
        let soonest: u64 = header(&answer, "retry-after").parse().expect("seconds");
        assert!((1..=40).contains(&soonest), "{soonest}");
        let error: Value = answer.json().await.expect("JSON");
        assert_eq!(error["error"]["type"], "rate_limit_error", "{error}");
        for key in ["message", "type", "param", "code"] {
            assert!(error["error"].get(key).is_some(), "{key}: {error}");
        }
    }
}

#[tokio::test]
async fn when_so_many_are_spoken_and_so_many_wait_the_rest_is_told_when_to_come_back() {
    let limits = "[limits]\nmax_concurrent_syntheses = 1\nqueue_depth = 1\n";
    let (daemon, [kokoro]) = route(["kokoro"], limits).await;
    speak(&daemon, json!({ "voice": "kokoro/af_heart" })).await;
    kokoro.faults().set(Fault::Latency(Duration::from_millis(700)));
    let ask = |line: usize| {
        speak(&daemon, json!({ "voice": "kokoro/af_heart", "input": format!("{TEXT} Take {line}.") }))
    };
    let mut told = Vec::new();
    for answer in futures_util::future::join_all((0..5).map(ask)).await {
        if answer.status() == 503 {
            assert_eq!((header(&answer, "retry-after"), header(&answer, "x-should-retry")), ("1", ""));
            let error: Value = answer.json().await.expect("JSON");
            told.push(error["error"]["code"].as_str().expect("a code").to_owned());
        } else {
            assert_eq!(answer.status(), 200);
            told.push("ok".to_owned());
        }
    }
    told.sort();
    assert_eq!(told, ["busy", "busy", "busy", "ok", "ok"], "one was spoken, and one waited for it");
}

#[tokio::test]
async fn the_wait_for_a_place_is_no_providers_timeout_with_the_cache_on() {
    let limits = "[limits]\nmax_concurrent_syntheses = 1\n";
    let names = ["azure", "edge", "kokoro"];
    let (daemon, [_azure, edge, kokoro]) = keeping_route(names, limits, "timeout_seconds = 2\n").await;
    for voice in ["azure/en-US-AriaNeural", "kokoro/af_heart"] {
        assert_spoken(speak(&daemon, json!({ "voice": voice })).await).await;
    }
    kokoro.faults().set(Fault::Latency(Duration::from_millis(1_500)));
    let in_turn = |place: u64, change: Value| {
        let daemon = &daemon;
        async move {
            tokio::time::sleep(Duration::from_millis(200 * place)).await;
            speak(daemon, change).await
        }
    };
    let busy = |take: u64| {
        in_turn(take, json!({ "voice": "kokoro/af_heart", "input": format!("{TEXT} Take {take}.") }))
    };
    let waiting = in_turn(2, json!({ "input": "Another line of the play." }));
    let (one, two, third) = tokio::join!(busy(0), busy(1), waiting);
    assert!(header(&third, "x-understudy-attempts").starts_with("azure;outcome=ok;ms="), "{third:?}");
    assert_eq!([one, two, third].map(|answer| answer.status().as_u16()), [200; 3]);
    assert_eq!(syntheses(&edge), 0);
}

#[tokio::test]
async fn another_voice_of_the_same_provider_is_told_as_the_stand_in_that_it_is() {
    let part = |voice: &str| format!("{{ provider = \"azure\", voice = \"{voice}\" }}");
    let voices =
        format!("[voices.anna]\ncast = [{}, {}]\n", part("en-US-NobodyNeural"), part("en-US-AriaNeural"));
    let (daemon, [_azure]) = route(["azure"], &voices).await;
    let answer = speak(&daemon, json!({ "voice": "anna" })).await;
    assert_eq!(told(&answer), ["azure/en-US-AriaNeural", "anna", "voice_not_found", "mapped"]);
    assert_spoken(answer).await;
}

#[tokio::test]
async fn a_slow_primary_gets_a_rival_only_where_the_operator_pays_for_two() {
    for (hedge, spoke, why) in
        [("", "azure", ""), ("[hedge]\nenabled = true\nafter_seconds = 0.3\n", "edge", "slow")]
    {
        let (daemon, [azure, edge]) = route(["azure", "edge"], hedge).await;
        speak(&daemon, json!({})).await;
        azure.faults().set(Fault::Latency(Duration::from_secs(2)));
        let answer = speak(&daemon, json!({ "input": "Another line of the play." })).await;
        assert_eq!((header(&answer, "x-understudy-provider"), told(&answer)[2]), (spoke, why));
        assert_eq!(
            syntheses(&edge),
            usize::from(spoke == "edge"),
            "nothing is bought twice unless asked for"
        );
    }
}

#[tokio::test]
async fn when_everybody_was_called_the_error_lists_the_calls_and_says_not_to_retry() {
    let (daemon, [azure, edge]) = route(["azure", "edge"], "retry.backoff_seconds = 0.01\n").await;
    for simulator in [&azure, &edge] {
        simulator.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    }
    let answer = speak(&daemon, json!({})).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "x-should-retry")), (503, "false"));
    let error: Value = answer.json().await.expect("JSON");
    assert_eq!(error["error"]["code"], "all_providers_failed", "{error}");
    let attempts = error["error"]["attempts"].as_array().expect("attempts");
    for name in ["azure", "edge"] {
        assert!(
            attempts.iter().any(|attempt| attempt["provider"] == name && attempt["ms"].is_u64()),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_client_can_want_one_voice_or_nobody_and_another_route() {
    let more = "[routes.other]\nprimary = [\"edge\"]\n";
    let (daemon, [azure, _edge]) = route(["azure", "edge"], more).await;
    azure.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    let answer = speak(&daemon, json!({ "fallback": false })).await;
    let error: Value = answer.json().await.expect("JSON");
    assert_eq!(error["error"]["code"], "provider_unavailable", "{error}");
    let body = json!({ "input": TEXT, "voice": "alloy" });
    let request = daemon.post("/v1/audio/speech", &body).header("x-understudy-route", "other");
    let answer = request.send().await.expect("an answer");
    assert_eq!((header(&answer, "x-understudy-provider"), told(&answer)[1]), ("edge", ""));
    assert_spoken(answer).await;
    let lost = speak(&daemon, json!({ "route": "othr" })).await;
    let error: Value = lost.json().await.expect("JSON");
    assert_eq!(
        (&error["error"]["param"], &error["error"]["hint"]),
        (&json!("route"), &json!("did you mean other?"))
    );
}

#[tokio::test]
async fn the_plan_is_explained_and_nobody_is_called() {
    let (daemon, [azure, edge, google]) = route(["azure", "edge", "google"], "").await;
    let body = json!({ "text": TEXT, "voice_id": "azure/en-US-AriaNeural", "style": "cheerful" });
    let plan: Value = daemon.ok("/api/v1/tts/explain", &body).await.json().await.expect("JSON");
    assert_eq!((&plan["route"], &plan["leader"]), (&json!("main"), &json!("azure")), "{plan}");
    let hows: Vec<_> = plan["candidates"].as_array().expect("a list").iter().map(|one| &one["how"]).collect();
    assert_eq!(hows, ["asked", "same-name", "nearest"], "{plan}");
    let nearest = &plan["candidates"][2];
    assert!(nearest["score"].as_f64() > Some(0.4), "{nearest}");
    assert!(nearest["reasons"].as_array().is_some_and(|reasons| reasons.len() > 3), "{nearest}");
    assert!(plan["candidates"][0]["price"].as_f64() > Some(0.0), "{plan}");
    for simulator in [&azure, &edge, &google] {
        assert_eq!(syntheses(simulator), 0, "{:?}", simulator.requests());
    }
}

#[tokio::test]
async fn an_ability_that_the_operator_leaves_unused_is_not_asked_for() {
    let (azure, google) = (provider("azure"), provider("google"));
    let simulators = [azure.simulator(), google.simulator()];
    let off = "supports_ssml = false\nsupports_emotions = false\n";
    for (off, skipped, dropped) in
        [("", Value::Null, json!([])), (off, json!("unsupported"), json!(["emotion"]))]
    {
        let section = azure.section(&simulators[0]).replacen('\n', &format!("\n{off}"), 1);
        let config = format!(
            "default_route = \"main\"\n[routes.main]\nprimary = [\"azure\", \"google\"]\n{section}{}",
            google.section(&simulators[1])
        );
        let daemon = Daemon::start_with(&config, leave_key).await;
        let body = json!({ "ssml": format!("<speak>{TEXT}</speak>"), "language_code": "en-US" });
        let plan: Value = daemon.ok("/api/v1/tts/explain", &body).await.json().await.expect("JSON");
        assert_eq!(plan["candidates"][0]["skipped"]["code"], skipped, "{plan}");
        assert_eq!(plan["candidates"][1]["skipped"], Value::Null, "{plan}");
        let body = json!({ "text": TEXT, "voice_id": "azure/en-US-AriaNeural", "emotion": "cheerful" });
        let plan: Value = daemon.ok("/api/v1/tts/explain", &body).await.json().await.expect("JSON");
        assert_eq!(plan["candidates"][0]["dropped"], dropped, "{plan}");
    }
}

#[tokio::test]
async fn a_document_one_service_does_not_take_is_spoken_by_the_next() {
    let (daemon, [azure, google]) = route(["azure", "google"], "").await;
    let document = "<speak>The understudy <voice name='en-US-Neural2-C'>knows every line.</voice></speak>";
    let body = json!({ "ssml": document, "language_code": "en-US" });
    let answer = daemon.post("/api/v1/tts/synthesize", &body).send().await.expect("an answer");
    assert!(header(&answer, "x-understudy-attempts").starts_with("azure;outcome=unsupported;"), "{answer:?}");
    let spoken: Value = answer.json().await.expect("JSON");
    assert_eq!(spoken["provenance"]["provider"], "google", "{spoken}");
    assert_eq!((syntheses(&azure), syntheses(&google)), (0, 1));
}

#[tokio::test]
async fn one_catalogue_has_the_voices_of_all_and_names_who_could_not_list_its_own() {
    let (daemon, [_azure, edge, google]) = route(["azure", "edge", "google"], "").await;
    google.faults().set(Fault::Failing(StatusCode::SERVICE_UNAVAILABLE));
    let page = daemon.json("/api/v1/tts/voices?language=en-US&gender=female&limit=3").await;
    assert_eq!(page["unavailable"][0]["provider"], "google", "{page}");
    assert_eq!(page["unavailable"].as_array().map(Vec::len), Some(1), "{page}");
    let (voices, total) = (page["voices"].as_array().expect("voices"), page["total"].as_u64());
    assert!(voices.len() == 3 && total > Some(3), "{page}");
    assert!(voices.iter().all(|voice| voice["gender"] == "female"), "{page}");
    let facets = page["facets"]["providers"].as_array().expect("counts");
    assert!(facets.iter().any(|count| count["value"] == "azure"), "{page}");
    let next = page["next"].as_str().expect("a cursor");
    let second =
        daemon.json(&format!("/api/v1/tts/voices?language=en-US&gender=female&limit=3&cursor={next}")).await;
    assert_ne!(second["voices"][0]["id"], page["voices"][0]["id"]);
    let found = daemon.json("/api/v1/tts/voices?search=aria&provider=edge").await;
    assert_eq!(found["voices"][0]["id"], "edge/en-US-AriaNeural", "{found}");
    assert_eq!(syntheses(&edge), 0);
}
