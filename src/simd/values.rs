//! The value of each 8-bit code, ready to be looked up.

#[cfg(target_arch = "x86_64")]
use std::sync::LazyLock;

/// How many codes there are.
pub(crate) const CODES: usize = 256;

/// The value of each 8-bit code.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    values: [f32; CODES],
    /// The first bytes of all values, the second ones, and so on: a register looks up bytes.
    #[cfg(target_arch = "x86_64")]
    pub(super) bytes: [[u8; CODES]; 4],
}

impl Values {
    /// Says what each code stands for.
    pub(crate) fn new(values: [f32; CODES]) -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            bytes: std::array::from_fn(|byte| values.map(|value| value.to_le_bytes()[byte])),
            values,
        }
    }

    /// What codes stand for where nothing else is said: 0..=1.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn of_units() -> &'static Self {
        static UNITS: LazyLock<Values> =
            LazyLock::new(|| Values::new(std::array::from_fn(|code| code as f32 / 255.0)));
        &UNITS
    }

    /// Returns them in the order of the codes.
    #[inline(always)]
    pub(crate) fn as_array(&self) -> &[f32; CODES] {
        &self.values
    }
}
