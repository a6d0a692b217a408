//! Curve: a smooth tone curve through points.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Light, ParamKind, ParamValue, Range};
use crate::op::pass::{Lowered, Point, Space};
use crate::op::rows::PixelRow;
use crate::op::twin::{ParamBlock, Params, PointTwin, params};
use crate::simd;

/// The most cubics of a curve: one fewer than points.
const CUBICS: usize = 8;

/// Points of a curve, `x` rising.
#[derive(Clone, Debug, PartialEq)]
pub struct Points(Vec<[f32; 2]>);

impl Points {
    /// The straight line from black to white.
    #[must_use]
    pub fn straight() -> Self {
        Self(vec![[0.0, 0.0], [1.0, 1.0]])
    }

    /// Returns a curve through points, or `None` where there are fewer than 2 or more than 9, or
    /// one is not right of the one before it by a thousandth at least.
    #[must_use]
    pub fn new(points: &[[f32; 2]]) -> Option<Self> {
        let rises = points.windows(2).all(|pair| pair[1][0] - pair[0][0] >= 1e-3);
        let finite = points.iter().flatten().all(|number| number.is_finite());
        let fits = (2..=CUBICS + 1).contains(&points.len()) && rises && finite;
        fits.then(|| Self(points.to_vec()))
    }
}

impl ParamValue for Points {
    const KIND: ParamKind = ParamKind::Text(
        "2 to 9 points x:y like 0:0,0.25:0.2,0.75:0.85,1:1, each x above the one before by 0.001 at \
         least",
    );

    fn samples(_: Option<&Range>) -> Vec<String> {
        [
            "0:0,0.25:0.15,0.75:0.9,1:1",
            "0:1,1:0",
            "0.2:0.1,0.9:0.8",
            "0:0,0.1:0.3,0.2:0.3,0.3:0.1,0.4:0.5,0.5:0.5,0.6:0.9,0.8:0.2,1:1.2",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn parse(text: &str) -> Option<Self> {
        let point = |text: &str| {
            let (x, y) = text.split_once(':')?;
            Some([f32::parse(x)?, f32::parse(y)?])
        };
        Self::new(&text.split(',').map(point).collect::<Option<Vec<_>>>()?)
    }

    fn print(&self) -> String {
        let point = |[x, y]: &[f32; 2]| format!("{}:{}", x.print(), y.print());
        self.0.iter().map(point).collect::<Vec<_>>().join(",")
    }
}

op! {
    /// Bends the tones along a smooth curve through points.
    ///
    /// Cubics that never overshoot the points: between two of them the curve only rises or only falls
    /// (Fritsch and Butland, "A Method for Constructing Local Monotone Piecewise Cubic Interpolants",
    /// 1984; the `pchip` of SciPy and Matlab). Outside the points it goes on straight. The same for all
    /// channels; encoded numbers are the default, as in every editor.
    pub struct Curve: "curve", Point {
        /// The points, from 0 for black to 1 for white.
        points: Points = Points::straight();
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads.
    pub struct CurveParams {
        /// For each cubic the powers 0 to 3 of the distance from its start.
        cubics: [[f32; 4]; CUBICS],
        /// Where each cubic starts, four in a row; those that are not used nowhere.
        starts: [[f32; 4]; CUBICS / 4],
        /// The first point's x.
        first: f32,
        /// The last point's x.
        last: f32,
        /// The slope before the first.
        slope_before: f32,
        /// The slope after the last.
        slope_after: f32,
    }
}

static TWIN: PointTwin = PointTwin {
    name: "curve",
    wgsl: include_str!("../../shaders/curve.wgsl"),
    params: CurveParams::LAYOUT,
    by_channel: true,
    row: curve,
};

fn curve(row: &mut PixelRow<'_>, params: &Params) {
    let params: CurveParams = params.read();
    let starts = params.starts.as_flattened();
    let used = starts.iter().take_while(|start| **start < f32::MAX).count();
    let cubics = simd::Cubics {
        starts: &starts[..used],
        powers: &params.cubics[..used],
        last: params.last,
        slopes: [params.slope_before, params.slope_after],
    };
    row.map_color(|level, plane| simd::cubics(level, plane, &cubics));
}

impl Op for Curve {
    fn lower(&self, _: &ImageInfo) -> Result<Lowered> {
        let params = params(&self.points.0);
        Ok(Point::new(&TWIN, &params, Space::straight(self.light)).into())
    }
}

/// Works out the cubics through points.
#[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
fn params(points: &[[f32; 2]]) -> CurveParams {
    let points: Vec<[f64; 2]> = points.iter().map(|point| point.map(f64::from)).collect();
    let slopes = slopes(&points);
    let mut cubics = [[0.0; 4]; CUBICS];
    let mut starts = [[f32::MAX; 4]; CUBICS / 4];
    for (k, (pair, slope)) in points.windows(2).zip(slopes.windows(2)).enumerate() {
        let ([x, y], [next_x, next_y]) = (pair[0], pair[1]);
        let width = next_x - x;
        let rise = (next_y - y) / width;
        let square = (3.0 * rise - 2.0 * slope[0] - slope[1]) / width;
        let cube = (slope[0] + slope[1] - 2.0 * rise) / (width * width);
        cubics[k] = [y, slope[0], square, cube].map(|number| number as f32);
        starts[k / 4][k % 4] = x as f32;
    }
    let end = |point: Option<&[f64; 2]>| point.map_or(0.0, |point| point[0] as f32);
    let slope = |slope: Option<&f64>| slope.map_or(0.0, |slope| *slope as f32);
    CurveParams {
        cubics,
        starts,
        first: end(points.first()),
        last: end(points.last()),
        slope_before: slope(slopes.first()),
        slope_after: slope(slopes.last()),
    }
}

/// Returns the slope at each point: inside the weighted harmonic mean of its neighbours' rises, or
/// none at a peak; at the ends that of the parabola through three points, held to the shape.
fn slopes(points: &[[f64; 2]]) -> Vec<f64> {
    let widths: Vec<f64> = points.windows(2).map(|pair| pair[1][0] - pair[0][0]).collect();
    let rises: Vec<f64> = points
        .windows(2)
        .zip(&widths)
        .map(|(pair, width)| (pair[1][1] - pair[0][1]) / width)
        .collect();
    let last = rises.len() - 1;
    if last == 0 {
        return vec![rises[0]; 2];
    }
    let mut slopes = vec![end_slope(widths[0], widths[1], rises[0], rises[1])];
    for k in 1..=last {
        let (before, after) = (rises[k - 1], rises[k]);
        let near = 2.0 * widths[k] + widths[k - 1];
        let far = widths[k] + 2.0 * widths[k - 1];
        let turns = before * after <= 0.0;
        slopes.push(if turns { 0.0 } else { (near + far) / (near / before + far / after) });
    }
    slopes.push(end_slope(widths[last], widths[last - 1], rises[last], rises[last - 1]));
    slopes
}

/// Returns the slope at an end, from the two widths and rises next to it.
fn end_slope(width: f64, next_width: f64, rise: f64, next_rise: f64) -> f64 {
    let slope = ((2.0 * width + next_width) * rise - width * next_rise) / (width + next_width);
    if slope * rise <= 0.0 {
        0.0
    } else if rise * next_rise <= 0.0 && slope.abs() > 3.0 * rise.abs() {
        3.0 * rise
    } else {
        slope
    }
}
