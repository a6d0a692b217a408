//! What a renderer that depends on bytelens gets with it: wgpu, and little else.

use std::collections::BTreeSet;
use std::process::Command;

/// Crates that belong to files, the command or a server: none of them is a renderer's business.
const FOREIGN: &[&str] = &[
    "axum",
    "blake3",
    "clap",
    "cosmic-text",
    "fontdb",
    "globset",
    "image",
    "indicatif",
    "jpeg-encoder",
    "jxl-oxide",
    "kamadak-exif",
    "memmap2",
    "ndarray",
    "png",
    "rustix",
    "signal-hook",
    "swash",
    "tar",
    "tokio",
    "walkdir",
    "webpx",
    "zeno",
    "zune-jpeg",
];

/// Returns the names of the crates that are built into a program which wants these features.
fn dependencies(features: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}", "--no-default-features", "--features", features])
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "cargo tree --features {features:?}: {errors}");
    let text = String::from_utf8(tree.stdout).expect("names are text");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Returns those of a program's crates that a renderer should not be made to build.
fn foreign(features: &str) -> Vec<String> {
    let names = dependencies(features).into_iter();
    names.filter(|name| FOREIGN.contains(&name.as_str())).collect()
}

#[test]
fn a_renderer_gets_wgpu_and_no_codec_command_or_server() {
    let names = dependencies("gpu");
    assert!(names.contains("wgpu") && names.contains("bytelens"), "{names:?}");
    assert_eq!(foreign("gpu"), Vec::<String>::new());
}

#[test]
fn what_does_not_belong_to_a_renderer_is_noticed() {
    let found = foreign("gpu,cli");
    for name in ["clap", "cosmic-text", "kamadak-exif", "png", "walkdir"] {
        assert!(found.iter().any(|one| one == name), "{name} is not among {found:?}");
    }
}
