//! A session that is held: what its browser writes, what its processes show, what a kill leaves.

use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::world::World;
use crate::lab::marks::files;
use crate::lab::wait;

#[test]
fn explore() {
    let world = World::new();
    let rows = "\
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
pin > <pin> (SearchBy=id)
otp > (TOTP) <logonaccount\\password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
(Navigate=http://<address>/get-form)
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
(Navigate=http://<address>/kept-form)
username > <username> (SearchBy=id)
password > <password> (SearchBy=id)
pin > <pin> (SearchBy=id)
go > (Button) (SearchBy=id)
#welcome > (Validation) (SearchBy=css)
";
    world.desk.connector("kept", "http://<address>/kept-form", "", rows);
    let log = world.desk.lab.path().join("stderr");
    let mut child = world
        .connect("kept", "web/site", &["--hold", "1h"])
        .stderr(std::fs::File::create(&log).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let yours = wait(|| std::fs::read_to_string(&log).unwrap().contains("the session is yours"));
    eprintln!("{}", std::fs::read_to_string(&log).unwrap());
    assert!(yours);
    for n in 0..6 {
        std::thread::sleep(std::time::Duration::from_secs(6));
        eprintln!("after {} s: {:#?}", n * 6 + 6, world.marks.below(&world.desk.lab.path().join("t"), &[]));
        for code in world.site.visits().iter().filter_map(|v| v.fields.value("otp")).filter(|c| c.len() == 6) {
            for f in files(&world.desk.lab.path().join("t")) {
                if crate::lab::marks::holds_code(&std::fs::read(&f).unwrap_or_default(), code) { eprintln!("code in {f:?}"); }
            }
        }
    }
    for f in files(&world.desk.lab.path().join("t")) { let m = std::fs::metadata(&f); if let Ok(m) = m { eprintln!("{} {} {:?}", f.display(), m.len(), m.modified().unwrap().elapsed()); } }
    child.kill().unwrap();
    child.wait().unwrap();
    let _: Option<(PathBuf, Child)> = None;
}
