//! Values in quotes: `text "Hello | world"`.
//!
//! A quote opens at the start of a word or behind `=`; what it holds separates nothing. Inside, `\"`, `\\`
//! and `\n` are a quote, a backslash and the end of a line.

use std::borrow::Cow;

/// Splits text at separators that stand in no quotes.
///
/// ```
/// use bytelens::pipeline::quotes::split;
/// let ops: Vec<_> = split(r#"text "a | b" color=white | invert"#, |c| c == '|').collect();
/// assert_eq!(ops, [r#"text "a | b" color=white "#, " invert"]);
/// ```
pub fn split(text: &str, is_separator: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    // Whether a quote may open here, is open, and is behind a backslash.
    let (mut starts, mut open, mut escaped) = (true, false, false);
    text.split(move |c: char| {
        let is_inside = open;
        match c {
            _ if escaped => escaped = false,
            '\\' if open => escaped = true,
            '"' if open || starts => open = !open,
            _ => {}
        }
        starts = c.is_whitespace() || c == '=' || c == '|';
        !is_inside && is_separator(c)
    })
}

/// Reads a value: what the quotes hold, or the word itself. `None` where quotes do not close at its end, or a
/// backslash is before a sign that it does nothing to.
#[must_use]
pub fn unquoted(word: &str) -> Option<Cow<'_, str>> {
    let Some(inside) = word.strip_prefix('"') else { return Some(Cow::Borrowed(word)) };
    let mut value = String::with_capacity(inside.len());
    let mut signs = inside.chars();
    loop {
        match signs.next()? {
            '"' => return signs.next().is_none().then_some(Cow::Owned(value)),
            '\\' => value.push(match signs.next()? {
                'n' => '\n',
                sign @ ('"' | '\\') => sign,
                _ => return None,
            }),
            sign => value.push(sign),
        }
    }
}

/// Writes a value: in quotes where it would not be read as one word, or as a named value where it is none.
#[must_use]
pub fn quoted(value: &str, is_named: bool) -> Cow<'_, str> {
    let splits = |c: char| c.is_whitespace() || c == '|' || (c == '=' && !is_named);
    if !value.is_empty() && !value.starts_with('"') && !value.contains(splits) {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for sign in value.chars() {
        match sign {
            '\n' => text.push_str("\\n"),
            '"' | '\\' => text.extend(['\\', sign]),
            sign => text.push(sign),
        }
    }
    text.push('"');
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::{quoted, split, unquoted};

    #[test]
    fn values_come_back_as_they_were_quoted() {
        for value in
            ["", "a", "a b", "a|b", "a=b", "\"", "a\"b", "\\", "a\\\nb\\", "é 写", "\"a\"", "="]
        {
            for is_named in [false, true] {
                let text = quoted(value, is_named);
                assert_eq!(unquoted(&text).as_deref(), Some(value), "{text}");
                let word = if is_named { format!("x={text}") } else { text.into_owned() };
                assert_eq!(split(&word, |c| c.is_whitespace() || c == '|').count(), 1, "{word}");
            }
        }
    }

    #[test]
    fn quotes_that_do_not_close_and_strange_escapes_are_noticed() {
        for word in ["\"", "\"a", "\"a\"b", "\"a\\\"", "\"\\x\""] {
            assert_eq!(unquoted(word), None, "{word}");
        }
        // In the middle of a word a quote is a sign like any other.
        assert_eq!(split("a\"b c\"d", char::is_whitespace).collect::<Vec<_>>(), ["a\"b", "c\"d"]);
    }
}
