//! The door: set-up, sign-in, sign-out, and what stays of them on disk and on record.

use super::{PASSWORD, desk};
use crate::lab::Lab;
use crate::lab::portal::Portal;

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("doorward.yaml", "state: state\n");
    lab
}

/// The fields of the set-up form.
fn fields<'a>(
    token: &'a str,
    name: &'a str,
    password: &'a str,
    again: &'a str,
) -> [(&'a str, &'a str); 4] {
    [("token", token), ("name", name), ("password", password), ("again", again)]
}

#[test]
fn a_set_up_link_makes_one_administrator_and_works_no_more() {
    let lab = lab();
    let first = Portal::start(&lab);
    let old = first.link.clone().unwrap();
    assert_eq!(first.stop().code, 0);
    // A new start has a new link, and the old one is over.
    let portal = Portal::start(&lab);
    let link = portal.link.clone().unwrap();
    let token = link.strip_prefix("/set-up?token=").unwrap();
    assert_eq!(portal.read(None, &old).status, 410);
    for wrong in ["/set-up", "/set-up?token=", "/set-up?token=zz", &format!("{link}0")] {
        assert_eq!(portal.read(None, wrong).status, 410, "{wrong}");
    }
    assert!(portal.read(None, "/sign-in").body.contains("Nobody can sign in yet"));
    assert_eq!(portal.read(None, &link).status, 200);
    let wrong = [
        ("ro/ot", PASSWORD, PASSWORD, "cannot hold"),
        ("", PASSWORD, PASSWORD, "cannot be empty"),
        ("root", PASSWORD, "another", "The two passwords differ."),
        ("root", "short", "short", "fewer than 12"),
        ("root", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "repeats a few"),
    ];
    for (name, password, again, says) in wrong {
        let answer = portal.send(None, "/set-up", &fields(token, name, password, again));
        assert_eq!(answer.status, 422, "{name} {says}");
        assert!(answer.body.contains(says), "{}", answer.body);
        assert!(answer.header("set-cookie").is_empty());
    }
    let made = portal.send(None, "/set-up", &fields(token, "root", PASSWORD, PASSWORD));
    assert_eq!((made.status, made.header("location")), (303, "/accounts"));
    // Played again it makes nobody, nor does its page show.
    let again = portal.send(None, "/set-up", &fields(token, "eve", PASSWORD, PASSWORD));
    assert_eq!((again.status, again.header("set-cookie")), (410, ""));
    assert_eq!(portal.read(None, &link).status, 410);
    assert_eq!(
        lab.run(&["user", "list"]).stdout,
        "NAME  ROLE      GROUPS  ACCOUNTS\nroot  admin             *\n"
    );
    assert_eq!(portal.stop().code, 0);
    assert_eq!(Portal::start(&lab).link, None);
}

#[test]
fn a_set_up_link_expires() {
    let lab = lab();
    let portal = Portal::start(&lab);
    let link = portal.link.clone().unwrap();
    assert_eq!(portal.read(None, &link).status, 200);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let file = format!("sqlite:{}", lab.path().join("state/portal.db").display());
        let mut database = sqlx::SqliteConnection::connect(&file).await.unwrap();
        sqlx::query("UPDATE set_up SET expires = expires - 3601")
            .execute(&mut database)
            .await
            .unwrap();
    });
    assert_eq!(portal.read(None, &link).status, 410);
}

#[test]
fn a_sign_in_has_a_token_of_its_own_and_ends() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let name = |value: &str| value.split(';').next().unwrap_or_default().to_owned();
    // A cookie that somebody planted is not taken over.
    let planted = format!("doorward={}", "a".repeat(64));
    let headers = [
        ("origin", portal.url.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", &planted),
    ];
    let answer = portal.ask("POST", "/sign-in", &headers, &format!("name=ANN&password={PASSWORD}"));
    assert_eq!((answer.status, answer.header("location")), (303, "/accounts"));
    let cookie = answer.header("set-cookie").to_owned();
    assert_ne!(name(&cookie), planted);
    let flags: Vec<&str> = cookie.split("; ").skip(1).collect();
    assert_eq!(flags, ["Path=/", "HttpOnly", "SameSite=Strict"]);
    let first = portal.sign_in("ann", PASSWORD);
    // Signing in again in the same browser ends the sign-in before.
    let again = [("name", "ann"), ("password", PASSWORD)];
    let second = portal.send(Some(&first), "/sign-in", &again);
    assert_eq!(portal.read(Some(&first), "/api/v1/me").status, 401);
    assert_ne!(second.cookie(), first.cookie);
    // Signing out needs the token of the sign-in, and ends it on the server.
    let ann = portal.sign_in("ann", PASSWORD);
    assert_eq!(portal.send(Some(&ann), "/sign-out", &[]).status, 403);
    assert_eq!(portal.send(Some(&ann), "/sign-out", &[("csrf", &ann.csrf)]).status, 303);
    assert_eq!(portal.read(Some(&ann), "/api/v1/me").status, 401);
    // A new password ends every sign-in of theirs, wherever it was set; so does removing them.
    let ann = portal.sign_in("ann", PASSWORD);
    let line = ["user", "password", "ann", "--password-stdin"];
    assert_eq!(desk.lab.run_with_input(&line, "another marked-pass 8R\n").code, 0);
    assert_eq!(portal.read(Some(&ann), "/api/v1/me").status, 401);
    let ann = portal.sign_in("ann", "another marked-pass 8R");
    assert_eq!(desk.lab.run(&["user", "remove", "ann"]).code, 0);
    assert_eq!(portal.read(Some(&ann), "/accounts").status, 303);
    let root = desk.lab.run(&["user", "remove", "root"]);
    assert_eq!(root.code, 2, "{}", root.stderr);
    assert!(root.stderr.contains("root is the only administrator"), "{}", root.stderr);
}

#[test]
fn wrong_passwords_wait_longer_each_time_and_say_nothing_of_names() {
    let desk = desk();
    let portal = Portal::start(&desk.lab);
    let tried = |name: &str| {
        portal.send(None, "/sign-in", &[("name", name), ("password", "wrong"), ("next", "/users")])
    };
    let (known, unknown) = (tried("ann"), tried("nobody-of-that-name"));
    assert_eq!((known.status, unknown.status), (401, 401));
    assert_eq!(known.body.replace("\"ann\"", "\"nobody-of-that-name\""), unknown.body);
    let answers: Vec<_> = (0..6).map(|_| tried("ann")).collect();
    let last = answers.last().unwrap();
    assert_eq!(last.status, 429, "{}", last.body);
    assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
    // The right one waits as well; somebody else does not.
    let right = [("name", "ann"), ("password", PASSWORD)];
    assert_eq!(portal.send(None, "/sign-in", &right).status, 429);
    portal.sign_in("bob", PASSWORD);
    // Only to pages of our own.
    for next in
        ["//evil.example", "https://evil.example", "/\\evil.example", "/sign-out", "javascript:1"]
    {
        let fields = [("name", "bob"), ("password", PASSWORD), ("next", next)];
        assert_eq!(
            portal.send(None, "/sign-in", &fields).header("location"),
            "/accounts",
            "{next}"
        );
    }
    let rows = desk.record(&[]);
    let failed: Vec<_> = rows.iter().filter(|row| row["Action"] == "SignInFailed").collect();
    assert!(failed.iter().any(|row| row["User"] == "ann" && row["ClientAddress"] == "127.0.0.1"));
    assert!(failed.iter().any(|row| row["User"] == "(nobody)"));
    assert!(!serde_json::to_string(&rows).unwrap().contains("nobody-of-that-name"));
    assert!(rows.iter().any(|row| row["Action"] == "SignIn" && row["User"] == "bob"));
    assert_eq!(desk.lab.run(&["activity", "verify"]).code, 0);
}

/// Passwords and tokens are in no file of the state folder, and in nothing that is said but the set-up link.
#[test]
fn passwords_and_tokens_leave_no_trace() {
    let lab = lab();
    let portal = Portal::start(&lab);
    let link = portal.link.clone().unwrap();
    let token = link.strip_prefix("/set-up?token=").unwrap().to_owned();
    portal.send(None, "/set-up", &fields(&token, "root", PASSWORD, PASSWORD));
    let root = portal.sign_in("root", PASSWORD);
    let cookie = root.cookie.split_once('=').unwrap().1.to_owned();
    let wrong = format!(r#"{{"current":"{PASSWORD}x","password":"{PASSWORD}"}}"#);
    assert_eq!(portal.act(&root, "PUT", "/api/v1/me/password", &wrong).status, 403);
    for body in [
        format!(r#"{{"name":"x","password":["{PASSWORD}"]}}"#),
        format!(r#"{{"role":"{PASSWORD}"}}"#),
    ] {
        let answer = portal.act(&root, "POST", "/api/v1/users", &body);
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(!answer.body.contains(PASSWORD), "{}", answer.body);
    }
    let ended = portal.stop();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let mut texts = vec![
        ("stdout".to_owned(), ended.stdout.into_bytes()),
        ("stderr".to_owned(), ended.stderr.into_bytes()),
    ];
    for entry in std::fs::read_dir(lab.path().join("state")).unwrap().flatten() {
        if entry.path().is_file() {
            texts.push((entry.path().display().to_string(), std::fs::read(entry.path()).unwrap()));
        }
    }
    assert!(texts.len() >= 5, "{texts:?}");
    for (place, text) in texts {
        for secret in [PASSWORD, &token, &cookie, &root.csrf] {
            assert!(
                memchr::memmem::find(&text, secret.as_bytes()).is_none(),
                "{place} holds a secret"
            );
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let about = std::fs::metadata(lab.path().join("state/portal.db")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
    }
}
