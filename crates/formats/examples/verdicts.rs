//! Reads NDJSON and says of each line what became of it: `cargo run -p formats --example verdicts`.

use formats::ndjson;

const TEXT: &str = r#"{"created_at": "2025-08-20T12:00:00Z", "method": "GET", "endpoint": "/users", "ip": "192.0.2.1", "process_time": 12.5, "status_code": 200}
{"created_at": "2025-08-20T12:00:01Z", "method": "POST", "endpoint": "/users", "process_time": 30, "status_code": 201, "consumer": "shop"}

{"created_at": "yesterday", "method": "get", "endpoint": "/users", "process_time": -1, "status_code": 200, "colour": "red"}
["no", "object"]
{"created_at": "2025-08-20T12:00:02Z", "method": "GET", "endpo
"#;

fn main() {
    let (mut good, mut refused) = (0, 0);
    for item in ndjson::lines(TEXT.as_bytes()) {
        let place = item.place;
        match item.event() {
            Ok(event) => {
                good += 1;
                let (method, endpoint) = (event.method().as_str(), event.endpoint());
                println!("{place}: {method} {endpoint}, {}", event.process_time());
            }
            Err(fault) => {
                refused += 1;
                println!("{place}: refused: {fault}");
            }
        }
    }
    println!("{good} events, {refused} lines refused");
}
