//! A connection that never blocks, with at most one request under way. Not for deciding when
//! to send: see `load` and `open`.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Context;
use mio::net::TcpStream;

use crate::http;

/// One connection and the request that is under way on it.
pub(crate) struct Lane<'r> {
    stream: TcpStream,
    unsent: &'r [u8],
    /// Since when the request counts that is under way.
    since: Option<Instant>,
    received: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Since when the request counts.
    pub(crate) since: Instant,
    /// Whether the connection ends with this answer.
    pub(crate) closes: bool,
}

impl<'r> Lane<'r> {
    /// Connects to the service.
    pub(crate) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = std::net::TcpStream::connect(address).context("cannot connect to the service")?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream: TcpStream::from_std(stream), unsent: &[], since: None, received: Vec::new() })
    }

    /// Takes a new connection in place of one that has ended, without waiting for it.
    pub(crate) fn reopen(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        self.stream = TcpStream::connect(address).context("cannot connect to the service again")?;
        self.stream.set_nodelay(true)?;
        Ok(())
    }

    /// The connection, to wait for.
    pub(crate) const fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Whether a request is under way.
    pub(crate) const fn is_busy(&self) -> bool {
        self.since.is_some()
    }

    /// Begins a request, which counts since then.
    pub(crate) fn begin(&mut self, request: &'r [u8], since: Instant) -> anyhow::Result<()> {
        self.unsent = request;
        self.since = Some(since);
        self.write()
    }

    /// Sends what the connection takes.
    pub(crate) fn write(&mut self) -> anyhow::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(self.unsent) {
                Ok(count) => self.unsent = self.unsent.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("cannot send"),
            }
        }
        Ok(())
    }

    /// Reads what is there; gives the answer when it is complete.
    pub(crate) fn read(&mut self) -> anyhow::Result<Option<Answered>> {
        let mut buffer = [0; 4096];
        loop {
            let count = match self.stream.read(&mut buffer) {
                Ok(0) => anyhow::bail!("the service closed the connection"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("cannot receive"),
            };
            let bytes = buffer.get(..count).unwrap_or_default();
            self.received.extend_from_slice(bytes);
            if let Some(head) = http::head(&self.received)?
                && self.received.len() >= head.end
            {
                self.received.clear();
                let since = self.since.take().context("an answer that nobody asked for")?;
                return Ok(Some(Answered { status: head.status, since, closes: head.closes }));
            }
            // A short read has emptied the socket: more bytes will come as a new event.
            if count < buffer.len() {
                return Ok(None);
            }
        }
    }
}
