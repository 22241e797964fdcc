//! A host: whether what is sent to it stays on this machine, which decides where plain `http` may carry a secret.

use url::{Host, Url};

/// Whether what goes to `url` stays on this machine: an address of the loopback network (RFC 1122, 3.2.1.3; RFC
/// 4291, 2.5.3), or a name that is kept for it (RFC 6761, 6.3).
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_this_machine(&host))
}

/// The same of a host alone, as it stands in a URL: `[::1]`. What is no host is not this machine.
pub fn is_loopback_name(text: &str) -> bool {
    Host::parse(text).is_ok_and(|host| is_this_machine(&host))
}

fn is_this_machine<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, is_loopback_name};

    #[test]
    fn what_stays_on_this_machine_needs_no_tls() {
        let cases = [
            ("127.0.0.1", true),
            ("127.1.2.3", true),
            ("0x7f.1", true),
            ("[::1]", true),
            ("localhost", true),
            ("LOCALHOST.", true),
            ("grid.localhost", true),
            ("grid.example", false),
            ("192.0.2.1", false),
            ("[::2]", false),
            ("localhost.example", false),
            ("127.0.0.1.example", false),
        ];
        for (host, expected) in cases {
            let url = format!("http://{host}:4444/wd/hub").parse().unwrap();
            assert_eq!((is_loopback(&url), is_loopback_name(host)), (expected, expected), "{host}");
        }
        assert!(!is_loopback(&"data:x".parse().unwrap()));
        for text in ["", "{address}", "<address>", "::1", "a b"] {
            assert!(!is_loopback_name(text), "{text}");
        }
    }
}
