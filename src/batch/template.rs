//! Names of outputs by a template: `{dir}/{stem}-{width}.{ext}`.
//!
//! A template is text and fields. What it makes is a path below the output folder and never leads out of it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::hash::ContentHash;
use crate::error::{Error, Result};

/// How outputs are named.
///
/// ```
/// use bytelens::batch::Template;
/// let template: Template = "{dir}/{stem}-{width}.{ext}".parse()?;
/// assert!(!template.is_known_before());
/// assert!("{stem}-{widht}".parse::<Template>().is_err());
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Dir,
    Stem,
    Ext,
    Width,
    Height,
    Hash,
    Index,
}

const FIELDS: [(&str, Field); 7] = [
    ("dir", Field::Dir),
    ("stem", Field::Stem),
    ("ext", Field::Ext),
    ("width", Field::Width),
    ("height", Field::Height),
    ("hash", Field::Hash),
    ("index", Field::Index),
];

/// What is known of a picture's name before it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before<'a> {
    /// The folders below the input that was named.
    pub(super) dir: &'a Path,
    /// The name without its extension.
    pub(super) stem: &'a OsStr,
    /// The extension of the output, without its dot.
    pub(super) ext: &'a OsStr,
    /// The place in the list of inputs, from 1.
    pub(super) index: usize,
}

/// What is known of a picture once it is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct After {
    /// Width and height of the output, in pixels.
    pub(super) size: [u64; 2],
    /// The hash of the input's content.
    pub(super) content: ContentHash,
}

impl Template {
    /// Returns whether every name is known before a picture is read: no width, height or hash is in it.
    #[must_use]
    pub fn is_known_before(&self) -> bool {
        let late = [Field::Width, Field::Height, Field::Hash];
        !self.parts.iter().any(|part| late.iter().any(|field| *part == Part::Field(*field)))
    }

    /// Makes a name; none where more must be known for it.
    pub(super) fn fill(&self, before: Before<'_>, after: Option<After>) -> Option<PathBuf> {
        let mut name = OsString::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => name.push(text),
                Part::Field(Field::Dir) => name.push(before.dir),
                Part::Field(Field::Stem) => name.push(before.stem),
                Part::Field(Field::Ext) => name.push(before.ext),
                Part::Field(Field::Index) => name.push(format!("{:06}", before.index)),
                Part::Field(Field::Width) => name.push(after?.size[0].to_string()),
                Part::Field(Field::Height) => name.push(after?.size[1].to_string()),
                Part::Field(Field::Hash) => name.push(after?.content.short()),
            }
        }
        // A folder that is empty leaves a separator, and nothing leads out of the output folder.
        let is_plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
        Some(Path::new(&name).components().filter(is_plain).collect())
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Template {
    type Err = Error;

    /// Reads a template; `{{` and `}}` are braces.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = |expected: &str| Error::param("name", "the template", expected, text);
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let end = rest.find('}').filter(|_| brace == "{");
            let end = end.ok_or_else(|| wrong("text and {fields}, with {{ and }} for braces"))?;
            let (name, after) = (&rest[..end], &rest[end + 1..]);
            let names = FIELDS.map(|(name, _)| name);
            let field = FIELDS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let known = format!("there are {{{}}}", names.join("} {"));
                Error::unknown("field of the template", name, names, known)
            })?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Field(field.1));
            rest = after;
        }
        plain.push_str(rest);
        let leads_out = Path::new(text).components().any(|part| {
            matches!(part, Component::ParentDir | Component::RootDir | Component::Prefix(_))
        });
        if leads_out {
            return Err(wrong("a path below the output folder, without ..,"));
        }
        if text.is_empty() || text.ends_with(['/', std::path::MAIN_SEPARATOR]) || text == "{dir}" {
            return Err(wrong("the name of a file"));
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{After, Before, Template};
    use crate::batch::ContentHash;

    #[test]
    fn names_are_made_of_what_is_known() {
        let after = After { size: [800, 600], content: ContentHash::of(b"abc") };
        for (text, dir, want) in [
            ("{dir}/{stem}-{width}.{ext}", "x/y", "x/y/a b-800.jpg"),
            ("{dir}/{stem}-{width}.{ext}", "", "a b-800.jpg"),
            ("{width}x{height}/{index}.{ext}", "x", "800x600/000007.jpg"),
            ("{hash}.{ext}", "x", "6437b3ac38465133.jpg"),
            ("{{{stem}}}.{ext}", "x", "{a b}.jpg"),
            ("all/{stem}", "../..", "all/a b"),
        ] {
            let template: Template = text.parse().expect(text);
            let before =
                Before { dir: Path::new(dir), stem: "a b".as_ref(), ext: "jpg".as_ref(), index: 7 };
            let name = template.fill(before, Some(after)).expect("all is known");
            assert_eq!(name, Path::new(want), "{text}");
            let early = template.fill(before, None);
            assert_eq!(early.is_some(), template.is_known_before(), "{text}");
        }
    }

    #[test]
    fn what_is_no_template_is_told() {
        for (text, says) in [
            ("{stem}-{widht}.jpg", "did you mean \"width\"?"),
            ("{stem", "text and {fields}"),
            ("stem}", "text and {fields}"),
            ("", "the name of a file"),
            ("{dir}/", "the name of a file"),
            ("/tmp/{stem}", "below the output folder"),
            ("../{stem}", "below the output folder"),
        ] {
            let error = text.parse::<Template>().expect_err(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
