//! Word marks, over the WebSocket of Microsoft's own clients.

use serde_json::{Value, json};
use understudy_plugin::testing::{Recording, Reply};
use understudy_plugin::{Encoding, Request, WordTimes};

use super::service::{
    AVA_HD, HOST, JENNY, WORD_BYTES, documents, header, hello, metadata, opening, play, rest, said, socket,
    speaking, speaks, tell,
};

/// The words of a recording as `word@start-end`.
fn shown(recording: &Recording) -> String {
    let marks = recording.spoken().into_iter().zip(&recording.words);
    marks
        .map(|(word, mark)| format!("{word}@{}-{}", mark.start_ms, mark.end_ms))
        .collect::<Vec<_>>()
        .join(" ")
}

fn wanted(text: &str) -> Request {
    Request::text(text).voice(JENNY).words().encodings([Encoding::PcmS16le])
}

#[test]
fn a_turn_is_asked_for_as_the_services_own_clients_do() {
    let (mut harness, log) = socket(speaks);
    let recording = harness.synthesize(wanted("Hello, my \"dear\" friend!")).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "Hello@0-200 my@200-400 dear@400-600 friend@600-800");
    assert_eq!(recording.summary.word_times, Some(WordTimes::Native));
    assert_eq!(recording.audio.len(), 4 * WORD_BYTES);

    let seen = log.borrow();
    let handshake = &seen.handshakes[0];
    assert_eq!(handshake.url, format!("wss://{HOST}/tts/cognitiveservices/websocket/v1"));
    let names: Vec<_> = handshake.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Ocp-Apim-Subscription-Key", "X-ConnectionId", "User-Agent"]);
    assert_eq!((handshake.headers[0].1.as_str(), handshake.headers[1].1.len()), ("k1", 32));

    let heads: Vec<&str> = seen.messages.iter().map(|(head, _)| head.as_str()).collect();
    let paths: Vec<_> = heads.iter().map(|head| header(head, "Path").unwrap()).collect();
    assert_eq!(paths, ["speech.config", "synthesis.context", "ssml"]);
    for head in &heads {
        assert_eq!(header(head, "X-RequestId").unwrap().len(), 32);
        assert!(header(head, "X-Timestamp").unwrap().ends_with(".000Z"), "{head}");
    }
    assert_eq!(header(heads[1], "X-RequestId"), header(heads[2], "X-RequestId"));
    assert_eq!(header(heads[2], "X-RequestId"), recording.summary.request_id.as_deref());
    assert_eq!(header(heads[1], "Content-Type"), Some("application/json"));
    assert_eq!(header(heads[2], "Content-Type"), Some("application/ssml+xml"));
    let context: Value = serde_json::from_str(&seen.messages[1].1).unwrap();
    let audio = &context["synthesis"]["audio"];
    assert_eq!(audio["outputFormat"], "raw-24khz-16bit-mono-pcm");
    assert_eq!(audio["metadataOptions"]["wordBoundaryEnabled"], true);
    assert_eq!(audio["metadataOptions"]["visemeEnabled"], false);
    let config: Value = serde_json::from_str(&seen.messages[0].1).unwrap();
    assert_eq!(config["context"]["system"]["name"], "understudy");
}

#[test]
fn without_words_wanted_rest_is_taken() {
    let mut harness = speaking();
    let recording = harness.synthesize(hello()).unwrap();
    assert_eq!((recording.summary.word_times, documents(&harness).len()), (None, 1));
}

#[test]
fn an_hd_voice_reports_no_words_so_rest_is_taken() {
    let mut harness = speaking();
    let recording = harness.synthesize(hello().voice(AVA_HD).words()).unwrap();
    recording.assert_contract();
    assert_eq!((recording.summary.word_times, documents(&harness).len()), (None, 1));
}

#[test]
fn pieces_go_over_one_connection_and_begin_where_the_audio_before_them_ends() {
    // 300 s of silence at the end of each piece: samples × 1,000 pass 2³² at 179 s.
    let silence = 300 * 48_000;
    let turn = move |id: &str, document: &str| {
        let mut events = speaks(id, document);
        let end = events.len() - 3;
        events.insert(end, play(id, &vec![0; silence]));
        events
    };
    let source = "One two three. ".repeat(500);
    let (mut harness, log) = socket(turn);
    let recording = harness.synthesize(wanted(&source)).unwrap();
    recording.assert_contract();
    let seen = log.borrow();
    assert_eq!((seen.handshakes.len(), seen.documents().len()), (1, 2));
    let first = said(seen.documents()[0]);
    let before = first.split(' ').count();
    let second = recording.words[before];
    assert_eq!(u64::from(second.start_ms), before as u64 * 200 + 300_000);
    assert_eq!(second.start_byte as usize, first.len() + 1);
    assert_eq!(u64::from(recording.words.last().unwrap().end_ms), recording.audio_ms().unwrap() - 300_000);
}

#[test]
fn words_of_compressed_audio_are_marked_too() {
    let (mut harness, _log) = socket(|id, _| {
        let mut events = opening(id);
        events.push(play(id, &super::service::mp3()));
        events.push(tell(
            id,
            "audio.metadata",
            &metadata(&[("Hello", 500_000, 1_000_000), ("there", 1_500_000, 1)]),
        ));
        events.push(tell(id, "turn.end", "{}"));
        events
    });
    let recording = harness.synthesize(hello().words()).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "Hello@50-150 there@150-150");
}

#[test]
fn punctuation_that_comes_as_a_word_is_none() {
    let (mut harness, _log) = socket(|id, _| {
        let entries = [("Hello", 0, 2_000_000), (",", 2_000_000, 1_000_000), ("you", 3_000_000, 1_000_000)];
        let mut events = opening(id);
        events.push(play(id, &vec![0; 48_000]));
        events.push(tell(id, "audio.metadata", &metadata(&entries)));
        events.push(tell(id, "turn.end", "{}"));
        events
    });
    let recording = harness.synthesize(wanted("Hello, you")).unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "Hello@0-200 you@300-400");
}

#[test]
fn words_of_a_document_lie_in_the_document() {
    let document =
        "<speak>I like <sub alias=\"world wide web\">WWW</sub> &amp; <break time=\"1s\"/><p>tea</p>.</speak>";
    let (mut harness, log) = socket(speaks);
    let recording = harness
        .synthesize(Request::ssml(document).voice(JENNY).words().encodings([Encoding::PcmS16le]))
        .unwrap();
    recording.assert_contract();
    assert_eq!(shown(&recording), "I@0-200 like@200-400 WWW@400-1000 tea@1000-1200");
    assert!(log.borrow().documents()[0].contains("<voice name=\"en-US-JennyNeural\">I like <sub"));
}

#[test]
fn the_older_path_is_tried_where_the_current_one_is_not_found() {
    let (harness, log) = socket(speaks);
    drop(harness);
    let answer: super::service::Answer = std::rc::Rc::new(std::cell::RefCell::new(speaks));
    let seen = log.clone();
    let mut harness = rest(|_| Reply::status(500)).websocket(move |handshake| {
        if handshake.url.contains("/tts/") {
            let body = br#"{"error":{"code":"404","message":"Resource not found"}}"#.to_vec();
            let refusal = understudy_plugin::websocket::Refusal { status: 404, headers: Vec::new(), body };
            return Err(understudy_plugin::websocket::Error::Refused(refusal));
        }
        Ok(super::service::peer(&seen, handshake, &answer))
    });
    harness.synthesize(wanted("Hello there.")).unwrap().assert_contract();
    assert_eq!(log.borrow().handshakes[0].url, format!("wss://{HOST}/cognitiveservices/websocket/v1"));
    let mut fixed = harness.settings(json!({ "region": "westeurope", "websocket_path": "/tts/x" }));
    let error = fixed.synthesize(wanted("Hello there.")).unwrap_err();
    assert_eq!(
        error,
        understudy_plugin::Error::unauthorized(
            "no such service in the region or at base_url: Resource not found"
        )
    );
}
