//! The table of endpoints, with their names in full.

use super::styles::{HEADING, look};
use crate::canvas::{Align, Type};
use crate::chart::Traffic;
use crate::fonts::{Weight, width_mm};
use crate::format;
use crate::page::{LEFT, Pages, RIGHT};
use crate::palette::{INK, MUTED, RULE};
use crate::text::wrap;

const HEAD: Type = look(8.0, Weight::Bold, MUTED);
const CELL: Type = look(8.0, Weight::Regular, INK);
const LINE: f64 = 4.2;
const NAME_WIDTH: f64 = 74.0;
/// The right edges of the columns of numbers.
const REQUESTS: f64 = 119.0;
const ERRORS: f64 = 146.0;
const RATE: f64 = 166.0;
/// The room of a count.
const COUNT_WIDTH: f64 = 25.0;

/// All endpoints with their figures.
pub(crate) fn endpoints(pages: &mut Pages, rows: &[Traffic]) {
    let all = rows.len() as f64 * (LINE + 2.2) + 25.0;
    pages.reserve(all.min(60.0));
    pages.text(LEFT, Align::Left, "Endpoints in figures", HEADING);
    pages.skip(8.0);
    head(pages);
    for row in rows {
        let lines = wrap(&row.name, CELL.points, CELL.weight, NAME_WIDTH);
        let height = lines.len() as f64 * LINE + 2.2;
        if pages.room() < height {
            pages.reserve(height);
            head(pages);
        }
        let rate = format::share(row.errors as f64, row.requests as f64);
        let cells = [
            (REQUESTS, count(row.requests)),
            (ERRORS, count(row.errors)),
            (RATE, rate),
            (RIGHT, row.avg_time.map_or_else(|| "–".to_owned(), format::millis)),
        ];
        for (x, text) in cells {
            pages.text(x, Align::Right, text, CELL);
        }
        for line in lines {
            pages.text(LEFT, Align::Left, line, CELL);
            pages.skip(LINE);
        }
        pages.skip(1.0);
        pages.rule(LEFT, RIGHT, RULE);
        pages.skip(1.2);
    }
    pages.skip(7.0);
}

fn head(pages: &mut Pages) {
    pages.text(LEFT, Align::Left, "Endpoint", HEAD);
    for (x, text) in
        [(REQUESTS, "Requests"), (ERRORS, "Failed"), (RATE, "Error rate"), (RIGHT, "Average time")]
    {
        pages.text(x, Align::Right, text, HEAD);
    }
    pages.skip(LINE + 1.0);
    pages.rule(LEFT, RIGHT, MUTED);
    pages.skip(1.2);
}

/// In full if there is room.
fn count(value: u64) -> String {
    let text = format::count(value);
    if width_mm(&text, CELL.points, CELL.weight) <= COUNT_WIDTH {
        text
    } else {
        format::short_count(value as f64)
    }
}
