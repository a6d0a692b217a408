//! Arrays as pictures and back: `[height, width]` or `[height, width, channels]`.
//!
//! Numbers are taken as they are stored, encoded for sRGB; floats run from 0 to 1. Nothing here knows
//! light.

use bytelens::{Buffer, DType, Error, Image, Kind, PixelFormat, View};

/// Tells whether pictures of this type run from 0 to 1.
pub(super) fn is_float(dtype: &DType) -> bool {
    matches!(dtype.kind(), Kind::Float | Kind::BFloat)
}

/// Returns a picture's samples with so many channels: grey is repeated, a missing alpha is opaque, one that
/// is too many goes.
pub(super) fn with_channels(image: &Image, channels: Option<usize>) -> Result<Buffer, String> {
    let have = image.format().channels();
    let Some(want) = channels.filter(|want| *want != have) else {
        return Ok(image.buffer().clone());
    };
    if have > 2 && want < 3 {
        return Err(
            "colour does not become gray here; bytelens batch --do grayscale does that".to_owned()
        );
    }
    let told = |error: Error| error.to_string();
    let shape = [image.height(), image.width(), want];
    let mut target = Buffer::zeroed(image.buffer().dtype().clone(), &shape).map_err(told)?;
    let (source, mut view) = (image.view(), target.view_mut().map_err(told)?);
    for channel in 0..want {
        let is_alpha = want % 2 == 0 && channel == want - 1;
        let from = match (is_alpha, have) {
            (true, 1 | 3) => None,
            (true, have) => Some(have - 1),
            (false, 1 | 2) => Some(0),
            (false, _) => Some(channel),
        };
        let at = channel.cast_signed();
        let mut part = view.reborrow().index(2, at).map_err(told)?;
        match from {
            Some(from) => {
                let from = source.index(2, from.cast_signed()).map_err(told)?;
                from.copy_to(&mut part).map_err(told)?;
            }
            None if *part.dtype() == DType::U8 => part.fill(u8::MAX).map_err(told)?,
            None => part.fill(u16::MAX).map_err(told)?,
        }
    }
    Ok(target)
}

/// Returns samples of 8 or 16 bits as floats from 0 to 1.
pub(super) fn unit_floats(samples: &View<'_>, dtype: &DType) -> Result<Buffer, Error> {
    let most = if samples.dtype().size() == 1 { f32::from(u8::MAX) } else { f32::from(u16::MAX) };
    let wide = super::read::convert(samples, &DType::F32)?;
    let scaled = wide.view().to_vec::<f32>()?.into_iter().map(|sample| sample / most).collect();
    let scaled = Buffer::from_vec::<f32>(scaled, samples.shape())?;
    super::read::convert(&scaled.view(), dtype)
}

/// Returns an array as a picture of 8 or 16 bits; floats become 8 bits, rounded half to even.
pub(super) fn image(array: &Buffer) -> Result<Image, String> {
    let told = |error: Error| error.to_string();
    let shape = match *array.shape() {
        [height, width] => [height, width, 1],
        [height, width, channels @ 1..=4] => [height, width, channels],
        _ => {
            let layout = array.layout();
            return Err(format!(
                "a picture is of shape [height, width] or [height, width, 1 to 4], this is {layout}; \
                 say so, as in NAME=FILE:u8[480,640,4]"
            ));
        }
    };
    let samples = match array.dtype() {
        dtype if [DType::U8, DType::U16].contains(dtype) => array.view().to_contiguous(),
        dtype if is_float(dtype) => bytes(&array.view()),
        dtype => {
            return Err(format!(
                "a picture is of u8, u16 or floats from 0 to 1, this is {dtype}; words of 4 bytes are \
                 written as NAME=FILE:u8[height,width,4]"
            ));
        }
    };
    let samples = samples.map_err(told)?;
    let lens = shape.map(usize::cast_signed);
    let layout = samples.layout().reshape(&lens).map_err(told)?;
    let samples = samples.with_layout(layout).map_err(told)?;
    Image::new(samples, PixelFormat::from_channels(shape[2]).map_err(told)?).map_err(told)
}

/// Floats from 0 to 1 as bytes; what is outside is clamped, and what is no number is 0.
fn bytes(floats: &View<'_>) -> Result<Buffer, Error> {
    let wide = super::read::convert(floats, &DType::F32)?.view().to_vec::<f32>()?;
    let scaled: Vec<f32> = wide.into_iter().map(|value| value * 255.0).collect();
    let scaled = Buffer::from_vec(scaled, floats.shape())?;
    super::read::convert(&scaled.view(), &DType::U8)
}

#[cfg(test)]
mod tests {
    use super::{image, unit_floats, with_channels};
    use bytelens::{Buffer, DType, Image, PixelFormat};

    #[test]
    fn channels_are_added_and_left_out() {
        let rgb = Buffer::from_vec(vec![1_u8, 2, 3], &[1, 1, 3]).expect("3 bytes");
        let rgb = Image::new(rgb, PixelFormat::RGB).expect("a picture");
        let gray = Buffer::from_vec(vec![9_u16], &[1, 1, 1]).expect("1 number");
        let gray = Image::new(gray, PixelFormat::GRAY).expect("a picture");
        let rgba = with_channels(&rgb, Some(4)).expect("room");
        assert_eq!(rgba.view().to_vec::<u8>().expect("bytes"), [1, 2, 3, 255]);
        let rgba = with_channels(&gray, Some(4)).expect("room");
        assert_eq!(rgba.view().to_vec::<u16>().expect("numbers"), [9, 9, 9, 65535]);
        assert!(with_channels(&rgb, Some(1)).is_err());
    }

    #[test]
    fn floats_and_bytes_turn_into_each_other() {
        let samples: Vec<u8> = (0..=255).collect();
        let samples = Buffer::from_vec(samples, &[16, 16]).expect("256 bytes");
        for dtype in [DType::F32, DType::F16] {
            let floats = unit_floats(&samples.view(), &dtype).expect("room");
            let back = image(&floats).expect("a picture");
            assert!(back.view().index(2, 0).expect("one").equals(&samples.view()), "{dtype}");
        }
        let odd = Buffer::from_vec(vec![-1.0_f32, 2.0, f32::NAN, 0.5], &[2, 2]).expect("4");
        let odd = image(&odd).expect("a picture");
        assert_eq!(odd.view().to_vec::<u8>().expect("bytes"), [0, 255, 0, 128]);
    }
}
