//! `#import "common.wgsl"`: the text of a kernel with the files that it takes in, and where each line came
//! from.
//!
//! A file is taken in once, where it is first asked for, before the line that asks. Paths are relative to
//! the file that asks. What a message says of the joined text is told of the files that people wrote.

use std::path::{Path, PathBuf};

use crate::stop::{reason, shown};

/// The most bytes that the joined text may have.
const MAX_BYTES: usize = 1 << 20;

/// A kernel's text, and the file and line that each of its lines is.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) text: String,
    files: Vec<PathBuf>,
    /// For each line of the text: the file's place in the list, and its line from 1 on.
    lines: Vec<(usize, usize)>,
}

/// Reads a kernel and all that it takes in.
pub(super) fn read(path: &Path) -> Result<Source, String> {
    let mut source = Source { text: String::new(), files: Vec::new(), lines: Vec::new() };
    let mut seen = Vec::new();
    source.take_in(path, &mut Vec::new(), &mut seen)?;
    Ok(source)
}

impl Source {
    /// Adds a file. `open` are the files that are waiting for it, `seen` all that were begun.
    fn take_in(
        &mut self,
        path: &Path,
        open: &mut Vec<PathBuf>,
        seen: &mut Vec<PathBuf>,
    ) -> Result<(), String> {
        let failed = |problem: String| format!("{}: cannot read: {problem}", shown(path));
        let real = path.canonicalize().map_err(|error| failed(reason(&error)))?;
        if let Some(at) = open.iter().position(|one| *one == real) {
            let names = open[at..].iter().chain([&real]);
            let names: Vec<_> =
                names.map(|one| shown(one.file_name().map_or(one, Path::new))).collect();
            return Err(format!("files that import each other in a circle: {}", names.join(" → ")));
        }
        if seen.contains(&real) {
            return Ok(());
        }
        // Opening a pipe would wait for someone to write into it.
        if !real.is_file() {
            return Err(failed("it is not a regular file".to_owned()));
        }
        let text = std::fs::read(&real).map_err(|error| failed(reason(&error)))?;
        let text = String::from_utf8(text).map_err(|_| failed("it is not text".to_owned()))?;
        seen.push(real.clone());
        open.push(real);
        let file = self.files.len();
        self.files.push(path.to_owned());
        for (at, line) in text.lines().enumerate() {
            match imported(line) {
                Some(Ok(name)) => {
                    let folder = path.parent().unwrap_or(Path::new(""));
                    self.take_in(&folder.join(name), open, seen).map_err(|problem| {
                        // The innermost import is the one that fails; those around it add nothing.
                        if problem.contains("\n  imported") {
                            return problem;
                        }
                        format!("{problem}\n  imported by {}:{}", shown(path), at + 1)
                    })?;
                }
                Some(Err(problem)) => return Err(format!("{}:{}: {problem}", shown(path), at + 1)),
                None => {
                    self.text += line;
                    self.text.push('\n');
                    self.lines.push((file, at + 1));
                }
            }
            if self.text.len() > MAX_BYTES {
                return Err(format!(
                    "{}: with its imports it is over {MAX_BYTES} bytes",
                    shown(path)
                ));
            }
        }
        open.pop();
        Ok(())
    }

    /// Tells of the files what a message of the WGSL parser says of the joined text.
    ///
    /// ```text
    ///   ┌─ kernel.wgsl:9:5        ┌─ common.wgsl:2:5
    /// 9 │ let a = b;          2 │ let a = b;
    /// ```
    pub(super) fn mapped(&self, message: &str) -> String {
        if self.files.len() == 1 && self.lines.iter().enumerate().all(|(at, line)| line.1 == at + 1)
        {
            return message.to_owned();
        }
        let lines: Vec<_> = message.split('\n').map(|line| self.mapped_line(line)).collect();
        lines.join("\n")
    }

    fn mapped_line(&self, line: &str) -> String {
        let found = |number: &str| {
            let number: usize = number.trim().parse().ok()?;
            let (file, line) = self.lines.get(number.checked_sub(1)?)?;
            Some((shown(&self.files[*file]), *line))
        };
        if let Some((before, place)) = line.split_once("┌─ ") {
            let mut parts = place.rsplitn(3, ':');
            if let (Some(column), Some(number), Some(_)) =
                (parts.next(), parts.next(), parts.next())
                && let Some((file, number)) = found(number)
            {
                return format!("{before}┌─ {file}:{number}:{column}");
            }
        } else if let Some((number, behind)) = line.split_once('│')
            && let Some((_, mapped)) = found(number)
        {
            let width = number.trim_end().len();
            return format!("{mapped:>width$} │{behind}");
        }
        line.to_owned()
    }
}

/// The file that a line takes in, if it does.
fn imported(line: &str) -> Option<Result<&str, String>> {
    let line = line.trim_start();
    let rest = line.strip_prefix("#import").or_else(|| line.strip_prefix("#include"))?;
    let name = rest.trim().trim_end_matches(';').trim_end();
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    Some(name.filter(|name| !name.is_empty()).ok_or_else(|| {
        format!("write #import \"file.wgsl\", with a file beside this one, not {line:?}")
    }))
}

/// Tells whether a WGSL text has a loop. WGSL knows no recursion, so a text without one ends.
pub(super) fn has_loops(text: &str) -> bool {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut depth = 0_usize;
    while let Some(one) = rest.chars().next() {
        let taken = match (depth, rest.get(..2)) {
            (_, Some("/*")) => {
                depth += 1;
                2
            }
            (1.., Some("*/")) => {
                depth -= 1;
                2
            }
            (0, Some("//")) => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                code.push(if depth == 0 { one } else { ' ' });
                one.len_utf8()
            }
        };
        if taken > 1 {
            code.push(' ');
        }
        rest = &rest[taken..];
    }
    let mut words = code.split(|one: char| !one.is_alphanumeric() && one != '_');
    words.any(|word| ["loop", "for", "while"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{has_loops, read};

    #[test]
    fn messages_name_the_file_that_people_wrote() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let write =
            |name: &str, text: &str| std::fs::write(root.path().join(name), text).expect("written");
        write("a.wgsl", "// first\n#import \"b.wgsl\"\n#import \"c.wgsl\";\nfn a() {}\n");
        write("b.wgsl", "#include \"c.wgsl\"\nfn b() {}\n");
        write("c.wgsl", "fn c() {}\n");
        let path = root.path().join("a.wgsl");
        let source = read(&path).expect("read");
        assert_eq!(source.text, "// first\nfn c() {}\nfn b() {}\nfn a() {}\n");
        let message = source.mapped("error: x\n  ┌─ k:3:4\n  │\n3 │ fn b() {}\n  │    ^\n  = 3");
        let b = root.path().join("b.wgsl");
        let b = b.display();
        assert_eq!(
            message,
            format!("error: x\n  ┌─ {b}:2:4\n  │\n2 │ fn b() {{}}\n  │    ^\n  = 3")
        );
    }

    #[test]
    fn imports_that_cannot_be_are_told_of_with_their_line() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for (text, part) in [
            ("#import \"a.wgsl\"", "a.wgsl → a.wgsl\n  imported by"),
            ("\n#import \"gone.wgsl\"", "No such file or directory\n  imported by"),
            ("#import b", "a.wgsl:1: write #import"),
            ("#import \"\"", "write #import"),
        ] {
            let path = root.path().join("a.wgsl");
            std::fs::write(&path, text).expect("written");
            let problem = read(&path).expect_err(text);
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }

    #[test]
    fn loops_are_found_in_code_and_nowhere_else() {
        for (text, expected) in [
            ("fn f() { for (;;) {} }", true),
            ("fn f() { loop{break;} }", true),
            ("while(true){}", true),
            ("/* for */ fn f() {} // while", false),
            ("/* /* loop */ loop */ let forward = 1;", false),
            ("/**/for(;;){}", true),
            ("let a = b /for_c;", false),
        ] {
            assert_eq!(has_loops(text), expected, "{text}");
        }
    }
}
