//! How does a request become an answer? Accepts connections and leads each request through gateway, contract and
//! operation.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::answer::{self, Answer};
use crate::contract::CONTRACT;
use crate::gateway::{Gateway, Raw};
use crate::identity::{self, Identity};
use crate::operations;
use crate::state::State;

/// Largest body that the gateway takes with a signature.
const MAX_BODY_BYTES: usize = 12 << 20;

/// How many requests are remembered, so that a server that runs for days does not grow.
const MOST_RECEIVED: usize = 100_000;

/// A request that arrived, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Method.
    pub method: String,
    /// Path as it was sent.
    pub path: String,
    /// Query as it was sent.
    pub query: String,
    /// Documented name of the operation; nothing when the path is no operation's.
    pub operation: Option<String>,
    /// Access key that signed it; nothing when it carried a token or was refused.
    pub access_key: Option<String>,
    /// Status of the answer.
    pub status: u16,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) cloud: Mutex<Cloud>,
    pub(crate) clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

/// The cloud behind the server.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) gateway: Gateway,
    pub(crate) identity: Identity,
    pub(crate) state: State,
    pub(crate) received: VecDeque<Received>,
    pub(crate) failures: VecDeque<StatusCode>,
    requests: u64,
}

impl Shared {
    /// The cloud. A panic of another request leaves it usable: each change is made in one step.
    pub(crate) fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves connections until the task is aborted; all connections end with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that failed before it was accepted concerns its client alone.
                let Ok((stream, _)) = accepted else { continue };
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    // A small answer must not wait for more.
                    let _ = stream.set_nodelay(true);
                    let service = service_fn(move |request| {
                        let shared = Arc::clone(&shared);
                        async move { Ok::<_, Infallible>(respond(&shared, request).await) }
                    });
                    // A broken connection concerns its client alone.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn respond(shared: &Shared, request: Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        return answer::gateway_error(StatusCode::BAD_REQUEST, "APIGW.0201", "Bad request", "0");
    };
    let now = (shared.clock)();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let mut cloud = shared.cloud();
    let mut received = Received {
        method: parts.method.to_string(),
        path: path.to_owned(),
        query: query.to_owned(),
        operation: None,
        access_key: None,
        status: 0,
    };
    let answer = cloud.answer(&mut received, &parts.method, &parts.headers, &body.to_bytes(), now);
    received.status = answer.status().as_u16();
    if cloud.received.len() == MOST_RECEIVED {
        cloud.received.pop_front();
    }
    cloud.received.push_back(received);
    answer
}

impl Cloud {
    fn answer(
        &mut self,
        received: &mut Received,
        method: &http::Method,
        headers: &HeaderMap,
        body: &Bytes,
        now: SystemTime,
    ) -> Answer {
        self.requests += 1;
        let request_id = format!("{:032x}", self.requests);
        if *method == http::Method::POST && received.path == identity::TOKENS_PATH {
            received.operation = Some(identity::CREATE_TOKEN.to_owned());
            return self.identity.create_token(body, &mut self.gateway, now, &request_id);
        }
        let Some((operation, path)) = CONTRACT.find(method, &received.path) else {
            let message = "The API does not exist or has not been published in the environment";
            return answer::gateway_error(StatusCode::NOT_FOUND, "APIGW.0101", message, &request_id);
        };
        received.operation = Some(operation.id.clone());
        let raw = Raw { method: method.as_str(), path: &received.path, query: &received.query, headers, body };
        match self.gateway.identify(&raw, now) {
            Ok(access_key) => received.access_key = access_key,
            Err(reason) => {
                let message = format!("Incorrect IAM authentication information: {reason}");
                return answer::gateway_error(StatusCode::UNAUTHORIZED, "APIGW.0301", &message, &request_id);
            }
        }
        if let Some(status) = self.failures.pop_front() {
            let message = status.canonical_reason().unwrap_or("Failure");
            return answer::service_error(status, message, &request_id);
        }
        let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let outcome = operation
            .arguments(path, &received.query, content_type, body)
            .map_err(|problem| (StatusCode::BAD_REQUEST, format!("Invalid parameter: {problem}")))
            .and_then(|arguments| operations::run(&operation.id, &arguments, &mut self.state, now));
        match outcome {
            Ok((status, value)) => answer::json(status, &value, &request_id),
            Err((status, message)) => answer::service_error(status, &message, &request_id),
        }
    }
}
