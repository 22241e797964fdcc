//! `doorward policy`, and what policies do to the command line.

mod check;
mod connect;
mod explain;

use crate::lab::Lab;

/// A lab whose configuration names the folder `policies`, which has these files.
fn lab(policies: &[(&str, &str)]) -> Lab {
    let lab = Lab::new();
    lab.write(
        "doorward.yaml",
        "vaults: { local: { kind: kdbx, path: vault.kdbx, key-file: vault.key } }\nstate: state\npolicies: [policies]\n",
    );
    std::fs::create_dir_all(lab.path().join("policies")).unwrap();
    for (name, text) in policies {
        lab.write(&format!("policies/{name}"), text);
    }
    lab
}
