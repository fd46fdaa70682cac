//! What can happen to a request on its way? A TCP proxy that breaks one request after the other as it is told.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// What happens to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it reaches the server, and its answer comes back.
    Pass,
    /// The connection is reset as soon as the first byte of the request arrives.
    ResetDuringRequest,
    /// The connection is closed in an orderly way when the request has arrived, and nobody sees the request.
    CloseBeforeServer,
    /// The server answers, but the connection is reset instead.
    ResetAfterServer,
    /// The server answers, but the connection is closed in an orderly way instead.
    CloseAfterServer,
    /// The server answers, and half of its body comes back before the connection is closed.
    Truncate,
    /// The server answers, and half of its body comes back before the connection is reset.
    ResetInAnswer,
    /// The server answers, but nothing ever comes back.
    Stall,
    /// The server answers, and its head comes back; its body comes a byte at a time and never ends.
    Drip,
    /// The server answers, and an informational answer comes back before its own.
    InformationFirst,
    /// The server answers, but this comes back instead, and the connection is closed.
    Replace(Vec<u8>),
    /// This comes back, and nobody sees the request.
    Instead(Vec<u8>),
    /// The gateway refuses the signature and repeats the whole request in its message; nobody sees the request.
    Echo,
    /// The server answers, but this many bytes come back instead, announced or not.
    Huge {
        /// How many.
        bytes: usize,
        /// Whether `Content-Length` says so.
        announced: bool,
    },
}

impl Fault {
    /// An answer without a body that nobody sees the request for.
    #[must_use]
    pub fn status(status: &str, headers: &str) -> Self {
        Self::Instead(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n{headers}\r\n").into_bytes())
    }
}

/// A proxy on a free port of 127.0.0.1. It stops when it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    next: Mutex<VecDeque<Fault>>,
    counts: Mutex<Counts>,
    requests: Mutex<VecDeque<String>>,
    reached: Notify,
}

/// What a proxy saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were opened.
    pub connections: usize,
    /// Connections that are open.
    pub open: usize,
    /// The most connections that were open at a time.
    pub most_open: usize,
    /// Requests whose head arrived, and those that were reset before.
    pub requests: usize,
}

impl FaultProxy {
    /// Starts a proxy before the server at `upstream`, for example `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When no port can be opened, or `upstream` names no address.
    pub async fn start(upstream: &str) -> io::Result<Self> {
        let upstream: SocketAddr = upstream
            .trim_start_matches("http://")
            .parse()
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "upstream is no http://address:port"))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(accept(listener, upstream, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happens to the next requests, in order; those after them pass.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.shared.next).extend(faults);
    }

    /// What it saw so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *lock(&self.shared.counts)
    }

    /// The last thousand requests that arrived whole, as they were sent.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared.requests).iter().cloned().collect()
    }

    /// Waits until a request stalls or drips.
    pub async fn reached(&self) {
        self.shared.reached.notified().await;
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, upstream: SocketAddr, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    {
                        let mut counts = lock(&shared.counts);
                        counts.connections += 1;
                        counts.open += 1;
                        counts.most_open = counts.most_open.max(counts.open);
                    }
                    // A broken connection is what this is for.
                    let _ = connection(stream, upstream, &shared).await;
                    lock(&shared.counts).open -= 1;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection of a client: request after request, until a fault ends it.
async fn connection(mut client: TcpStream, upstream: SocketAddr, shared: &Shared) -> io::Result<()> {
    client.set_nodelay(true)?;
    loop {
        // A client that closes an idle connection is no request.
        if client.peek(&mut [0]).await? == 0 {
            return Ok(());
        }
        let fault = lock(&shared.next).pop_front().unwrap_or(Fault::Pass);
        lock(&shared.counts).requests += 1;
        if fault == Fault::ResetDuringRequest {
            return reset(client);
        }
        let request = message(&mut client, true).await?;
        remember(&shared.requests, &request);
        match fault {
            Fault::CloseBeforeServer => return Ok(()),
            Fault::Instead(bytes) => {
                client.write_all(&bytes).await?;
                continue;
            }
            Fault::Echo => {
                client.write_all(&echo(&request)).await?;
                continue;
            }
            _ => {}
        }
        let mut server = TcpStream::connect(upstream).await?;
        server.write_all(&request).await?;
        let answer = message(&mut server, false).await?;
        let head = head_length(&answer).unwrap_or(answer.len());
        let half = head + (answer.len() - head) / 2;
        match fault {
            Fault::ResetAfterServer => return reset(client),
            Fault::CloseAfterServer => return Ok(()),
            Fault::Truncate => return client.write_all(&answer[..half]).await,
            Fault::ResetInAnswer => {
                client.write_all(&answer[..half]).await?;
                client.flush().await?;
                return reset(client);
            }
            Fault::Stall => {
                shared.reached.notify_one();
                return gone(&mut client).await;
            }
            Fault::Drip => {
                client.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await?;
                shared.reached.notify_one();
                loop {
                    client.write_all(b" ").await?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            Fault::InformationFirst => {
                client.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n").await?;
                client.write_all(&answer).await?;
            }
            Fault::Replace(bytes) => return client.write_all(&bytes).await,
            Fault::Huge { bytes, announced } => return huge(&mut client, bytes, announced).await,
            _ => client.write_all(&answer).await?,
        }
    }
}

/// Keeps a request, and no more than a thousand.
fn remember(requests: &Mutex<VecDeque<String>>, request: &[u8]) {
    let mut requests = lock(requests);
    if requests.len() == 1_000 {
        requests.pop_front();
    }
    requests.push_back(String::from_utf8_lossy(request).into_owned());
}

/// A refusal that holds everything that was sent, once as a text and once as a canonical request.
fn echo(request: &[u8]) -> Vec<u8> {
    let line = String::from_utf8_lossy(request).replace("\r\n", "|").replace(['"', '\\'], "'");
    let message = format!("verify aksk signature fail, {line}, canonicalRequest:{line}");
    let body = format!(r#"{{"error_code":"APIGW.0301","error_msg":"{message}","request_id":"{line}"}}"#);
    format!("HTTP/1.1 401 Unauthorized\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Closes a connection with a reset instead of an orderly end.
fn reset(client: TcpStream) -> io::Result<()> {
    client.set_zero_linger()
}

/// Waits until the client gives up.
async fn gone(client: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 1024];
    while client.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn huge(client: &mut TcpStream, bytes: usize, announced: bool) -> io::Result<()> {
    let length = if announced { format!("content-length: {bytes}\r\n") } else { String::new() };
    client.write_all(format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{length}\r\n").as_bytes()).await?;
    let block = vec![b' '; 1 << 20];
    for _ in 0..bytes / block.len() {
        client.write_all(&block).await?;
    }
    Ok(())
}

/// Reads a whole request or answer, whose length its head tells.
async fn message(stream: &mut TcpStream, is_request: bool) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = head_length(&bytes) {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            let body = length.unwrap_or(0);
            let whole = bytes.len() >= head + body && (is_request || length.is_some() || text.contains(" 204 "));
            if whole {
                return Ok(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return if is_request { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) };
        }
    }
}

/// Length of the head, with the empty line that ends it.
fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|position| position + 4)
}
