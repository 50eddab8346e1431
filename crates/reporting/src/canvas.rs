//! A surface to draw charts on in millimetres, and its way into a document.
//!
//! Shapes become a picture; texts are kept apart, for the document to write them as text: sharp at any size, to be
//! searched and copied.

use std::cell::RefCell;
use std::io::Cursor;

use genpdf::elements::Image;
use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Drawable, PointCollection, Polygon, Rectangle};
use plotters::style::{Color, RGBColor, ShapeStyle};

use crate::ReportError;
use crate::fonts::Weight;
use crate::palette::{Rgb, WHITE};

/// The resolution of pictures. Each pixel weighs: packing the pixels is most of the time that a report takes.
const DPI: f64 = 200.0;
/// Shapes are drawn so much larger and scaled down, which makes their edges smooth.
const SMOOTH: u32 = 2;

/// Which end of a text its position names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type {
    pub(crate) points: f64,
    pub(crate) weight: Weight,
    pub(crate) colour: Rgb,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub(crate) at: (f64, f64),
    pub(crate) size: (f64, f64),
}

/// Something that can be drawn at a known size.
pub(crate) trait Chart: Send + Sync {
    /// Its width and height.
    fn size_mm(&self) -> (f64, f64);
    /// The part of it that shapes are drawn on; texts may stand beside it.
    fn picture(&self) -> Frame;
    /// Draws it; the origin is the upper left corner.
    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError>;
}

/// A text of a chart.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    /// Where it begins, ends or has its middle; its capitals are centred on the height.
    pub(crate) at: (f64, f64),
    pub(crate) align: Align,
    pub(crate) text: String,
    pub(crate) look: Type,
}

/// What has become of a chart.
pub(crate) struct Drawn {
    pub(crate) image: Image,
    /// Where the image's upper left corner is in the chart.
    pub(crate) at: (f64, f64),
    pub(crate) labels: Vec<Label>,
}

/// The surface of one chart.
pub(crate) struct Canvas<'a> {
    area: DrawingArea<BitMapBackend<'a>, Shift>,
    origin: (f64, f64),
    labels: RefCell<Vec<Label>>,
}

/// Draws a chart.
pub(crate) fn render(chart: &dyn Chart) -> Result<Drawn, ReportError> {
    let Frame { at, size: (width, height) } = chart.picture();
    let side = |mm: f64| pixels(mm, DPI).max(1).unsigned_abs();
    let (width, height) = (side(width), side(height));
    let (wide, high) = (width * SMOOTH, height * SMOOTH);
    let bytes = usize::try_from(u64::from(wide) * u64::from(high) * 3).map_err(fault)?;
    // White is the paper: filling a buffer with bytes is faster than with pixels.
    let mut large = vec![u8::MAX; bytes];
    let labels = {
        let area = BitMapBackend::with_buffer(&mut large, (wide, high)).into_drawing_area();
        let canvas = Canvas { area, origin: at, labels: RefCell::new(Vec::new()) };
        chart.draw(&canvas)?;
        canvas.area.present().map_err(fault)?;
        canvas.labels.into_inner()
    };
    let image = image(width, height, &half(&large, wide))?.with_dpi(DPI);
    Ok(Drawn { image, at, labels })
}

/// A rectangle of one colour.
pub(crate) fn panel((width, height): (f64, f64), Rgb(red, green, blue): Rgb) -> Result<Image, ReportError> {
    // One pixel of one millimetre, stretched.
    Ok(image(1, 1, &[red, green, blue])?.with_dpi(25.4).with_scale((width, height)))
}

impl Canvas<'_> {
    /// Fills a rectangle; one that is not empty is at least one pixel wide and high.
    pub(crate) fn rect(
        &self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        fill: Rgb,
    ) -> Result<(), ReportError> {
        if !(width > 0.0 && height > 0.0) {
            return Ok(());
        }
        // On the borders of the small picture's pixels, so that edges stay sharp.
        let edge = |mm: f64| pixels(mm, DPI).saturating_mul(SMOOTH.cast_signed());
        let (left, top) = (edge(x - self.origin.0), edge(y - self.origin.1));
        let right = edge(x + width - self.origin.0).max(left + SMOOTH.cast_signed());
        let bottom = edge(y + height - self.origin.1).max(top + SMOOTH.cast_signed());
        self.put(&Rectangle::new([(left, top), (right, bottom)], filled(fill)))
    }

    /// Draws a line through the points, with a white rim to be seen on bars.
    pub(crate) fn line(&self, points: &[(f64, f64)], width_mm: f64, stroke: Rgb) -> Result<(), ReportError> {
        self.stroke(points, width_mm * 2.2, WHITE)?;
        self.stroke(points, width_mm, stroke)
    }

    /// Draws a line through the points.
    pub(crate) fn stroke(
        &self,
        points: &[(f64, f64)],
        width_mm: f64,
        stroke: Rgb,
    ) -> Result<(), ReportError> {
        // The library cuts off fractions of the corners of wide lines, which makes wedges of them.
        for ((from_x, from_y), (to_x, to_y)) in points.iter().zip(points.iter().skip(1)) {
            let (x, y) = (to_x - from_x, to_y - from_y);
            let scale = width_mm / 2.0 / x.hypot(y).max(1e-9);
            let (x, y) = (-y * scale, x * scale);
            let corners = [
                (from_x + x, from_y + y),
                (to_x + x, to_y + y),
                (to_x - x, to_y - y),
                (from_x - x, from_y - y),
            ];
            self.polygon(&corners, stroke)?;
        }
        for joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
            self.put(&Circle::new(self.place(*joint), length(width_mm / 2.0), filled(stroke)))?;
        }
        Ok(())
    }

    /// Fills a polygon.
    pub(crate) fn polygon(&self, points: &[(f64, f64)], fill: Rgb) -> Result<(), ReportError> {
        self.put(&Polygon::new(self.places(points), filled(fill)))
    }

    /// Draws a dot with a white rim, to be seen on bars.
    pub(crate) fn dot(&self, at: (f64, f64), radius: f64, fill: Rgb) -> Result<(), ReportError> {
        let at = self.place(at);
        self.put(&Circle::new(at, length(radius * 1.5).max(2), filled(WHITE)))?;
        self.put(&Circle::new(at, length(radius).max(1), filled(fill)))
    }

    /// Writes a text whose capitals are centred on the height.
    pub(crate) fn text(&self, at: (f64, f64), align: Align, text: impl Into<String>, look: Type) {
        self.labels.borrow_mut().push(Label { at, align, text: text.into(), look });
    }

    fn put<'a, E>(&'a self, element: &'a E) -> Result<(), ReportError>
    where
        &'a E: PointCollection<'a, (i32, i32)>,
        E: for<'b> Drawable<BitMapBackend<'b>>,
    {
        self.area.draw(element).map_err(fault)
    }

    fn places(&self, points: &[(f64, f64)]) -> Vec<(i32, i32)> {
        points.iter().map(|point| self.place(*point)).collect()
    }

    fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        (length(x - self.origin.0), length(y - self.origin.1))
    }
}

fn fault(error: impl std::fmt::Display) -> ReportError {
    ReportError::Chart(error.to_string())
}

fn colour(Rgb(red, green, blue): Rgb) -> RGBColor {
    RGBColor(red, green, blue)
}

fn filled(fill: Rgb) -> ShapeStyle {
    colour(fill).filled()
}

/// In pixels of the large picture.
fn length(mm: f64) -> i32 {
    pixels(mm, DPI * f64::from(SMOOTH))
}

/// Whole pixels, within what any chart can hold.
fn pixels(mm: f64, dpi: f64) -> i32 {
    let value = (mm / 25.4 * dpi).round().clamp(-20_000.0, 20_000.0);
    #[expect(clippy::cast_possible_truncation, reason = "clamped; not a number becomes 0")]
    let pixels = value as i32;
    pixels
}

/// The picture of half the width and height: each pixel is the mean of four.
fn half(large: &[u8], width: u32) -> Vec<u8> {
    let row = usize::try_from(width).unwrap_or(usize::MAX).saturating_mul(3);
    let mut small = Vec::with_capacity(large.len() / 4);
    for rows in large.chunks_exact(row.saturating_mul(2)) {
        let (upper, lower) = rows.split_at(row);
        for (upper, lower) in upper.as_chunks::<6>().0.iter().zip(lower.as_chunks::<6>().0) {
            let [a, b, c, d, e, f] = upper.map(u16::from);
            let [g, h, i, j, k, l] = lower.map(u16::from);
            for sum in [a + d + g + j, b + e + h + k, c + f + i + l] {
                small.push(u8::try_from(sum / 4).unwrap_or(u8::MAX));
            }
        }
    }
    small
}

/// An image of these pixels, passed on as a plain pixmap, which the document's library reads fastest.
fn image(width: u32, height: u32, pixels: &[u8]) -> Result<Image, ReportError> {
    let mut file = format!("P6 {width} {height} 255\n").into_bytes();
    file.extend_from_slice(pixels);
    Ok(Image::from_reader(Cursor::new(file))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_takes_means() {
        let large = [0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 1, 255];
        assert_eq!(half(&large, 2), [127, 64, 127]);
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(pixels(25.4, 200.0), 200);
        assert_eq!(pixels(f64::NAN, 200.0), 0);
        assert_eq!(pixels(f64::INFINITY, 200.0), 20_000);
    }
}
