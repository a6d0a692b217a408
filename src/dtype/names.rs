//! The house names of element types: `u8`, `f32be`, `{id: u16, at: f32[2]}`.

use super::{ByteOrder, DType, Kind, Repr};
use crate::error::{Error, Result};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

impl Display for DType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Number { kind: Kind::Bool, .. } => f.write_str("bool"),
            Repr::Number { kind, size, order } => {
                write!(f, "{}{}{}", prefix(*kind), u16::from(*size) * 8, suffix(*order))
            }
            Repr::Bytes(n) => write!(f, "bytes{n}"),
            Repr::Text { chars, order } => write!(f, "text{chars}{}", suffix(*order)),
            Repr::Array(array) => write!(f, "{}{:?}", array.element, array.shape),
            Repr::Struct(record) => {
                f.write_str("{")?;
                let mut end = 0;
                for (at, field) in record.fields.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {}", field.name, field.dtype)?;
                    if field.offset != end {
                        write!(f, " @{}", field.offset)?;
                    }
                    end = field.offset + field.dtype.size();
                }
                f.write_str("}")?;
                if record.size == end { Ok(()) } else { write!(f, "/{}", record.size) }
            }
        }
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Uint => "u",
        Kind::Int => "i",
        Kind::BFloat => "bf",
        Kind::Complex => "c",
        _ => "f",
    }
}

fn suffix(order: ByteOrder) -> &'static str {
    match order {
        order if order.is_native() => "",
        ByteOrder::Little => "le",
        ByteOrder::Big => "be",
    }
}

impl FromStr for DType {
    type Err = Error;

    /// Reads a house name of a number (`u8`, `f32be`), `bytes16` or `text8`.
    ///
    /// ```
    /// use bytelens::{ByteOrder, DType};
    ///
    /// assert_eq!("u16be".parse::<DType>()?, DType::U16.with_order(ByteOrder::Big));
    /// assert_eq!("bytes16".parse::<DType>()?, DType::bytes(16));
    /// assert!("float32".parse::<DType>().is_err()); // f32
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    fn from_str(name: &str) -> Result<Self> {
        let (stem, order) = match name {
            _ if name.ends_with("be") => (&name[..name.len() - 2], ByteOrder::Big),
            _ if name.ends_with("le") => (&name[..name.len() - 2], ByteOrder::Little),
            _ => (name, ByteOrder::NATIVE),
        };
        if let Some(dtype) = Self::NUMBERS.iter().find(|dtype| dtype.to_string() == stem) {
            return Ok(dtype.with_order(order));
        }
        if let Some(Ok(n)) = stem.strip_prefix("bytes").map(str::parse) {
            return Ok(Self::bytes(n));
        }
        if let Some(Ok(chars)) = stem.strip_prefix("text").map(str::parse) {
            return Ok(Self::text(chars).with_order(order));
        }
        let names = Self::NUMBERS.map(|dtype| dtype.to_string());
        let known = format!("known are {}, with be or le after them", names.join(" "));
        Err(Error::unknown("element type", name, names.iter().map(String::as_str), known))
    }
}
