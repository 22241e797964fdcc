//! The site proves itself: what it says of a form is true, and its table is complete.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use doorward::demo::{Codes, Refused};
use doorward::secret::Secret;

use super::{Site, pages};

#[test]
fn the_table_names_every_page() {
    let readme = include_str!("../README.md");
    let (_, table) = readme.split_once("## The pages").unwrap();
    let named: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `/")?.split('`').next())
        .map(str::to_owned)
        .collect();
    let files = std::fs::read_dir(pages::folder()).unwrap();
    let mut there: BTreeSet<String> = files
        .filter_map(|file| {
            file.unwrap().file_name().to_str()?.strip_suffix(".html").map(str::to_owned)
        })
        .collect();
    // These are made, not read.
    for made in [
        "basic-guard",
        "basic-only",
        "digest-guard",
        "latin1",
        "leave",
        "loading-half",
        "loading-never",
        "login",
    ] {
        there.insert(made.to_owned());
    }
    assert_eq!(named, there);
}

#[test]
fn a_form_is_judged_and_logged() {
    let site = Site::start();
    let cases = [
        ("/submit/plain", "password=right", "303", "/welcome"),
        ("/submit/plain", "password=wrong", "303", "/plain?error=password"),
        ("/submit/plain?then=/portal", "password=right", "303", "/portal"),
        ("/submit/otp-same-form", "password=right&otp=000", "303", "/otp-same-form?error=code"),
        ("/submit/plain?answer=status", "password=wrong", "403", ""),
        ("/submit/plain?answer=status", "password=right", "204", ""),
        ("/submit/plain?answer=basic", "password=wrong", "401", ""),
        ("/submit/plain?answer=500", "", "500", ""),
        ("/submit/plain?answer=close", "", "", ""),
        ("/submit/keeper?answer=keep&then=/next", "password=wrong", "303", "/next"),
        ("/submit/keeper?answer=kept", "", "303", "/keeper?error=password"),
    ];
    for (path, body, status, location) in cases {
        let answer = post(&site, path, body);
        assert_eq!(answer.split(' ').nth(1).unwrap_or_default(), status, "{path} {body}: {answer}");
        let to = answer.lines().find_map(|line| line.strip_prefix("location: "));
        assert_eq!(to.unwrap_or_default(), location, "{path} {body}");
    }
    assert_eq!(site.submissions("plain").len(), 8);
    assert_eq!(site.submissions("keeper")[0].value("password"), Some("wrong"));
}

#[test]
fn a_code_is_taken_once() {
    let site = Site::start();
    let code = code();
    let body = format!("otp={code}");
    let first = post(&site, "/submit/otp-in-place?answer=status", &body);
    let second = post(&site, "/submit/otp-in-place?answer=status", &body);
    let elsewhere = post(&site, "/submit/six-boxes?answer=status", &body);
    assert!(first.starts_with("HTTP/1.1 204"), "{first}");
    assert!(second.ends_with("used"), "{second}");
    assert!(elsewhere.starts_with("HTTP/1.1 204"), "{elsewhere}");
}

/// The seed and the times of RFC 6238, appendix B; its codes have eight digits, these are the last six.
#[test]
fn a_code_lives_for_its_period_and_the_next() {
    let seed = || Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned());
    let cases = [
        ("081804", 1_111_111_109, Ok(())),
        (" 081804 ", 1_111_111_109 + 30, Ok(())),
        ("081804", 1_111_111_109 + 60, Err(Refused::Wrong)),
        ("081804", 1_111_111_109 - 30, Err(Refused::Wrong)),
        ("005924", 1_234_567_890, Ok(())),
        ("5924", 1_234_567_890, Err(Refused::Wrong)),
        ("", 1_234_567_890, Err(Refused::Wrong)),
    ];
    for (code, seconds, verdict) in cases {
        assert_eq!(Codes::new(&seed()).unwrap().verify(code, seconds), verdict, "{code} {seconds}");
    }
    // 050471 follows 081804: the older one is used up with the newer.
    let mut codes = Codes::new(&seed()).unwrap();
    assert_eq!(codes.verify("050471", 1_111_111_111), Ok(()));
    assert_eq!(codes.verify("050471", 1_111_111_111), Err(Refused::Used));
    assert_eq!(codes.verify("081804", 1_111_111_111), Err(Refused::Used));
    assert!(Codes::new(&Secret::new("no base32 !".to_owned())).is_none());
}

#[test]
fn the_demo_refuses_by_name() {
    let site = Site::start();
    let wrong = "username=operator&password=x";
    for _ in 0..4 {
        assert!(post(&site, "/login", wrong).contains(r#"data-cause="password">Wrong user name"#));
    }
    assert!(post(&site, "/login", wrong).contains(r#"data-cause="locked">Locked after 5"#));
    let right = format!("username=operator&password={}", super::PASSWORD.replace('&', "%26"));
    assert!(post(&site, "/login", &right).contains(r#"data-cause="locked""#));
    assert_eq!(site.submissions("login").len(), 6);
    assert_eq!(site.submissions("login")[5].value("password"), Some(super::PASSWORD));
}

#[test]
fn the_demo_takes_a_code_once() {
    let site = Site::start();
    let password = format!("username=operator&password={}", super::PASSWORD.replace('&', "%26"));
    let body = format!("otp={}", code());
    let visit = |answer: &str| {
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        cookie.and_then(|cookie| cookie.split(';').next()).unwrap().to_owned()
    };
    let half_way = visit(&post(&site, "/login", &password));
    assert!(ask(&site, "GET", "/", &half_way, "").contains("location: /otp"));
    assert!(ask(&site, "POST", "/otp", &half_way, "otp=1").contains("Wrong code"));
    let arrived = ask(&site, "POST", "/otp", &half_way, &body);
    assert!(arrived.contains("location: /\r\n"), "{arrived}");
    let signed_in = visit(&arrived);
    assert!(ask(&site, "GET", "/", &signed_in, "").contains(r#"class="avatar-menu""#));
    assert!(ask(&site, "GET", "/", &half_way, "").contains("location: /login"), "an old cookie");
    let again = visit(&post(&site, "/login", &password));
    assert!(ask(&site, "POST", "/otp", &again, &body).contains("This code was used already"));
    assert!(ask(&site, "POST", "/logout", &signed_in, "").contains("location: /login"));
    assert!(ask(&site, "GET", "/", &signed_in, "").contains("location: /login"));
}

/// The code of this period, by the crate alone and not by the site's own reading of it.
fn code() -> String {
    let seed = data_encoding::BASE32.decode(super::SEED.as_bytes()).unwrap();
    totp_rs::Builder::new().with_secret(seed).build_noncompliant().generate_current().to_string()
}

fn post(site: &Site, path: &str, body: &str) -> String {
    ask(site, "POST", path, "", body)
}

/// One request, and the whole answer as it came; empty when the site closed the connection.
fn ask(site: &Site, method: &str, path: &str, cookie: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(site.address()).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}",
        site.address()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}
