//! The Python literals that NumPy writes into files: `{'descr': [('x', '<f4')], 'shape': (3, 4), }`.
//!
//! Not Python: texts, whole numbers, truth values, tuples, lists and dictionaries of these, nested no
//! deeper than [`MAX_DEPTH`], and nothing that runs.

use crate::error::{Error, Result};

/// Tuples, lists and dictionaries inside each other that are followed, so that no input exhausts the
/// stack.
const MAX_DEPTH: usize = 32;

/// One literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    Int(usize),
    Bool(bool),
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
    Dict(Vec<(String, Literal)>),
}

impl Literal {
    /// Reads a literal and nothing behind it but white space.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser { text, rest: text };
        let literal = parser.literal(0)?;
        parser.space();
        if parser.rest.is_empty() { Ok(literal) } else { Err(parser.wrong("the end")) }
    }

    /// A tuple or list of whole numbers, or one number.
    pub(crate) fn numbers(&self) -> Option<Vec<usize>> {
        let number = |item: &Self| if let Self::Int(n) = item { Some(*n) } else { None };
        match self {
            Self::Int(n) => Some(vec![*n]),
            Self::Tuple(items) | Self::List(items) => items.iter().map(number).collect(),
            _ => None,
        }
    }

    /// What a dictionary has for a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(items) = self else {
            return None;
        };
        items.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
}

impl Parser<'_> {
    fn literal(&mut self, depth: usize) -> Result<Literal> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("less nesting"));
        }
        self.space();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Ok(Literal::Bool(value));
            }
        }
        match self.rest.chars().next() {
            Some('\'' | '"') => Ok(Literal::Text(self.text_literal()?)),
            Some('0'..='9') => self.int(),
            Some('(') => {
                let (mut items, has_comma) = self.items(')', |parser| parser.literal(depth + 1))?;
                // Parentheses around one thing without a comma are no tuple.
                match (items.len(), has_comma) {
                    (1, false) => items.pop().ok_or_else(|| self.wrong("a value")),
                    _ => Ok(Literal::Tuple(items)),
                }
            }
            Some('[') => Ok(Literal::List(self.items(']', |p| p.literal(depth + 1))?.0)),
            Some('{') => {
                let (items, _) = self.items('}', |parser| {
                    parser.space();
                    let key = parser.text_literal()?;
                    parser.expect(':')?;
                    Ok((key, parser.literal(depth + 1)?))
                })?;
                Ok(Literal::Dict(items))
            }
            _ => Err(self.wrong("a text, a number, True, False, a tuple, a list or a dictionary")),
        }
    }

    /// Items between brackets, and whether a comma follows any of them.
    fn items<T>(
        &mut self,
        end: char,
        item: impl Fn(&mut Self) -> Result<T>,
    ) -> Result<(Vec<T>, bool)> {
        self.rest = &self.rest[1..];
        let (mut items, mut has_comma) = (Vec::new(), false);
        loop {
            self.space();
            if self.skip(end) {
                return Ok((items, has_comma));
            }
            items.push(item(self)?);
            self.space();
            if self.skip(',') {
                has_comma = true;
            } else if self.skip(end) {
                return Ok((items, has_comma));
            } else {
                return Err(self.wrong(&format!("a comma or {end:?}")));
            }
        }
    }

    fn text_literal(&mut self) -> Result<String> {
        let Some(quote @ ('\'' | '"')) = self.rest.chars().next() else {
            return Err(self.wrong("a text in quotes"));
        };
        let mut out = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(out);
                }
                '\\' => match chars.next() {
                    Some((_, c @ ('\\' | '\'' | '"'))) => out.push(c),
                    _ => return Err(self.wrong("no escape but of quotes and backslashes")),
                },
                c => out.push(c),
            }
        }
        Err(self.wrong("a quote at the end of the text"))
    }

    fn int(&mut self) -> Result<Literal> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let number = digits.parse().map_err(|_| self.wrong("a smaller number"))?;
        // Files of Python 2 mark long numbers.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        Ok(Literal::Int(number))
    }

    fn expect(&mut self, c: char) -> Result<()> {
        self.space();
        if self.skip(c) { Ok(()) } else { Err(self.wrong(&format!("{c:?}"))) }
    }

    fn skip(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn wrong(&self, expected: &str) -> Error {
        let place = self.text.len() - self.rest.len();
        let got = format!("{:?}", self.rest.chars().take(20).collect::<String>());
        Error::dtype(format!("Python literal at byte {place}"), expected, got)
    }
}

#[cfg(test)]
mod tests {
    use super::Literal;

    #[test]
    fn literals_are_read_and_what_is_none_is_refused_with_its_place() {
        let int = Literal::Int;
        let rows = [
            ("3", int(3)),
            (" (3) ", int(3)),
            ("(3,)", Literal::Tuple(vec![int(3)])),
            ("()", Literal::Tuple(vec![])),
            ("[1, 2L]", Literal::List(vec![int(1), int(2)])),
            (r"'a\'b'", Literal::Text("a'b".into())),
            ("{'x': True, }", Literal::Dict(vec![("x".into(), Literal::Bool(true))])),
        ];
        for (text, expected) in rows {
            assert_eq!(Literal::parse(text).expect(text), expected, "{text}");
        }
        let deep = "(".repeat(100_000);
        let wrong = ["", "-1", "(1", "'a", "{1: 2}", "1 2", "[1 2]", "os", "'\\x41'", &deep];
        for text in wrong {
            let error = Literal::parse(text).expect_err(text).to_string();
            assert!(error.contains("Python literal at byte"), "{error}");
        }
        assert!(Literal::parse("99999999999999999999999").is_err());
    }
}
