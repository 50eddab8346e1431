//! Connections whose client is slow, in a time that the test lets go by.

use std::num::NonZero;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

use super::connection::{Connection, HEAD, Rules};
use super::exchange::Work;
use crate::clock::ManualClock;
use crate::pace::Pace;

/// Long enough for everything that ends.
const FOREVER: Duration = Duration::from_secs(1_000_000);
/// What lies between the two ends, unread.
const PIPE: usize = 1000;

/// Both ends: the service's, and the client's.
fn pair() -> (Connection<DuplexStream>, DuplexStream) {
    let (ours, client) = duplex(PIPE);
    let answers = Pace {
        grace: Duration::from_secs(30),
        bytes_per_second: NonZero::new(1000).unwrap(),
        total: Duration::MAX,
    };
    (Connection::new(ours, None, Rules { answers, clock: ManualClock::new().clock() }), client)
}

async fn closed_after(connection: &mut Connection<DuplexStream>) -> Duration {
    let start = Instant::now();
    let read = timeout(FOREVER, connection.read_u8()).await.expect("it ends");
    assert!(read.is_err());
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_waited_for_and_gets_no_answer() {
    let (mut connection, mut client) = pair();
    assert_eq!(closed_after(&mut connection).await, HEAD);
    drop(connection);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "");
}

#[tokio::test(start_paused = true)]
async fn a_head_has_its_time_from_its_first_byte_on() {
    let (mut connection, mut client) = pair();
    let client = tokio::spawn(async move {
        sleep(HEAD - Duration::from_secs(1)).await;
        client.write_all(b"GET / HT").await.unwrap();
        sleep(HEAD - Duration::from_secs(1)).await;
        client.write_all(b"TP/1.1\r\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    });
    let start = Instant::now();
    let mut bytes = [0; 100];
    while connection.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    assert_eq!(start.elapsed(), HEAD * 2 - Duration::from_secs(1));
    drop(connection);
    let answer = client.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_hurried_while_the_service_works() {
    let (mut connection, client) = pair();
    let work = Work::of(connection.exchange());
    assert!(timeout(HEAD * 100, connection.read_u8()).await.is_err(), "it goes on");
    drop(work);
    assert_eq!(closed_after(&mut connection).await, HEAD);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_taken_slowly_but_not_left() {
    let (mut connection, mut client) = pair();
    let answer = vec![b'x'; 100 * PIPE];
    let reader = tokio::spawn(async move {
        let mut piece = [0; PIPE];
        for _ in 0..90 {
            sleep(Duration::from_secs(1)).await;
            client.read_exact(&mut piece).await.unwrap();
        }
        // Holds on to the connection, and reads no more.
        sleep(FOREVER).await;
    });
    let start = Instant::now();
    let written = timeout(FOREVER, connection.write_all(&answer)).await.expect("it ends");
    assert!(written.is_err());
    let seconds = start.elapsed().as_secs();
    assert!((119..=122).contains(&seconds), "30 s, and 1 s for each of about 91 kB: {seconds}");
    reader.abort();
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_next_head_begins_when_the_answer_is_taken() {
    let (connection, mut client) = pair();
    drop(Work::of(connection.exchange()));
    let (mut reader, mut writer) = tokio::io::split(connection);
    let start = Instant::now();
    let write = async {
        writer.write_all(&[b'x'; 20 * PIPE]).await.unwrap();
        let written = start.elapsed();
        writer.flush().await.unwrap();
        written
    };
    let read = async {
        assert!(timeout(FOREVER, reader.read_u8()).await.expect("it ends").is_err());
        start.elapsed()
    };
    let client = async {
        let mut piece = [0; PIPE];
        for _ in 0..20 {
            sleep(Duration::from_secs(1)).await;
            client.read_exact(&mut piece).await.unwrap();
        }
    };
    let (written, closed, ()) = tokio::join!(write, read, client);
    assert!(written > HEAD * 3, "{written:?}");
    assert_eq!(closed, written + HEAD);
}
