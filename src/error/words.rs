//! What other programs call things, in one line for people: paths, and what the system says.

use std::io;
use std::path::Path;

/// Returns a path in one line of text, whatever bytes its name is made of.
#[must_use]
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if !text.contains(char::is_control) {
        return text.into_owned();
    }
    let escaped = |one: char| match one.is_control() {
        true => one.escape_default().collect(),
        false => String::from(one),
    };
    text.chars().map(escaped).collect()
}

/// Returns what the system said, in its words alone: no number, no name of a temporary file.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let Some(code) = error.raw_os_error() else {
        // What a program says of its own, or what kind of error it is.
        return error.get_ref().map_or_else(|| error.kind().to_string(), ToString::to_string);
    };
    let text = io::Error::from_raw_os_error(code).to_string();
    text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::{reason, shown};

    #[test]
    fn a_path_is_shown_in_one_line() {
        for (path, want) in [
            ("a b/ü.jpg", "a b/ü.jpg"),
            ("two\nlines.jpg", "two\\nlines.jpg"),
            ("\u{1b}[31m.jpg", "\\u{1b}[31m.jpg"),
        ] {
            assert_eq!(shown(path.as_ref()), want);
        }
    }

    #[test]
    fn a_reason_is_words_alone() {
        for (error, want) in [
            (Error::from(ErrorKind::NotFound), "entity not found"),
            (Error::other("it is a folder"), "it is a folder"),
        ] {
            assert_eq!(reason(&error), want);
        }
        #[cfg(unix)]
        assert_eq!(reason(&Error::from_raw_os_error(2)), "No such file or directory");
    }
}
