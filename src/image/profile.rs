//! The ICC profile of a picture, kept as the bytes that it came in.

use std::fmt;
use std::sync::Arc;

use super::Color;

/// An ICC profile: what the numbers of a picture stand for, where that is not sRGB.
///
/// Nothing is judged here: who converts finds out whether the bytes are a profile. The op `profile` converts
/// to and from it; codecs read it from files and write it to them.
///
/// ```
/// use bytelens::{Buffer, Image, PixelFormat, image::Profile};
/// let image = Image::new(Buffer::from_vec(vec![0_u8; 3], &[1, 1, 3])?, PixelFormat::RGB)?;
/// assert_eq!(image.info().profile, None); // sRGB
/// let image = image.with_profile(Some(Profile::from_icc(b"the bytes of a profile")));
/// assert_eq!(image.info().profile.as_ref().map(|profile| profile.bytes().len()), Some(22));
/// # Ok::<(), bytelens::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Profile(Arc<[u8]>);

impl Profile {
    /// Keeps the bytes of a profile.
    #[must_use]
    pub fn from_icc(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns the kind of colour that the profile is for, as its header says (ICC.1:2022, 7.2.8): `None` for
    /// any but grey and RGB.
    #[must_use]
    pub fn color(&self) -> Option<Color> {
        match self.0.get(16..20)? {
            b"GRAY" => Some(Color::Gray),
            b"RGB " => Some(Color::Rgb),
            _ => None,
        }
    }

    /// Returns the bytes of the profile.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profile({} bytes)", self.0.len())
    }
}
