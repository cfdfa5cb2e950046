//! A caller's SSML: completed where it lacks something, refused where the service would be silent.

use understudy_plugin::{Error, Request, TextLimit};

use super::service::{AVA_HD, JENNY, documents, speaking};

const FULL: &str = "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' \
    xmlns:mstts='https://www.w3.org/2001/mstts' xml:lang='en-US'>";

/// What is sent for a document.
fn sent(request: Request) -> String {
    let mut harness = speaking();
    harness.synthesize(request).unwrap().assert_contract();
    documents(&harness).remove(0)
}

fn jenny(document: &str) -> Request {
    Request::ssml(document).voice(JENNY)
}

#[test]
fn a_whole_document_is_sent_as_it_is() {
    let document = format!(
        "{FULL}<voice name='en-US-JennyNeural'>Hi <mstts:express-as style='sad'>you</mstts:express-as></voice></speak>"
    );
    assert_eq!(sent(Request::ssml(&document)), document);
}

#[test]
fn what_a_document_lacks_is_added() {
    assert_eq!(
        sent(jenny("<speak>Hi <break time='1s'/> there</speak>")),
        "<speak xmlns=\"http://www.w3.org/2001/10/synthesis\" version=\"1.0\" xml:lang=\"en-US\">\
         <voice name=\"en-US-JennyNeural\">Hi <break time='1s'/> there</voice></speak>"
    );
    assert_eq!(
        sent(
            jenny(
                "<?xml version='1.0'?><!-- c --><speak version='1.0' xml:lang='de'><p>Hi</p><s>x</s></speak>"
            )
            .rate(1.1)
            .style("sad")
        ),
        "<?xml version='1.0'?><!-- c --><speak xmlns=\"http://www.w3.org/2001/10/synthesis\" xmlns:mstts=\"http://www.w3.org/2001/mstts\" version='1.0' xml:lang='de'>\
         <voice name=\"en-US-JennyNeural\"><mstts:express-as style=\"sad\"><prosody rate=\"+10%\"><p>Hi</p><s>x</s>\
         </prosody></mstts:express-as></voice></speak>"
    );
    assert_eq!(
        sent(jenny("<speak><mstts:silence type='Leading' value='1s'/>Hi</speak>")),
        "<speak xmlns=\"http://www.w3.org/2001/10/synthesis\" version=\"1.0\" xml:lang=\"en-US\" \
         xmlns:mstts=\"http://www.w3.org/2001/mstts\"><voice name=\"en-US-JennyNeural\">\
         <mstts:silence type='Leading' value='1s'/>Hi</voice></speak>"
    );
}

#[test]
fn a_root_with_a_prefix_is_completed_behind_its_whole_name() {
    let synthesis = "http://www.w3.org/2001/10/synthesis";
    assert_eq!(
        sent(jenny(&format!("<s:speak xmlns:s='{synthesis}' version='1.1'><s:s>Hi</s:s></s:speak>"))),
        format!(
            "<s:speak xmlns=\"{synthesis}\" xml:lang=\"en-US\" xmlns:s='{synthesis}' version='1.1'>\
             <voice name=\"en-US-JennyNeural\"><s:s>Hi</s:s></voice></s:speak>"
        )
    );
}

#[test]
fn a_documents_own_voice_is_the_voice_that_speaks() {
    let named = format!("{FULL}<voice name='de-DE-KatjaNeural'>Hallo</voice></speak>");
    let mut harness = speaking();
    let recording = harness.synthesize(Request::ssml(&named)).unwrap();
    assert_eq!(recording.summary.voice, None);
    assert_eq!(recording.summary.characters_billed, Some(5));
    let error = harness.synthesize(Request::ssml(&named).rate(1.2)).unwrap_err();
    assert_eq!(error, Error::unsupported("controls and styles with a document that names its voices"));
}

fn refused(document: &str, expected: Error) {
    let mut harness = speaking();
    assert_eq!(harness.synthesize(jenny(document)).unwrap_err(), expected, "{document}");
    assert_eq!(documents(&harness).len(), 0);
}

/// What another service may take.
fn here(reason: &str) -> Error {
    Error::unsupported(format!("this ssml: {reason}"))
}

#[test]
fn what_the_service_would_refuse_in_silence_is_refused_aloud() {
    let voice = |inside: &str| format!("{FULL}<voice name='en-US-JennyNeural'>{inside}</voice></speak>");
    refused(
        &format!("{FULL}<voice name='en-US-NopeNeural'>Hi</voice></speak>"),
        Error::voice_not_found("en-US-NopeNeural"),
    );
    refused(&format!("{FULL}<voice>Hi</voice></speak>"), here("voice has no name"));
    refused(
        &format!("{FULL}<voice name='en-US-JennyNeural'>Hi</voice> there</speak>"),
        here("text stands outside of voice"),
    );
    refused(
        &format!("{FULL}<break/><voice name='en-US-JennyNeural'>Hi</voice></speak>"),
        here("element stands outside of voice: break"),
    );
    refused(&voice("Hi <mark name='a'/>"), Error::unsupported("the ssml element: mark"));
    refused(&voice("Hi <mstts:sing/>"), Error::unsupported("the ssml element: mstts:sing"));
    refused(&voice("Hi <x xmlns='urn:x'/>"), Error::unsupported("the ssml element: x"));
    refused(
        &voice("<prosody>Hi</prosody>"),
        here("prosody lacks rate or pitch or volume or contour or range"),
    );
    refused(&voice("<say-as>Hi</say-as>"), here("say-as lacks interpret-as"));
    refused(&voice("<lang>Hi</lang>"), here("lang lacks lang"));
    refused(&voice("<mstts:express-as>Hi</mstts:express-as>"), here("mstts:express-as lacks style or role"));
    refused("<speak xmlns='urn:x'>Hi</speak>", here("root is of another namespace: urn:x"));
    refused(
        &voice(&"<audio src='https://a'/>".repeat(50)).replace("<audio", "Hi <audio"),
        here("more than 50 voice and audio elements: 51"),
    );
}

#[test]
fn an_hd_voice_takes_little_markup() {
    let hd = |inside: &str| format!("{FULL}<voice name='{AVA_HD}'>{inside}</voice></speak>");
    refused(&hd("Hi <break/>"), Error::unsupported("the ssml element with an HD voice: break"));
    refused(
        &hd("<prosody rate='1'>Hi</prosody>"),
        Error::unsupported("the ssml element with an HD voice: prosody"),
    );
    let document = hd("<p><lang xml:lang='de-DE'>Hallo</lang> <sub alias='you'>u</sub></p>");
    assert_eq!(sent(Request::ssml(&document).words()), document);
}

#[test]
fn what_is_no_document_is_the_callers_fault() {
    let check = |document: &str, part: &str| {
        let error = speaking().synthesize(jenny(document)).unwrap_err();
        assert!(matches!(&error, Error::InvalidRequest(field) if field.field == "utterance"), "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    };
    check("<speak>Hi", "ended inside of an element");
    check("Hello", "must lie inside of the root element");
    check("<speak><x:y>Hi</x:y></speak>", "unknown namespace prefix 'x'");
    check("<!DOCTYPE speak><speak>Hi</speak>", "document type is not allowed");
    let silent = Error::unsupported("text in which nothing can be spoken");
    refused("<speak><break time='1s'/></speak>", silent.clone());
    refused("<speak/>", silent);
    refused(
        &format!("<speak>{}</speak>", "Hi ".repeat(22_000)),
        Error::TextTooLong(TextLimit::bytes(65_024)),
    );
}
