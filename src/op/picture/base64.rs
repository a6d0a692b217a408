//! Bytes as text without signs that a pipeline's text has a use for: RFC 4648, base64url, not padded.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes bytes as text.
pub(crate) fn text_from_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - group.len()));
        let digit = |at: usize| char::from(DIGITS[(word >> (18 - 6 * at)) as usize & 63]);
        text.extend((0..=group.len()).map(digit));
    }
    text
}

/// Reads bytes; `None` where the text is not what [`text_from_bytes`] writes.
pub(crate) fn bytes_from_text(text: &str) -> Option<Vec<u8>> {
    let mut values = [None; 256];
    for (value, digit) in (0_u32..).zip(DIGITS) {
        values[usize::from(*digit)] = Some(value);
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.as_bytes().chunks(4) {
        let mut word = 0;
        for digit in group {
            word = word << 6 | values[usize::from(*digit)]?;
        }
        let word = word << (6 * (4 - group.len()));
        let [_, a, b, c] = word.to_be_bytes();
        let count = group.len() - 1;
        // A digit alone says no byte, and bits of a byte that is not there say nothing.
        if count == 0 || [a, b, c][count..].iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(&[a, b, c][..count]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{bytes_from_text, text_from_bytes};

    #[test]
    fn the_vectors_of_rfc_4648_go_both_ways() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(text_from_bytes(bytes.as_bytes()), text);
            assert_eq!(bytes_from_text(text).as_deref(), Some(bytes.as_bytes()));
        }
        let every: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes_from_text(&text_from_bytes(&every)), Some(every));
    }

    #[test]
    fn what_is_no_such_text_is_nothing() {
        for text in ["Z", "Zm9vY", "Zg==", "Zh", "Zm9", "Z g", "Zm+v", "é"] {
            assert_eq!(bytes_from_text(text), None, "{text}");
        }
    }
}
