#!/usr/bin/env python3
"""Tries `modules` on small crates: it must find every circle, and call nothing a circle that is none."""

import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from modules import circles  # noqa: E402

# What is tried, the files of a crate, and a part of the report; `None` where there is nothing to report.
EXAMPLES = [
    ("two files", {
        "lib": "mod a; mod b;",
        "a": "use crate::b::B;\npub struct A(B);",
        "b": "pub struct B;\nfn f() -> crate::a::A { todo!() }",
    }, "src/a.rs:1 uses `B` of src/b.rs\n  src/b.rs:2 uses `A` of src/a.rs"),
    ("three files, through braces and another name", {
        "lib": "mod a; mod b; mod c;",
        "a": "use crate::b::{self as other};\nfn a() { other::b() }",
        "b": "use super::{a::{A}, c::D as E};\npub fn b() { A; E; }",
        "c": "pub struct D;\npub(in crate::c) fn f() { super::a::a() }",
    }, "3 modules"),
    ("a parent and its child", {
        "lib": "mod a;", "a": "mod b;\npub struct A;\nfn f() { b::g() }", "a/b": "use super::A;\npub fn g() { A; }",
    }, "2 modules"),
    ("all of a parent", {
        "lib": "mod a;", "a": "mod b;\nuse b::B;\nstruct A(B);", "a/b": "use super::*;\npub struct B;",
    }, "src/a/b.rs:1 uses `*` of src/a.rs"),
    ("a parent that uses what it re-exports", {
        "lib": "mod e; pub use e::E; pub struct S;\npub fn f() -> Result<S, E> { Ok(S) }",
        "e": "pub struct E(crate::S);",
    }, "src/lib.rs:2 uses `E` of src/e.rs"),
    ("a parent that uses one of all that it re-exports", {
        "lib": "mod e; pub use e::*; pub struct S;\npub fn f() -> Result<S, E> { Ok(S) }",
        "e": "pub struct E(crate::S);",
    }, "src/lib.rs:2 uses `E` of src/e.rs"),
    ("two levels up", {
        "lib": "mod a;",
        "a": "mod b; pub struct A; fn f() { b::c::g() }",
        "a/b": "pub mod c;",
        "a/b/c": "pub fn g() { super::super::A }",
    }, "src/a/b/c.rs:1 uses `A` of src/a.rs"),
    ("a macro", {
        "lib": "mod a; mod b;",
        "a": "macro_rules! on { () => { $crate::b::f() } }\npub(crate) use on;",
        "b": "use crate::a::on;\npub fn f() { on!() }",
    }, "2 modules"),
    ("an exported macro", {
        "lib": "mod a; fn f() { crate::on!() }", "a": "#[macro_export]\nmacro_rules! on { () => { $crate::f() } }",
    }, "2 modules"),
    ("an item and a module of one name", {
        "lib": "mod r; mod search; pub use r::search;",
        "r": "pub fn search() { crate::search::go() }",
        "search": "pub fn go() { crate::search() }",
    }, "2 modules"),
    ("code after a field that only tests have", {
        "lib": "mod a; mod b;",
        "a": "pub struct A { #[cfg(test)] x: u8 }\nfn f() { crate::b::f() }",
        "b": "pub fn f() { crate::a::A }",
    }, "2 modules"),
    ("a module without a file", {"lib": "mod a;"}, "no file of the module a"),
    ("names through a parent that only passes them on", {
        "lib": "mod a; mod e; mod q; mod r; mod search; mod t; pub use {a::*, e::E}; pub(crate) use r::{R, S};"
        "pub use r::search; pub use t::T; pub struct U; fn g(_: &'static S, _: q::Q) {}",
        "a": "pub struct A;",
        "e": "pub struct E;",
        "r": "use crate::{A, E};\npub struct R(E); pub struct S; pub fn search() { crate::search::go() }",
        "q": "pub struct Q(crate::S);",
        "search": "pub fn go() {}",
        "t": "pub struct T(crate::U);",
    }, None),
    ("a module imported for what it passes on", {
        "lib": "mod a; mod b;",
        "a": "use crate::b::{self, x::{self as other}}; pub struct A; fn f() { b::C; other::X }",
        "b": "pub mod x; mod c; pub use c::C; use crate::a::A; fn g() { A }",
        "b/c": "pub struct C;",
        "b/x": "pub struct X;",
    }, None),
    ("children that use each other through their parent", {
        "lib": "mod a;",
        "a": "mod b; mod c; mod d; pub(crate) use c::C; use b::B; struct T; fn f(b: B) -> T { T { C: b.C } }",
        "a/b": "pub struct B;",
        "a/c": "pub struct C(super::T);",
        "a/d": "pub struct D(super::C);",
    }, None),
    ("comments, literals and tests", {
        "lib": "mod a; mod b;",
        "a": "use crate::b::B; pub struct A(B);",
        "b": "//! [crate::a::A] \"\npub struct B; /* /* */ use crate::a::A; */\nconst C: [char; 2] = ['\"', '\\''];"
        "fn f<'a>() { \"\\\" crate::a::A\"; r#\"\" crate::a::A\"#; }\n"
        "#[cfg(test)]\nmod tests { use super::*; use crate::a::A; }\n#[cfg(test)] use crate::a::A;",
    }, None),
    ("a module in braces within its file", {
        "lib": "mod a; mod b;",
        "a": "mod b; pub mod limits { use super::*; fn f() { super::b::g() } } pub struct A;",
        "a/b": "use std::fmt; pub fn g() { fmt::A; limits::f() }",
        "b": "pub fn g() { crate::a::A }",
    }, None),
]

for what, files, expected in EXAMPLES:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for name, text in files.items():
            file = base / f"src/{name}.rs"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        report = "\n".join(circles(base / "src/lib.rs", base))
    if expected not in report if expected else report:
        sys.exit(f"{what}: expected {expected or 'no circle'}, got {report or 'no circle'}")
print(f"{len(EXAMPLES)} examples of modules are judged right")
