//! The body of an answer, in any pieces, whole and broken.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use understudy_plugin::testing::Reply;
use understudy_plugin::{Encoding, Error, http};

use super::{hello, mp3, service, wave};

fn check(reply: Reply, expected: &str) {
    let request = hello().encodings([Encoding::PcmS16le]);
    let error = service(move |_| reply.clone()).synthesize(request).unwrap_err();
    assert!(error.to_string().contains(expected), "{error} is not {expected}");
}

#[test]
fn the_pieces_of_the_body_make_no_difference() {
    let audio = wave(20);
    let body =
        serde_json::to_string_pretty(&json!({ "audioConfig": {}, "audioContent": STANDARD.encode(&audio) }))
            .unwrap();
    for size in [1, 2, 3, 7, 64, 1_000, 100_000] {
        let pieces: Vec<Vec<u8>> = body.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
        let reply = move |_: &http::Request| {
            pieces.iter().fold(Reply::status(200), |reply, piece| reply.piece(piece.clone()))
        };
        let recording = service(reply).synthesize(hello().encodings([Encoding::PcmS16le])).unwrap();
        recording.assert_contract();
        assert_eq!(recording.audio, audio[44..], "pieces of {size}");
    }
}

#[test]
fn audio_is_handed_on_before_the_body_has_ended() {
    let body = json!({ "audioContent": STANDARD.encode(mp3(2_000)) }).to_string();
    let pieces: Vec<Vec<u8>> = body.as_bytes().chunks(10_000).map(<[u8]>::to_vec).collect();
    let count = pieces.len();
    let reply = move |_: &http::Request| {
        pieces.iter().fold(Reply::status(200), |reply, piece| reply.piece(piece.clone()))
    };
    assert!(service(reply).synthesize(hello()).unwrap().chunks.len() >= count);
}

#[test]
fn an_answer_without_audio_is_no_audio() {
    for body in
        ["", " \n", "{}", r#"{"audioContent":""}"#, r#"{"audioContent":null}"#, r#"{"audioConfig":{}}"#]
    {
        let error = service(move |_| Reply::ok(body)).synthesize(hello()).unwrap_err();
        assert_eq!(error, Error::NoAudio, "{body}");
    }
}

#[test]
fn an_answer_that_is_broken_is_an_error() {
    let whole = json!({ "audioContent": STANDARD.encode(wave(20)) }).to_string();
    check(Reply::ok(&whole[..500]), "answer broke off within the audio");
    check(Reply::ok(&whole[..whole.len() - 1]), "answer is not the expected json");
    check(Reply::ok(&whole[..10]), "answer is not the expected json");
    check(Reply::ok(whole.clone()).then_fails(http::Error::Protocol("cut".into())), "cut");
    check(Reply::ok(whole.replace("AQAB", "AQ*B")), "audio is not base64");
    check(Reply::ok(r#"{"audioContent":"UklGR"}"#), "base64 that was cut off");
    check(Reply::ok(r#"{"audioContent":"UklGRg==UklGRg=="}"#), "audio is not base64");
    let split = Reply::ok(r#"{"audioContent":"UklGRg=="#).piece(r#"UklGRg=="}"#);
    check(split, "audio goes on after its end");
    check(Reply::ok("<html>502</html>"), "answer is not the expected json");
    check(Reply::ok("<".repeat(2 << 20)), "answer holds no audio: <<<");
    let short = STANDARD.encode(&wave(20)[..100]);
    check(Reply::json(&json!({ "audioContent": short })), "bytes missing: 904");
    check(
        Reply::json(&json!({ "audioContent": STANDARD.encode("<html>not audio</html>") })),
        "answer is no audio",
    );
}
