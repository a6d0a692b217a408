//! The container of WebP files (RFC 9649, section 2): what stands beside the picture goes around it.
//!
//! No pixel is coded here.

use crate::codec::Notes;

/// A chunk and its padding.
fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend(kind);
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(data);
    out.resize(out.len().next_multiple_of(2), 0);
}

/// The chunks of a file that hold its picture, with their heads and padding.
fn picture(file: &[u8]) -> &[u8] {
    let chunks = file.get(12..).unwrap_or_default();
    let is_extended = chunks.starts_with(b"VP8X");
    // The head of such a file has ten bytes behind its kind and length.
    chunks.get(if is_extended { 18 } else { 0 }..).unwrap_or_default()
}

/// Puts a profile and notes around the picture of a file that has none.
pub(super) fn surround(
    file: Vec<u8>,
    size: [u32; 2],
    has_alpha: bool,
    profile: Option<&[u8]>,
    notes: &Notes,
) -> Vec<u8> {
    let Notes { exif, xmp, .. } = notes;
    if profile.is_none() && exif.is_none() && xmp.is_none() {
        return file;
    }
    let flags = [(profile.is_some(), 5), (has_alpha, 4), (exif.is_some(), 3), (xmp.is_some(), 2)];
    let flags = flags.into_iter().map(|(is_set, bit)| u8::from(is_set) << bit).sum::<u8>();
    let mut head = vec![flags, 0, 0, 0];
    size.into_iter().for_each(|side| head.extend(&(side - 1).to_le_bytes()[..3]));
    let mut body = b"WEBP".to_vec();
    chunk(&mut body, *b"VP8X", &head);
    if let Some(profile) = profile {
        chunk(&mut body, *b"ICCP", profile);
    }
    body.extend(picture(&file));
    if let Some(tiff) = exif {
        chunk(&mut body, *b"EXIF", tiff);
    }
    if let Some(packet) = xmp {
        chunk(&mut body, *b"XMP ", packet);
    }
    let mut whole = Vec::with_capacity(body.len() + 8);
    chunk(&mut whole, *b"RIFF", &body);
    whole
}
