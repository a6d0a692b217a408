//! Arrays to files: all of them, whole, or none.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytelens::codec::{self, EncodeOptions};
use bytelens::{Buffer, npy};

use super::format::Format;
use super::job::Output;
use super::spec::Place;
use super::{openexr, picture, tensors, zip};
use crate::stop::{reason, shown};
use bytelens::batch::temporary::{Temporaries, Temporary};

/// Outputs on their way: written, and waiting for their names until all are.
#[derive(Debug)]
pub(super) struct Staged<'a> {
    temporaries: &'a Temporaries,
    files: Vec<(Temporary, PathBuf)>,
    standard: Vec<u8>,
}

impl<'a> Staged<'a> {
    pub(super) fn new(temporaries: &'a Temporaries) -> Self {
        Self { temporaries, files: Vec::new(), standard: Vec::new() }
    }

    /// Writes arrays to temporary files; those of one path go into one file.
    pub(super) fn add(&mut self, arrays: &[(&Output, Buffer)]) -> Result<(), String> {
        let mut done: Vec<&Place> = Vec::new();
        for (output, _) in arrays {
            let place = &output.file.place;
            if *place == Place::Nowhere || output.format == Format::Y4m || done.contains(&place) {
                continue;
            }
            done.push(place);
            let together: Vec<_> =
                arrays.iter().filter(|(other, _)| other.file.place == *place).collect();
            let bytes = encoded(output.format, &together);
            match place {
                Place::File(path) => {
                    let bytes = bytes.map_err(|problem| format!("{}: {problem}", shown(path)))?;
                    self.file(path, &bytes)?;
                }
                _ => {
                    self.standard =
                        bytes.map_err(|problem| format!("standard output: {problem}"))?
                }
            }
        }
        Ok(())
    }

    /// Writes one file of bytes.
    pub(super) fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), String> {
        let failed = |error| cannot_write(path, &error);
        let mut temporary = self.temporaries.make_in(folder(path)).map_err(failed)?;
        temporary.write(bytes).map_err(failed)?;
        self.files.push((temporary, path.to_owned()));
        Ok(())
    }

    /// Gives all files their names.
    pub(super) fn name(self) -> Result<(), String> {
        for (temporary, path) in self.files {
            let name = path.file_name().map_or(path.as_path(), Path::new);
            temporary.rename(name).map_err(|error| cannot_write(&path, &error))?;
        }
        if self.standard.is_empty() {
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        match out.write_all(&self.standard).and_then(|()| out.flush()) {
            // A reader that has had enough is no failure.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(cannot_print(&error)),
            _ => Ok(()),
        }
    }
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(super) fn cannot_print(error: &std::io::Error) -> String {
    format!("cannot write to standard output: {}", reason(error))
}

pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("{}: cannot write: {}", shown(path), reason(error))
}

/// Returns the file of the arrays of one path.
fn encoded(format: Format, arrays: &[&(&Output, Buffer)]) -> Result<Vec<u8>, String> {
    let told = |error: bytelens::Error| error.to_string();
    let (first, array) = (arrays[0].0, &arrays[0].1);
    let member = |output: &Output| {
        let name = output.file.member.as_ref().unwrap_or(&output.buffer);
        name.clone()
    };
    match format {
        Format::Npz => {
            let mut members = Vec::new();
            for (output, array) in arrays {
                let file = npy::to_npy(&array.view()).map_err(told)?;
                members.push((format!("{}.npy", member(output)), file));
            }
            zip::stored(&members)
        }
        Format::Safetensors => {
            let names: Vec<String> = arrays.iter().map(|(output, _)| member(output)).collect();
            let views = names.iter().zip(arrays).map(|(name, (_, array))| (&**name, array.view()));
            tensors::file(&views.collect::<Vec<_>>())
        }
        _ if arrays.len() > 1 => {
            let other = &arrays[1].0.buffer;
            Err(format!("{} and {other} cannot both be in one file of this format", first.buffer))
        }
        Format::Npy => npy::to_npy(&array.view()).map_err(told),
        Format::Raw | Format::Y4m => array.view().to_bytes().map_err(told),
        Format::Exr => openexr::file(array),
        Format::Picture(format) => {
            let image = picture::image(array)?;
            codec::encode(&image, &EncodeOptions::new(format).quality(90)).map_err(told)
        }
    }
}
