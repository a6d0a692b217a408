//! Element type → format string, with every byte order and gap stated.

use crate::dtype::{ByteOrder, DType, Kind};
use crate::error::{Error, Result};

impl DType {
    /// Writes the type as a PEP 3118 format string.
    ///
    /// Native numbers are one character, as `memoryview` wants them; structs state byte orders and
    /// padding in full.
    ///
    /// ```
    /// use bytelens::{ByteOrder, DType};
    ///
    /// assert_eq!(DType::I16.format()?, "h");
    /// assert_eq!(DType::I16.with_order(ByteOrder::Big).format()?, ">h");
    /// let padded = DType::struct_at(&[("a", DType::U8, 0), ("b", DType::U8, 3)], 4)?;
    /// assert_eq!(padded.format()?, "T{=B:a:2xB:b:}");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A bfloat16, which has no code; fields that overlap or are out of order; a name with a colon.
    pub fn format(&self) -> Result<String> {
        let mut out = String::new();
        let is_plain = self.is_number() && self.is_native();
        write_format(self, &mut out, &mut is_plain.then_some(ByteOrder::NATIVE))?;
        Ok(out)
    }
}

fn mark(order: ByteOrder) -> char {
    if order == ByteOrder::Little { '<' } else { '>' }
}

/// Writes one type. `order` is the byte order that the marks written so far have set; nothing if
/// none has, so that native sizes and alignment hold.
fn write_format(dtype: &DType, out: &mut String, order: &mut Option<ByteOrder>) -> Result<()> {
    if let Some((element, shape)) = dtype.sub_array() {
        let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
        let mut inner = String::new();
        write_format(element, &mut inner, order)?;
        // The mark of a byte order comes before the shape.
        let at = inner.find(|c| c != '<' && c != '>').unwrap_or(inner.len());
        let (marks, code) = inner.split_at(at);
        out.push_str(&format!("{marks}({}){code}", lengths.join(",")));
        return Ok(());
    }
    let has_order = matches!(dtype.kind(), Kind::Text) || dtype.is_number() && dtype.size() > 1;
    if has_order && *order != Some(dtype.order()) {
        out.push(mark(dtype.order()));
        *order = Some(dtype.order());
    }
    let code = match (dtype.kind(), dtype.size()) {
        (Kind::Bool, _) => "?",
        (Kind::Uint, 1) => "B",
        (Kind::Uint, 2) => "H",
        (Kind::Uint, 4) => "I",
        (Kind::Uint, _) => "Q",
        (Kind::Int, 1) => "b",
        (Kind::Int, 2) => "h",
        (Kind::Int, 4) => "i",
        (Kind::Int, _) => "q",
        (Kind::Float, 2) => "e",
        (Kind::Float, 4) => "f",
        (Kind::Float, _) => "d",
        (Kind::Complex, 8) => "Zf",
        (Kind::Complex, _) => "Zd",
        (Kind::BFloat, _) => {
            let got = "bf16, which has none; cast to u16 or convert to f32";
            return Err(Error::dtype("format", "a type with a buffer-protocol code", got));
        }
        (Kind::Bytes, size) => &format!("{size}s"),
        (Kind::Text, size) => &format!("{}w", size / 4),
        (Kind::Struct | Kind::Array, _) => return write_struct(dtype, out, *order),
    };
    out.push_str(code);
    Ok(())
}

fn write_struct(dtype: &DType, out: &mut String, mut order: Option<ByteOrder>) -> Result<()> {
    out.push_str("T{");
    if order.is_none() {
        // Without alignment, so that offsets are as stated.
        out.push('=');
        order = Some(ByteOrder::NATIVE);
    }
    let mut end = 0;
    for field in dtype.fields() {
        let Some(gap) = field.offset().checked_sub(end) else {
            let got = format!("{:?} at offset {}", field.name(), field.offset());
            return Err(Error::dtype("format", "fields one after another", got));
        };
        if field.name().contains(':') {
            return Err(Error::dtype("format", "names without a colon", field.name()));
        }
        write_padding(out, gap);
        write_format(field.dtype(), out, &mut order)?;
        out.push_str(&format!(":{}:", field.name()));
        if field.dtype().kind() == Kind::Struct {
            // Readers differ on whether an order set inside goes on: state the next one again.
            order = None;
        }
        end = field.offset() + field.dtype().size();
    }
    write_padding(out, dtype.size() - end);
    out.push('}');
    Ok(())
}

fn write_padding(out: &mut String, count: usize) {
    match count {
        0 => {}
        1 => out.push('x'),
        _ => out.push_str(&format!("{count}x")),
    }
}
