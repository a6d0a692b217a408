//! Channels: some of a pixel's samples, as a picture of their own.

use crate::error::{Error, Result};
use crate::image::{Alpha, Color, ImageInfo, PixelFormat};
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{ParamValue, choice};
use crate::op::pass::Lowered;

choice! {
    /// Which channels are kept.
    pub enum Pick {
        /// Red, as a grey picture.
        R = "r",
        /// Green, as a grey picture.
        G = "g",
        /// Blue, as a grey picture.
        B = "b",
        /// Alpha, as a grey picture.
        A = "a",
        /// Red, green and blue, without alpha; a grey picture becomes one of three equal channels.
        Rgb = "rgb",
        /// The same in reverse order.
        Bgr = "bgr",
    }
}

op! {
    /// Keeps some channels of each pixel.
    ///
    /// In a grey picture `r`, `g` and `b` are all its one channel. Alpha is dropped, not applied.
    pub struct Channels: "channels", View {
        /// The channels to keep.
        pick: Pick = Pick::Rgb;
    }
}

impl Op for Channels {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let format = input.format;
        let gray = format.color == Color::Gray;
        let layout = &input.layout;
        let one = |channel: usize| layout.slice(2, channel..channel + 1);
        let (layout, color) = match self.pick {
            Pick::A if !format.has_alpha() => {
                return Err(Error::param(
                    "channels",
                    "pick",
                    "a channel that the picture has",
                    format!("{}, of a picture without alpha", self.pick.print()),
                ));
            }
            Pick::A => (one(format.channels() - 1)?, Color::Gray),
            Pick::R | Pick::G | Pick::B if gray => (one(0)?, Color::Gray),
            Pick::R => (one(0)?, Color::Gray),
            Pick::G => (one(1)?, Color::Gray),
            Pick::B => (one(2)?, Color::Gray),
            Pick::Rgb | Pick::Bgr if gray => {
                let shape = layout.shape();
                (one(0)?.broadcast_to(&[shape[0], shape[1], 3])?, Color::Rgb)
            }
            Pick::Rgb => (layout.slice(2, ..3)?, Color::Rgb),
            Pick::Bgr => (layout.slice(2, ..3)?.flip(2)?, Color::Rgb),
        };
        let format = PixelFormat { color, alpha: Alpha::None, ..format };
        Ok(Lowered::View(ImageInfo { format, ..input.with_layout(layout) }))
    }
}
