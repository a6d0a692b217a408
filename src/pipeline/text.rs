//! The text form of a pipeline: `resize 800x600 fit=cover | blur 2 | grayscale`.
//!
//! Ops are separated by `|`, values by spaces. Bare values fill an op's parameters in the order of
//! their declaration; `name=value` sets any. A value with spaces is put in quotes ([`quotes`]). Printing is
//! canonical: what is at its default is left out, the first parameter is bare, the others are named.

use std::fmt;
use std::str::FromStr;

use super::{Pipeline, quotes};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::op::Op;
use crate::ops::REGISTRY;

impl FromStr for Pipeline {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let limits = Limits::default();
        if text.trim().is_empty() {
            return Ok(Self::new());
        }
        let parts: Vec<_> = quotes::split(text, |c| c == '|').collect();
        if parts.len() > limits.max_ops {
            return Err(Error::Limit {
                what: "the number of ops".to_owned(),
                got: parts.len().to_string(),
                limit: limits.max_ops.to_string(),
                hint: "run two pipelines one after the other".to_owned(),
            });
        }
        let ops = parts.into_iter().enumerate().map(|(at, part)| parse_op(at + 1, part));
        Ok(Self { ops: ops.collect::<Result<_>>()?, limits })
    }
}

/// Makes an op of the registry by name, with every parameter at its default.
fn make(name: &str) -> Result<Box<dyn Op>> {
    match REGISTRY.iter().find(|entry| entry.spec.name == name) {
        Some(entry) => Ok((entry.make)()),
        None => Err(Error::unknown(
            "op",
            name,
            REGISTRY.iter().map(|entry| entry.spec.name),
            "`bytelens ops` lists them all",
        )),
    }
}

fn parse_op(number: usize, text: &str) -> Result<Box<dyn Op>> {
    let mut words = quotes::split(text, char::is_whitespace).filter(|word| !word.is_empty());
    let Some(name) = words.next() else {
        return Err(Error::param("pipeline", format!("op {number}"), "a name", "nothing"));
    };
    let mut op = make(name)?;
    let spec = op.spec();
    let mut given = vec![false; spec.params.len()];
    let mut bare = 0;
    for word in words {
        // A value may hold an equals sign; a name may not hold anything but a name.
        let named = word.split_once('=').filter(|_| !word.starts_with('"'));
        let (index, value) = match named {
            Some((param, value)) => (find_param(spec, param)?, value),
            None => {
                bare += 1;
                (bare - 1, word)
            }
        };
        let Some(value) = quotes::unquoted(value) else {
            let param = spec.params.get(index).map_or("a value", |param| param.name);
            let expected = r#"in quotes that close, with no \ but \", \\ and \n"#;
            return Err(Error::param(spec.name, param, expected, value));
        };
        op.set_param(index, &value)?;
        if std::mem::replace(&mut given[index], true) {
            return Err(Error::param(
                spec.name,
                spec.params[index].name,
                "given once",
                format!("a second value, {value}"),
            ));
        }
    }
    Ok(op)
}

fn find_param(spec: &crate::op::declare::Spec, name: &str) -> Result<usize> {
    let names = || spec.params.iter().map(|param| param.name);
    names().position(|known| known == name).ok_or_else(|| {
        let takes = match names().collect::<Vec<_>>() {
            none if none.is_empty() => "it takes none".to_owned(),
            some => format!("it takes {}", some.join(", ")),
        };
        Error::unknown(format!("parameter of {}", spec.name), name, names(), takes)
    })
}

impl fmt::Display for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, op) in self.ops.iter().enumerate() {
            if at > 0 {
                f.write_str(" | ")?;
            }
            write_op(f, op.as_ref())?;
        }
        Ok(())
    }
}

fn write_op(f: &mut fmt::Formatter<'_>, op: &dyn Op) -> fmt::Result {
    f.write_str(op.spec().name)?;
    for (at, param) in op.spec().params.iter().enumerate() {
        let value = op.param(at);
        if value == (param.default)() {
            continue;
        }
        let value = quotes::quoted(&value, at > 0);
        if at == 0 { write!(f, " {value}")? } else { write!(f, " {}={value}", param.name)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Pipeline;
    use crate::ops::REGISTRY;

    #[test]
    fn text_is_read_and_printed_canonically() {
        for (text, want) in [
            ("", ""),
            (
                "  resize   800x600 fit=cover|blur 2 | grayscale ",
                "resize 800x600 fit=cover | blur 2 | grayscale",
            ),
            ("resize size=50%x50% enlarge=false", "resize 50%"),
            ("resize 800x cover lanczos3 northwest", "resize 800x fit=cover gravity=northwest"),
            ("blur sigma=1.0", "blur"),
            ("blur 1.50 wrap srgb", "blur 1.5 edge=wrap light=srgb"),
            ("crop 10x20 at=1,50%", "crop 10x20 at=1,50%"),
            ("crop 10x20 gravity=50%,50%", "crop 10x20"),
            ("rotate 90 | rotate 270 | orient", "rotate | rotate 270 | orient"),
            ("resize 9x9 contain background=#FFFFFF", "resize 9x9 fit=contain background=white"),
        ] {
            let pipeline: Pipeline = text.parse().expect(text);
            assert_eq!(pipeline.to_string(), want, "{text}");
            let again: Pipeline = want.parse().expect(want);
            assert_eq!(again.to_string(), want, "the canonical form reads back");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (text, want) in [
            (
                "blurr 2",
                "unknown op \"blurr\"; did you mean \"blur\"? `bytelens ops` lists them all",
            ),
            ("frobnicate", "unknown op \"frobnicate\"; `bytelens ops` lists them all"),
            ("blur 2 |", "pipeline: op 2 must be a name, got nothing"),
            ("blur -2", "blur: sigma must be in 0..=1000 px, got -2"),
            ("blur 1001", "blur: sigma must be in 0..=1000 px, got 1001"),
            ("blur nan", "blur: sigma must be in 0..=1000 px, got nan"),
            (
                "blur sgima=2",
                "unknown parameter of blur \"sgima\"; did you mean \"sigma\"? it takes sigma, edge, light",
            ),
            ("orient 3", "orient: the number of values must be at most 0, got 1"),
            ("blur 2 sigma=3", "blur: sigma must be given once, got a second value, 3"),
            ("flip sideways", "flip: direction must be one of horizontal, vertical, got sideways"),
            (
                "resize 0x5",
                "resize: size must be a size like 800x600, 800x, x600, 50% or 50%x25%, every number above 0, got 0x5",
            ),
        ] {
            let error = text.parse::<Pipeline>().expect_err(text);
            assert_eq!(error.to_string(), want, "{text}");
        }
    }

    #[test]
    fn every_op_is_made_from_its_name_alone_and_prints_as_its_name() {
        for entry in REGISTRY {
            let pipeline: Pipeline = entry.spec.name.parse().expect("defaults are in range");
            assert_eq!(pipeline.to_string(), entry.spec.name);
        }
    }
}
