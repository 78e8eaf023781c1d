//! The web app is part of the binary: whoever builds it again gets a binary with the new one.

fn main() {
    println!("cargo:rerun-if-changed=../../web/app/dist");
    println!("cargo:rerun-if-changed=assets");
}
