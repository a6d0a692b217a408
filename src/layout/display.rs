//! How a layout is shown: `u8[480, 640, 3]`, and in full for debugging.

use super::Layout;
use std::fmt::{Debug, Display, Formatter, Result};

impl Display for Layout {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{:?}", self.dtype, self.shape())
    }
}

impl Debug for Layout {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{self} strides {:?} offset {}", self.strides(), self.offset)
    }
}
