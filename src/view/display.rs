//! How views are shown: shape, type and values, with all but the ends of long axes elided.

use super::{Typed, Value, View, ViewMut};
use std::fmt::{Debug, Display, Formatter, Result, Write};

/// Axes longer than this show as many elements as this from each end, halved.
const SHOWN: usize = 6;

impl Display for View<'_> {
    /// Shows type, shape and values: `u8[2, 3] [[0, 1, 2], [3, 4, 5]]`.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} ", self.layout())?;
        show(self, f)
    }
}

fn show(view: &View<'_>, f: &mut Formatter<'_>) -> Result {
    let Some(len) = view.shape().first().copied() else {
        let value = view.value(&[]).map_err(|_| std::fmt::Error)?;
        return write!(f, "{value}");
    };
    let elided = SHOWN / 2..if len > SHOWN { len - SHOWN / 2 } else { 0 };
    // Walks what is shown alone: an axis of a broadcast view may be longer than anybody can walk.
    let (head, tail) = if elided.is_empty() { (len, len) } else { (elided.start, elided.end) };
    f.write_char('[')?;
    for at in (0..head).chain(tail..len) {
        if at > 0 {
            f.write_str(", ")?;
        }
        if at == tail && !elided.is_empty() {
            f.write_str("…, ")?;
        }
        show(&view.index(0, at.cast_signed()).map_err(|_| std::fmt::Error)?, f)?;
    }
    f.write_char(']')
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Complex([re, im]) => write!(f, "{re}{im:+}i"),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Struct(fields) => {
                f.write_char('{')?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if at > 0 { ", " } else { "" })?;
                }
                f.write_char('}')
            }
            Self::List(values) => {
                f.write_char('[')?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at > 0 { ", " } else { "" })?;
                }
                f.write_char(']')
            }
        }
    }
}

impl Debug for View<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "View({:?})", self.layout())
    }
}

impl Debug for ViewMut<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ViewMut({:?})", self.layout())
    }
}

impl<T, const N: usize> Debug for Typed<'_, T, N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let element = std::any::type_name::<T>();
        write!(f, "Typed<{element}>(shape {:?}, strides {:?})", self.shape, self.strides)
    }
}
