//! Values for uniforms and overrides: numbers of the host as the bytes of a WGSL type.

use super::wgsl::{Number, Wgsl, column_stride};
use crate::view::Value;

/// Why a value is not one of a type: what would be, and what came.
pub(super) struct Wrong {
    pub(super) expected: String,
    pub(super) got: String,
}

/// Writes `value` as `ty` into bytes of the type's size.
pub(super) fn write(ty: &Wgsl, value: &Value, to: &mut [u8]) -> Result<(), Wrong> {
    if let Value::Bytes(bytes) = value {
        if bytes.len() != to.len() {
            return Err(wrong(
                ty,
                format!("{} bytes of", to.len()),
                &format!("{} bytes", bytes.len()),
            ));
        }
        to.copy_from_slice(bytes);
        return Ok(());
    }
    match (ty, value) {
        (Wgsl::Number(number) | Wgsl::Atomic(number), value) => write_number(*number, value, to),
        (Wgsl::Vector { len, of }, value) => {
            let items = items(ty, value, *len)?;
            let numbers = items.iter().zip(to.chunks_exact_mut(of.size()));
            numbers.into_iter().try_for_each(|(item, to)| write_number(*of, item, to))
        }
        (Wgsl::Matrix { columns, rows, of }, value) => {
            let column = Wgsl::Vector { len: *rows, of: *of };
            let stride = column_stride(*rows, *of);
            let items = match value {
                // The numbers of all columns, one column after the other.
                Value::List(all) if all.len() == columns * rows => {
                    all.chunks(*rows).map(|column| Value::List(column.to_vec())).collect()
                }
                value => items(ty, value, *columns)?,
            };
            let mut columns = items.iter().zip(to.chunks_mut(stride));
            columns.try_for_each(|(item, to)| write(&column, item, &mut to[..rows * of.size()]))
        }
        (Wgsl::Array { of, len: Some(len), stride }, value) => {
            let items = items(ty, value, *len)?;
            let mut elements = items.iter().zip(to.chunks_mut(*stride));
            elements.try_for_each(|(item, to)| write(of, item, &mut to[..of.size()]))
        }
        (Wgsl::Struct { members, .. }, Value::Struct(fields)) => {
            if let Some((name, _)) = fields.iter().find(|(name, _)| ty.member(&[name]).is_none()) {
                return Err(wrong(ty, "the members of", &format!("a field {name:?}")));
            }
            members.iter().try_for_each(|member| {
                let Some((_, value)) = fields.iter().find(|(name, _)| *name == member.name) else {
                    return Err(wrong(
                        ty,
                        "all members of",
                        &format!("none for {:?}", member.name),
                    ));
                };
                let end = member.offset + member.ty.size();
                write(&member.ty, value, &mut to[member.offset..end])
            })
        }
        (ty, value) => Err(wrong(ty, "a value of", &shown(value))),
    }
}

/// Returns the number that wgpu takes for an override.
pub(super) fn override_number(number: Number, value: &Value) -> Result<f64, Wrong> {
    let mut bytes = [0; 8];
    write_number(number, value, &mut bytes[..number.size()])?;
    #[allow(
        clippy::cast_precision_loss,
        reason = "an override is an f64 to wgpu; 32 bits are exact"
    )]
    let float = match value {
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Int(int) => *int as f64,
        Value::Float(float) => *float,
        value => return Err(wrong(&Wgsl::Number(number), "a value of", &shown(value))),
    };
    if float.is_finite() {
        return Ok(float);
    }
    Err(wrong(&Wgsl::Number(number), "a finite", &shown(value)))
}

fn wrong(ty: &Wgsl, what: impl AsRef<str>, got: &str) -> Wrong {
    Wrong { expected: format!("{} {ty}", what.as_ref()), got: got.to_owned() }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Complex([re, im]) => format!("{re:?}+{im:?}i"),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Text(text) => format!("{text:?}"),
        Value::Struct(fields) => format!("{} fields", fields.len()),
        Value::List(items) => format!("a list of {}", items.len()),
    }
}

fn items(ty: &Wgsl, value: &Value, len: usize) -> Result<Vec<Value>, Wrong> {
    let items = match value {
        Value::List(items) => items.clone(),
        Value::Complex(pair) => pair.map(Value::Float).to_vec(),
        value => return Err(wrong(ty, format!("a list of {len} for"), &shown(value))),
    };
    if items.len() != len {
        return Err(wrong(ty, format!("a list of {len} for"), &shown(value)));
    }
    Ok(items)
}

fn write_number(number: Number, value: &Value, to: &mut [u8]) -> Result<(), Wrong> {
    let range = |expected: String| Wrong { expected, got: shown(value) };
    let whole = |low: i128, high: i128| {
        let expected = || range(format!("a whole number in {low}..={high} ({})", number.name()));
        let int = match value {
            Value::Int(int) => *int,
            #[allow(clippy::cast_possible_truncation, reason = "it is whole, and saturates")]
            Value::Float(float) if float.fract() == 0.0 => *float as i128,
            _ => return Err(expected()),
        };
        if (low..=high).contains(&int) { Ok(int.to_le_bytes()) } else { Err(expected()) }
    };
    let float = || match value {
        #[allow(clippy::cast_precision_loss, reason = "a float is what was asked for")]
        Value::Int(int) => Ok(*int as f64),
        Value::Float(float) => Ok(*float),
        _ => Err(range(format!("a number ({})", number.name()))),
    };
    let fits = |finite: bool, most: &str| {
        if finite { Ok(()) } else { Err(range(format!("at most {most} ({})", number.name()))) }
    };
    match number {
        // Only overrides are bool.
        Number::Bool => match value {
            Value::Bool(flag) => to.copy_from_slice(&u32::from(*flag).to_le_bytes()[..to.len()]),
            _ => return Err(range("true or false (bool)".to_owned())),
        },
        Number::I32 => to.copy_from_slice(&whole(i32::MIN.into(), i32::MAX.into())?[..4]),
        Number::U32 => to.copy_from_slice(&whole(0, u32::MAX.into())?[..4]),
        Number::I64 => to.copy_from_slice(&whole(i64::MIN.into(), i64::MAX.into())?[..8]),
        Number::U64 => to.copy_from_slice(&whole(0, u64::MAX.into())?[..8]),
        Number::F16 => {
            let (wide, narrow) = (float()?, half::f16::from_f64(float()?));
            fits(narrow.is_finite() || !wide.is_finite(), "65504")?;
            to.copy_from_slice(&narrow.to_le_bytes());
        }
        Number::F32 => {
            let wide = float()?;
            #[allow(clippy::cast_possible_truncation, reason = "rounds; overflow is checked")]
            let narrow = wide as f32;
            fits(narrow.is_finite() || !wide.is_finite(), "3.4e38")?;
            to.copy_from_slice(&narrow.to_le_bytes());
        }
        Number::F64 => to.copy_from_slice(&float()?.to_le_bytes()),
    }
    Ok(())
}

macro_rules! values {
    ($($type:ty => |$value:ident| $made:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        }
    )*};
}

values! {
    bool => |value| Self::Bool(value);
    i32 => |value| Self::Int(value.into());
    u32 => |value| Self::Int(value.into());
    i64 => |value| Self::Int(value.into());
    u64 => |value| Self::Int(value.into());
    f32 => |value| Self::Float(value.into());
    f64 => |value| Self::Float(value);
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        Self::List(items.map(Into::into).into())
    }
}
