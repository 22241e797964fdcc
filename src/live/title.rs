//! A title: the name of a file as a site or a person made it, and made fit for any disk.

/// The longest name, in characters; systems take 255 bytes.
const LONGEST: usize = 60;

/// The longest end that is kept when a name is cut, with its dot.
const LONGEST_END: usize = 10;

/// `name` as a file may have it anywhere: no path, nothing that a system or a shell reads otherwise, nothing
/// that does not show or turns the direction of reading, not hidden, and never empty.
pub(super) fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let fit: String = last
        .chars()
        .filter(|c| !is_hidden(*c))
        .map(|c| if "<>:\"|?*'`$%;&".contains(c) { '_' } else { c })
        .collect();
    let fit = fit.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if fit.is_empty() {
        return "file".to_owned();
    }
    shorter(fit)
}

/// Whether a character does not show, or changes how others show.
fn is_hidden(c: char) -> bool {
    let of_direction = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{fff9}'..='\u{fffb}');
    c.is_control() || of_direction
}

/// A name that is not too long, with its end.
fn shorter(name: &str) -> String {
    let count = name.chars().count();
    if count <= LONGEST {
        return name.to_owned();
    }
    let end = name.rfind('.').map_or("", |at| &name[at..]);
    let end = if end.chars().count() <= LONGEST_END { end } else { "" };
    let rest: String = name.chars().take(LONGEST - end.chars().count()).collect();
    rest + end
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_name_is_fit_for_any_disk() {
        let cases = [
            ("report.csv", "report.csv"),
            ("Bericht März.pdf", "Bericht März.pdf"),
            ("../../x", "x"),
            ("..\\..\\x.exe", "x.exe"),
            ("/etc/passwd", "passwd"),
            ("a/b/", "b"),
            ("..", "file"),
            ("", "file"),
            (" . ", "file"),
            ("///", "file"),
            (".bashrc", "bashrc"),
            ("a\"b'c.txt", "a_b_c.txt"),
            ("a\r\nb\0.txt", "ab.txt"),
            ("a\r\nSet-Cookie: x=y", "aSet-Cookie_ x=y"),
            ("$(id).sh", "_(id).sh"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("C:x", "C_x"),
            ("name. ", "name"),
        ];
        for (name, expected) in cases {
            assert_eq!(file_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_end_and_fits() {
        let long = file_name(&format!("{}.pdf", "日".repeat(300)));
        assert!(long.ends_with("日.pdf") && long.len() <= 255, "{long}");
        let long = file_name(&format!("a.{}", "b".repeat(300)));
        assert!(long.starts_with("a.b") && long.chars().count() == 60, "{long}");
    }
}
