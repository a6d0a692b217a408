//! ZIP archives of files that are stored as they are: what `numpy.savez` writes.
//!
//! The format is that of PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16; no 64-bit fields.

/// Returns an archive of named files.
pub(super) fn stored(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, String> {
    let too_large = |_| "npz: over 4 GiB; write several files".to_owned();
    let small = |len: usize| u16::try_from(len).map_err(|_| "npz: the name is too long".to_owned());
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in files {
        let start = u32::try_from(archive.len()).map_err(too_large)?;
        let size = u32::try_from(bytes.len()).map_err(too_large)?.to_le_bytes();
        let sum = crc32fast::hash(bytes).to_le_bytes();
        let name_len = small(name.len())?.to_le_bytes();
        // Version 2.0; names in UTF-8; stored; 1 January 1980, so that equal arrays make equal files.
        let facts =
            [&[20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0][..], &sum, &size, &size, &name_len].concat();
        archive.extend_from_slice(b"PK\x03\x04");
        archive.extend_from_slice(&facts);
        archive.extend_from_slice(&[0, 0]);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(bytes);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&facts);
        directory.extend_from_slice(&[0; 12]);
        directory.extend_from_slice(&start.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = u32::try_from(archive.len()).map_err(too_large)?.to_le_bytes();
    let size = u32::try_from(directory.len()).map_err(too_large)?.to_le_bytes();
    let count = small(files.len())?.to_le_bytes();
    archive.extend_from_slice(&directory);
    archive.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    archive.extend_from_slice(&[&count[..], &count, &size, &start, &[0, 0]].concat());
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::stored;
    use bytelens::{View, npy};

    #[test]
    fn what_is_stored_is_read_again() {
        let file =
            npy::to_npy(&View::from_slice(&[1_u16, 2, 3], &[3]).expect("3")).expect("a file");
        let files = [("a.npy".to_owned(), file.clone()), ("ü.npy".to_owned(), file.clone())];
        let archive = stored(&files).expect("small");
        let members = npy::members(&archive).expect("an archive");
        let names: Vec<_> = members.iter().map(npy::Member::name).collect();
        assert_eq!(names, ["a", "ü"]);
        for member in members {
            assert_eq!(archive[member.range()], file);
        }
        assert_eq!(npy::members(&stored(&[]).expect("small")).expect("an archive"), []);
    }
}
