//! Cast: another element type for the result.

use crate::dtype::DType;
use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::choice;
use crate::op::pass::Lowered;

choice! {
    /// How a sample is stored.
    pub enum Stored {
        /// 8 bits: 255 is 1.
        U8 = "u8",
        /// 16 bits: 65535 is 1.
        U16 = "u16",
        /// Half precision of IEEE 754: eleven bits from 6e-5 to 65504.
        F16 = "f16",
        /// Single precision of IEEE 754.
        F32 = "f32",
    }
}

op! {
    /// Sets the element type of the result.
    ///
    /// Wherever it stands in a pipeline it says how the last pass stores its numbers: nothing is rounded in
    /// between, it costs no pass of its own where there is one, and of several the last counts. Integers
    /// saturate, round half to even, and take 0 for what is no number; floats keep numbers below 0 and above
    /// 1, such as filters make at edges, f16 as far as it goes. `resize 224x224 | standardize imagenet | cast f32` is a tensor of an 8-bit
    /// photograph.
    ///
    /// In a renderer's frame the frame decides: there it does nothing.
    pub struct Cast: "cast", Point {
        /// The element type.
        to: Stored = Stored::F32;
    }
}

impl Op for Cast {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        Ok(Lowered::Passes(Vec::new()))
    }

    fn stores(&self) -> Option<DType> {
        Some(match self.to {
            Stored::U8 => DType::U8,
            Stored::U16 => DType::U16,
            Stored::F16 => DType::F16,
            Stored::F32 => DType::F32,
        })
    }
}
