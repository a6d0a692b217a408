//! What a JPEG carries beside its picture: the segments of applications, whole.
//!
//! Nothing is judged here, and nothing is thrown away because it is damaged: who reads the data finds out.

use std::borrow::Cow;

use super::segments::marker;
use super::structure::Structure;

/// The data of applications in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata<'a> {
    /// EXIF data: a TIFF file, without the signature in front.
    pub exif: Option<&'a [u8]>,
    /// The ICC profile, its parts joined in the order of their numbers; `None` where one is missing.
    pub icc: Option<Cow<'a, [u8]>>,
    /// The XMP packet.
    pub xmp: Option<&'a [u8]>,
    /// The extended XMP packet that the first one names, its parts joined by their offsets; `None` where
    /// there is none, or a part is missing.
    pub extended_xmp: Option<Vec<u8>>,
    /// The contents of Photoshop's segments (APP13), joined: image resources, IPTC data among them.
    pub photoshop: Option<Cow<'a, [u8]>>,
    /// The comments, in the order of the file.
    pub comments: Vec<&'a [u8]>,
    /// What lies behind the end of the picture: further pictures of MPO and Ultra HDR files, or anything.
    pub rest: &'a [u8],
}

pub(super) const ICC: &[u8] = b"ICC_PROFILE\0";
pub(super) const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
pub(super) const EXTENDED_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
pub(super) const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";

impl<'a> Metadata<'a> {
    pub(super) fn new(structure: &Structure<'a>) -> Self {
        let photoshop: Vec<&[u8]> = structure.segments_of(marker::APP13, PHOTOSHOP).collect();
        Self {
            exif: structure.exif(),
            icc: icc(structure),
            xmp: structure.segments_of(marker::APP1, XMP).next(),
            extended_xmp: extended_xmp(structure),
            photoshop: joined(&photoshop),
            comments: structure.segments_of(marker::COM, b"").collect(),
            rest: structure.rest,
        }
    }
}

fn joined<'a>(parts: &[&'a [u8]]) -> Option<Cow<'a, [u8]>> {
    match parts {
        [] => None,
        [one] => Some(Cow::Borrowed(one)),
        several => Some(Cow::Owned(several.concat())),
    }
}

/// Joins the parts of a profile (ICC.1, annex B.4): each has its number, from 1, and how many there are.
pub(super) fn icc<'a>(structure: &Structure<'a>) -> Option<Cow<'a, [u8]>> {
    let mut parts: Vec<(u8, u8, &[u8])> = structure
        .segments_of(marker::APP2, ICC)
        .filter_map(|part| part.split_first_chunk::<2>().map(|(&[at, of], data)| (at, of, data)))
        .collect();
    parts.sort_by_key(|(at, ..)| *at);
    parts.dedup_by_key(|(at, ..)| *at);
    let total = parts.first()?.1;
    let is_whole = parts.len() == usize::from(total)
        && parts.iter().zip(1..).all(|((at, of, _), number)| *at == number && *of == total);
    let data: Vec<&[u8]> = parts.iter().map(|(.., data)| *data).collect();
    if is_whole { joined(&data) } else { None }
}

/// Joins the parts of extended XMP (XMP specification part 3, 1.1.3.1): each has the digest of the whole, its
/// length, and its offset in it. The digest that counts is the one that the first packet names.
fn extended_xmp(structure: &Structure<'_>) -> Option<Vec<u8>> {
    let main = structure.segments_of(marker::APP1, XMP).next()?;
    let mut parts: Vec<(&[u8], u32, u32, &[u8])> = structure
        .segments_of(marker::APP1, EXTENDED_XMP)
        .filter_map(|part| {
            let (digest, rest) = part.split_at_checked(32)?;
            let (length, rest) = rest.split_first_chunk::<4>()?;
            let (offset, data) = rest.split_first_chunk::<4>()?;
            let names = main.windows(32).any(|window| window == digest);
            names.then_some((
                digest,
                u32::from_be_bytes(*length),
                u32::from_be_bytes(*offset),
                data,
            ))
        })
        .collect();
    parts.sort_by_key(|(_, _, offset, _)| *offset);
    parts.dedup_by_key(|(_, _, offset, _)| *offset);
    let &(digest, length, ..) = parts.first()?;
    let mut whole = Vec::new();
    for (other, total, offset, data) in parts {
        if other != digest || total != length || u32::try_from(whole.len()) != Ok(offset) {
            return None;
        }
        whole.extend(data);
    }
    (u32::try_from(whole.len()) == Ok(length)).then_some(whole)
}
