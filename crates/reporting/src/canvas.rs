//! A bitmap to draw on in millimetres, and its way into a document.

use std::io::Cursor;

use genpdf::elements::Image;
use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle};

use crate::ReportError;
use crate::fonts::{FAMILY, LINE_HEIGHT, Weight, register, width_mm};
use crate::palette::{Rgb, WHITE};

/// The resolution of charts, which is also what documents assume of an image.
const PX_PER_MM: f64 = 300.0 / 25.4;
const PX_PER_POINT: f64 = 300.0 / 72.0;

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

/// Something that can be drawn at a known size.
pub(crate) trait Chart: Send + Sync {
    /// Its width and height.
    fn size_mm(&self) -> (f64, f64);
    /// Draws it; the origin is the upper left corner.
    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ReportError>;
}

/// The surface of one chart.
pub(crate) struct Canvas<'a> {
    area: DrawingArea<BitMapBackend<'a>, Shift>,
}

/// Draws a chart as an uncompressed image file, which the document's library reads fastest.
pub(crate) fn render(chart: &dyn Chart) -> Result<Vec<u8>, ReportError> {
    register()?;
    let (width_mm, height_mm) = chart.size_mm();
    // A multiple of four needs no padding at the end of a row.
    let width = px(width_mm).max(4).unsigned_abs().next_multiple_of(4);
    let height = px(height_mm).max(1).unsigned_abs();
    let bytes = usize::try_from(u64::from(width) * u64::from(height) * 3)
        .map_err(|error| ReportError::Chart(error.to_string()))?;
    let mut pixels = vec![0_u8; bytes];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        area.fill(&colour(WHITE)).map_err(fault)?;
        let canvas = Canvas { area };
        chart.draw(&canvas)?;
        canvas.area.present().map_err(fault)?;
    }
    Ok(bmp(&pixels, width, height))
}

/// The image of a drawn chart, to be put into a document.
pub(crate) fn image(bytes: &[u8]) -> Result<Image, ReportError> {
    Ok(Image::from_reader(Cursor::new(bytes))?)
}

impl Canvas<'_> {
    /// Fills a rectangle; one that is not empty is at least one pixel wide and high.
    pub(crate) fn rect(
        &self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        fill: Rgb,
    ) -> Result<(), ReportError> {
        if width <= 0.0 || height <= 0.0 {
            return Ok(());
        }
        let (left, top) = (px(x), px(y));
        let right = px(x + width).max(left + 1);
        let bottom = px(y + height).max(top + 1);
        self.put(&Rectangle::new([(left, top), (right, bottom)], filled(fill)))
    }

    /// Draws a line through the points.
    pub(crate) fn line(
        &self,
        points: impl IntoIterator<Item = (f64, f64)>,
        width_mm: f64,
        stroke: Rgb,
    ) -> Result<(), ReportError> {
        let style = ShapeStyle {
            color: colour(stroke).to_rgba(),
            filled: false,
            stroke_width: px(width_mm).max(1).unsigned_abs(),
        };
        self.put(&PathElement::new(pixels(points), style))
    }

    /// Fills a polygon.
    pub(crate) fn polygon(
        &self,
        points: impl IntoIterator<Item = (f64, f64)>,
        fill: Rgb,
    ) -> Result<(), ReportError> {
        self.put(&Polygon::new(pixels(points), filled(fill)))
    }

    /// Draws a dot with a white rim, to be seen on bars.
    pub(crate) fn dot(&self, (x, y): (f64, f64), radius: f64, fill: Rgb) -> Result<(), ReportError> {
        self.put(&Circle::new((px(x), px(y)), px(radius * 1.45), filled(WHITE)))?;
        self.put(&Circle::new((px(x), px(y)), px(radius), filled(fill)))
    }

    /// Writes a text whose capitals are centred on the height `y`.
    pub(crate) fn text(
        &self,
        (x, y): (f64, f64),
        align: Align,
        text: &str,
        look: Type,
    ) -> Result<(), ReportError> {
        let width = width_mm(text, look.points, look.weight);
        let left = match align {
            Align::Left => x,
            Align::Centre => x - width / 2.0,
            Align::Right => x - width,
        };
        let size = look.points * PX_PER_POINT * LINE_HEIGHT;
        // The library puts the baseline half a line below the position; capitals are 0.714 of the size high.
        let top = y * PX_PER_MM - size * (0.5 - 0.714 / LINE_HEIGHT / 2.0);
        let style = (FAMILY, size, look.weight.style()).into_font().color(&colour(look.colour));
        self.area.draw_text(text, &style, (px(left), px(top / PX_PER_MM))).map_err(fault)
    }

    fn put<'a, E>(&'a self, element: &'a E) -> Result<(), ReportError>
    where
        &'a E: PointCollection<'a, (i32, i32)>,
        E: for<'b> Drawable<BitMapBackend<'b>>,
    {
        self.area.draw(element).map_err(fault)
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

fn pixels(points: impl IntoIterator<Item = (f64, f64)>) -> Vec<(i32, i32)> {
    points.into_iter().map(|(x, y)| (px(x), px(y))).collect()
}

/// Whole pixels, within what any chart can hold.
fn px(mm: f64) -> i32 {
    let value = (mm * PX_PER_MM).round().clamp(-20_000.0, 20_000.0);
    #[expect(clippy::cast_possible_truncation, reason = "clamped; not a number becomes 0")]
    let pixels = value as i32;
    pixels
}

/// A Windows bitmap of 24 bits, rows from the top down.
fn bmp(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    const HEADERS: u32 = 54;
    let size = width.saturating_mul(height).saturating_mul(3);
    let mut file = Vec::with_capacity(pixels.len() + 54);
    file.extend_from_slice(b"BM");
    for value in [size.saturating_add(HEADERS), 0, HEADERS, 40, width, height.wrapping_neg()] {
        file.extend_from_slice(&value.to_le_bytes());
    }
    file.extend_from_slice(&[1, 0, 24, 0]);
    for value in [0, size, 11_811, 11_811, 0, 0] {
        file.extend_from_slice(&u32::to_le_bytes(value));
    }
    for pixel in pixels.chunks_exact(3) {
        file.extend(pixel.iter().rev());
    }
    file
}
