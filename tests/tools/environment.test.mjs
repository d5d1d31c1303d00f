// What a user has set for other projects does not reach our builds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neutral, overrides, scriptSettings } from '../../.dev/environment.mjs';

const without = (name, value) => assert.equal(neutral({ [name]: value })[name], undefined, name);

test('settings that change what cargo builds, or with what, are left out', () => {
  for (const name of [
    'RUSTFLAGS', 'CARGO_ENCODED_RUSTFLAGS', 'CARGO_BUILD_RUSTFLAGS', 'CARGO_BUILD_TARGET', 'CARGO_BUILD_TARGET_DIR',
    'CARGO_TARGET_DIR', 'CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS', 'CARGO_PROFILE_RELEASE_STRIP',
    'RUSTC', 'RUSTC_WRAPPER', 'RUSTC_WORKSPACE_WRAPPER', 'RUSTC_BOOTSTRAP',
  ]) {
    without(name, 'something');
  }
});

test('settings that leave packages out are left out', () => {
  without('NODE_ENV', 'production');
  without('npm_config_omit', 'dev');
  without('NPM_CONFIG_OMIT', 'optional');
  without('npm_config_ignore_scripts', 'true');
});

test('what says how to reach the network, and how the output looks, stays', () => {
  const kept = {
    HOME: '/home/ana', CARGO_HOME: '/opt/cargo', CARGO_NET_OFFLINE: 'true', CARGO_HTTP_PROXY: 'http://proxy:3128', CARGO_BUILD_JOBS: '1',
    CARGO_TERM_COLOR: 'never', https_proxy: 'http://proxy:3128', npm_config_registry: 'https://registry.example/', NODE_EXTRA_CA_CERTS: '/ca.pem',
  };
  const { no_proxy, NO_PROXY, ...rest } = neutral(kept);
  assert.deepEqual(rest, kept);
});

test('no proxy is asked for this machine, beside what the user has excepted', () => {
  for (const given of [{ no_proxy: 'intra.example' }, { NO_PROXY: 'intra.example' }]) {
    const { no_proxy, NO_PROXY } = neutral(given);
    assert.equal(no_proxy, 'intra.example,127.0.0.1,localhost,::1');
    assert.equal(NO_PROXY, no_proxy);
  }
});

test("cargo's configuration files are overridden: flags and wrappers always, a linker and a target where they name one", () => {
  const always = { CARGO_ENCODED_RUSTFLAGS: '', RUSTC_WRAPPER: '', RUSTC_WORKSPACE_WRAPPER: '' };
  const host = 'x86_64-unknown-linux-gnu';
  assert.deepEqual(overrides(host), always);
  assert.deepEqual(overrides(host, { build: { jobs: 1 }, target: { [host]: { rustflags: ['-Cx'] } } }), always);
  for (const named of [host, 'cfg(unix)']) {
    const config = { target: { [named]: { linker: 'clang' } } };
    assert.deepEqual(overrides(host, config), { ...always, CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER: 'cc' });
  }
  assert.deepEqual(overrides(host, { build: { target: 'x86_64-unknown-linux-musl' } }), { ...always, CARGO_BUILD_TARGET: host });
});

test('every script is built so that a panic fails one request only', () => {
  const settings = scriptSettings('wasm32-unknown-unknown', '/usr/bin/wasm-ld-22');
  assert.equal(settings.CARGO_ENCODED_RUSTFLAGS, '-Cpanic=unwind');
  assert.equal(settings.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER, '/usr/bin/wasm-ld-22');
});
