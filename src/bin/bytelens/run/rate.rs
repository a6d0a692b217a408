//! Frames and their times: `0..600` at `30000/1001` a second.

/// The numbers of frames.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frames(pub(super) std::ops::Range<u32>);

impl std::str::FromStr for Frames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write the first and the one after the last, as 0..600".to_owned();
        let (first, end) = text.split_once("..").ok_or_else(wrong)?;
        let (is_inclusive, end) = match end.strip_prefix('=') {
            Some(end) => (1, end),
            None => (0, end),
        };
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let end = number(end)?.checked_add(is_inclusive).ok_or_else(wrong)?;
        let first = number(first)?;
        if first >= end { Err("there is no frame in it".to_owned()) } else { Ok(Self(first..end)) }
    }
}

/// Frames a second, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) num: u32,
    pub(super) den: u32,
}

impl std::str::FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (num, den) = match (text.split_once('/'), text.split_once('.')) {
            (Some((num, den)), _) => (num.parse().ok(), den.parse().ok()),
            (None, Some((whole, part))) => {
                let den = u32::try_from(part.len()).ok().and_then(|len| 10_u32.checked_pow(len));
                (format!("{whole}{part}").parse().ok(), den)
            }
            (None, None) => (text.parse().ok(), Some(1)),
        };
        match (num, den) {
            (Some(num @ 1..), Some(den @ 1..)) => Ok(Self { num, den }),
            _ => Err("a number above 0, as 60, 23.976 or 30000/1001".to_owned()),
        }
    }
}

impl Rate {
    /// Returns when a frame is shown, in seconds.
    pub(super) fn time_secs(self, frame: u32) -> f64 {
        f64::from(frame) * f64::from(self.den) / f64::from(self.num)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, Rate};

    #[test]
    fn frames_and_rates_are_read() {
        assert_eq!("0..=4".parse(), Ok(Frames(0..5)));
        assert_eq!("23.976".parse(), Ok(Rate { num: 23976, den: 1000 }));
        assert_eq!(Rate { num: 30_000, den: 1001 }.time_secs(30), 1.001);
        for bad in ["3", "3..3", "5..1", "..", "0..=4294967295"] {
            assert!(bad.parse::<Frames>().is_err(), "{bad}");
        }
        for bad in ["0", "-1", "1/0", "x", "1.99999999999999"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
