//! What is sent, and the audio that comes back.

use serde_json::json;
use understudy_plugin::{AudioFormat, Encoding, Error, Request};

use super::service::{FRAMES_PER_WORD, frame, hello, mp3, opening, play, said, served, speaks, tell};

const CLIENT: &str = "6A5AA1D4EAFF4E9FB37E23D68491D6F4";

#[test]
fn a_take_is_spoken_as_the_browser_speaks() {
    let (mut harness, log) = served(speaks);
    let recording = harness.synthesize(hello()).unwrap();
    recording.assert_contract();
    assert_eq!(recording.audio, mp3(2 * FRAMES_PER_WORD));
    assert_eq!(recording.format, AudioFormat::mono(Encoding::Mp3, 24_000).bit_rate(48_000));
    assert_eq!(recording.summary.voice.as_deref(), Some("en-US-AriaNeural"));
    assert_eq!(recording.summary.word_times, None);

    let seen = log.borrow();
    let [(config, config_body), (ssml, document)] = seen.messages.as_slice() else { panic!("{seen:?}") };
    let lines: Vec<_> = config.split("\r\n").collect();
    assert!(
        lines[0].starts_with("X-Timestamp:") && lines[0].ends_with(" GMT+0000 (Coordinated Universal Time)")
    );
    assert_eq!(lines[1..], ["Content-Type:application/json; charset=utf-8", "Path:speech.config"]);
    assert_eq!(
        config_body,
        "{\"context\":{\"synthesis\":{\"audio\":{\"metadataoptions\":{\"sentenceBoundaryEnabled\":\"true\",\
         \"wordBoundaryEnabled\":\"false\"},\"outputFormat\":\"audio-24khz-48kbitrate-mono-mp3\"}}}}\r\n"
    );
    let lines: Vec<_> = ssml.split("\r\n").collect();
    let id = lines[0].strip_prefix("X-RequestId:").unwrap();
    assert_eq!((id.len(), recording.summary.request_id.as_deref()), (32, Some(id)));
    assert_eq!((lines[1], lines[3]), ("Content-Type:application/ssml+xml", "Path:ssml"));
    assert!(lines[2].ends_with("GMT+0000 (Coordinated Universal Time)Z"), "{}", lines[2]);
    assert_eq!(
        document,
        "<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"en-US\">\
         <voice name=\"Microsoft Server Speech Text to Speech Voice (en-US, AriaNeural)\">\
         <prosody pitch=\"+0Hz\" rate=\"+0%\" volume=\"+0%\">Hello there.</prosody></voice></speak>"
    );
}

#[test]
fn the_handshake_shows_a_browser_and_a_token() {
    let (mut harness, log) = served(speaks);
    harness.synthesize(hello()).unwrap();
    let seen = log.borrow();
    let handshake = &seen.handshakes[0];
    let (address, query) = handshake.url.split_once('?').unwrap();
    assert_eq!(address, "wss://speech.platform.bing.com/consumer/speech/synthesize/readaloud/edge/v1");
    let query: Vec<_> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let names: Vec<_> = query.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["TrustedClientToken", "ConnectionId", "Sec-MS-GEC", "Sec-MS-GEC-Version"]);
    assert_eq!(
        (query[0].1, query[1].1.len(), query[2].1.len(), query[3].1),
        (CLIENT, 32, 81, "2-143.0.3650.75")
    );
    let header = |wanted: &str| {
        let found = handshake.headers.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    assert_eq!(header("Origin"), "chrome-extension://jdiccldimpdaibmpdkjnbmckianbfold");
    assert!(header("User-Agent").ends_with("Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0"));
    assert_eq!((header("Pragma"), header("Cache-Control")), ("no-cache", "no-cache"));
    let muid = header("Cookie").strip_prefix("muid=").unwrap().strip_suffix(';').unwrap();
    assert_eq!((muid.len(), muid), (32, muid.to_uppercase().as_str()));
    assert_eq!(handshake.timeout.unwrap().as_secs(), 10);
}

#[test]
fn what_the_door_asks_for_can_be_set() {
    let (harness, log) = served(speaks);
    let mut harness = harness.settings(json!({
        "base_url": "http://127.0.0.1:9/", "token_version": 1, "client_token": "T", "chromium_version": "155.0.4283.45",
        "origin": "o", "headers": { "cookie": "muid=X", "x-more": "1" }, "voice": "en-US-GuyNeural",
        "output_format": "audio-24khz-96kbitrate-mono-mp3",
    }));
    harness.synthesize(Request::text("Hello.")).unwrap();
    let seen = log.borrow();
    let handshake = &seen.handshakes[0];
    assert!(handshake.url.starts_with("ws://127.0.0.1:9/consumer/speech/"), "{}", handshake.url);
    assert!(handshake.url.contains("?TrustedClientToken=T&"));
    assert!(handshake.url.ends_with("&Sec-MS-GEC-Version=1-155.0.4283.45"));
    let headers: Vec<_> =
        handshake.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(headers.contains(&("Origin", "o")) && headers.contains(&("cookie", "muid=X")));
    assert!(headers.contains(&("x-more", "1")) && !headers.iter().any(|(name, _)| *name == "Cookie"));
    assert!(headers.iter().any(|(_, value)| value.ends_with("Edg/155.0.0.0")));
    assert!(seen.messages[0].1.contains("audio-24khz-96kbitrate-mono-mp3"));
    assert!(seen.documents()[0].contains("(en-US, GuyNeural)"));
}

/// The prosody of a request.
fn check(request: Request, expected: &str) {
    let (mut harness, log) = served(speaks);
    harness.synthesize(request).unwrap();
    let seen = log.borrow();
    assert!(seen.documents()[0].contains(&format!("<prosody {expected}>")), "{}", seen.documents()[0]);
}

#[test]
fn controls_are_spelled_as_the_service_reads_them() {
    check(hello().rate(1.2).volume(-6.0), r#"pitch="+0Hz" rate="+20%" volume="-50%""#);
    check(hello().rate(0.5).volume(6.0), r#"pitch="+0Hz" rate="-50%" volume="+100%""#);
    check(hello().pitch(2.0), r#"pitch="+24Hz" rate="+0%" volume="+0%""#);
    check(hello().voice("en-US-GuyNeural").pitch(-2.0), r#"pitch="-13Hz" rate="+0%" volume="+0%""#);
    check(hello().rate(1.2).option("rate", "-7%"), r#"pitch="+0Hz" rate="-7%" volume="+0%""#);
    check(hello().option("pitch", "+9Hz"), r#"pitch="+9Hz" rate="+0%" volume="+0%""#);
    let (mut harness, log) = served(speaks);
    let error = harness.synthesize(hello().option("pitch", "+2st")).unwrap_err();
    assert_eq!(error, Error::invalid("options", "must have pitch as a signed number with Hz, got +2st"));
    assert_eq!(log.borrow().handshakes.len(), 0);
}

#[test]
fn a_text_is_cut_by_the_rate_it_is_spoken_at() {
    let turns = |request: Request| {
        let (mut harness, log) = served(speaks);
        harness.synthesize(request.voice("zh-CN-XiaoxiaoNeural")).unwrap();
        log.borrow().documents().len()
    };
    // 1,500 characters are 4,500 bytes, and as slow as that each turn has half as many.
    let text = || Request::text("你好，世界。".repeat(250));
    assert_eq!(turns(text()), 2);
    assert_eq!(turns(text().rate(0.5)), 3);
    assert_eq!(turns(text().option("rate", "-50%")), 3);
    assert_eq!(turns(text().rate(0.5).option("rate", "+0%")), 2);
    assert_eq!(turns(text().option("rate", "+99999%")), 2);
}

#[test]
fn text_is_escaped_and_control_characters_are_spaces() {
    let (mut harness, log) = served(speaks);
    harness.synthesize(Request::text("R&D <b>\u{b}now\u{0}.").voice("en-US-AriaNeural")).unwrap();
    assert!(log.borrow().documents()[0].contains(">R&amp;D &lt;b&gt; now .<"));
}

#[test]
fn the_voice_is_the_callers_the_operators_or_one_of_the_language() {
    let check = |request: Request, expected: &str| {
        let (mut harness, log) = served(speaks);
        let recording = harness.synthesize(request).unwrap();
        assert_eq!(recording.summary.voice.as_deref(), Some(expected));
        log.borrow().documents()[0].split("xml:lang=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(check(Request::text("Hi"), "en-US-EmmaMultilingualNeural"), "en-US");
    assert_eq!(check(Request::text("Hi").language("de"), "de-DE-KatjaNeural"), "de");
    assert_eq!(check(hello().language("en-GB"), "en-US-AriaNeural"), "en-GB");
    assert_eq!(
        check(hello().voice("zh-CN-liaoning-XiaobeiNeural"), "zh-CN-liaoning-XiaobeiNeural"),
        "zh-CN-liaoning"
    );
    let error = |request: Request| served(speaks).0.synthesize(request).unwrap_err();
    assert_eq!(error(Request::text("Hi").language("xx")), Error::unsupported("the language: xx"));
    assert_eq!(error(hello().voice("alloy")), Error::voice_not_found("alloy"));
    let odd = Error::invalid("language", "must be a BCP-47 tag, got en_US");
    assert_eq!(error(hello().language("en_US")), odd);
}

#[test]
fn audio_is_handed_on_as_it_arrives() {
    let (harness, _log) = served(|id, _| {
        let mut events = opening(id);
        events.extend((0..5).map(|_| play(id, &mp3(3))));
        events.extend([play(id, &[]), tell(id, "turn.end", "{}")]);
        events
    });
    let mut harness = harness.listener_leaves_after(2 * 144);
    assert_eq!(harness.synthesize(hello()).unwrap_err(), Error::Stopped);
    let (mut harness, _log) = served(speaks);
    let recording = harness.synthesize(Request::text("One two three four five six.")).unwrap();
    assert_eq!(recording.chunks.len(), 3, "the first message is too short to tell what it is");
}

#[test]
fn a_long_text_goes_over_one_connection_in_pieces() {
    let sentence = "今天天气很好，我们去公园散步吧！";
    let source = sentence.repeat(300);
    let (mut harness, log) = served(speaks);
    let recording = harness.synthesize(Request::text(&source).voice("zh-CN-XiaoxiaoNeural")).unwrap();
    recording.assert_contract();
    let seen = log.borrow();
    let documents = seen.documents();
    assert_eq!((seen.handshakes.len(), documents.len()), (1, 4));
    assert_eq!(documents.iter().map(|document| said(document)).collect::<String>(), source);
    for document in documents {
        assert!(said(document).len() <= 4_096 && said(document).ends_with('！'));
    }
}

#[test]
fn what_belongs_to_another_turn_is_left_out() {
    let (mut harness, _log) = served(|id, document| {
        let mut events = vec![play("f00d", &mp3(9)), tell("f00d", "turn.end", "{}")];
        events.push(frame(&format!("X-RequestId:{id}\r\nPath:novelty\r\n"), &[1, 2, 3]));
        events.extend(speaks(id, document));
        events
    });
    assert_eq!(harness.synthesize(hello()).unwrap().audio, mp3(2 * FRAMES_PER_WORD));
}

#[test]
fn what_cannot_be_spoken_is_not_sent() {
    let check = |request: Request, expected: Error| {
        let (mut harness, log) = served(speaks);
        assert_eq!(harness.synthesize(request).unwrap_err(), expected);
        assert_eq!(log.borrow().handshakes.len(), 0);
    };
    check(Request::text("... !"), Error::unsupported("text in which nothing can be spoken"));
    check(Request::ssml("<speak>Hi</speak>"), Error::unsupported("SSML"));
}
