//! The pages: HTML files with `{{…}}` where something goes in.

use super::desk::Refusal;

/// The first page, with the name that was tried.
pub(super) fn login(refusal: Option<Refusal>, username: &str) -> String {
    fill(include_str!("pages/login.html"), refusal, username)
}

/// The second page.
pub(super) fn otp(refusal: Option<Refusal>, username: &str) -> String {
    fill(include_str!("pages/otp.html"), refusal, username)
}

/// What a signed-in person sees.
pub(super) fn dashboard(username: &str) -> String {
    fill(include_str!("pages/dashboard.html"), None, username)
}

fn fill(template: &str, refusal: Option<Refusal>, username: &str) -> String {
    let error = refusal.map_or_else(String::new, |refusal| {
        let (cause, text) = (refusal.cause(), refusal.text());
        format!(r#"<p id="error" role="alert" data-cause="{cause}">{text}</p>"#)
    });
    // The name comes last: what a visitor wrote is never searched for braces.
    template.replace("{{error}}", &error).replace("{{username}}", &escape(username))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
