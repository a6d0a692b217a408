//! Hue, saturation and value: A. R. Smith, "Color Gamut Transform Pairs", SIGGRAPH 1978.
//!
//! Without branches, and in a form that holds beyond 0..1: saturation above 1 is a channel below 0.

/// Returns hue (1 is a whole turn), saturation and value.
#[inline(always)]
pub(super) fn hsv_from_rgb([r, g, b, a]: [f32; 4]) -> [f32; 4] {
    let most = r.max(g).max(b);
    let range = most - r.min(g).min(b);
    let divisor = if range == 0.0 { 1.0 } else { range };
    // The sector of the greatest channel; of two that are equal, the first.
    let turns = if r == most {
        (g - b) / divisor
    } else if g == most {
        2.0 + (b - r) / divisor
    } else {
        4.0 + (r - g) / divisor
    };
    let hue = turns * (1.0 / 6.0);
    let hue = if hue < 0.0 { hue + 1.0 } else { hue };
    let saturation = if most == 0.0 { 0.0 } else { range / most };
    [hue, saturation, most, a]
}

/// Returns red, green and blue. A hue beyond 0..1 is the same turns further.
#[inline(always)]
pub(super) fn rgb_from_hsv([hue, saturation, value, a]: [f32; 4]) -> [f32; 4] {
    let channel = |start: f32| {
        let turns = (hue * 6.0 + start) * (1.0 / 6.0);
        let k = (turns - turns.floor()) * 6.0;
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    };
    [channel(5.0), channel(3.0), channel(1.0), a]
}
