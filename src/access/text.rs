//! The text of policies: where each of them begins and ends in its file, and what is too much to be read.

use std::ops::Range;

/// The longest policy that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// How deep brackets may be nested in a policy.
const DEEPEST: usize = 40;

/// A policy in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// From its first character that is no comment to its `;`.
    pub(super) range: Range<usize>,
    /// Why it is not read.
    pub(super) refused: Option<&'static str>,
}

/// The policies in a file, in their order. A policy ends with a `;` outside of strings and comments; what follows the
/// last one is a policy without its end.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut start, mut end) = (0, None, 0);
    let (mut depth, mut deepest) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = text[at..].find('\n').map_or(bytes.len(), |line| at + line + 1);
                continue;
            }
            b'"' => {
                start.get_or_insert(at);
                at = after_string(bytes, at);
            }
            byte => {
                let from = *start.get_or_insert(at);
                at += 1;
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    b';' => {
                        found.push(statement(from..at, deepest));
                        (start, depth, deepest) = (None, 0, 0);
                    }
                    _ => {}
                }
                deepest = deepest.max(depth);
            }
        }
        end = at;
    }
    found.extend(start.map(|start| statement(start..end, deepest)));
    found
}

/// The byte after the string that begins at `at`; the end where it is never closed.
fn after_string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn statement(range: Range<usize>, deepest: usize) -> Statement {
    let refused = if range.len() > LONGEST {
        Some("this policy is longer than any that is read (16 KiB)")
    } else if deepest > DEEPEST {
        Some("brackets are nested deeper here than in any policy that is read (40)")
    } else {
        None
    };
    Statement { range, refused }
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn policies_end_at_their_semicolon_and_nowhere_else() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            (" // nothing; here\n", &[]),
            ("permit(a);", &["permit(a);"]),
            ("permit(a);forbid(b);", &["permit(a);", "forbid(b);"]),
            ("// why; so\npermit(a) // x;\n when;\n", &["permit(a) // x;\n when;"]),
            (r#"@id("a;b\";") permit;  x"#, &[r#"@id("a;b\";") permit;"#, "x"]),
            ("permit \"never closed; ", &["permit \"never closed; "]),
            (";;", &[";", ";"]),
            ("\"ä\\", &["\"ä\\"]),
        ];
        for (text, expected) in cases {
            let found = statements(text);
            let found: Vec<&str> = found.iter().map(|found| &text[found.range.clone()]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let deep = format!("permit{}{};", "(".repeat(41), ")".repeat(41));
        let long = format!("permit(\"{}\");", "x".repeat(17_000));
        let well = format!("permit{}{};", "(".repeat(40), ")".repeat(40));
        for (text, refused) in [(deep, true), (long, true), (well, false)] {
            assert_eq!(statements(&text)[0].refused.is_some(), refused);
        }
    }
}
