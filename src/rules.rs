//! Every modelled rule.

macro_rules! rules {
    ($($id:ident, $source:literal, $sentence:literal;)+) => {
        /// The name of a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RuleId {
            $(#[doc = $sentence] $id),+
        }
    };
}

rules! {
    R1, "dup, shared", "placeholder";
}
