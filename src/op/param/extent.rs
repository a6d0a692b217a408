//! A length as a parameter, alone or left out.

use super::{Extent, ParamKind, ParamValue, Range, samples};

impl ParamValue for Extent {
    const KIND: ParamKind = ParamKind::Text("a length like 40 or 5%, above 0");

    fn samples(_: Option<&Range>) -> Vec<String> {
        samples(&["60%", "9", "12.5%", "1"])
    }

    fn parse(text: &str) -> Option<Self> {
        Self::from_text(text)
    }

    fn print(&self) -> String {
        self.to_string()
    }
}
