//! From bytes to a plugin: each step refuses what it must, in words of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use understudy_sandbox::{
    CompileOutcome, Limits, LoadError, PluginConfig, Sandbox, SandboxError, SandboxOptions,
};
use understudy_speech::{Encoding, Failure};

use crate::support::{misfit, plugin, sandbox};

/// A provider of the right name whose functions are of the wrong type.
pub(crate) const STUB_PROVIDER: &str = r#"
    (core module $stub (func (export "f")))
    (core instance $stub (instantiate $stub))
    (func $f (canon lift (core func $stub "f")))
    (instance $provider
        (export "describe" (func $f)) (export "check" (func $f))
        (export "voices" (func $f)) (export "synthesize" (func $f)))
    (export "understudy:provider/provider@1.0.0-draft" (instance $provider))
"#;

fn text(component: &str) -> Bytes {
    wat::parse_str(component).unwrap().into()
}

async fn check(wasm: Bytes, code: &str, message: &str) {
    let error = sandbox().inspect(wasm).await.unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, message));
    assert!(!error.hint().is_empty());
}

#[tokio::test]
async fn a_plugin_is_inspected() {
    let wasm = misfit(&[]);
    let inspection = sandbox().inspect(wasm.clone()).await.unwrap();
    assert_eq!((inspection.manifest.id.as_str(), inspection.contract.as_str()), ("misfit", "1.0.0-draft"));
    assert_eq!(inspection.size_bytes, wasm.len() as u64);
    assert_eq!(inspection.digest.len(), 64);
    assert_eq!(inspection.manifest.capabilities.formats[0].encoding, Encoding::PcmS16le);
    assert!(inspection.manifest.capabilities.characters);
    let plugin = plugin().await;
    assert_eq!((plugin.name(), plugin.digest()), ("misfit", inspection.digest.as_str()));
}

#[tokio::test]
async fn files_that_are_no_component_are_told_apart() {
    check(Bytes::from_static(b"ID3\x04 not wasm"), "plugin_not_wasm", "file is not webassembly").await;
    check(Bytes::new(), "plugin_not_wasm", "file is not webassembly").await;
    let module = text("(module (func (export \"describe\")))");
    check(module, "plugin_not_a_component", "file is a core module, not a component").await;
    let whole = misfit(&[]);
    let half = whole.slice(..whole.len() / 2);
    let error = sandbox().inspect(half).await.unwrap_err();
    assert_eq!(error.code(), "plugin_truncated", "{error}");
    let mut damaged = whole.to_vec();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 2_000].fill(0xff);
    let error = sandbox().inspect(damaged.into()).await.unwrap_err();
    assert_eq!(error.code(), "plugin_malformed", "{error}");
}

#[tokio::test]
async fn components_of_another_world_are_told_apart() {
    let missing = "component does not export understudy:provider/provider@1.0.0-draft";
    check(text("(component)"), "plugin_wrong_world", missing).await;
    let partial =
        r#"(component (instance $i) (export "understudy:provider/provider@1.0.0-draft" (instance $i)))"#;
    let missing = "component does not export understudy:provider/provider@1.0.0-draft.describe";
    check(text(partial), "plugin_wrong_world", missing).await;
    let future = r#"(component (instance $i) (export "understudy:provider/provider@9.9.9" (instance $i)))"#;
    let unknown = "component speaks an unknown contract version: 9.9.9";
    check(text(future), "plugin_unknown_contract", unknown).await;
    let import = format!(
        r#"(component (import "acme:rockets/launch@1.0.0" (instance (export "go" (func)))) {STUB_PROVIDER})"#
    );
    let unknown = "component imports what the host does not offer: acme:rockets/launch@1.0.0";
    check(text(&import), "plugin_unknown_import", unknown).await;
}

#[tokio::test]
async fn a_provider_of_the_wrong_type_does_not_load() {
    let error = sandbox().inspect(text(&format!("(component {STUB_PROVIDER})"))).await.unwrap_err();
    assert_eq!(error.code(), "plugin_wrong_world", "{error}");
}

#[tokio::test]
async fn a_plugin_that_cannot_describe_itself_does_not_load() {
    let error = sandbox().inspect(misfit(&["describe-panics"])).await.unwrap_err();
    assert!(matches!(error, LoadError::Describe(Failure::Trapped { .. })), "{error}");
    let error = sandbox().inspect(misfit(&["describe-phones"])).await.unwrap_err();
    assert!(matches!(error, LoadError::Describe(Failure::NotGranted { .. })), "{error}");
    let limits = Limits { cpu: Duration::from_millis(50), ..Limits::default() };
    let config = PluginConfig { limits, ..PluginConfig::named("spinner") };
    let error = sandbox().load(misfit(&["describe-spins"]), config).await.unwrap_err();
    assert!(matches!(error, LoadError::Describe(Failure::CpuExceeded { .. })), "{error}");
    let error = sandbox().inspect(misfit(&["describe-lies"])).await.unwrap_err();
    assert!(matches!(&error, LoadError::BadManifest { field, .. } if field == "id"), "{error}");
}

fn with_cache(directory: &std::path::Path) -> Result<Sandbox, SandboxError> {
    Sandbox::new(SandboxOptions {
        slots: 1,
        code_cache: Some(directory.join("code")),
        ..SandboxOptions::default()
    })
}

async fn compile(sandbox: &Sandbox) -> CompileOutcome {
    sandbox.inspect(misfit(&[])).await.unwrap().compile
}

#[tokio::test]
async fn compiled_code_is_kept_and_what_is_damaged_or_foreign_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = with_cache(directory.path()).unwrap();
    assert!(matches!(compile(&sandbox).await, CompileOutcome::Compiled(_)));
    assert!(matches!(compile(&with_cache(directory.path()).unwrap()).await, CompileOutcome::Cached(_)));
    let file = fs::read_dir(directory.path().join("code")).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&file).unwrap();
    for bad in [&good[..good.len() / 2], &b"not code at all"[..], &[]] {
        fs::write(&file, bad).unwrap();
        assert!(matches!(compile(&sandbox).await, CompileOutcome::Compiled(_)));
        assert!(matches!(compile(&sandbox).await, CompileOutcome::Cached(_)));
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(compile(&sandbox).await, CompileOutcome::Compiled(_)));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_code_cache_keeps_the_newest_files_and_no_more_than_its_share() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = with_cache(directory.path()).unwrap();
    let code = directory.path().join("code");
    for number in 0..70 {
        let file = fs::File::create(code.join(format!("{number:02}.cwasm"))).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(number)).unwrap();
    }
    fs::write(code.join("not-ours"), []).unwrap();
    // Another process is still writing the one, and the other was left by one that was killed.
    fs::write(code.join(".tmpAbCdEf"), []).unwrap();
    let left = fs::File::create(code.join(".tmpUvWxYz")).unwrap();
    left.set_modified(SystemTime::now() - Duration::from_secs(2 * 60 * 60)).unwrap();
    assert!(matches!(compile(&sandbox).await, CompileOutcome::Compiled(_)));
    assert_eq!(fs::read_dir(&code).unwrap().count(), 64 + 2);
    assert!(code.join(".tmpAbCdEf").exists() && !code.join(".tmpUvWxYz").exists());
    assert!(!code.join("06.cwasm").exists() && code.join("07.cwasm").exists());
    assert!(matches!(compile(&sandbox).await, CompileOutcome::Cached(_)));
}

/// As root any folder can be written to: `tests/border/keeping` has a file system that cannot.
#[tokio::test]
async fn a_code_cache_that_cannot_be_written_to_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let code = directory.path().join("code");
    compile(&with_cache(directory.path()).unwrap()).await;
    fs::set_permissions(&code, fs::Permissions::from_mode(0o500)).unwrap();
    assert!(matches!(compile(&with_cache(directory.path()).unwrap()).await, CompileOutcome::Cached(_)));
    fs::set_permissions(&code, fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn a_code_cache_that_others_can_write_to_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let code = directory.path().join("code");
    with_cache(directory.path()).unwrap();
    assert_eq!(fs::metadata(&code).unwrap().permissions().mode() & 0o777, 0o700);
    fs::set_permissions(&code, fs::Permissions::from_mode(0o770)).unwrap();
    let error = with_cache(directory.path()).unwrap_err();
    assert!(matches!(error, SandboxError::CodeCache(_)), "{error}");
}

#[tokio::test]
async fn without_a_code_cache_every_load_compiles() {
    let sandbox = Sandbox::new(SandboxOptions { slots: 1, ..SandboxOptions::default() }).unwrap();
    assert!(matches!(compile(&sandbox).await, CompileOutcome::Compiled(_)));
    sandbox.load(misfit(&[]), PluginConfig::named("misfit")).await.unwrap();
}
