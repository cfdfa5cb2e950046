//! What every simulator does whatever service it is.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::openai::OpenAi;
use crate::testing::{Answer, builder, get, post, send, start};
use crate::{CATALOGUE, Fault, Options, Order, Simulator};

const SPEECH: &str = "/v1/audio/speech";

async fn speak(simulator: &Simulator) -> Answer {
    post(simulator, SPEECH, &json!({ "model": "tts-1", "input": "Hello world.", "voice": "alloy" })).await
}

#[tokio::test]
async fn every_entry_of_the_catalogue_starts_under_its_own_name() {
    for entry in CATALOGUE {
        let service = (entry.make)();
        assert_eq!(service.name(), entry.name);
        let simulator = Simulator::start_shared(&service, Options::default()).unwrap();
        assert!((400..500).contains(&get(&simulator, "/no/such/path").await.status), "{}", entry.name);
    }
}

#[test]
fn an_address_of_the_network_is_refused() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    let error = Simulator::start(OpenAi::default(), options).unwrap_err();
    assert_eq!(error.to_string(), "simulators listen on loopback only: 0.0.0.0:0");
}

#[tokio::test]
async fn requests_are_remembered_with_their_answers() {
    let simulator = start(OpenAi::default());
    get(&simulator, "/v1/models?page=2").await;
    send(builder(&simulator, "POST", SPEECH).header("x-mark", "yes").body("words")).await;
    let requests = simulator.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].uri.to_string().as_str(), requests[0].status), ("/v1/models?page=2", Some(200)));
    assert_eq!((&requests[1].body[..], requests[1].status), (&b"words"[..], Some(401)));
    assert_eq!(requests[1].header("x-mark"), Some("yes"));
    assert_eq!(simulator.requests_since(1).len(), 1);
}

#[tokio::test]
async fn a_stopped_simulator_breaks_what_it_held_and_frees_its_port() {
    let simulator = start(OpenAi::default());
    let address = simulator.address();
    simulator.faults().set(Fault::Hang);
    let held = tokio::spawn(builder(&simulator, "GET", "/v1/models").send());
    let waiting = async {
        while simulator.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    drop(simulator);
    assert!(held.await.unwrap().is_err());
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn faults_strike_as_often_as_ordered_and_only_on_their_path() {
    let simulator = start(OpenAi::default());
    let order: Order = "status=502,times=2,path=/v1/audio".parse().unwrap();
    simulator.faults().order(order);
    assert_eq!(get(&simulator, "/v1/models").await.status, 200);
    assert_eq!(speak(&simulator).await.status, 502);
    assert_eq!(speak(&simulator).await.status, 502);
    assert_eq!(speak(&simulator).await.status, 200);
    simulator.faults().set(Fault::Unauthorized);
    assert_eq!(get(&simulator, "/v1/models").await.status, 401);
    simulator.faults().clear();
    assert_eq!(get(&simulator, "/v1/models").await.status, 200);
}

#[tokio::test]
async fn a_good_answer_can_be_spoiled() {
    let simulator = start(OpenAi::default());
    simulator.faults().next(1, Fault::EmptyAudio);
    let empty = speak(&simulator).await;
    assert_eq!((empty.status, empty.body.len(), empty.broken), (200, 0, false));

    simulator.faults().next(1, Fault::ContentType("text/plain".to_owned()));
    let mislabelled = speak(&simulator).await;
    assert_eq!(mislabelled.header("content-type"), "text/plain");
    mislabelled.audio(None);

    simulator.faults().next(1, Fault::Html(StatusCode::BAD_GATEWAY));
    let page = speak(&simulator).await;
    assert_eq!((page.status, page.header("content-type")), (502, "text/html"));
    assert!(page.text().contains("<h1>502 Bad Gateway</h1>"));

    simulator.faults().next(1, Fault::Cut { after: 1_000 });
    let cut = speak(&simulator).await;
    assert_eq!((cut.status, cut.body.len(), cut.broken), (200, 1_000, true));
}

#[tokio::test]
async fn a_stalled_answer_stays_open_and_quiet() {
    let simulator = start(OpenAi::default());
    simulator.faults().next(1, Fault::Stall { after: 1_000 });
    let body = json!({ "model": "tts-1", "input": "Hello world.", "voice": "alloy" });
    let request = builder(&simulator, "POST", SPEECH).bearer_auth(simulator.key()).json(&body);
    let mut response = request.send().await.unwrap();
    let mut arrived = 0;
    while arrived < 1_000 {
        arrived += response.chunk().await.unwrap().unwrap().len();
    }
    let more = tokio::time::timeout(Duration::from_millis(100), response.chunk()).await;
    assert!(more.is_err(), "nothing more, and no end either");
}

#[tokio::test]
async fn delays_come_before_the_answer() {
    let simulator = start(OpenAi::default());
    simulator.faults().next(1, Fault::Latency(Duration::from_millis(80)));
    let early = tokio::time::timeout(Duration::from_millis(40), get(&simulator, "/v1/models")).await;
    assert!(early.is_err());
    assert_eq!(get(&simulator, "/v1/models").await.status, 200);
}
