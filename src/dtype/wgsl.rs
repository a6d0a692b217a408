//! WGSL's host-shareable types.

use super::{DType, Kind};
use crate::error::{Error, Result};

impl DType {
    /// Writes the type as WGSL has it: `f32`, `vec2<f32>` for complex numbers and sub-arrays of 2, 3
    /// or 4, `array<T, N>` for longer ones.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::array(&DType::F32, &[4])?.wgsl()?, "vec4<f32>");
    /// assert_eq!(DType::from_wgsl("vec2<u32>")?.to_string(), "u32[2]");
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A type that no WGSL variable in a buffer has; the ones that it unpacks into are named.
    pub fn wgsl(&self) -> Result<String> {
        let name = match (self.kind(), self.size()) {
            _ if !self.is_native() => None,
            (Kind::Uint, 4) => Some("u32".to_owned()),
            (Kind::Int, 4) => Some("i32".to_owned()),
            (Kind::Float, 4) => Some("f32".to_owned()),
            (Kind::Float, 2) => Some("f16".to_owned()),
            (Kind::Complex, 8) => Some("vec2<f32>".to_owned()),
            (Kind::Array, _) => {
                let (element, shape) = self.sub_array().unwrap_or((self, &[]));
                let element_name = element.wgsl()?;
                match shape {
                    [n @ (2 | 4)] if element.is_scalar() => Some(format!("vec{n}<{element_name}>")),
                    // An array of vec3 has a stride of 4: elements side by side are no vec3.
                    [n] if *n > 0 => Some(format!("array<{element_name}, {n}>")),
                    _ => None,
                }
            }
            _ => None,
        };
        name.ok_or_else(|| {
            let expected = "u32, i32, f32, f16 in native order, or a vector or array of these";
            Error::dtype("WGSL type", expected, self)
        })
    }

    /// Reads a WGSL type whose elements lie side by side.
    ///
    /// ```
    /// use bytelens::DType;
    ///
    /// assert_eq!(DType::from_wgsl("array<vec4<f32>, 8>")?.to_string(), "f32[8, 4]");
    /// assert!(DType::from_wgsl("vec3<f32>").is_err()); // 12 bytes at multiples of 16
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A type that is none of these; `vec3`, which WGSL puts at multiples of 4 elements.
    pub fn from_wgsl(text: &str) -> Result<Self> {
        Self::from_wgsl_within(text.trim(), 0)
    }

    fn from_wgsl_within(text: &str, depth: usize) -> Result<Self> {
        let wrong = || {
            let expected = "u32, i32, f32, f16, atomic<T>, vec2<T>, vec4<T> or array<T, N>";
            Error::dtype("WGSL type", expected, format!("{text:?}"))
        };
        let short = [
            ("vec2f", "vec2<f32>"),
            ("vec4f", "vec4<f32>"),
            ("vec2u", "vec2<u32>"),
            ("vec4u", "vec4<u32>"),
            ("vec2i", "vec2<i32>"),
            ("vec4i", "vec4<i32>"),
            ("vec2h", "vec2<f16>"),
            ("vec4h", "vec4<f16>"),
        ];
        let text = short.iter().find(|(name, _)| *name == text).map_or(text, |(_, long)| long);
        let scalar = match text {
            "u32" => Some(Self::U32),
            "i32" => Some(Self::I32),
            "f32" => Some(Self::F32),
            "f16" => Some(Self::F16),
            _ => None,
        };
        if let Some(scalar) = scalar {
            return Ok(scalar);
        }
        let inner = text.strip_suffix('>').and_then(|text| text.split_once('<'));
        let Some((outer, inner)) = inner.filter(|_| depth < 8) else {
            return Err(wrong());
        };
        let (element, count) = match outer.trim() {
            "atomic" => return Self::from_wgsl_within(inner.trim(), depth + 1),
            "vec2" => (inner, 2),
            "vec4" => (inner, 4),
            "array" => {
                let (element, count) = inner.rsplit_once(',').ok_or_else(wrong)?;
                let count = count.trim().trim_end_matches('u').parse().map_err(|_| wrong())?;
                (element, count)
            }
            _ => return Err(wrong()),
        };
        Self::array(&Self::from_wgsl_within(element.trim(), depth + 1)?, &[count])
    }

    /// Tells whether it is one number of WGSL.
    fn is_scalar(&self) -> bool {
        self.is_number() && self.kind() != Kind::Complex
    }
}
