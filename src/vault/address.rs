//! An address: where an account is used, from the URL that a vault has of it.

/// `host` or `host:port` of a URL; people leave its scheme out.
pub(super) fn host_of(url: &str) -> Option<String> {
    let url = url.trim();
    let whole = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let url = url::Url::parse(&whole).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_host_and_port_of_the_url() {
        for (url, host) in [
            ("https://shop.example/login?x", Some("shop.example")),
            ("https://shop.example:443/", Some("shop.example")),
            ("https://shop.example:8443", Some("shop.example:8443")),
            (" shop.example/login ", Some("shop.example")),
            ("10.0.0.1:8080", Some("10.0.0.1:8080")),
            ("https://[::1]:9/", Some("[::1]:9")),
            ("ssh://root@box.example:22", Some("box.example:22")),
            ("cmd://putty.exe box", None),
            ("not a url at all", None),
            ("https://", None),
        ] {
            assert_eq!(host_of(url).as_deref(), host, "{url}");
        }
    }
}
