//! What the account's tier, models and voices change on the wire.

use super::*;

#[test]
fn voices_are_the_models_and_the_accounts() {
    for key in ["result", "results"] {
        let mut harness = service(move |request| {
            assert_eq!(
                (request.method.as_str(), request.url.as_str()),
                ("GET", "https://api.siliconflow.cn/v1/audio/voice/list")
            );
            Reply::json(
                &json!({ key: [{ "model": MODEL, "customName": "me", "text": "…", "uri": "speech:me:a:b" }, { "uri": "" }, 3] }),
            )
        });
        let voices = harness.voices().unwrap();
        assert_eq!(voices.len(), 9);
        assert_eq!((voices[0].id.as_str(), voices[0].name.as_str()), (ALEX, "Alex"));
        assert_eq!(voices[0].languages, ["zh", "en", "ja", "ko", "yue"]);
        assert_eq!((voices[8].id.as_str(), voices[8].name.as_str()), ("speech:me:a:b", "me"));
        harness.voices().unwrap();
        assert_eq!(harness.requests().len(), 0, "the list is kept");
    }
}

#[test]
fn an_account_without_clones_has_the_models_voices() {
    for document in [json!({}), json!({ "result": null }), json!({ "result": [] })] {
        let mut harness = service(move |_| Reply::json(&document));
        assert_eq!(harness.voices().map(|voices| voices.len()), Ok(8));
    }
    let mut harness = service(|_| Reply::status(401).piece(r#""Invalid token""#));
    assert_eq!(harness.voices(), Err(Error::unauthorized("status 401: Invalid token")));
}

#[test]
fn check_reads_the_account_and_costs_nothing() {
    let check = |reply: Reply, expected: Result<(), Error>| {
        let mut harness = service(move |request| {
            assert_eq!(
                (request.method.as_str(), request.url.as_str()),
                ("GET", "https://api.siliconflow.cn/v1/user/info")
            );
            reply.clone()
        });
        assert_eq!(harness.check(), expected);
    };
    let account = |status: &str, balance: &str| {
        let data = json!({ "id": "u", "status": status, "balance": "0", "chargeBalance": "0", "totalBalance": balance });
        Reply::json(&json!({ "code": 20000, "message": "OK", "status": true, "data": data }))
    };
    check(account("normal", "88.88"), Ok(()));
    check(account("normal", "0.00"), Err(Error::QuotaExhausted { resets_in: None }));
    check(account("banned", "1"), Err(Error::unauthorized("account is banned")));
    check(
        Reply::status(401).piece(r#""Invalid token""#),
        Err(Error::unauthorized("status 401: Invalid token")),
    );
    check(Reply::status(503).piece(r#""busy""#), Err(Error::unavailable("status 503: busy")));
}
