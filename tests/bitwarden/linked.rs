//! Linked across products: the target account in a store of `pass`, its logon account in Bitwarden, which
//! computes the codes; signed in by the whole program.

use std::sync::Arc;

use doorward::clock::Clock;
use doorward::secret::Secret;
use doorward::vault::totp::Seed;
use serde_json::json;

use super::{TOTP, data, shop_with, string, well};
use crate::lab::desk::Desk;
use crate::lab::server::StandIn;
use crate::pass::Store;
use crate::site::{PASSWORD, SEED, Site, USERNAME};

const ROWS: &str = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
#error > (Failure=refused) (SearchBy=css)
";

#[test]
fn a_password_of_pass_and_a_code_of_bitwarden_sign_in() {
    let site = Site::start();
    let desk = Desk::at(&site.address());
    let store = Store::new();
    store.insert(
        "web/site",
        &format!(
            "{PASSWORD}\nusername: {USERNAME}\naddress: {}\nlogon_account: team:{}\n",
            site.address(),
            super::SHOP
        ),
    );
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = Arc::new(runtime.block_on(StandIn::start(well())));
    // An item with a password of its own: the row gets the code all the same.
    let item = shop_with(json!({
        "fields": [], "login": { "username": "codes", "password": "MARKED-other", "totp": "x" },
    }));
    server.script(vec![(super::ITEM, vec![data(item)])]);
    let seed = Seed::read(&Secret::new(SEED.to_owned()), Default::default()).unwrap();
    let computing = Arc::clone(&server);
    // As `bw serve` does: the code of the moment at which it is asked for.
    let clock = runtime.spawn(async move {
        loop {
            let code = seed.code_at(Clock::System.unix_millis());
            computing.script(vec![(TOTP, vec![string(code.digits.expose())])]);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    });
    desk.connector("code", "http://<address>/otp-same-form", "ActionTimeout: 8s", ROWS);
    let folder = store.lab.path().display();
    desk.lab.write(
        "doorward.yaml",
        format!(
            "vaults:\n  own: {{ kind: pass, store: '{folder}/.password-store', gnupg-home: '{folder}/.gnupg' }}\n  \
             team: {{ kind: bitwarden, address: '{}' }}\ndefault-vault: own\n\
             connectors: [connectors]\nstate: state\nbrowser: {{ sandbox: false }}\n",
            server.address
        ),
    );
    let launched = desk.connect("code", &[]);
    clock.abort();
    assert_eq!((launched.code, launched.outcome()), (0, "signed-in"), "{}", launched.stderr);
    let forms = site.submissions("otp-same-form");
    assert_eq!(forms.len(), 1);
    let record = desk.record(&[]);
    for account in ["own:web/site".to_owned(), format!("team:{}", super::SHOP)] {
        assert!(record.iter().any(|row| row["Account"] == account), "{account}: {record:?}");
    }
    assert_eq!(server.count("POST /sync"), 1);
    assert!(!format!("{launched:?}").contains("MARKED"));
    desk.assert_clean();
}
