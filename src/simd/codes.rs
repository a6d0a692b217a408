//! Numbers back to the 8-bit codes that they came from.

use super::dispatch;
use super::sample::{Code8, REST_8, Sample, unit};

/// Numbers looked at before the first that has no code ends the search.
const STEP: usize = 256;

dispatch! {
    /// Finds the 8-bit code of each number. `exact` becomes whether all are the values of their codes, bit
    /// for bit; if not, `codes` is of no meaning.
    pub(crate) fn codes_from_values(codes: &mut [u8], values: &[f32], exact: &mut bool) {
        *exact = true;
        for (codes, values) in codes.chunks_mut(STEP).zip(values.chunks(STEP)) {
            let mut differences = 0;
            for (code, value) in codes.iter_mut().zip(values) {
                *code = bytemuck::cast(Code8::nearest(*value));
                let again = unit::<FMA>(f32::from(*code), 255.0, REST_8);
                differences |= again.to_bits() ^ value.to_bits();
            }
            if differences != 0 {
                *exact = false;
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::codes_from_values;
    use crate::simd::Level;

    #[test]
    fn every_code_is_found_and_nothing_else() {
        let values: Vec<f32> = (0..=u8::MAX).map(|code| f32::from(code) / 255.0).collect();
        for level in Level::all() {
            let (mut codes, mut exact) = (vec![0; 512], false);
            let mut twice = values.repeat(2);
            codes_from_values(level, &mut codes, &twice, &mut exact);
            assert!(exact, "{level}");
            assert!(codes.iter().zip(0..).all(|(code, at)| usize::from(*code) == at % 256));
            for other in [-0.0, -1.0, 1.5, 0.5, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE] {
                twice[300] = other;
                codes_from_values(level, &mut codes, &twice, &mut exact);
                assert!(!exact, "{level} {other}");
            }
        }
    }
}
