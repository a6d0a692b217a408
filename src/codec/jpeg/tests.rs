//! Files made here, coefficient by coefficient, and what is decoded of them.

#![expect(clippy::cast_possible_truncation, reason = "tests make small numbers")]

use super::decode::{self, Memory};
use super::geometry::{Geometry, Scale};
use super::report::{Problem, Report};
use super::rows::Whole;
use super::structure::Structure;
use super::testing::Sketch;
use crate::error::Result;
use crate::limits::Limits;

mod damage;
mod rows;
mod structures;

/// A decoded picture: width, height, samples and what was wrong.
type Picture = (usize, usize, Vec<u8>, Vec<Problem>);

/// Decodes a file.
fn picture(file: &[u8], scale: Scale, is_lenient: bool) -> Result<Picture> {
    let mut report = Report { is_lenient, ..Report::default() };
    let structure = Structure::read(file, &Limits::default(), &mut report)?;
    let (geometry, model) = (Geometry::new(&structure, scale), structure.model()?);
    let (width, height) = (geometry.width, geometry.height);
    let mut out = vec![0; width * height * model.channels()];
    let all = 0..geometry.height;
    let memory = &mut Memory::default();
    let sink = &mut Whole(&mut out);
    decode::pixels(&structure, &geometry, model, all, memory, sink, &mut report)?;
    Ok((width, height, out, report.problems))
}

/// Decodes a file that must be right.
fn pixels(file: &[u8]) -> Vec<u8> {
    picture(file, Scale::Full, false).expect("a picture").2
}

/// The sampling factors that are tried: common ones, and those that nobody writes.
const SAMPLINGS: [&[(usize, usize)]; 14] = [
    &[(1, 1)],
    &[(2, 2)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(1, 2), (1, 1), (1, 1)],
    &[(4, 1), (1, 1), (1, 1)],
    &[(4, 2), (1, 1), (1, 1)],
    &[(2, 2), (2, 1), (1, 2)],
    &[(1, 1), (2, 2), (1, 1)],
    &[(3, 1), (1, 1), (1, 1)],
    &[(3, 2), (2, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1), (2, 2)],
    &[(1, 1), (1, 1), (1, 1), (1, 1)],
];

/// Makes a picture of these factors; a lone component's mean nothing.
fn sketch(width: usize, height: usize, sampling: &[(usize, usize)]) -> Sketch {
    let sampling = if sampling.len() == 1 { &[(1, 1)] } else { sampling };
    Sketch::new(width, height, sampling, (width * 31 + height) as u64)
}
