//! What stands on the command line and in plans: `x=data.bin:f32[1000,3]`, `a=2.5`.
//!
//! Texts become values here and are not looked at again; no file is opened.

use std::path::PathBuf;

use bytelens::{DType, Value};

use super::format::Format;
use crate::stop::Stop;

/// Where bytes come from or go to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// Nowhere: an output that is only compared.
    Nowhere,
    /// Standard input or output.
    Standard,
    File(PathBuf),
}

/// A file, and what is said of it behind colons.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FileSpec {
    pub(super) place: Place,
    /// The array's name inside a file of several.
    pub(super) member: Option<String>,
    pub(super) format: Option<Format>,
    /// A picture's channels.
    pub(super) channels: Option<usize>,
    pub(super) dtype: Option<DType>,
    pub(super) shape: Option<Vec<isize>>,
    /// The name of what it is to be like.
    pub(super) like: Option<String>,
}

/// Reads `NAME=FILE…`; `NAME:like=x` has no file.
pub(super) fn named_file(flag: &str, text: &str) -> Result<(String, FileSpec), Stop> {
    let wrong = || Stop::usage(format!("--{flag} {text}: write it as --{flag} NAME=FILE"));
    let at = text.find(['=', ':']).unwrap_or(text.len());
    let (name, rest) = text.split_at(at);
    if name.is_empty() || (flag == "in" && !rest.starts_with('=')) || rest == "=" {
        return Err(wrong());
    }
    let spec = FileSpec::parse(rest.strip_prefix('=').unwrap_or(rest));
    let spec = spec.map_err(|problem| Stop::usage(format!("--{flag} {text}: {problem}")))?;
    Ok((name.to_owned(), spec))
}

impl FileSpec {
    /// Reads `FILE:TYPE[SHAPE]:like=x` and so on; what stands behind the last colons may come in any order.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut spec = Self {
            place: Place::Nowhere,
            member: None,
            format: None,
            channels: None,
            dtype: None,
            shape: None,
            like: None,
        };
        let mut path = text;
        while let Some((before, suffix)) = path.rsplit_once(':') {
            // A file of that name is meant, colons and all; so are disks and addresses.
            if suffix.contains(['/', '\\']) || std::path::Path::new(path).exists() {
                break;
            }
            spec.take(suffix)?;
            path = before;
        }
        for end in [".npz#", ".safetensors#"] {
            if let Some((before, member)) = path.split_once(end) {
                let len = before.len() + end.len() - 1;
                spec.member = Some(member.to_owned());
                path = &path[..len];
                break;
            }
        }
        spec.place = match path {
            "" => Place::Nowhere,
            "-" => Place::Standard,
            path => Place::File(PathBuf::from(path)),
        };
        Ok(spec)
    }

    /// Takes one of the words behind a colon.
    fn take(&mut self, word: &str) -> Result<(), String> {
        if let Some(name) = word.strip_prefix("like=") {
            self.like = Some(name.to_owned());
            return Ok(());
        }
        let channels = ["gray", "graya", "rgb", "rgba"].iter().position(|one| *one == word);
        if let Some(channels) = channels {
            self.channels = Some(channels + 1);
            return Ok(());
        }
        if let Some(format) = Format::from_name(word) {
            self.format = Some(format);
            return Ok(());
        }
        let (dtype, shape) = dtype_and_shape(word)?;
        self.dtype = dtype.or(self.dtype.take());
        self.shape = shape.or(self.shape.take());
        Ok(())
    }
}

/// Reads `f32[480,640]`, `<f4`, or a shape alone.
fn dtype_and_shape(text: &str) -> Result<(Option<DType>, Option<Vec<isize>>), String> {
    let (dtype, shape) = match text.find('[') {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    };
    let dtype = match dtype {
        "" if shape.is_some() => None,
        name => Some(read_dtype(name)?),
    };
    let shape = shape.map(read_shape).transpose()?;
    Ok((dtype, shape))
}

fn read_dtype(name: &str) -> Result<DType, String> {
    let known = name.parse::<DType>();
    // What is told is about our names: they are what people misspell.
    known.or_else(|error| DType::from_numpy(name).map_err(|_| error.to_string()))
}

fn read_shape(text: &str) -> Result<Vec<isize>, String> {
    let wrong = || format!("the shape must be as [480,640], of which one may be -1, got {text}");
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).ok_or_else(wrong)?;
    let lens = inner.split(',').map(str::trim).filter(|len| !len.is_empty() || inner.contains(','));
    let shape: Vec<isize> =
        lens.map(|len| len.parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let unknown = shape.iter().filter(|len| **len == -1).count();
    if unknown > 1 || shape.iter().any(|len| *len < -1) {
        return Err(wrong());
    }
    Ok(shape)
}

/// Reads `NAME=VALUE`: a number, true or false, or several with commas between them.
pub(super) fn setting(text: &str) -> Result<(String, Value), Stop> {
    let wrong = |problem: &str| {
        Stop::usage(format!("--set {text}: {problem}, as in --set a=2.5 or v=1,2,3"))
    };
    let (name, value) = text.split_once('=').ok_or_else(|| wrong("write NAME=VALUE"))?;
    let inner = value.trim().trim_start_matches('[').trim_end_matches(']');
    let read = |text: &str| {
        let text = text.trim();
        let int = match text.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        let float = || text.parse().ok().map(Value::Float);
        let truth = || text.parse().ok().map(Value::Bool);
        int.map(Value::Int).or_else(float).or_else(truth)
    };
    let values: Option<Vec<Value>> = inner.split(',').map(read).collect();
    let mut values = values.ok_or_else(|| wrong("the value is no number, true or false"))?;
    match values.pop() {
        Some(one) if values.is_empty() && !value.contains(['[', ',']) => Ok((name.to_owned(), one)),
        last => {
            values.extend(last);
            Ok((name.to_owned(), Value::List(values)))
        }
    }
}

/// Reads `auto` or `X,Y,Z`; numbers that are left out are 1.
pub(super) fn dispatch(text: &str) -> Result<Option<[u32; 3]>, String> {
    if text == "auto" {
        return Ok(None);
    }
    let mut groups = [1; 3];
    let numbers: Vec<_> = text.split([',', 'x']).map(|number| number.trim().parse()).collect();
    for (at, number) in numbers.into_iter().enumerate() {
        match (groups.get_mut(at), number) {
            (Some(group), Ok(number)) => *group = number,
            _ => {
                return Err(format!("must be auto, or up to three numbers as 8,8,1, got {text:?}"));
            }
        }
    }
    Ok(Some(groups))
}

/// Reads `A=B`.
pub(super) fn pair(text: &str) -> Result<[String; 2], Stop> {
    match text.split_once('=') {
        Some((a, b)) if !a.is_empty() && !b.is_empty() => Ok([a.to_owned(), b.to_owned()]),
        _ => Err(Stop::usage(format!("--swap {text}: write it as --swap A=B"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{FileSpec, Format, Place, dispatch, setting};
    use bytelens::{DType, Value};

    #[test]
    fn files_are_told_from_what_is_said_of_them() {
        type Row<'a> = (&'a str, &'a str, Option<DType>, Option<&'a [isize]>);
        let rows: [Row; 6] = [
            ("x.npy", "x.npy", None, None),
            ("x.bin:f32[1000,3]", "x.bin", Some(DType::F32), Some(&[1000, 3])),
            ("x.bin:<u2", "x.bin", Some(DType::U16), None),
            ("x.npy:[-1]", "x.npy", None, Some(&[-1])),
            ("x.npy:f16[]", "x.npy", Some(DType::F16), Some(&[])),
            ("C:/x.bin:u8[2, 3]", "C:/x.bin", Some(DType::U8), Some(&[2, 3])),
        ];
        for (text, path, dtype, shape) in rows {
            let spec = FileSpec::parse(text).expect(text);
            assert_eq!(spec.place, Place::File(path.into()), "{text}");
            assert_eq!((spec.dtype, spec.shape.as_deref()), (dtype, shape), "{text}");
        }
        let spec = FileSpec::parse("a.npz#w:f32:like=x").expect("all of it");
        assert_eq!((spec.member.as_deref(), spec.like.as_deref()), (Some("w"), Some("x")));
        let spec = FileSpec::parse("-:y4m:rgba").expect("all of it");
        assert_eq!(spec.place, Place::Standard);
        assert_eq!((spec.format, spec.channels), (Some(Format::Y4m), Some(4)));
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        for (text, part) in [
            ("x.bin:f23[3]", "did you mean"),
            ("x.bin:f32[3", "[480,640]"),
            ("x.bin:f32[-1,-1]", "one may be -1"),
            ("x.bin:u8[a]", "got [a]"),
        ] {
            let problem = FileSpec::parse(text).expect_err(text);
            assert!(problem.contains(part), "{text}: {problem}");
        }
        assert!(dispatch("1,2,3,4").is_err() && dispatch("x").is_err() && dispatch("-1").is_err());
        assert_eq!(dispatch("8,4"), Ok(Some([8, 4, 1])));
    }

    #[test]
    fn values_are_numbers_truths_and_lists() {
        for (text, value) in [
            ("a=2", Value::Int(2)),
            ("a=0xff", Value::Int(255)),
            ("a=-2.5e-3", Value::Float(-0.0025)),
            ("a=true", Value::Bool(true)),
            ("a=1,2.5", Value::List(vec![Value::Int(1), Value::Float(2.5)])),
            ("a=[7]", Value::List(vec![Value::Int(7)])),
        ] {
            let (name, got) = setting(text).expect(text);
            assert_eq!((name.as_str(), format!("{got:?}")), ("a", format!("{value:?}")), "{text}");
        }
        assert!(setting("a").is_err() && setting("a=").is_err() && setting("a=x").is_err());
    }
}
