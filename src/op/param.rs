//! The types a parameter may have, each with its text form both ways.
//!
//! A type says once how it is read, printed and described; the pipeline's text, the command's help
//! and the tables of the README are made from that. This module knows no op.

mod extent;
mod fill;
mod place;

pub use fill::Fill;
pub use place::{Extent, Gravity, Offset, Position, Size};

use crate::error::{Error, Result};

/// What kind of value a parameter takes, for help texts and schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A number with a fraction.
    Number,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Bool,
    /// One of a list of names, each with a sentence on what it means.
    Choice(&'static [(&'static str, &'static str)]),
    /// Text of a form of its own, described in words.
    Text(&'static str),
}

impl std::fmt::Display for ParamKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number => f.write_str("a number"),
            Self::Integer => f.write_str("a whole number"),
            Self::Bool => f.write_str("true or false"),
            Self::Choice(names) => {
                let names: Vec<_> = names.iter().map(|(name, _)| *name).collect();
                write!(f, "one of {}", names.join(", "))
            }
            Self::Text(form) => f.write_str(form),
        }
    }
}

/// A type that a parameter may have.
pub trait ParamValue: Clone + PartialEq + std::fmt::Debug + Sized {
    /// What kind of value it is.
    const KIND: ParamKind;

    /// Reads the text form; `None` where it is not of that form.
    fn parse(text: &str) -> Option<Self>;

    /// Writes the text form that `parse` reads back to an equal value.
    fn print(&self) -> String;

    /// Returns the value as a number where a range can be asked of it.
    fn number(&self) -> Option<f64> {
        None
    }

    /// Returns values worth trying, as text: the ends of the range, the odd ones, each name of a
    /// choice. The contracts run every op with each of them, the first most of all.
    fn samples(range: Option<&Range>) -> Vec<String>;
}

/// Turns a list of texts into samples.
pub(crate) fn samples(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl ParamValue for f32 {
    const KIND: ParamKind = ParamKind::Number;

    fn samples(range: Option<&Range>) -> Vec<String> {
        let (low, high) = range.map_or((-1e3, 1e3), |range| (range.low, range.high));
        let inside = [0.7, 2.5, 20.0].into_iter().filter(|value| (low..=high).contains(value));
        inside.chain([low, high]).map(|value| value.to_string()).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &Self| number.is_finite())
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn number(&self) -> Option<f64> {
        // By its digits: 0.01 as f32 is a little less than 0.01 as f64, and nobody typed that.
        self.to_string().parse().ok()
    }
}

impl ParamValue for u32 {
    const KIND: ParamKind = ParamKind::Integer;

    fn samples(range: Option<&Range>) -> Vec<String> {
        let (low, high) = range.map_or((0.0, 1e6), |range| (range.low, range.high));
        let inside = [2.0, 7.0].into_iter().filter(|value| (low..=high).contains(value));
        inside.chain([low, high]).map(|value| value.to_string()).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn number(&self) -> Option<f64> {
        Some(f64::from(*self))
    }
}

impl ParamValue for bool {
    const KIND: ParamKind = ParamKind::Bool;

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["true", "false"])
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

impl ParamValue for String {
    const KIND: ParamKind = ParamKind::Text("any text, in quotes where it has spaces");

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["Ag", "two words|\n\"more\"", "a=b", "\u{5d0}\u{5d1} 1", "\u{fdd0}"])
    }

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn print(&self) -> String {
        self.clone()
    }
}

/// Declares an enum whose variants are named in text, for use as a parameter.
macro_rules! choice {
    ($(#[$meta:meta])* pub enum $name:ident {
        $(#[doc = $doc:literal] $variant:ident = $text:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = $doc] $variant,)+
        }

        impl $name {
            /// All values, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl $crate::op::param::ParamValue for $name {
            const KIND: $crate::op::param::ParamKind =
                $crate::op::param::ParamKind::Choice(&[$(($text, $doc)),+]);

            fn samples(_: Option<&$crate::op::param::Range>) -> Vec<String> {
                Self::ALL.iter().map(Self::print).collect()
            }

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn print(&self) -> String {
                match self {
                    $(Self::$variant => $text,)+
                }
                .to_owned()
            }
        }
    };
}
pub(crate) use choice;

choice! {
    /// In which numbers an op computes.
    pub enum Light {
        /// In numbers proportional to light, as lenses and eyes mix it.
        Linear = "linear",
        /// In sRGB-encoded numbers, as most tools do: darker where colours mix.
        Srgb = "srgb",
    }
}

choice! {
    /// How pixels beyond the edge are made up; the names are those of `numpy.pad`.
    pub enum Edge {
        /// Mirrored at the border, edge pixel repeated: `c b a | a b c`.
        Symmetric = "symmetric",
        /// Mirrored at the edge pixel: `d c b | a b c d`.
        Reflect = "reflect",
        /// The edge pixel for ever: `a a a | a b c`.
        Nearest = "nearest",
        /// Round the other side: `b c d | a b c d`.
        Wrap = "wrap",
        /// Zero: black, or transparent where there is alpha.
        Constant = "constant",
    }
}

impl Edge {
    /// Returns which sample of `0..length` stands at `at`, or `None` where the constant does.
    ///
    /// `length` must be above zero.
    #[must_use]
    pub fn resolve(self, at: i64, length: i64) -> Option<i64> {
        if (0..length).contains(&at) {
            return Some(at);
        }
        match self {
            Self::Nearest => Some(at.clamp(0, length - 1)),
            Self::Wrap => Some(at.rem_euclid(length)),
            Self::Constant => None,
            Self::Symmetric => {
                let at = at.rem_euclid(2 * length);
                Some(if at < length { at } else { 2 * length - 1 - at })
            }
            Self::Reflect if length == 1 => Some(0),
            Self::Reflect => {
                let at = at.rem_euclid(2 * length - 2);
                Some(if at < length { at } else { 2 * length - 2 - at })
            }
        }
    }
}

/// Checks a number against the range of its parameter.
pub(crate) fn check_range(
    op: &str,
    param: &str,
    range: &Option<Range>,
    value: &impl ParamValue,
) -> Result<()> {
    if let (Some(range), Some(number)) = (range, value.number())
        && !(range.low..=range.high).contains(&number)
    {
        return Err(Error::param(op, param, range.to_string(), value.print()));
    }
    Ok(())
}

/// The numbers that a parameter takes, both ends included, and their unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
    /// The unit, or nothing for a pure number.
    pub unit: &'static str,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "in {}..={}", self.low, self.high)?;
        if self.unit.is_empty() { Ok(()) } else { write!(f, " {}", self.unit) }
    }
}
