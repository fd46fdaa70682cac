//! The documented operations, signed: against a cloud inside this process, or against yours.
//!
//! Without credentials in the environment it starts mock-cloud. With `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK`,
//! `HUAWEICLOUD_SDK_PROJECT_ID`, `HUAWEICLOUD_REGION` and `SWR_INSTANCE_ID` it talks to the real cloud, where it
//! creates a temporary credential and a long-term one; the latter it deletes again.

use std::error::Error;

use huaweicloud_auth::{Auth, Clock as _, Environment, ProcessEnvironment, Region, SystemClock};
use mock_cloud::MockCloud;

/// What the quickstart works with.
struct Setup {
    swr: swr_client::Client,
    aom: aom_client::Client,
    instance_id: String,
    /// Keeps the stand-in running, where there is one.
    _cloud: Option<MockCloud>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Setup { swr, aom, instance_id, _cloud } = setup().await?;

    let temporary = swr.create_instance_temp_credential(&instance_id).await?;
    println!("\n1. created a temporary credential");
    println!("   user      {}", temporary.user_id);
    println!("   password  {} ({} characters)", temporary.auth_token, temporary.auth_token.expose().len());
    println!("   expires   {}", temporary.expire_date.map_or_else(|| "unknown".to_owned(), |date| date.to_string()));

    let seconds = SystemClock.now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let name = format!("quickstart-{seconds}");
    let long_term = swr.create_instance_lt_credential(&instance_id, &name).await?;
    println!("\n2. created the long-term credential {name}");
    println!("   user      {}", long_term.user_id);
    println!("   password  {} ({} characters)", long_term.auth_token, long_term.auth_token.expose().len());

    println!("\n3. long-term credentials of the instance");
    let mut all = swr.list_instance_lt_credentials(&instance_id).stream();
    while let Some(credential) = all.try_next().await? {
        let state = if credential.enable == Some(true) { "enabled" } else { "disabled" };
        println!("   {:<24} {state}", credential.name.unwrap_or_default());
    }

    // The stand-in forgets everything anyway; in the real cloud nothing is left behind that never expires.
    if let Some(id) = &long_term.token_id {
        swr.delete_instance_lt_credential(&instance_id, id).await?;
        println!("   {name} was deleted again");
    }

    println!("\n4. access codes for Prometheus");
    for code in aom.list_access_code().await?.access_codes {
        let status = code.status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
        println!("   {:<36} {status:<8} code {}", code.access_code_id.unwrap_or_default(), code.access_code);
    }
    Ok(())
}

/// Variables that make the quickstart call the real cloud. One of them alone is a mistake to be mended, not a reason
/// to talk to a stand-in.
const CREDENTIALS: [&str; 4] = ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "CLOUD_SDK_AK", "CLOUD_SDK_SK"];

/// Clients for the real cloud when there are credentials, and for a stand-in otherwise.
async fn setup() -> Result<Setup, Box<dyn Error>> {
    let is_set = |name: &&str| ProcessEnvironment.variable(name).is_some();
    if CREDENTIALS.iter().any(is_set) { real_cloud() } else { stand_in().await }
}

fn real_cloud() -> Result<Setup, Box<dyn Error>> {
    let auth = Auth::from_env()?;
    let variable = |name: &str| {
        let missing = || format!("{name} is not set; the real cloud needs it, because there are credentials");
        ProcessEnvironment.variable(name).ok_or_else(missing)
    };
    let (region, instance_id) = (variable("HUAWEICLOUD_REGION")?, variable("SWR_INSTANCE_ID")?);
    println!("There are credentials in the environment: calling the REAL cloud in {region}.");
    let region = Region::new(region);
    Ok(Setup {
        swr: swr_client::Client::new(region.clone(), auth.clone())?,
        aom: aom_client::Client::new(region, auth)?,
        instance_id,
        _cloud: None,
    })
}

async fn stand_in() -> Result<Setup, Box<dyn Error>> {
    let cloud = MockCloud::start().await?;
    println!("There are no credentials in the environment: calling a stand-in at {}.", cloud.url());
    println!("Every request is signed with a real signature, which the stand-in verifies.");
    let auth = Auth::ak_sk(cloud.access_key(), cloud.secret_key())?.project(mock_cloud::PROJECT_ID);
    Ok(Setup {
        swr: swr_client::Client::builder(auth.clone()).endpoint(cloud.url()).build()?,
        aom: aom_client::Client::builder(auth).endpoint(cloud.url()).build()?,
        instance_id: mock_cloud::INSTANCE_ID.to_owned(),
        _cloud: Some(cloud),
    })
}
