//! What can go wrong, split by who can mend it.
//!
//! Every message says what was expected, what came, and where it helps what to type next. The
//! variants map one to one to exit codes, HTTP statuses and Python exceptions; no face of bytelens
//! reads the text to decide what to do.

use std::path::PathBuf;

mod words;

pub use words::{reason, shown};

/// The result of everything in bytelens that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure, with the numbers that show why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Encoded bytes are damaged, truncated or not what they claim to be: mend the file.
    #[error("{format}: {problem}")]
    Decode {
        /// The format that was being read, for example `PNG`.
        format: &'static str,
        /// What is wrong, and where.
        problem: String,
    },
    /// Pixels cannot be written in the chosen format: choose another format or convert first.
    #[error("{format}: {problem}")]
    Encode {
        /// The format that was being written.
        format: &'static str,
        /// What does not fit.
        problem: String,
    },
    /// A value is out of its range or of the wrong form: mend the call.
    #[error("{subject}: {param} must be {expected}, got {got}")]
    Param {
        /// Whose parameter it is: an op, a method, a file format.
        subject: String,
        /// The parameter.
        param: String,
        /// The values that are taken, with their unit.
        expected: String,
        /// The value that came.
        got: String,
    },
    /// A name that nobody knows: mend the spelling.
    #[error("{}", unknown_name(kind, name, nearest.as_deref(), known))]
    Unknown {
        /// What kind of thing was asked for, for example `op`.
        kind: String,
        /// The name as it came.
        name: String,
        /// The nearest name that exists, if one is near.
        nearest: Option<String>,
        /// Where the right names are listed, for example ``run `bytelens ops` ``.
        known: String,
    },
    /// A shape, stride, offset or index that does not fit: mend the call.
    #[error("{context}: expected {expected}, got {got}")]
    Shape {
        /// The operation and the axis, for example `slice axis 1`.
        context: String,
        /// What fits.
        expected: String,
        /// What came.
        got: String,
    },
    /// An element type that does not fit: cast or convert first.
    #[error("{context}: expected {expected}, got {got}")]
    DType {
        /// The operation.
        context: String,
        /// The types that fit.
        expected: String,
        /// The type that came.
        got: String,
    },
    /// An owner cannot change while views hold it: release them first.
    #[error("{action} refused: held by {holders} {}", if *holders == 1 { "view" } else { "views" })]
    Held {
        /// What was refused, for example `grow`.
        action: &'static str,
        /// How many views hold the owner.
        holders: usize,
    },
    /// More than a stated limit allows: raise the limit or send less.
    #[error("{what} is {got}, over the limit of {limit}; {hint}")]
    Limit {
        /// What was measured, with its unit.
        what: String,
        /// The amount that was needed.
        got: String,
        /// The amount that is allowed.
        limit: String,
        /// What to do next.
        hint: String,
    },
    /// Something that is known and not done here: take the way that `instead` names.
    #[error("{what} is not supported; {instead}")]
    Unsupported {
        /// What was asked for.
        what: String,
        /// What to do instead.
        instead: String,
    },
    /// A user's kernel is wrong, or does not fit what is bound to it: mend the WGSL or the call.
    #[error("kernel {kernel}: {problem}")]
    Kernel {
        /// The kernel's name.
        kernel: String,
        /// What is wrong, with the variable, its type and what came, and how to mend it.
        problem: String,
    },
    /// A device failed; no output of the failed work is kept.
    #[error("device {device}: {problem}")]
    Device {
        /// The device's name.
        device: String,
        /// What it reported, and during which op.
        problem: String,
    },
    /// The system refused to read or write.
    #[error("cannot {action} {}: {}", shown(path), reason(source))]
    Io {
        /// What was tried, as a verb: `read`, `write`, `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn unknown_name(kind: &str, name: &str, nearest: Option<&str>, known: &str) -> String {
    match nearest {
        Some(nearest) => format!("unknown {kind} {name:?}; did you mean {nearest:?}? {known}"),
        None => format!("unknown {kind} {name:?}; {known}"),
    }
}

impl Error {
    /// A value out of its range or of the wrong form.
    pub(crate) fn param(
        subject: impl Into<String>,
        param: impl Into<String>,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::Param {
            subject: subject.into(),
            param: param.into(),
            expected: expected.into(),
            got: got.to_string(),
        }
    }

    /// A shape, stride, offset or index that does not fit.
    pub(crate) fn shape(
        context: impl Into<String>,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::Shape { context: context.into(), expected: expected.into(), got: got.to_string() }
    }

    /// An element type that does not fit.
    pub(crate) fn dtype(
        context: impl Into<String>,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::DType { context: context.into(), expected: expected.into(), got: got.to_string() }
    }

    /// A name that nobody knows, with the nearest of `names` where one is near enough to be meant.
    pub(crate) fn unknown<'a>(
        kind: impl Into<String>,
        name: &str,
        names: impl IntoIterator<Item = &'a str>,
        known: impl Into<String>,
    ) -> Self {
        let nearest = names
            .into_iter()
            .map(|known| (strsim::damerau_levenshtein(name, known), known))
            .min()
            .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
            .map(|(_, known)| known.to_owned());
        Self::Unknown { kind: kind.into(), name: name.to_owned(), nearest, known: known.into() }
    }
}
