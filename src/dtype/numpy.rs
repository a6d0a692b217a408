//! NumPy's dtype strings: `<f4`, `|S5`, `<U3`, and the list of fields in the header of a `.npy` file.

use super::literal::Literal;
use super::{ByteOrder, DType, Kind};
use crate::error::{Error, Result};

impl DType {
    /// Reads a NumPy type string such as `<f4`, `>i2`, `|b1`, `|S5`, `<U3` or `|V16`, or the list of
    /// fields of a struct that `dtype.descr` gives.
    ///
    /// ```
    /// use bytelens::{ByteOrder, DType};
    ///
    /// assert_eq!(DType::from_numpy(">i2")?, DType::I16.with_order(ByteOrder::Big));
    /// assert_eq!(DType::F32.numpy()?, "<f4");
    /// let list = DType::from_numpy("[('id', '<u2'), ('at', '<f4', (3,))]")?;
    /// assert_eq!((list.size(), list.numpy()?), (14, "[('id', '<u2'), ('at', '<f4', (3,))]".into()));
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A string that is none, or a type without bytes to view (objects, dates, `long double`).
    pub fn from_numpy(text: &str) -> Result<Self> {
        if text.trim_start().starts_with('[') {
            return Self::from_descr(&Literal::parse(text)?);
        }
        let wrong = || {
            let expected = "a byte order (< > | =), a kind (b u i f c S U V) and a size";
            Error::dtype("NumPy type string", expected, format!("{text:?}"))
        };
        let (order, rest) = match text.chars().next() {
            Some('<') => (ByteOrder::Little, &text[1..]),
            Some('>') => (ByteOrder::Big, &text[1..]),
            Some('|' | '=') => (ByteOrder::NATIVE, &text[1..]),
            _ => (ByteOrder::NATIVE, text),
        };
        let mut chars = rest.chars();
        let code = chars.next().ok_or_else(wrong)?;
        let size: u32 = chars.as_str().parse().map_err(|_| wrong())?;
        let kind = match code {
            'b' => Kind::Bool,
            'u' => Kind::Uint,
            'i' => Kind::Int,
            'f' => Kind::Float,
            'c' => Kind::Complex,
            'S' | 'a' | 'V' => return Ok(Self::bytes(size)),
            'U' => return Ok(Self::text(size).with_order(order)),
            _ => return Err(wrong()),
        };
        let fits = |dtype: &&Self| dtype.kind() == kind && dtype.size() == size as usize;
        Self::NUMBERS.iter().find(fits).map(|dtype| dtype.with_order(order)).ok_or_else(wrong)
    }

    /// Writes the type as NumPy's `dtype.str`, or its `dtype.descr` for a struct: what stands in the
    /// header of a `.npy` file.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::bytes(5).numpy()?, "|S5");
    /// assert!(DType::BF16.numpy().is_err());
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A bfloat16, fields that overlap or are out of order, or more than `i32::MAX` bytes: NumPy has
    /// no string for these.
    pub fn numpy(&self) -> Result<String> {
        if i32::try_from(self.size()).is_err() {
            let expected = format!("at most {} bytes, for NumPy counts them in a C int", i32::MAX);
            return Err(Error::dtype("NumPy type string", expected, self.size()));
        }
        if self.kind() == Kind::Struct {
            return self.descr();
        }
        let (code, size) = match self.kind() {
            Kind::Bool => ('b', 1),
            Kind::Uint => ('u', self.size()),
            Kind::Int => ('i', self.size()),
            Kind::Float => ('f', self.size()),
            Kind::Complex => ('c', self.size()),
            Kind::Bytes => ('S', self.size()),
            Kind::Text => ('U', self.size() / 4),
            Kind::BFloat | Kind::Struct | Kind::Array => {
                let expected = "a type that NumPy has; cast or convert first";
                return Err(Error::dtype("NumPy type string", expected, self));
            }
        };
        let order = match self.order() {
            _ if code == 'S' || (code != 'U' && size == 1) => '|',
            ByteOrder::Little => '<',
            ByteOrder::Big => '>',
        };
        Ok(format!("{order}{code}{size}"))
    }

    /// Reads what stands for a type in the header of a `.npy` file: a type string, a list of fields,
    /// or a pair of either and the shape of a sub-array.
    pub(crate) fn from_descr(descr: &Literal) -> Result<Self> {
        let wrong = || {
            let expected = "a type string or a list of (name, type) or (name, type, shape)";
            Error::dtype("NumPy type list", expected, format!("{descr:?}"))
        };
        match descr {
            Literal::Text(text) => Self::from_numpy(text),
            Literal::Tuple(pair) => match pair.as_slice() {
                [element, shape] => {
                    let shape = shape.numbers().ok_or_else(wrong)?;
                    Self::array(&Self::from_descr(element)?, &shape)
                }
                _ => Err(wrong()),
            },
            Literal::List(fields) => {
                let (mut placed, mut end) = (Vec::new(), 0_usize);
                for field in fields {
                    let Literal::Tuple(parts) = field else {
                        return Err(wrong());
                    };
                    let (name, element, shape) = match parts.as_slice() {
                        [name, element] => (name, element, Vec::new()),
                        [name, element, shape] => {
                            (name, element, shape.numbers().ok_or_else(wrong)?)
                        }
                        _ => return Err(wrong()),
                    };
                    // A name may come with a title, which says the same in more words.
                    let name = match name {
                        Literal::Text(name) => name,
                        Literal::Tuple(both) => match both.as_slice() {
                            [_, Literal::Text(name)] => name,
                            _ => return Err(wrong()),
                        },
                        _ => return Err(wrong()),
                    };
                    let dtype = Self::array(&Self::from_descr(element)?, &shape)?;
                    let next = end.checked_add(dtype.size()).ok_or_else(wrong)?;
                    // Bytes without a name are padding.
                    if !name.is_empty() {
                        placed.push((name.as_str(), dtype, end));
                    }
                    end = next;
                }
                Self::struct_at(&placed, end)
            }
            _ => Err(wrong()),
        }
    }

    fn descr(&self) -> Result<String> {
        let mut parts = Vec::new();
        let mut end = 0;
        for field in self.fields() {
            let Some(gap) = field.offset().checked_sub(end) else {
                let got = format!("{:?} at offset {}", field.name(), field.offset());
                return Err(Error::dtype("NumPy type list", "fields one after another", got));
            };
            if gap > 0 {
                parts.push(format!("('', '|V{gap}')"));
            }
            let (element, shape) = field.dtype().sub_array().unwrap_or((field.dtype(), &[]));
            let text = element.numpy()?;
            let text = if element.kind() == Kind::Struct { text } else { format!("'{text}'") };
            let name = field.name().replace('\\', "\\\\").replace('\'', "\\'");
            let lens: String = shape.iter().map(|len| format!("{len}, ")).collect();
            let shape =
                if shape.is_empty() { String::new() } else { format!(", ({})", lens.trim_end()) };
            parts.push(format!("('{name}', {text}{shape})"));
            end = field.offset() + field.dtype().size();
        }
        if self.size() > end {
            parts.push(format!("('', '|V{}')", self.size() - end));
        }
        Ok(format!("[{}]", parts.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::DType;

    #[test]
    fn a_type_larger_than_numpy_counts_has_no_string() {
        let most = i32::MAX as usize;
        for (gap, is_written) in [(most - 2, true), (most - 1, false), (1 << 40, false)] {
            let dtype =
                DType::struct_at(&[("a", DType::U8, 0), ("b", DType::U8, gap + 1)], gap + 2);
            let text = dtype.expect("fields inside the struct").numpy();
            match text {
                Ok(text) => {
                    assert!(is_written, "{gap}: {text}");
                    assert_eq!(DType::from_numpy(&text).expect(&text).size(), gap + 2);
                }
                Err(error) => assert!(!is_written, "{gap}: {error}"),
            }
        }
    }
}
