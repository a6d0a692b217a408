//! Pictures whose numbers are not sRGB become so before anything is done to them.

use std::borrow::Cow;

use bytelens::ops::profile::Profile;
use bytelens::{Device, Image, Pipeline, Result};

/// Returns what is done to a picture: where it has an ICC profile, it is converted first.
pub(crate) fn first<'p>(pipeline: &'p Pipeline, image: &Image) -> Cow<'p, Pipeline> {
    match image.info().profile {
        None => Cow::Borrowed(pipeline),
        Some(_) => Cow::Owned(pipeline.clone().preceded_by(Profile::default())),
    }
}

/// Returns a picture that goes into an op, upright and in sRGB.
pub(crate) fn upright(image: &Image) -> Result<Image> {
    first(&Pipeline::new(), image).run(&Device::cpu(), &image.upright()?)
}
