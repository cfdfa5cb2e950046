//! Styles, roles and how strong they are.

use understudy_plugin::{Error, Request};

use super::service::{AVA_HD, JENNY, YUNXI, documents, hello, speaking};

fn check(request: Request, expected: &str) {
    let mut harness = speaking();
    harness.synthesize(request).unwrap();
    let document = documents(&harness).remove(0);
    let inside = document.split_once("Neural\">").unwrap().1.split_once("</voice>").unwrap().0;
    assert_eq!(inside, expected);
}

fn refused(request: Request, expected: &str) {
    let mut harness = speaking();
    assert_eq!(harness.synthesize(request).unwrap_err(), Error::unsupported(expected));
    assert_eq!(documents(&harness).len(), 0, "nothing is sent, for the service would ignore it in silence");
}

#[test]
fn a_style_or_an_emotion_is_an_expression() {
    check(hello().style("chat"), "<mstts:express-as style=\"chat\">Hello there.</mstts:express-as>");
    check(hello().emotion("sad"), "<mstts:express-as style=\"sad\">Hello there.</mstts:express-as>");
    check(
        hello().style("sad").emotion("sad").rate(0.9),
        "<mstts:express-as style=\"sad\"><prosody rate=\"-10%\">Hello there.</prosody></mstts:express-as>",
    );
}

#[test]
fn intensity_is_the_degree_of_a_style() {
    let degree = |value: &str| {
        format!("<mstts:express-as style=\"sad\" styledegree=\"{value}\">Hello there.</mstts:express-as>")
    };
    check(hello().style("sad").intensity(1.5), &degree("1.5"));
    check(hello().style("sad").intensity(2.0), &degree("2"));
    check(hello().style("sad").intensity(0.0), &degree("0.01"));
    check(hello().intensity(1.5), "Hello there.");
}

#[test]
fn a_role_comes_with_a_style_or_without() {
    check(
        hello().voice(YUNXI).option("role", "Boy"),
        "<mstts:express-as role=\"Boy\">Hello there.</mstts:express-as>",
    );
    check(
        hello().voice(YUNXI).option("role", "Boy").style("cheerful"),
        "<mstts:express-as style=\"cheerful\" role=\"Boy\">Hello there.</mstts:express-as>",
    );
}

#[test]
fn what_the_voice_does_not_have_is_refused_before_it_is_sent() {
    refused(hello().style("newscast"), "the style of en-US-JennyNeural: newscast");
    refused(hello().emotion("angry"), "the style of en-US-JennyNeural: angry");
    refused(hello().voice(YUNXI).option("role", "Girl"), "the role of zh-CN-YunxiNeural: Girl");
    refused(hello().voice(JENNY).option("role", "Boy"), "the role of en-US-JennyNeural: Boy");
    refused(hello().style("sad").emotion("cheerful"), "a style and an emotion at once: sad, cheerful");
}

#[test]
fn an_hd_voice_is_not_told_how_to_speak() {
    let hd = || hello().voice(AVA_HD);
    refused(hd().rate(1.1), "a rate with an HD voice");
    refused(hd().pitch(1.0), "a pitch with an HD voice");
    refused(hd().volume(-1.0), "a volume with an HD voice");
    refused(hd().style("sad"), "a style with an HD voice");
    refused(hd().emotion("sad"), "an emotion with an HD voice");
    refused(hd().option("role", "Boy"), "a role with an HD voice");
}
