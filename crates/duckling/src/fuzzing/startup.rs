//! Start-up packets: any bytes are a packet or an error, and a packet that was read is written and read again
//! as the same.

use wire::startup::{MAX_PACKET_BYTES, Packet, Startup, decode, packet_length};

use super::Source;

const NAMES: [&str; 12] = [
    "user",
    "database",
    "options",
    "replication",
    "application_name",
    "client_encoding",
    "DateStyle",
    "TimeZone",
    "extra_float_digits",
    "_pq_.command_progress",
    "_pq_.",
    "ü",
];
const VALUES: [&str; 10] = [
    "postgres",
    "md:my_db?attach_mode=single",
    "-c timezone=UTC",
    "-c statement_timeout=5s --datestyle=german -csearch_path=a\\ b",
    "md:",
    "",
    "database",
    "true",
    "UTF8",
    "%zz?&=#",
];

/// One start-up packet.
pub fn startup(data: &[u8]) {
    if let Some((head, body)) = data.split_first_chunk::<4>() {
        let length = packet_length(*head);
        assert!(length.is_err() || length.is_ok_and(|length| (8..=MAX_PACKET_BYTES).contains(&length)));
        if let Ok(packet) = decode(body) {
            assert_eq!(decode(&bytes_of(&packet)), Ok(packet));
        }
    }
    let source = &mut Source::new(data);
    match source.below(4) {
        0 => request(source),
        _ => session(source),
    }
}

fn request(source: &mut Source<'_>) {
    let process_id = source.number();
    let secret = source.bytes(300);
    let body = bytes_of(&Packet::Cancel { process_id, secret });
    let is_good = (4..=256).contains(&secret.len());
    assert_eq!(decode(&body).ok(), is_good.then_some(Packet::Cancel { process_id, secret }));
}

fn session(source: &mut Source<'_>) {
    let minor_version = source.number();
    let mut startup = Startup { minor_version, parameters: Vec::new(), protocol_options: Vec::new() };
    for _ in 0..source.below(8) {
        let name = if source.flag() { (*source.pick(&NAMES)).to_owned() } else { source.text(20) };
        let value = if source.flag() { (*source.pick(&VALUES)).to_owned() } else { source.text(40) };
        if name.starts_with("_pq_.") {
            startup.protocol_options.push(name);
        } else if !name.is_empty() {
            startup.parameters.push((name, value));
        }
    }
    let packet = Packet::Startup(startup);
    let mut body = bytes_of(&packet);
    assert_eq!(decode(&body).as_ref(), Ok(&packet));
    // What is cut off or goes on is no packet.
    let cut = source.below(body.len());
    assert!(decode(&body[..cut]).is_err(), "{packet:?} cut at {cut}");
    body.push(0);
    assert!(decode(&body).is_err(), "{packet:?} with a byte more");
    body.pop();
    source.damage(&mut body);
    let _ = decode(&body);
}

/// The packet without its length; an option's value is not kept when it is read.
fn bytes_of(packet: &Packet<'_>) -> Vec<u8> {
    let code = |minor: u32| ((1234 << 16) + minor).to_be_bytes().to_vec();
    match packet {
        Packet::Ssl => code(5679),
        Packet::GssEnc => code(5680),
        Packet::Cancel { process_id, secret } => {
            [&code(5678)[..], &process_id.to_be_bytes(), secret].concat()
        }
        Packet::Startup(startup) => {
            let mut bytes = ((3 << 16) + u32::from(startup.minor_version)).to_be_bytes().to_vec();
            let options = startup.protocol_options.iter().map(|name| (name.as_str(), "on"));
            let parameters = startup.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            for text in parameters.chain(options).flat_map(|(name, value)| [name, value]) {
                bytes.extend_from_slice(text.as_bytes());
                bytes.push(0);
            }
            bytes.push(0);
            bytes
        }
    }
}
