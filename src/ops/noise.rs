//! Noise: grain that is the same on every device.

use crate::error::Result;
use crate::image::ImageInfo;
use crate::op::Op;
use crate::op::declare::op;
use crate::op::param::{Light, choice};
use crate::op::pass::{Lowered, Pass, Reads, Space};
use crate::op::rows::PassContext;
use crate::op::twin::{ParamBlock, Params, PassTwin, params};

choice! {
    /// How often numbers come.
    pub enum Distribution {
        /// A bell.
        Gaussian = "gaussian",
        /// Every number of a range as often as any other.
        Uniform = "uniform",
    }
}

op! {
    /// Adds noise.
    ///
    /// A number for each pixel and channel, made of its place and the seed by a hash of whole numbers
    /// (`pcg3d`: Jarzynski and Olano, "Hash Functions for GPU Rendering", JCGT 9(3), 2020): the same
    /// on every device, however the work is cut. Alpha is left alone.
    pub struct Noise: "noise", Pass {
        /// The standard deviation, of 1 for white.
        sigma: f32 = 0.05, in 0.0..=1.0 "";
        /// Which noise: each number gives another.
        seed: u32 = 0;
        /// How often numbers come.
        distribution: Distribution = Distribution::Gaussian;
        /// Whether all channels of a pixel get one number, so that grain has no colour.
        monochrome: bool = false;
        /// In which numbers.
        light: Light = Light::Srgb;
    }
}

params! {
    /// What the twin reads beside its table of the values of 4096 equally likely parts.
    pub struct NoiseParams {
        /// Which noise.
        seed: u32,
        /// What the value is multiplied by that twelve bits choose.
        coarse: f32,
        /// What the value is multiplied by that the next twelve choose.
        fine: f32,
        /// 1 where all channels get one number.
        monochrome: u32,
    }
}

static TWIN: PassTwin = PassTwin {
    name: "noise",
    wgsl: include_str!("../../shaders/noise.wgsl"),
    params: NoiseParams::LAYOUT,
    rows: noise,
};

/// Parts of a distribution that are equally likely.
const PARTS: u32 = 1 << 12;

fn noise(cx: &mut PassContext<'_>) {
    let NoiseParams { seed, coarse, fine, monochrome } = cx.pass.params.read();
    cx.copy_same_rows(cx.block.width());
    let values: &[f32; PARTS as usize] =
        bytemuck::cast_slice(&cx.pass.tables).first_chunk().expect("the table has all parts");
    let colors = if cx.block.channels().slots().len() < 3 { 1 } else { 3 };
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    for row in 0..cx.block.rows() {
        let [r, g, b, _] = cx.block.row_mut(row, 0..cx.block.width(), cx.level).slots;
        let y = number(cx.first + row);
        for x in 0..r.len() {
            let hash = pcg3d([number(x), y, seed]);
            let added = hash.map(|bits| {
                let [high, low] = [bits >> 20, (bits >> 8) % PARTS].map(|part| part as usize);
                coarse * values[high] + fine * values[low]
            });
            r[x] += added[0];
            if colors == 3 {
                g[x] += added[if monochrome == 1 { 0 } else { 1 }];
                b[x] += added[if monochrome == 1 { 0 } else { 2 }];
            }
        }
    }
}

/// Mixes three numbers, so that each bit of the result depends on all of them.
#[inline(always)]
fn pcg3d(v: [u32; 3]) -> [u32; 3] {
    let [mut x, mut y, mut z] = v.map(|n| n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    x = x.wrapping_add(y.wrapping_mul(z));
    y = y.wrapping_add(z.wrapping_mul(x));
    z = z.wrapping_add(x.wrapping_mul(y));
    [x, y, z] = [x, y, z].map(|n| n ^ (n >> 16));
    x = x.wrapping_add(y.wrapping_mul(z));
    y = y.wrapping_add(z.wrapping_mul(x));
    z = z.wrapping_add(x.wrapping_mul(y));
    [x, y, z]
}

impl Op for Noise {
    fn lower(&self, input: &ImageInfo) -> Result<Lowered> {
        let [h, w] = [input.height(), input.width()];
        if self.sigma == 0.0 || h == 0 || w == 0 {
            return Ok(Lowered::Passes(Vec::new()));
        }
        let sigma = f64::from(self.sigma);
        let middle = |part: u32| (f64::from(part) + 0.5) / f64::from(PARTS);
        let (value, coarse, fine): (fn(f64) -> f64, f64, f64) = match self.distribution {
            // Two bells make one of both their variances: 16 million values, the rarest at 5.2 sigma.
            Distribution::Gaussian => (normal_quantile, 0.5f64.sqrt(), 0.5f64.sqrt()),
            Distribution::Uniform => {
                (|share| (2.0 * share - 1.0) * 3.0f64.sqrt(), 1.0, 1.0 / f64::from(PARTS))
            }
        };
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let [coarse, fine] = [coarse * sigma, fine * sigma].map(|factor| factor as f32);
        #[expect(clippy::cast_possible_truncation, reason = "twins compute in f32")]
        let table = (0..PARTS).map(|part| (value(middle(part)) as f32).to_bits()).collect();
        let monochrome = u32::from(self.monochrome);
        Ok(Lowered::Passes(vec![Pass {
            twin: &TWIN,
            params: Params::new(&NoiseParams { seed: self.seed, coarse, fine, monochrome }),
            tables: table,
            size: [h, w],
            reads: Reads::SameRow,
            loops: 0,
            space: Space::straight(self.light),
        }]))
    }
}

/// Returns the number below which a share of a standard normal distribution lies.
///
/// Acklam, "An algorithm for computing the inverse normal cumulative distribution function", 2003: within
/// 1.15e-9 of the number itself.
fn normal_quantile(share: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let polynomial =
        |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |share: f64| {
        let q = (-2.0 * share.ln()).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    };
    if share < 0.024_25 {
        tail(share)
    } else if share > 1.0 - 0.024_25 {
        -tail(1.0 - share)
    } else {
        let q = share - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
}

#[cfg(test)]
mod tests {
    use super::{normal_quantile, pcg3d};

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (share, want) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.001, -3.090_232_306_167_813),
            (0.999_9, 3.719_016_485_455_709),
            (0.03, -1.880_793_608_151_251),
        ] {
            assert!((normal_quantile(share) - want).abs() < 1e-8, "{share}");
        }
    }

    #[test]
    fn hashes_are_those_of_the_paper_and_neighbours_share_half_of_their_bits() {
        let mut same = 0;
        for x in 0..1000 {
            let [a, b] = [pcg3d([x, 7, 1]), pcg3d([x + 1, 7, 1])];
            same += (a[0] ^ b[0]).count_zeros();
        }
        assert!((15_500..16_500).contains(&same), "{same} of 32,000");
    }
}
