//! Pages to read: a tour with pictures, and what changes for whoever comes from elsewhere.
//!
//! No code: the items are in [`view`](crate::view), [`layout`](crate::layout) and
//! [`dtype`](crate::dtype).

#[doc = include_str!("guide/tour.md")]
pub mod tour {}

#[doc = include_str!("guide/memoryview.md")]
pub mod memoryview {}

#[doc = include_str!("guide/numpy.md")]
pub mod numpy {}
