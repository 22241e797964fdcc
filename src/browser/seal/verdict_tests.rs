use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use super::{Held, Seal};
use crate::secret::Secret;

const STAND_IN: &str = "q7-Zt*kPw2";
const SECRET: &str = "correct horse";

/// A seal that holds one secret, whose request has gone out under the id `1`.
fn carrying(header: bool) -> Seal {
    let origins = vec![Url::parse("https://shop.example").unwrap().origin()];
    let mut seal = Seal::new(origins, vec!["x-key".to_owned()], false);
    seal.held.push(Held {
        row: 2,
        stand_in: STAND_IN.to_owned(),
        secret: Arc::new(Secret::new(SECRET.to_owned())),
        names: vec!["password".to_owned()],
        disguises: Vec::new(),
        left: false,
    });
    let (_, answer) = seal.verdict(&request("1", "", "https://shop.example/in", header));
    assert_eq!(answer["interceptResponse"], true);
    assert!(seal.is_carrying());
    seal
}

fn request(id: &str, before: &str, url: &str, header: bool) -> Value {
    let body = if header { "{}".to_owned() } else { format!("password={STAND_IN}") };
    let body = data_encoding::BASE64.encode(body.as_bytes());
    let key = if header { STAND_IN } else { "" };
    let kind = "application/x-www-form-urlencoded";
    json!({"requestId": id, "redirectedRequestId": before, "request": {
        "url": url, "method": "POST", "headers": {"Content-Type": kind, "X-Key": key},
        "hasPostData": true, "postDataEntries": [{"bytes": body}],
    }})
}

#[test]
fn what_carries_a_secret_is_followed_until_it_is_answered() {
    let elsewhere = json!([{"name": "LOCATION", "value": "/there"}]);
    let cases = [
        (200, json!([]), false),
        (401, elsewhere.clone(), false),
        (300, elsewhere.clone(), false),
        (304, json!([]), false),
        (302, json!([{"name": "Content-Type", "value": "text/html"}]), false),
        (307, Value::Null, false),
        (301, elsewhere.clone(), true),
        (302, elsewhere.clone(), true),
        (303, elsewhere.clone(), true),
        (307, elsewhere.clone(), true),
        (308, elsewhere, true),
    ];
    for (status, headers, is_carrying) in cases {
        let mut seal = carrying(false);
        let answer =
            json!({"requestId": "1", "responseStatusCode": status, "responseHeaders": headers});
        assert_eq!(seal.verdict(&answer).0, "Fetch.continueResponse");
        assert_eq!(seal.is_carrying(), is_carrying, "{status} {headers}");
    }
    let mut seal = carrying(false);
    seal.verdict(&json!({"requestId": "1", "responseErrorReason": "Failed"}));
    assert!(!seal.is_carrying());
}

#[test]
fn a_redirect_repeats_bodies_as_they_went_out_and_headers_as_the_page_set_them() {
    let to = "https://shop.example/there";
    let answer = json!({
        "requestId": "1", "responseStatusCode": 307, "responseHeaders": [{"name": "Location", "value": to}],
    });
    let mut seal = carrying(false);
    seal.verdict(&answer);
    let (verb, on) = seal.verdict(&request("2", "1", to, false));
    assert_eq!((verb, on.get("postData")), ("Fetch.continueRequest", None));
    assert!(seal.is_carrying() && on["interceptResponse"] == true);

    let mut seal = carrying(true);
    seal.verdict(&answer);
    let (_, on) = seal.verdict(&request("2", "1", to, true));
    let key = on["headers"].as_array().unwrap().iter().find(|header| header["name"] == "X-Key");
    assert_eq!(key.unwrap()["value"], SECRET);
    assert!(on.get("postData").is_none() && seal.is_carrying() && !seal.is_alarmed());

    for header in [false, true] {
        let mut seal = carrying(header);
        seal.verdict(&answer);
        let (verb, _) = seal.verdict(&request("2", "1", "https://thief.example/", header));
        assert_eq!(verb, "Fetch.failRequest");
        assert!(seal.is_alarmed());
    }
}
