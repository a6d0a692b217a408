//! Overlay: another picture over the picture.

mod tile;

pub use tile::Gap;

use crate::error::Result;
use crate::image::{Color, Image, ImageInfo};
use crate::limits::Limits;
use crate::op::Op;
use crate::op::composite::{self, Blend, Composite, Layer, Place, Shift};
use crate::op::declare::op;
use crate::op::param::{Extent, Gravity, Light, Size};
use crate::op::pass::Lowered;
use crate::op::picture::{Part, Picture, Pixels};

op! {
    /// Lays another picture over each picture, as a watermark or a logo.
    ///
    /// `αo = αs Fa + αb Fb`, `αo co = αs Fa C + αb Fb Cb`, with `αs`, `Cs` of the picture that is laid over and
    /// `αb`, `Cb` of the one under it: for the operators of Porter and Duff, "Compositing Digital Images", 1984,
    /// `C` is `Cs`; for the blend modes of W3C, "Compositing and Blending Level 1", it is
    /// `(1 - αb) Cs + αb B(Cb, Cs)`, with the shares of `over`. Around it there is nothing: `clear`, `src`, `in`,
    /// `dst-in`, `out` and `dst-atop` leave nothing there, all others the picture as it was.
    ///
    /// A picture without alpha stays without where the result is opaque, and else gets it. Over a grey
    /// picture all is grey, by luminance; `channels rgb | overlay` has colour. Light above 1 stays where the
    /// formula lets it: `color-dodge`, `color-burn` and the last four cut at 1, and the last four are of use
    /// inside 0 to 1 alone. `bytelens batch` reads `overlay @FILE`.
    pub struct Overlay: "overlay", Pass {
        /// The picture that is laid over.
        picture: Picture = Picture::none();
        /// How it is laid over.
        blend: Blend = Blend::Over;
        /// Where it lies.
        gravity: Gravity = Gravity::CENTER;
        /// How far it is moved from there, away from the edge that gravity is nearest to.
        offset: Shift = Shift::NONE;
        /// What it is made to fit inside, per cent being those of the picture under it.
        size: Option<Size> = None;
        /// Whether it is repeated, and with how much space between.
        tile: Option<Gap> = None;
        /// What its alpha is multiplied by.
        opacity: f32 = 1.0, in 0.0..=1.0 "";
        /// In which numbers colours are mixed.
        light: Light = Light::Srgb;
    }
}

impl Overlay {
    /// Lays an image over, as it should be seen.
    ///
    /// ```
    /// use bytelens::{Buffer, Device, Image, Pipeline, PixelFormat, ops::overlay::Overlay};
    ///
    /// let image = |code: u8, size: usize| {
    ///     Image::new(Buffer::from_vec(vec![code; size * size], &[size, size, 1])?, PixelFormat::GRAY)
    /// };
    /// let overlay = Overlay::new(&image(200, 1)?)?.opacity(0.5);
    /// let out = Pipeline::new().then(overlay).run(&Device::cpu(), &image(100, 3)?)?;
    /// assert_eq!(out.view().to_vec::<u8>()?, [100, 100, 100, 100, 150, 100, 100, 100, 100]);
    /// # Ok::<(), bytelens::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Limit`](crate::Error::Limit) where memory cannot be had.
    pub fn new(image: &Image) -> Result<Self> {
        Ok(Self::default().picture(Picture::new(image)?))
    }

    /// Returns width and height of what is laid over a picture of `outer`.
    fn size_on(&self, pixels: &Pixels, outer: [usize; 2]) -> [usize; 2] {
        let own = [pixels.width, pixels.height];
        let Some(Size { width, height }) = self.size else { return own };
        let ratio = |side: Option<Extent>, axis: usize| {
            side.map(|side| side.of(outer[axis]) as f64 / own[axis] as f64)
        };
        let by = match (ratio(width, 0), ratio(height, 1)) {
            (Some(across), Some(down)) => across.min(down),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => 1.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "lengths are positive; `as` saturates"
        )]
        own.map(|side| ((side as f64 * by).round() as usize).clamp(1, i32::MAX as usize / 2))
    }

    /// Returns which part of what is laid over is seen, and where it lies.
    fn placed(&self, size: [usize; 2], outer: [usize; 2]) -> Result<(Part, Place)> {
        let starts = [
            composite::start(self.gravity.x, self.offset.x, outer[0], size[0]),
            composite::start(self.gravity.y, self.offset.y, outer[1], size[1]),
        ];
        if let Some(gap) = self.tile {
            let [w, h] = size.map(|side| side as u64);
            Limits::default().check_size("overlay: one copy of a tile", w, h)?;
            return Ok((
                Part { size, start: [0, 0], extent: size },
                gap.place(starts, size, outer),
            ));
        }
        let seen = |axis: usize| {
            let side = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
            let (start, end) = (starts[axis], starts[axis].saturating_add(side(size[axis])));
            let (low, high) = (start.clamp(0, side(outer[axis])), end.clamp(0, side(outer[axis])));
            [low - start, low, high - low]
        };
        let [[cut_x, left, width], [cut_y, top, height]] = [seen(0), seen(1)];
        let index = |number: i64| usize::try_from(number).unwrap_or(0);
        let word = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let (width, height) = if width == 0 || height == 0 { (0, 0) } else { (width, height) };
        let part = Part {
            size,
            start: [index(cut_x), index(cut_y)],
            extent: [index(width), index(height)],
        };
        let [left, top, width, height] = [left, top, width, height].map(word);
        Ok((part, Place { left, top, width, height, step: [0; 2] }))
    }
}

impl Op for Overlay {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let outer = [input.width(), input.height()];
        let nothing = || Ok(Lowered::Passes(Vec::new()));
        let Some(pixels) = self.picture.pixels() else { return nothing() };
        if outer.contains(&0) || self.blend == Blend::Dst {
            return nothing();
        }
        let (part, place) = self.placed(self.size_on(pixels, outer), outer)?;
        let is_seen = place.width > 0 && self.opacity > 0.0;
        if !is_seen && self.blend.keeps_what_is_not_covered() {
            return nothing();
        }
        let gray = input.format.color == Color::Gray;
        let words = self.picture.kept(&format!("{part:?} {gray} {:?}", self.light), || {
            if place.width == 0 {
                return Ok([].into());
            }
            // What is cut out of a picture is less to turn grey.
            let pixels = pixels.part(part, true)?;
            let pixels = if gray { pixels.gray() } else { pixels };
            Ok(composite::picture_words(&pixels, self.light))
        })?;
        let form = composite::LayerForm::of_picture(pixels, self.light);
        let layer = Layer { form, words, color: [0.0; 4] };
        let (blend, opacity, light) = (self.blend, self.opacity, self.light);
        Composite { layer, place, blend, opacity, light }.lower(input)
    }
}
