//! No secret is in anything that is printed, whatever happens and however much is logged.

use std::error::Error as StdError;
use std::fmt::{Debug, Write as _};
use std::time::Duration;

use huaweicloud_auth::{Auth, Clock as _, Error, Retry, SystemClock};
use integration_tests::faults::{Fault, FaultProxy};
use integration_tests::{Log, TestClock, clients};
use mock_cloud::{INSTANCE_ID, MockCloud, PROJECT_ID};

/// All that a program could print of a result.
fn print<T: Debug>(output: &mut String, result: &Result<T, Error>) {
    write!(output, "{result:?} {result:#?} ").unwrap();
    if let Err(error) = result {
        write!(
            output,
            "{error} {:?} {:?} {:?} ",
            error.message(),
            error.signature_difference(),
            error.encoded_authorization_message()
        )
        .unwrap();
        let mut source: Option<&(dyn StdError + 'static)> = error.source();
        while let Some(cause) = source {
            write!(output, "{cause} {cause:?} ").unwrap();
            source = cause.source();
        }
    }
}

/// An answer that holds a secret in every place where a decoder could stumble over it.
fn odd_success(body: &str) -> Fault {
    Fault::Replace(format!("HTTP/1.1 201 Created\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

#[tokio::test]
async fn no_secret_is_in_any_output() {
    const TOKEN: &str = "MIIToken0123456789TokenToken";
    const SECURITY_TOKEN: &str = "STSToken0123456789StsSts";
    const ANSWERED: &str = "AnsweredPassword0123456789";
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).init();
    let mut output = String::new();
    let mut secrets: Vec<String> = [TOKEN, SECURITY_TOKEN, ANSWERED].map(str::to_owned).into();

    let cloud = MockCloud::builder().token(TOKEN).start().await.unwrap();
    cloud.add_key("AKTEMPORARY0123456789", "SkTemporary0123456789", Some(SECURITY_TOKEN));
    secrets.extend(
        [
            cloud.access_key(),
            cloud.secret_key(),
            "AKTEMPORARY0123456789",
            "SkTemporary0123456789",
            "WrongSecretKey0123456789",
            "AKUNKNOWN0123456789",
        ]
        .map(str::to_owned),
    );
    let auths = [
        Auth::ak_sk(cloud.access_key(), cloud.secret_key()).unwrap(),
        Auth::ak_sk("AKTEMPORARY0123456789", "SkTemporary0123456789").unwrap().security_token(SECURITY_TOKEN).unwrap(),
        Auth::token(TOKEN).unwrap(),
        Auth::ak_sk(cloud.access_key(), "WrongSecretKey0123456789").unwrap(),
        Auth::ak_sk("AKUNKNOWN0123456789", "WrongSecretKey0123456789").unwrap(),
    ];
    let http = huaweicloud_auth::http_client_builder().unwrap().no_proxy().build().unwrap();
    for auth in auths {
        let auth = auth.project(PROJECT_ID);
        writeln!(output, "{auth:?} {auth:#?}").unwrap();
        let proxy = FaultProxy::start(&cloud.url()).await.unwrap();
        let faults = [
            Fault::Pass,
            Fault::ResetDuringRequest,
            Fault::CloseBeforeServer,
            Fault::ResetAfterServer,
            Fault::Truncate,
            Fault::ResetInAnswer,
            Fault::CloseAfterServer,
            Fault::Stall,
            Fault::Drip,
            Fault::Huge { bytes: 4 << 20, announced: true },
            Fault::status("429 Too Many Requests", ""),
            Fault::status("500 Internal Server Error", ""),
            Fault::status("999 Odd", ""),
            Fault::InformationFirst,
            Fault::Huge { bytes: 4 << 20, announced: false },
            Fault::Replace(b"garbage".to_vec()),
            Fault::status("503 Service Unavailable", "retry-after: 0\r\n"),
            Fault::status("307 Temporary Redirect", "location: http://127.0.0.1:1/\r\n"),
            Fault::Echo,
            odd_success(&format!(r#"{{"auth_token":["{ANSWERED}"]}}"#)),
            odd_success(&format!(r#"{{"auth_token":"{ANSWERED}"}}"#)),
            odd_success(&format!(r#"{{"auth_token":"{ANSWERED}"#)),
            odd_success(&format!(r#"{{"access_codes":[{{"access_code":"{ANSWERED}","create_at":"{ANSWERED}"}}]}}"#)),
            odd_success(ANSWERED),
        ];
        for fault in faults {
            for operation in 0..6 {
                let clock = TestClock::new(SystemClock.now(), Duration::from_secs(60));
                let retry = Retry::new()
                    .attempts(2)
                    .attempt_timeout(Duration::from_secs(1000))
                    .deadline(Duration::from_secs(3000));
                let swr = swr_client::Client::builder(auth.clone())
                    .endpoint(proxy.url())
                    .http_client(http.clone())
                    .retry(retry.clone())
                    .clock(clock.clone())
                    .max_answer_bytes(1 << 20)
                    .build()
                    .unwrap();
                let aom = aom_client::Client::builder(auth.clone())
                    .endpoint(proxy.url())
                    .http_client(http.clone())
                    .retry(retry)
                    .clock(clock.clone())
                    .max_answer_bytes(1 << 20)
                    .build()
                    .unwrap();
                writeln!(output, "{swr:?} {aom:?}").unwrap();
                proxy.next([fault.clone()]);
                let call = async {
                    match operation {
                        0 => print(&mut output, &swr.create_instance_temp_credential(INSTANCE_ID).await),
                        1 => print(&mut output, &swr.create_instance_lt_credential(INSTANCE_ID, "name").await),
                        2 => print(&mut output, &swr.list_instance_lt_credentials(INSTANCE_ID).await),
                        3 => print(&mut output, &swr.update_instance_lt_credential(INSTANCE_ID, "id", false).await),
                        4 => print(&mut output, &swr.delete_instance_lt_credential(INSTANCE_ID, "id").await),
                        _ => print(&mut output, &aom.list_access_code().await),
                    }
                };
                tokio::select! {
                    () = call => {}
                    () = async { loop { proxy.reached().await; clock.advance(Duration::from_secs(1000)); } } => {}
                }
            }
        }
        for request in proxy.requests() {
            let signature = request
                .lines()
                .find_map(|line| line.split_once("Signature=").map(|(_, signature)| signature.trim().to_owned()));
            secrets.extend(signature);
        }
    }
    secrets.extend(cloud.created().into_iter().map(|created| created.auth_token));
    let (_, aom) = clients(&cloud.url(), &Auth::token(TOKEN).unwrap().project(PROJECT_ID), &Retry::off()).unwrap();
    secrets.extend(
        aom.list_access_code().await.unwrap().access_codes.iter().map(|code| code.access_code.expose().to_owned()),
    );

    output.push_str(&log.text());
    assert!(
        output.contains("attempt failed") && output.contains("TRACE") && output.contains("hyper"),
        "nothing was logged"
    );
    assert!(secrets.len() > 100, "too few secrets were collected: {}", secrets.len());
    for secret in secrets {
        let found = output.find(&secret).map(|at| &output[at.saturating_sub(200)..(at + 100).min(output.len())]);
        assert_eq!(found, None, "{secret} was printed");
    }
}

#[test]
fn bad_credentials_are_not_repeated_in_the_error() {
    for error in [
        Auth::ak_sk("AKBAD0123456789\n", "SkBad0123456789").unwrap_err(),
        Auth::ak_sk("AKBAD0123456789", "SkBad0123456789\r").unwrap_err(),
        Auth::token("TokenBad0123456789\u{e9}").unwrap_err(),
    ] {
        let text = format!("{error} {error:?}");
        assert!(!text.contains("Bad0123456789") && !text.contains("AKBAD"), "{text}");
    }
}
