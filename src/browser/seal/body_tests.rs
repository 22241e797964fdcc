use super::{Body, Put, fields, put};

const STAND_IN: &str = "q7-Zt*kPw2";

/// Secrets that every writing has trouble with.
const SECRETS: [&str; 9] = [
    "plain",
    "a b+c&d=e%41;f",
    r#"quo"te'back\slash"#,
    "<tag>&amp;]]>",
    "ünïcödé \u{1F511} 日本",
    "tab\tline\nfeed\r\n",
    " leading and trailing ",
    "--boundary",
    "{\"a\":[1]}",
];

fn done(content_type: &str, body: &str, secret: &str) -> (String, &'static str) {
    match put(content_type, body.as_bytes(), STAND_IN, secret) {
        Put::Done(Body { bytes, writing }) => (String::from_utf8(bytes.to_vec()).unwrap(), writing),
        other => panic!("{content_type} {body} {secret}: {other:?}"),
    }
}

#[test]
fn a_form_is_read_as_it_was_meant() {
    for secret in SECRETS {
        let before = format!("user=a%20b&csrf=x%2By&pass={STAND_IN}&go=");
        let (body, writing) =
            done("application/x-www-form-urlencoded; charset=UTF-8", &before, secret);
        assert_eq!(writing, "form");
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        assert_eq!(pairs[2], ("pass".to_owned(), secret.to_owned()));
        assert!(
            body.starts_with("user=a%20b&csrf=x%2By&pass=") && body.ends_with("&go="),
            "{body}"
        );
    }
}

#[test]
fn json_is_read_as_it_was_meant() {
    for secret in SECRETS {
        for content_type in
            ["application/json", "application/vnd.api+json", "text/plain;charset=UTF-8", ""]
        {
            let before = format!("{{ \"u\":\"\\u00e9\", \"p\": [\"{STAND_IN}\", 1.50e3] }}");
            let (body, writing) = done(content_type, &before, secret);
            assert_eq!(writing, "JSON");
            let value: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(value["p"][0], secret);
            assert!(
                body.starts_with("{ \"u\":\"\\u00e9\", \"p\": [\"")
                    && body.ends_with(", 1.50e3] }")
            );
        }
    }
}

#[test]
fn xml_is_read_as_it_was_meant() {
    for secret in SECRETS {
        for before in [
            format!("<?xml version=\"1.0\"?><l><p>{STAND_IN}</p></l>"),
            format!("<?xml version=\"1.0\"?><l><p k=\"{STAND_IN}\"/></l>"),
            format!("<?xml version=\"1.0\"?><l><p><![CDATA[{STAND_IN}]]></p></l>"),
        ] {
            let (body, writing) = done("text/xml; charset=utf-8", &before, secret);
            assert_eq!(writing, "XML");
            let (mut text, mut value) = (String::new(), None);
            let mut reader = quick_xml::Reader::from_str(&body);
            loop {
                match reader.read_event().unwrap() {
                    quick_xml::events::Event::Empty(tag) => {
                        let attribute =
                            tag.attributes().next().unwrap().unwrap().value.into_owned();
                        value = Some(quick_xml::escape::unescape(&attribute).unwrap().into_owned());
                    }
                    quick_xml::events::Event::Text(part) => text.push_str(&part),
                    quick_xml::events::Event::GeneralRef(name) => {
                        let name = format!("&{};", &*name);
                        text.push_str(&quick_xml::escape::unescape(&name).unwrap());
                    }
                    quick_xml::events::Event::CData(part) => text.push_str(&part),
                    quick_xml::events::Event::Eof => break,
                    _ => {}
                }
            }
            assert_eq!(value.unwrap_or(text), secret, "{body}");
        }
    }
}

#[test]
fn parts_and_plain_texts_are_bytes() {
    for secret in SECRETS {
        let part = |value: &str| {
            format!(
                "--B0\r\nContent-Disposition: form-data; name=\"u\"\r\n\r\nme\r\n--B0\r\nContent-Disposition: \
                 form-data; name=\"p\"\r\n\r\n{value}\r\n--B0--\r\n"
            )
        };
        let sent = done("multipart/form-data; boundary=B0", &part(STAND_IN), secret);
        assert_eq!(sent, (part(secret), "multipart"));
        let sent = done("text/plain", &format!("u=me\r\np={STAND_IN}\r\n"), secret);
        assert_eq!(sent, (format!("u=me\r\np={secret}\r\n"), "plain text"));
        assert_eq!(done("text/plain", STAND_IN, secret).0, secret);
    }
}

#[test]
fn what_stands_within_another_writing_is_written_twice() {
    let inner = format!("%7B%22p%22%3A%22{STAND_IN}%22%7D");
    let (body, _) =
        done("application/x-www-form-urlencoded", &format!("f.req={inner}&x=1"), "a\"b&c");
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    assert_eq!(pairs[0].1, r#"{"p":"a\"b&c"}"#);
    let (body, _) = done("application/json", &format!(r#"["{{\"p\":\"{STAND_IN}\"}}"]"#), "a\"b");
    let outer: Vec<String> = serde_json::from_str(&body).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&outer[0]).unwrap()["p"], "a\"b");
}

#[test]
fn codes_are_found_as_they_are_and_not_within_other_numbers() {
    let cases = [
        (
            "application/json",
            r#"{"t":1732123456781,"c":"123456"}"#,
            r#"{"t":1732123456781,"c":"000777"}"#,
        ),
        ("application/json", r#"{"c":123456}"#, r#"{"c":777}"#),
        ("application/x-www-form-urlencoded", "t=9123456&c=123456", "t=9123456&c=000777"),
        ("text/plain", "c=123456\r\n", "c=000777\r\n"),
    ];
    for (content_type, before, after) in cases {
        match put(content_type, before.as_bytes(), "123456", "000777") {
            Put::Done(body) => assert_eq!(String::from_utf8_lossy(&body.bytes), after),
            other => panic!("{before}: {other:?}"),
        }
    }
    for (content_type, before) in [
        ("application/json", "[1123456]"),
        ("text/plain", "x123456"),
        ("application/x-www-form-urlencoded", "a=0123456"),
    ] {
        assert_eq!(put(content_type, before.as_bytes(), "123456", "000777"), Put::Absent);
    }
}

#[test]
fn what_nothing_can_be_put_into_is_told() {
    let form = "application/x-www-form-urlencoded";
    let twice = format!("a={STAND_IN}&b={STAND_IN}");
    assert_eq!(put(form, twice.as_bytes(), STAND_IN, "s"), Put::Twice);
    let cases = [
        ("application/octet-stream", STAND_IN.to_owned(), "`application/octet-stream`"),
        (
            "application/grpc-web+proto",
            format!("\n\u{a}{STAND_IN}"),
            "`application/grpc-web+proto`",
        ),
        (
            "multipart/form-data",
            format!("--B\r\n\r\n{STAND_IN}"),
            "a multipart body without a boundary",
        ),
        (form, format!("{STAND_IN}=1"), "the name of a field, and not its value"),
    ];
    for (content_type, body, why) in cases {
        assert_eq!(put(content_type, body.as_bytes(), STAND_IN, "s"), Put::Unfit(why.to_owned()));
    }
    let bytes = [b"\xff\xfe", STAND_IN.as_bytes()].concat();
    assert_eq!(
        put("text/plain", &bytes, STAND_IN, "s"),
        Put::Unfit("`text/plain`, which is no text".into())
    );
    let control = put("text/xml", format!("<p>{STAND_IN}</p>").as_bytes(), STAND_IN, "a\u{1}b");
    assert!(matches!(control, Put::Unfit(why) if why.contains("control character")));
    assert_eq!(put("text/plain", b"nothing of it", STAND_IN, "s"), Put::Absent);
}

#[test]
fn the_values_of_a_field_are_found_by_its_name() {
    let names = ["Password".to_owned(), "pw".to_owned()];
    let cases: [(&str, &str, &[&str]); 6] = [
        ("application/x-www-form-urlencoded", "user=a&password=5f4d%3D&x=1", &["5f4d="]),
        (
            "application/json",
            r#"{"a":[{"pw":"x"}],"password":"y","n":{"PASSWORD":1}}"#,
            &["y", "x"],
        ),
        ("text/plain;charset=UTF-8", r#"{"pw":"z"}"#, &["z"]),
        ("text/plain", "pw=z", &[]),
        ("application/json", "{broken", &[]),
        ("application/octet-stream", "pw=z", &[]),
    ];
    for (content_type, body, values) in cases {
        assert_eq!(fields(content_type, body.as_bytes(), &names), values, "{body}");
    }
}
