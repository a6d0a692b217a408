//! A table of colours as a parameter.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::image::Image;
use crate::op::look;
use crate::op::param::{ParamKind, ParamValue, Range};

/// A table that colours are looked up in: curves, or a cube.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Whether there is a point for each red, green and blue together, red running fastest; else each
    /// channel has a curve.
    pub(super) is_cube: bool,
    /// The colour that the first point is for.
    pub(super) low: [f32; 3],
    /// The colour that the last point is for.
    pub(super) high: [f32; 3],
    /// The colours; none in a table that changes nothing.
    pub(super) points: Arc<[[f32; 3]]>,
}

impl Table {
    /// The most points of curves.
    pub const CURVE_MOST: usize = 65_536;

    /// The most points along a side of a cube.
    pub const CUBE_MOST: usize = 129;

    /// A table that changes nothing.
    #[must_use]
    pub fn identity() -> Self {
        Self { is_cube: false, low: [0.0; 3], high: [1.0; 3], points: Arc::from([]) }
    }

    /// Returns a table of curves, one for each channel, over `low` to `high`.
    ///
    /// # Errors
    /// [`Error::Param`] where there are fewer than 2 points or more than [`Table::CURVE_MOST`], where a
    /// number is not finite, or `high` is not above `low`.
    pub fn curves(points: &[[f32; 3]], low: [f32; 3], high: [f32; 3]) -> Result<Self> {
        if !(2..=Self::CURVE_MOST).contains(&points.len()) {
            let expected = format!("2 to {} points", Self::CURVE_MOST);
            return Err(Error::param("lut", "table", expected, points.len()));
        }
        Self::checked(false, points, low, high)
    }

    /// Returns a table of three dimensions: a cube of points over `low` to `high`, red running fastest.
    ///
    /// # Errors
    /// [`Error::Param`] where points are no cube of 2 to [`Table::CUBE_MOST`] a side, where a number is not
    /// finite, or `high` is not above `low`.
    pub fn cube(points: &[[f32; 3]], low: [f32; 3], high: [f32; 3]) -> Result<Self> {
        if root(points.len()).is_none_or(|side| !(2..=Self::CUBE_MOST).contains(&side)) {
            let expected = format!("a cube of 2 to {} points a side", Self::CUBE_MOST);
            return Err(Error::param("lut", "table", expected, format!("{} points", points.len())));
        }
        Self::checked(true, points, low, high)
    }

    /// Reads the text of a `.cube` file (Adobe, "Cube LUT Specification", version 1.0).
    ///
    /// # Errors
    /// [`Error::Decode`] where it is none, with the line; [`Error::Param`] as [`Table::cube`].
    pub fn from_cube(text: &str) -> Result<Self> {
        super::cube::read(text)
    }

    /// Reads a Hald picture: the cube of all colours, laid out in a square, as it came out of whatever
    /// changed it (Eskil Steenberg's "Hald CLUT").
    ///
    /// # Errors
    /// [`Error::Param`] where its pixels are not those of a cube; what is grey has three equal channels.
    pub fn from_hald(image: &Image) -> Result<Self> {
        let channels = image.format().channels();
        let mut points = Vec::with_capacity(image.width() * image.height());
        look::for_each_row(image, |_, row| {
            points.extend(row.chunks_exact(channels).map(|pixel| match *pixel {
                [r, g, b] | [r, g, b, _] => [r, g, b],
                _ => [pixel[0]; 3],
            }));
        })?;
        Self::cube(&points, [0.0; 3], [1.0; 3])
    }

    /// Returns whether it changes nothing.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.points.is_empty()
    }

    /// Returns the points along a side of a cube; none of curves.
    pub(super) fn side(&self) -> Option<usize> {
        self.is_cube.then(|| root(self.points.len()))?
    }

    fn checked(is_cube: bool, points: &[[f32; 3]], low: [f32; 3], high: [f32; 3]) -> Result<Self> {
        let numbers = points.iter().chain([&low, &high]).flatten();
        let finite = numbers.clone().all(|number| number.is_finite());
        if !finite || low.iter().zip(high).any(|(low, high)| *low >= high) {
            let expected = "finite numbers from a colour to one above it in all channels";
            return Err(Error::param("lut", "table", expected, format!("{low:?} to {high:?}")));
        }
        Ok(Self { is_cube, low, high, points: points.into() })
    }
}

/// Returns the side of a cube of so many points.
fn root(points: usize) -> Option<usize> {
    (1..=Table::CUBE_MOST).find(|side| side * side * side == points)
}

impl ParamValue for Table {
    const KIND: ParamKind = ParamKind::Text(
        "identity, or 1d or 3d, the first and the last colour, and the points, red running fastest, like \
         1d:0,0,0:1,1,1:0,0,0/0.2,0.3,0.4/1,1,0.9",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        [
            "3d:0,0,0:1,1,1:0,0.1,0/1,0.2,0.1/0,0.8,0.3/0.9,1,0/0.1,0,1/1,0,0.7/0.2,0.9,1/1,0.8,1",
            "1d:0,0,0:1,1,1:0,0,0.1/0.2,0.6,0.4/1,0.9,0.7",
            "3d:-0.5,0,0:1.5,1,2:0,0,0/1,0,0/0,1,0/1,1,0/0,0,1/1,0,1/0,1,1/1,1,0.5",
            "identity",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "identity" {
            return Some(Self::identity());
        }
        let color = |text: &str| {
            let numbers = text.split(',').map(f32::parse).collect::<Option<Vec<_>>>()?;
            <[f32; 3]>::try_from(numbers).ok()
        };
        let mut parts = text.splitn(4, ':');
        let (kind, low, high) = (parts.next()?, color(parts.next()?)?, color(parts.next()?)?);
        let points = parts.next()?.split('/').map(color).collect::<Option<Vec<_>>>()?;
        match kind {
            "1d" => Self::curves(&points, low, high).ok(),
            "3d" => Self::cube(&points, low, high).ok(),
            _ => None,
        }
    }

    fn print(&self) -> String {
        if self.is_identity() {
            return "identity".to_owned();
        }
        let color = |color: &[f32; 3]| color.map(|number| number.print()).join(",");
        let points: Vec<_> = self.points.iter().map(color).collect();
        let kind = if self.is_cube { "3d" } else { "1d" };
        format!("{kind}:{}:{}:{}", color(&self.low), color(&self.high), points.join("/"))
    }
}
