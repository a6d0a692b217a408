//! Views against two references that are not ours: a model that keeps a list of offsets and knows no
//! stride, and `ndarray`.

#![allow(clippy::cast_possible_truncation, reason = "the numbers of these tests are small")]

mod algebra;
mod allocation;
mod copies;
mod model;
mod select;
