//! Resize: another number of pixels.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Extent, Fill, Gravity, Light, Size, choice};
use crate::op::pass::{Lowered, Space};
use crate::op::resample::{self, Axis, Filter};
use crate::op::separable;

choice! {
    /// How a picture is made to fit a size of another shape; the names are those of CSS and sharp.
    pub enum Fit {
        /// As large as fits inside the size; nothing is cut off or stretched, no side is added to.
        Inside = "inside",
        /// As small as covers the size; nothing is cut off or stretched.
        Outside = "outside",
        /// Covers the size exactly; what reaches over is cut off, as gravity says.
        Cover = "cover",
        /// Inside the size, with bars of the background to fill it exactly.
        Contain = "contain",
        /// Stretched to the size exactly.
        Fill = "fill",
    }
}

op! {
    /// Resizes the picture.
    ///
    /// Computed in linear light with premultiplied alpha, filters stretched when the picture shrinks.
    /// A side that is left out (`800x`) follows from the other. Nothing is enlarged unless
    /// `enlarge=true`.
    pub struct Resize: "resize", Pass {
        /// The size to reach.
        size: Size = Size::SAME;
        /// What to do where the shapes differ.
        fit: Fit = Fit::Inside;
        /// How samples are weighed.
        filter: Filter = Filter::Lanczos3;
        /// What is kept by `cover`, and where the picture sits in `contain`.
        gravity: Gravity = Gravity::CENTER;
        /// Whether a picture may become larger than it is.
        enlarge: bool = false;
        /// What the size is multiplied by, for screens with more pixels than they admit to.
        dpr: f32 = 1.0, in 0.1..=10.0 "";
        /// The most pixels that the size may have; a larger one shrinks in proportion. 0 is no limit.
        max_pixels: u32 = 0, in 0.0..=4294967295.0 "px";
        /// What `contain` fills the bars with.
        background: Fill = Fill::BLACK;
        /// In which numbers pixels are mixed.
        light: Light = Light::Linear;
    }
}

impl Op for Resize {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let (w, h) = (input.width(), input.height());
        if w == 0 || h == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let (columns, rows) = self.axes(w, h);
        let space = Space::premultiplied(self.light);
        let passes = separable::passes(
            "resize",
            [h, w],
            &resample::taps(rows, self.filter),
            &resample::taps(columns, self.filter),
            self.background.working(space),
            space,
        )?;
        Ok(Lowered::Passes(passes))
    }

    fn shrinks(&self, input: &ImageInfo) -> f64 {
        let (w, h) = (input.width(), input.height());
        // Of a smaller picture a part is smaller, and the nearest sample is another.
        let is_part = |side: Option<Extent>| matches!(side, Some(Extent::Percent(_)));
        let changes = is_part(self.size.width) || is_part(self.size.height);
        if w == 0 || h == 0 || changes || self.filter == Filter::Nearest {
            return 1.0;
        }
        let (columns, rows) = self.axes(w, h);
        let by = |axis: Axis| axis.extent / axis.filled.max(1) as f64;
        by(columns).min(by(rows))
    }
}

impl Resize {
    /// Returns the size to reach, from the one that is named.
    fn target(&self, (w, h): (usize, usize)) -> (usize, usize) {
        let scaled = |side: usize| match self.dpr {
            1.0 => side,
            dpr => round(side as f64 * f64::from(dpr)).max(1),
        };
        let (w, h) = (scaled(w), scaled(h));
        let (pixels, most) = (w as f64 * h as f64, f64::from(self.max_pixels));
        if self.max_pixels == 0 || pixels <= most {
            return (w, h);
        }
        // Rounded down, so that the product stays below; a side that becomes one takes what is left.
        let by = (most / pixels).sqrt();
        let shrunk = |side: usize| round((side as f64 * by).floor()).max(1);
        let held = |side: usize, other: usize| side.min((self.max_pixels as usize / other).max(1));
        (held(shrunk(w), shrunk(h)), held(shrunk(h), shrunk(w)))
    }

    /// Returns what becomes of both axes, columns first.
    fn axes(&self, w: usize, h: usize) -> (Axis, Axis) {
        let scaled = |side: usize, by: f64| round(side as f64 * by).max(1);
        let (box_w, box_h) = self.target(self.size.of(w, h));
        let (ratio_w, ratio_h) = (box_w as f64 / w as f64, box_h as f64 / h as f64);
        let most = if self.enlarge { f64::INFINITY } else { 1.0 };
        let inside = ratio_w.min(ratio_h).min(most);
        let outside = ratio_w.max(ratio_h).min(most);
        // A side that decides the scale is met exactly, whatever rounding says of the product.
        let side = |side: usize, by: f64, ratio: f64, target: usize| {
            if by == ratio { target } else { scaled(side, by) }
        };
        let to = |by: f64| (side(w, by, ratio_w, box_w), side(h, by, ratio_h, box_h));
        match self.fit {
            Fit::Inside => whole((w, h), to(inside)),
            Fit::Outside => whole((w, h), to(outside)),
            Fit::Fill => {
                whole((w, h), (scaled(w, ratio_w.min(most)), scaled(h, ratio_h.min(most))))
            }
            Fit::Cover => {
                let full = to(outside);
                let (out_w, out_h) = (full.0.min(box_w), full.1.min(box_h));
                (cover(w, full.0, out_w, self.gravity.x), cover(h, full.1, out_h, self.gravity.y))
            }
            Fit::Contain => {
                let (fill_w, fill_h) = to(inside);
                let (fill_w, fill_h) = (fill_w.min(box_w), fill_h.min(box_h));
                let (x, y) = self.gravity.place((box_w, box_h), (fill_w, fill_h));
                (contain(w, x, fill_w, box_w), contain(h, y, fill_h, box_h))
            }
        }
    }
}

/// Rounds a length to the nearest whole number of pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are positive; `as` saturates, and sizes are checked against limits after"
)]
fn round(length: f64) -> usize {
    length.round() as usize
}

/// Shows all of both axes.
fn whole(source: (usize, usize), output: (usize, usize)) -> (Axis, Axis) {
    (contain(source.0, 0, output.0, output.0), contain(source.1, 0, output.1, output.1))
}

/// Shows all of an axis in a part of the output.
fn contain(source: usize, lead: usize, filled: usize, output: usize) -> Axis {
    Axis { source, start: 0.0, extent: source as f64, output, lead, filled }
}

/// Shows the part of an axis that stays when `full` scaled samples are cut to `output`.
fn cover(source: usize, full: usize, output: usize, gravity: f32) -> Axis {
    let extent = source as f64 * output as f64 / full as f64;
    let start = (source as f64 - extent) * f64::from(gravity) / 100.0;
    Axis { source, start, extent, output, lead: 0, filled: output }
}

#[cfg(test)]
mod tests {
    use super::{Fit, Resize};
    use crate::op::param::{ParamValue, Size};

    #[test]
    fn every_fit_reaches_the_size_it_promises() {
        for (fit, size, enlarge, w, h, want) in [
            (Fit::Inside, "512x512", false, 6000, 4000, (512, 341)),
            (Fit::Inside, "512x512", false, 300, 200, (300, 200)),
            (Fit::Inside, "512x512", true, 300, 200, (512, 341)),
            (Fit::Inside, "3x3", false, 1000, 1, (3, 1)),
            (Fit::Outside, "512x512", false, 6000, 4000, (768, 512)),
            (Fit::Outside, "512x512", false, 300, 200, (300, 200)),
            (Fit::Cover, "512x512", false, 6000, 4000, (512, 512)),
            (Fit::Cover, "512x512", false, 600, 200, (512, 200)),
            (Fit::Cover, "512x512", true, 600, 200, (512, 512)),
            (Fit::Contain, "512x512", false, 6000, 4000, (512, 512)),
            (Fit::Contain, "512x512", false, 10, 10, (512, 512)),
            (Fit::Fill, "512x512", false, 6000, 4000, (512, 512)),
            (Fit::Fill, "512x512", false, 6000, 40, (512, 40)),
            (Fit::Fill, "512x512", true, 6000, 40, (512, 512)),
            (Fit::Inside, "50%", false, 101, 51, (51, 26)),
            (Fit::Inside, "800x", false, 1600, 1200, (800, 600)),
            (Fit::Inside, "x600", false, 1600, 1200, (800, 600)),
        ] {
            let size = Size::parse(size).expect("the row is well formed");
            let resize = Resize::default().size(size).fit(fit).enlarge(enlarge);
            let (columns, rows) = resize.axes(w, h);
            assert_eq!((columns.output, rows.output), want, "{resize:?} of {w}x{h}");
        }
    }

    #[test]
    fn more_pixels_for_a_screen_and_no_more_than_are_allowed() {
        for (size, dpr, max_pixels, enlarge, want) in [
            ("400x", 2.0, 0, false, (800, 600)),
            ("400x", 1.5, 0, false, (600, 450)),
            ("1000x", 2.0, 0, false, (1600, 1200)),
            ("1000x", 2.0, 0, true, (2000, 1500)),
            ("100%", 1.0, 480_000, false, (800, 600)),
            ("100%", 1.0, 1_000_000, false, (1154, 865)),
            ("100%", 1.0, 0, false, (1600, 1200)),
            ("400x", 2.0, 7500, false, (100, 75)),
            ("100%", 1.0, 1, false, (1, 1)),
        ] {
            let size = Size::parse(size).expect("the row is well formed");
            let resize = Resize::default().size(size).dpr(dpr).max_pixels(max_pixels);
            let (columns, rows) = resize.enlarge(enlarge).axes(1600, 1200);
            assert_eq!((columns.output, rows.output), want, "{size:?} {dpr} {max_pixels}");
        }
    }

    #[test]
    fn cover_shows_the_part_that_gravity_names_at_one_scale() {
        let gravity = ParamValue::parse("east").expect("a compass point");
        let resize =
            Resize::default().size(Size::pixels(100, 100)).fit(Fit::Cover).gravity(gravity);
        let (columns, rows) = resize.axes(400, 200);
        assert_eq!((columns.start, columns.extent), (200.0, 200.0));
        assert_eq!((rows.start, rows.extent), (0.0, 200.0));
    }
}
