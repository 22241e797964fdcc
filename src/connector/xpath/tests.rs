use super::{compares_text, flaw};

#[test]
fn what_browsers_read_has_no_flaw() {
    for text in [
        "//button[@type='submit']",
        "//*[@id=\"a'b\"]",
        "/html/body/div[3]/form/input[1]",
        "/",
        "(//a)[2]",
        "(//a | //button)[last()]/span",
        ".//a/..",
        "//td[.='x']/../td[5]",
        "//label[text()='User']/following::input[1]",
        "//input[@a and not(@b) or @c = 'd']",
        "//div[count(.//a) > 2][position() <= 3]",
        "//a[contains(concat(' ', normalize-space(@class), ' '), ' x ')]",
        "//div[@data-x=-1]/child::*[2 * 3 = 6]",
        "//*[local-name()='svg']//*[name()='path']",
        "id('a')/b",
        "//a[. = 'x' or .. = 'y']",
        "//and/or[div mod 2]",
        "//input[@type='text'][1]/ancestor-or-self::form//button",
        "//a[translate(., 'AB', 'ab')='ab']",
        "descendant::text()",
        "//processing-instruction('x')",
        "//x-button/@href/..",
        "//a[1.5 < .5]",
        "//h1[starts-with(., 'Bücher')]",
        "//a [ @b ] / c",
    ] {
        assert_eq!(flaw(text).map(|flaw| flaw.message), None, "{text}");
    }
}

#[test]
fn what_browsers_refuse_has_its_place() {
    for (text, at, said) in [
        ("//button[@type='submit'", "[", "never closed"),
        ("//button[@type='submit]", "'", "never closed"),
        ("//button@type='submit']", "@", "ends before"),
        ("//button[@type='submit']]", "]", "ends before"),
        ("//button[]", "[]", "empty"),
        ("//button[text(='x']", "=", "`)` is expected"),
        ("//", "/", "name of an element"),
        ("//button[@]", "]", "name of an element"),
        ("//a[ends-with(@id, 'x')]", "ends-with", "no `ends-with()`"),
        ("//a[lower-case(@id)='x']", "lower-case", "XPath 1.0"),
        ("//a[contain(@id, 'x')]", "contain", "no function"),
        ("//a[contains(@id)]", "contains", "takes 2 arguments"),
        ("//a/folowing::b", "folowing", "no axis"),
        ("//a[@id=$x]", "$x", "variables"),
        ("//svg:rect", "svg:rect", "namespace prefix"),
        ("count(//a)", "count(//a)", "gives a number"),
        ("//a = //b", "//a = //b", "gives true or false"),
        ("//a | 'x'", "|", "joins elements"),
        ("'x'/a", "/", "no element"),
        ("xpath=//a", "xpath=", "begins with"),
        ("//a[@id=‘x’]", "‘", "typographic"),
        ("//a[@b && @c]", "&", "no `&`"),
        ("#login", "#", "no `#`"),
        ("//a/text()/contains(., 'x')", "contains", "cannot stand here"),
        ("..[@a]", "[", "no condition"),
        ("", "", "ends where"),
    ] {
        let found = flaw(text).unwrap_or_else(|| panic!("{text} has no flaw"));
        assert_eq!(&text[found.at.clone()], at, "{text}: {}", found.message);
        assert!(found.message.contains(said), "{text}: {}", found.message);
        assert!(!found.help.is_empty(), "{text}");
    }
}

#[test]
fn nothing_is_nested_too_deep_for_the_parser() {
    for piece in ["(", "[", "//a[", "not(", "-", "/", "'", "a::", "@", ".."] {
        let _ = flaw(&piece.repeat(4096 / piece.len()));
    }
    assert!(flaw(&format!("//a{}", "[b]".repeat(1000))).is_none());
}

#[test]
fn texts_that_people_read_are_seen() {
    for text in [
        "//h1[text()='Dashboard']",
        "//h1[contains(text(), \"Dash\")]",
        "//h1[.='Dashboard']",
        "//h1[normalize-space()='Dashboard']",
        "//h1[normalize-space(.) = 'Dashboard']",
    ] {
        assert!(compares_text(text), "{text}");
    }
    for text in ["//h1[@id='x']", "//h1[text()='1']", "//h1[contains(@class, 'x')]", "//h1[text()]"]
    {
        assert!(!compares_text(text), "{text}");
    }
}
