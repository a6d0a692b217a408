//! The layers of ARCHITECTURE.md: which module may use which.

use std::path::{Path, PathBuf};

/// Each module with the modules it may use. What is not listed here may not be there.
const LAYERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("dtype", &["error"]),
    ("layout", &["error", "dtype"]),
    ("simd", &[]),
    ("view", &["error", "dtype", "layout", "simd"]),
    ("image", &["error", "dtype", "layout", "view"]),
    ("icc", &["error", "image"]),
    ("limits", &["error"]),
    ("stats", &["error", "dtype", "view", "image"]),
    ("codec", &["error", "dtype", "layout", "view", "image", "icc", "limits", "simd"]),
    ("op", &["error", "dtype", "layout", "view", "image", "limits", "simd"]),
    ("ops", &["error", "dtype", "layout", "view", "image", "icc", "limits", "simd", "op"]),
    ("device", &["error", "dtype", "layout", "view", "image", "limits", "simd", "op"]),
    ("kernel", &["error", "dtype", "layout", "view", "limits", "device"]),
    ("develop", &["error", "dtype", "layout", "view", "limits", "codec", "device", "kernel"]),
    ("pipeline", &["error", "dtype", "layout", "view", "image", "limits", "op", "ops", "device"]),
    ("describe", &["op", "ops", "pipeline"]),
    ("check", &["error", "dtype", "layout", "view", "image", "op", "ops", "device", "pipeline"]),
    (
        "batch",
        &[
            "error", "dtype", "layout", "view", "image", "limits", "codec", "ops", "device",
            "pipeline",
        ],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("bin") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the first name of every `crate::name` path in code: comments and the tests at the end of a
/// file may name what they like.
fn edges(text: &str) -> Vec<String> {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = lines.flat_map(|line| line.split("crate::").skip(1));
    let name = |path: &str| {
        path.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
    };
    let grouped = code.split("crate::{").skip(1).filter_map(|group| group.split_once('}'));
    let grouped = grouped.flat_map(|(names, _)| names.split(','));
    let grouped = grouped.filter_map(|path| name(path.trim()));
    paths.filter_map(name).chain(grouped).filter(|name| !name.is_empty()).collect()
}

fn layer_of(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let first = inside.expect("inside src").iter().next().expect("a name");
    first.to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Returns what a file may not use and does.
fn violations(layer: &str, text: &str) -> Vec<String> {
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("the module {layer} has no layer")];
    };
    let modules = |name: &String| LAYERS.iter().any(|(module, _)| module == name);
    let used = edges(text).into_iter().filter(modules);
    used.filter(|name| name != layer && !allowed.contains(&name.as_str())).collect()
}

#[test]
fn modules_use_the_layers_below_them_and_ops_and_device_do_not_see_each_other() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 30, "the sources were found");
    for file in files.iter().filter(|file| layer_of(file) != "lib") {
        let text = std::fs::read_to_string(file).expect("source is text");
        let bad = violations(&layer_of(file), &text);
        assert!(bad.is_empty(), "{} may not use {}", file.display(), bad.join(", "));
    }
}

#[test]
fn an_edge_that_is_not_allowed_is_noticed() {
    assert_eq!(violations("ops", "use crate::device::Device;"), ["device"]);
    assert_eq!(violations("device", "use crate::{error::Error, ops::REGISTRY};"), ["ops"]);
    assert_eq!(violations("layout", "let v = crate::view::View::new();"), ["view"]);
    assert_eq!(violations("view", "use crate::layout::Layout; // crate::ops"), ["ops"]);
    assert!(violations("ops", "use crate::op::Op;\n// crate::device").is_empty());
}

#[test]
fn unsafe_code_is_in_view_and_simd_alone() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("source is text");
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let has_unsafe = code.any(|line| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "unsafe")
        });
        if has_unsafe {
            let layer = layer_of(&file);
            assert!(["view", "simd"].contains(&layer.as_str()), "{}", file.display());
        }
    }
}
