//! `--frames`: where each frame goes, and films that other programs read.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytelens::{Buffer, Image};

use super::format::Format;
use super::job::{Job, Output};
use super::picture;
use super::rate::{Frames, Rate};
use super::spec::Place;
use super::write::{Staged, cannot_print, cannot_write, folder};
use crate::stop::Stop;
use bytelens::batch::temporary::{Temporaries, Temporary};

/// Puts a frame's number into a name: `%d`, `%04d`, `{frame}`, `{frame:04}`; nothing where there is no
/// place for one.
fn numbered(name: &str, frame: u32) -> Option<String> {
    let forms = [("%", "d"), ("{frame:", "}"), ("{frame", "}")];
    for (start, end) in forms {
        for (at, _) in name.match_indices(start) {
            let rest = &name[at + start.len()..];
            let Some(len) = rest.find(end) else { continue };
            let width = if len == 0 { Ok(0) } else { rest[..len].parse::<usize>() };
            if let Ok(width @ 0..=20) = width {
                let behind = &rest[len + end.len()..];
                return Some(format!("{}{frame:0width$}{behind}", &name[..at]));
            }
        }
    }
    None
}

/// Returns an output's file for a frame.
fn path_of(path: &Path, frame: u32) -> Option<PathBuf> {
    numbered(path.to_str()?, frame).map(PathBuf::from)
}

/// The outputs of a sequence: the films, which stay open, and the patterns of names.
#[derive(Debug)]
pub(super) struct Sequence<'a> {
    temporaries: &'a Temporaries,
    films: Vec<Film>,
}

/// Checks that every frame has a file of its own, and makes the folders for them.
pub(super) fn check(job: &Job, frames: &Frames) -> Result<(), Stop> {
    for output in &job.outputs {
        let Place::File(path) = &output.file.place else {
            if output.file.place == Place::Standard && output.format != Format::Y4m {
                let problem = "several frames on standard output: say in which form, as in -:y4m";
                return Err(Stop::usage(format!("--out {}: {problem}", output.buffer)));
            }
            continue;
        };
        if output.format == Format::Y4m {
            continue;
        }
        let Some(path) = path_of(path, frames.0.start) else {
            return Err(Stop::usage(format!(
                "--out {}: every frame needs a name of its own, as frames/%04d.png",
                output.buffer
            )));
        };
        let made = std::fs::create_dir_all(folder(&path));
        made.map_err(|error| Stop::start(cannot_write(folder(&path), &error)))?;
    }
    Ok(())
}

impl<'a> Sequence<'a> {
    /// Opens the films; other files are made frame by frame.
    pub(super) fn open(
        job: &Job,
        rate: Rate,
        temporaries: &'a Temporaries,
    ) -> Result<Self, String> {
        let mut films = Vec::new();
        for output in job.outputs.iter().filter(|output| output.format == Format::Y4m) {
            films.push(Film::open(&output.file.place, rate, temporaries)?);
        }
        Ok(Self { temporaries, films })
    }

    /// Writes the outputs of a frame. Returns whether anybody still looks.
    pub(super) fn add(&mut self, frame: u32, arrays: &[(&Output, Buffer)]) -> Result<bool, String> {
        let mut has_reader = true;
        let mut here: Vec<Output> = Vec::new();
        // In the order of the outputs that are films.
        let mut films = self.films.iter_mut();
        for (output, array) in arrays {
            if output.format == Format::Y4m
                && let Some(film) = films.next()
            {
                let told = |problem| format!("{}, frame {frame}: {problem}", output.buffer);
                has_reader &= film.add(array).map_err(told)?;
            }
            let mut output = (*output).clone();
            if let Place::File(path) = &mut output.file.place
                && let Some(numbered) = path_of(path, frame)
            {
                *path = numbered;
            }
            here.push(output);
        }
        let here: Vec<_> =
            here.iter().zip(arrays).map(|(output, (_, array))| (output, array.clone())).collect();
        let mut staged = Staged::new(self.temporaries);
        staged.add(&here)?;
        staged.name()?;
        Ok(has_reader)
    }

    /// Gives the films their names.
    pub(super) fn close(self) -> Result<(), String> {
        self.films.into_iter().try_for_each(Film::close)
    }
}

/// A film in the format that mjpegtools, FFmpeg and mpv call yuv4mpeg: a line, and for each frame a line and
/// the planes Y, Cb and Cr in full resolution, 8 bits in the range of television (BT.601).
#[derive(Debug)]
struct Film {
    sink: Sink,
    rate: Rate,
    /// Of the first frame: width, height, and whether there is colour.
    form: Option<(usize, usize, bool)>,
}

#[derive(Debug)]
enum Sink {
    Standard,
    /// A pipe, or another file that is not replaced.
    Stream(File, PathBuf),
    Whole(Temporary, PathBuf),
}

impl Film {
    fn open(place: &Place, rate: Rate, temporaries: &Temporaries) -> Result<Self, String> {
        let sink = match place {
            Place::File(path)
                if path.metadata().is_ok_and(|known| !known.is_file() && !known.is_dir()) =>
            {
                let file = File::options().write(true).open(path);
                Sink::Stream(file.map_err(|error| cannot_write(path, &error))?, path.clone())
            }
            Place::File(path) => {
                let made = temporaries.make_in(folder(path));
                Sink::Whole(made.map_err(|error| cannot_write(path, &error))?, path.clone())
            }
            Place::Standard | Place::Nowhere => Sink::Standard,
        };
        Ok(Self { sink, rate, form: None })
    }

    /// Writes a frame. Returns whether there is still a reader: one that has gone is no failure.
    fn add(&mut self, array: &Buffer) -> Result<bool, String> {
        let image = picture::image(array)?;
        let form = (image.width(), image.height(), image.format().channels() > 2);
        let mut bytes = Vec::new();
        match self.form {
            Some(first) if first != form => {
                return Err("frames of one film are of one size".to_owned());
            }
            Some(_) => {}
            None => {
                self.form = Some(form);
                let space = if form.2 { "444" } else { "mono" };
                let Rate { num, den } = self.rate;
                let head =
                    format!("YUV4MPEG2 W{} H{} F{num}:{den} Ip A1:1 C{space}\n", form.0, form.1);
                bytes.extend_from_slice(head.as_bytes());
            }
        }
        bytes.extend_from_slice(b"FRAME\n");
        bytes.extend_from_slice(&planes(&image)?);
        let written = match &mut self.sink {
            Sink::Standard => std::io::stdout().lock().write_all(&bytes),
            Sink::Stream(file, _) => file.write_all(&bytes),
            Sink::Whole(file, _) => file.write_all(&bytes),
        };
        match (written, &self.sink) {
            (Ok(()), _) => Ok(true),
            (Err(error), _) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            (Err(error), Sink::Standard) => Err(cannot_print(&error)),
            (Err(error), Sink::Stream(_, path) | Sink::Whole(_, path)) => {
                Err(cannot_write(path, &error))
            }
        }
    }

    fn close(self) -> Result<(), String> {
        match self.sink {
            Sink::Standard => match std::io::stdout().flush() {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(cannot_print(&error)),
                _ => Ok(()),
            },
            Sink::Stream(..) => Ok(()),
            Sink::Whole(file, path) => {
                let name = path.file_name().map_or(path.as_path(), Path::new);
                file.rename(name).map_err(|error| cannot_write(&path, &error))
            }
        }
    }
}

/// Returns the planes of a picture: Y alone for grey, Y, Cb and Cr for colour; alpha is left out.
///
/// The factors are those of ITU-R BT.601-7, section 2.5, for 8 bits.
fn planes(image: &Image) -> Result<Vec<u8>, String> {
    let told = |error: bytelens::Error| error.to_string();
    let channels = image.format().channels();
    let samples = super::read::convert(&image.view(), &bytelens::DType::F32).map_err(told)?;
    let samples = samples.view().to_vec::<f32>().map_err(told)?;
    let most = if image.buffer().dtype().size() == 1 { 255.0 } else { 65535.0 };
    let rows: &[[f32; 4]] = match channels {
        1 | 2 => &[[219.0, 0.0, 0.0, 16.0]],
        _ => &[
            [65.481, 128.553, 24.966, 16.0],
            [-37.797, -74.203, 112.0, 128.0],
            [112.0, -93.786, -18.214, 128.0],
        ],
    };
    let mut bytes = Vec::with_capacity(samples.len());
    for [r, g, b, start] in rows {
        for pixel in samples.chunks_exact(channels) {
            let (green, blue) = (pixel.get(1).unwrap_or(&0.0), pixel.get(2).unwrap_or(&0.0));
            let value = (r * pixel[0] + g * green + b * blue) / most + start;
            #[allow(clippy::cast_possible_truncation, reason = "`as` saturates")]
            #[allow(clippy::cast_sign_loss, reason = "it is clamped")]
            bytes.push(value.round_ties_even().clamp(0.0, 255.0) as u8);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{numbered, planes};
    use bytelens::{Buffer, Image, PixelFormat};

    #[test]
    fn frames_are_numbered() {
        for (name, expected) in [
            ("f/%04d.png", Some("f/0007.png")),
            ("%d.png", Some("7.png")),
            ("{frame}.png", Some("7.png")),
            ("a{frame:03}b.npy", Some("a007b.npy")),
            ("100%/%03d.png", Some("100%/007.png")),
            ("a.png", None),
            ("%x.png", None),
            ("%999999d.png", None),
            ("{frames}", None),
        ] {
            assert_eq!(numbered(name, 7).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn colours_are_those_of_television() {
        let rgb = vec![0_u8, 0, 0, 255, 255, 255, 255, 0, 0];
        let image = Buffer::from_vec(rgb, &[1, 3, 3]).expect("3 pixels");
        let image = Image::new(image, PixelFormat::RGB).expect("a picture");
        let planes = planes(&image).expect("planes");
        assert_eq!(planes, [16, 235, 81, 128, 128, 90, 128, 128, 240]);
    }
}
