//! The PDF report: what stands in it and in which order.

use domain::Dashboard;
use genpdf::{Document, PaperSize};

use crate::fonts::Weight;
use crate::page::Pages;
use crate::{REPORT_NAME, ReportContext, ReportError, fonts, sections};

/// The PDF report, ready to send.
///
/// # Errors
///
/// Only for faults of this program, whatever the dashboard holds.
pub fn pdf_report(dashboard: &Dashboard, context: &ReportContext) -> Result<Vec<u8>, ReportError> {
    let pages = layout(dashboard, context)?;
    let fonts = fonts::family(&pages.chars(Weight::Regular), &pages.chars(Weight::Bold))?;
    let mut document = Document::new(fonts);
    document.set_title(REPORT_NAME);
    document.set_minimal_conformance();
    document.set_paper_size(PaperSize::A4);
    document.push(pages);
    let mut file = Vec::new();
    document.render(&mut file)?;
    Ok(file)
}

/// All that stands on the pages.
fn layout(dashboard: &Dashboard, context: &ReportContext) -> Result<Pages, ReportError> {
    let mut pages = Pages::new();
    sections::heading(&mut pages, context);
    if dashboard.summary.total_requests == 0 {
        sections::no_data(&mut pages);
    } else {
        sections::summary(&mut pages, &dashboard.summary);
        sections::shares(&mut pages, dashboard);
        sections::clients(&mut pages, &dashboard.top_ips);
        sections::endpoints(&mut pages, &dashboard.endpoint_stats);
        sections::series(&mut pages, &dashboard.time_series);
        sections::figures(&mut pages, &dashboard.endpoint_stats);
    }
    pages.number();
    pages.draw_charts()?;
    Ok(pages)
}

#[cfg(test)]
mod tests;
