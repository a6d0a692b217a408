//! What an op says about itself, once: `op!` makes struct, defaults, setters, ranges and docs.

use crate::error::Result;
use crate::op::param::{ParamKind, Range};

/// The three kinds of op, by what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Changes the layout alone: no byte moves.
    View,
    /// Changes each pixel by itself: rides on another pass, or is one pass with its neighbours.
    Point,
    /// Reads other pixels than the one it writes: has passes of its own.
    Pass,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::View => "view op",
            Self::Point => "point op",
            Self::Pass => "pass op",
        })
    }
}

/// An op's description of itself: what every face shows of it.
#[derive(Debug)]
pub struct Spec {
    /// Its name in text, for example `blur`.
    pub name: &'static str,
    /// What it costs.
    pub kind: Kind,
    /// Its documentation; the first line is a sentence that stands alone.
    pub doc: &'static str,
    /// Its parameters, in the order in which bare values fill them.
    pub params: &'static [ParamSpec],
}

impl Spec {
    /// Returns the first sentence of the documentation.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.doc.lines().next().unwrap_or_default().trim()
    }
}

/// A parameter's description of itself.
#[derive(Debug)]
pub struct ParamSpec {
    /// Its name in text, for example `sigma`.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// What kind of value it takes.
    pub kind: ParamKind,
    /// The numbers it takes, where it takes numbers.
    pub range: Option<Range>,
    /// Prints the value it has when none is given.
    pub default: fn() -> String,
    /// Makes values worth trying, as text.
    pub samples: fn(Option<&Range>) -> Vec<String>,
}

impl ParamSpec {
    /// Returns the values that are taken, in words.
    #[must_use]
    pub fn expected(&self) -> String {
        match self.range {
            Some(range) => range.to_string(),
            None => self.kind.to_string(),
        }
    }
}

/// The part of an op that `op!` writes: reading and changing parameters by number.
pub trait Declared: std::fmt::Debug + Send + Sync {
    /// Returns the op's description.
    fn spec(&self) -> &'static Spec;

    /// Returns a copy.
    fn boxed(&self) -> Box<dyn crate::op::Op>;

    /// Prints the value of a parameter; `index` counts [`Spec::params`].
    fn param(&self, index: usize) -> String;

    /// Sets a parameter from text; `index` counts [`Spec::params`].
    ///
    /// # Errors
    /// [`Error::Param`](crate::Error::Param) where the text is not of the parameter's form or range.
    fn set_param(&mut self, index: usize, text: &str) -> Result<()>;

    /// Checks every parameter against its range, whichever way it was set.
    ///
    /// # Errors
    /// [`Error::Param`](crate::Error::Param) for the first that is out of range.
    fn check_params(&self) -> Result<()>;
}

/// Declares an op: its doc comment, name, kind, and parameters with default, range and unit.
///
/// ```text
/// op! {
///     /// Blurs with a Gaussian.
///     pub struct Blur: "blur", Pass {
///         /// The standard deviation.
///         sigma: f32 = 1.0, in 0.0..=1000.0 "px";
///     }
/// }
/// ```
macro_rules! op {
    (
        $(#[doc = $doc:literal])+
        pub struct $op:ident: $name:literal, $kind:ident {
            $(
                $(#[doc = $param_doc:literal])+
                $param:ident: $ty:ty = $default:expr
                $(, in $low:literal..=$high:literal $unit:literal)?;
            )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $op {
            $($(#[doc = $param_doc])+ pub $param: $ty,)*
        }

        impl Default for $op {
            fn default() -> Self {
                Self { $($param: $default,)* }
            }
        }

        impl $op {
            /// The op's description, from which every face is made.
            pub const SPEC: &'static $crate::op::declare::Spec = &$crate::op::declare::Spec {
                name: $name,
                kind: $crate::op::declare::Kind::$kind,
                doc: concat!($($doc, "\n"),+),
                params: &[$($crate::op::declare::ParamSpec {
                    name: stringify!($param),
                    doc: concat!($($param_doc, "\n"),+),
                    kind: <$ty as $crate::op::param::ParamValue>::KIND,
                    range: $crate::op::declare::op!(@range $($low, $high, $unit)?),
                    default: || $crate::op::param::ParamValue::print(&<$op>::default().$param),
                    samples: <$ty as $crate::op::param::ParamValue>::samples,
                },)*],
            };

            $(
                $(#[doc = $param_doc])+
                #[must_use]
                pub fn $param(mut self, $param: $ty) -> Self {
                    self.$param = $param;
                    self
                }
            )*
        }

        impl $crate::op::declare::Declared for $op {
            fn spec(&self) -> &'static $crate::op::declare::Spec {
                Self::SPEC
            }

            fn boxed(&self) -> Box<dyn $crate::op::Op> {
                Box::new(self.clone())
            }

            fn param(&self, index: usize) -> String {
                let values: &[String] =
                    &[$($crate::op::param::ParamValue::print(&self.$param),)*];
                values.get(index).cloned().unwrap_or_default()
            }

            #[allow(unused_variables, unused_assignments, unused_mut,
                reason = "an op without parameters uses none of these")]
            fn set_param(&mut self, index: usize, text: &str) -> $crate::error::Result<()> {
                let mut next = 0;
                $(
                    if index == next {
                        let spec = &Self::SPEC.params[index];
                        let value = <$ty as $crate::op::param::ParamValue>::parse(text)
                            .ok_or_else(|| $crate::error::Error::param(
                                $name, spec.name, spec.expected(), text))?;
                        $crate::op::param::check_range($name, spec.name, &spec.range, &value)?;
                        self.$param = value;
                        return Ok(());
                    }
                    next += 1;
                )*
                Err($crate::error::Error::param(
                    $name,
                    "the number of values",
                    format!("at most {}", Self::SPEC.params.len()),
                    index + 1,
                ))
            }

            #[allow(unused_variables, unused_assignments, unused_mut,
                reason = "an op without parameters uses none of these")]
            fn check_params(&self) -> $crate::error::Result<()> {
                let mut specs = Self::SPEC.params.iter();
                $(
                    if let Some(spec) = specs.next() {
                        $crate::op::param::check_range(
                            $name, spec.name, &spec.range, &self.$param)?;
                    }
                )*
                Ok(())
            }
        }
    };
    (@range) => { None };
    (@range $low:literal, $high:literal, $unit:literal) => {
        Some($crate::op::param::Range { low: $low, high: $high, unit: $unit })
    };
}
pub(crate) use op;
