//! The rules of Python's memoryview, one by one, by the letters of what they are about.
//!
//! ```text
//!   A attributes     C making and holding   E equality       K cast            L release
//!   Q sequences      R exporters            S slices         T lists, bytes    W assignment
//!   X reading by index, and its format codes                  B views of views
//! ```
//!
//! Not here: what only a Python object has (hash, pickle, keywords, weak references, suboffsets), and
//! what the types of Rust rule out (a released view, a read-only one that is written). What is refused
//! stands in `refusals`.

mod reading;
mod writing;

/// Twelve different bytes.
fn bytes() -> Vec<u8> {
    (0..12).collect()
}
