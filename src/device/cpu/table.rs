//! Steps worked out beforehand: what they make of each of the 256 codes that a sample can be.
//!
//! Twins that know no other channel are asked once for every code, and never again for a pixel, however
//! many they are. Only 8-bit sources have so few codes; what comes after the first step that mixes
//! channels is not for a table.

use crate::dtype::DType;
use crate::op::pass::{Channels, PlannedPass, Step};
use crate::op::rows::RowBlock;
use crate::op::space;
use crate::simd::{self, CODES, Codes, Level, Target, Values};

/// The value of every code in every slot that is used.
pub(super) struct Table([Option<Values>; 4]);

impl Table {
    /// Asks the first steps of a pass that can be asked, and returns what they say and how many they are.
    /// Nothing where there are none.
    pub(super) fn of_first_steps(pass: &PlannedPass, level: Level) -> Option<(Self, usize)> {
        if *pass.src.layout.dtype() != DType::U8 {
            return None;
        }
        let stored = pass.src.channels;
        let asked = pass.load.iter().take_while(|step| can_be_asked(step, stored)).count();
        (asked > 0).then(|| (Self::of_steps(pass.load[..asked].iter(), stored, level), asked))
    }

    /// Returns the value of every code of a channel whose samples go to `slot`.
    pub(super) fn values(&self, slot: usize) -> Option<&Values> {
        self.0[slot].as_ref()
    }

    fn of_steps<'s>(
        steps: impl Iterator<Item = &'s Step>,
        channels: Channels,
        level: Level,
    ) -> Self {
        let mut block = RowBlock::default();
        block.reshape(1, CODES, channels);
        let codes: [u8; CODES] = std::array::from_fn(|code| code.to_le_bytes()[0]);
        let mut steps = steps.peekable();
        let decode = steps.next_if(|step| space::is_srgb_decode(step)).is_some();
        for slot in channels.slots() {
            let plane = block.plane_mut(0, *slot);
            // Alpha is never encoded.
            let table = (decode && *slot != 3).then(simd::decode_table);
            simd::load_pixels(level, simd::Source::U8(&codes, [table; 4]), &mut [plane]);
        }
        block.row_mut(0, 0..CODES, level).run(steps);
        Self(std::array::from_fn(|slot| {
            let values = block.plane(0, slot).first_chunk().copied();
            values.filter(|_| channels.slots().contains(&slot)).map(Values::new)
        }))
    }
}

/// A run of steps that is nothing but an exchange of codes.
#[derive(Debug)]
pub(super) struct Exchange {
    codes: Codes,
    /// Whether every fourth code is alpha, which stays.
    keeps_fourth: bool,
}

impl Exchange {
    /// Works out what a pass makes of each code, where it is a run of steps. Nothing where that is not the
    /// same for every colour, or alpha changes.
    pub(super) fn of_pass(pass: &PlannedPass, level: Level) -> Option<Self> {
        let stored = pass.src.channels;
        let is_coded = [&pass.src, &pass.dst].iter().all(|end| *end.layout.dtype() == DType::U8);
        let mut steps = pass.load.iter().chain(&pass.store);
        // Alpha beside grey is every second code: too seldom to be worth a way of its own.
        if !is_coded
            || pass.pass.is_some()
            || stored.count() == 2
            || !steps.all(|step| can_be_asked(step, stored))
        {
            return None;
        }
        let table = Table::of_steps(pass.load.iter().chain(&pass.store), stored, level);
        let coded = |slot: usize| {
            let mut codes = [0; CODES];
            let values = table.values(slot).map_or(&[0.0; CODES], Values::as_array);
            simd::store_pixels(level, &[values], Target::U8(&mut codes));
            codes
        };
        let codes = coded(0);
        let colors = stored.slots().iter().all(|slot| *slot == 3 || coded(*slot) == codes);
        let alpha = !stored.alpha || coded(3).iter().zip(0..=u8::MAX).all(|(code, at)| *code == at);
        (colors && alpha).then_some(Self { codes, keeps_fourth: stored.alpha })
    }

    /// Exchanges the codes of a run of whole pixels.
    pub(super) fn run(&self, level: Level, source: &[u8], target: &mut [u8]) {
        simd::exchange_codes(level, source, target, &self.codes, self.keeps_fourth);
    }
}

/// Whether a step can be asked for every code of a channel, whatever the others are.
fn can_be_asked(step: &Step, stored: Channels) -> bool {
    step.twin.by_channel && step.output == stored
}

#[cfg(test)]
mod tests {
    use crate::image::{Image, PixelFormat};
    use crate::{Buffer, Device, Pipeline};

    /// Every code in every channel, no two channels alike.
    fn codes(channels: usize) -> Vec<u8> {
        let code = |at: usize| (at / channels * [1, 7, 31, 3][at % channels] + at) % 256;
        (0..600 * channels).map(|at| code(at).to_le_bytes()[0]).collect()
    }

    #[test]
    fn a_table_says_of_every_code_what_the_steps_say_of_its_value() {
        for text in [
            "invert",
            "contrast 1.3 | gamma 2.2",
            "brightness 1.7",
            "levels 0.1 0.8 gamma=1.5 | curve 0:0.1,0.4:0.6,1:0.9",
            "posterize 5 | threshold 0.4",
            "opacity 0.4 | contrast 1.2",
            "standardize 0.2,0.4,0.6/0.5,0.9,0.7",
            "gamma 0.7 | saturation 1.3 | gamma 1.4",
            "exposure 0.3 | blur 1",
        ] {
            let pipeline: Pipeline = text.parse().expect(text);
            for (channels, format) in
                [(1, PixelFormat::GRAY), (3, PixelFormat::RGB), (4, PixelFormat::RGBA)]
            {
                let shape = [20, 30, channels];
                let coded = codes(channels);
                let plain = coded.iter().map(|code| f32::from(*code) / 255.0).collect();
                let coded = Buffer::from_vec(coded, &shape).expect("a buffer");
                let coded = Image::new(coded, format).expect("an image");
                let plain = Buffer::from_vec::<f32>(plain, &shape).expect("a buffer");
                let plain = Image::new(plain, format).expect("an image");
                let rounded: Pipeline = format!("{text} | cast u8").parse().expect(text);
                let got = pipeline.run(&Device::cpu(), &coded).expect(text);
                let want = rounded.run(&Device::cpu(), &plain).expect(text);
                assert_eq!(got.info(), want.info(), "{text} of {channels}");
                let [got, want] =
                    [got, want].map(|image| image.view().to_vec::<u8>().expect("codes"));
                assert_eq!(got, want, "{text} of {channels}");
            }
        }
    }
}
