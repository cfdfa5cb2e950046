//! Signatures against published vectors, and keys that do not fit.

use super::*;

/// Made for this test with `openssl genrsa -traditional 2048`, and the same key in PKCS#8.
const PKCS1: &str = "\
-----BEGIN RSA PRIVATE KEY-----\n\
MIIEogIBAAKCAQEAmqdRSO7KNiXkvvpXJWn4xNqkW4AoKq86ldUYogfjXxoQS/sb\n\
LFSnNO9Pb5PR1lCc1bnuq+LZtRwKoRJTTWkkhHa2FUVgZq2bq8B3uGTb+o/LLVi5\n\
4qJ2Ux7++0x28Arf0IEtHuf6r1ChLqWsmnbDxmQr1ObmMbsVSxpuAtvopf6i7G9U\n\
XGoX4tzL7tYNLteSKLchf0WSTNOwGcHb12Dma1gNwGxpjCWeREa+bQqrlx3UmAxq\n\
ZBycBf/K6sL74EmO0acf7nCvlKQfs1jESJyKdAIqI6qXt1cuw5ht5I7b2UC+Cvam\n\
jdlaTS/SbPNuUTpejPGhDjl4bxlxmFlOlhoLrwIDAQABAoIBACp0LNmnB2Z234TX\n\
hu2z2gD7/itKEnypLp1r6n+sR6vXJUseSvbP5DihSv6Xpv48kdkP2edgdiAD6x0N\n\
QUXaS5Z7Wf+b1FtLZBTxWEwLj+GH8J/pn9mJfI7Tzu4gLvQ1H/yGQWMfDk9rBFwg\n\
SbH7UUHYRLoEioNzVmSQBEwPnx1VzJcw0hXwKC/YbcfaWCKuhGiO3Lna1FogJDi0\n\
76K1PPRXZUen2SkIPRJzCN/Xm1AvPfuTfF5X9bC0voWSd/BOXVPFWxwL5vVaJsEV\n\
xVIjOn10DE+33gP7E8zMQXtqtX1iKvPbviAVeoQBZ8/QqOEbr+x7YvHiHVsWuEWK\n\
fNo7q8UCgYEAyO858tya/mmcRXMj50l3khCY7nFrVXRV8rkWMqvfR/nWcO3NpGEF\n\
tTvFKU2KlShGMTpiPFsOZYLgdPFt48agpiGIvFWYcH3dWplFHBDWx0DoLYC6tWtq\n\
KXL/8LUDXeJuZCELeQi8Ny60nMIjH0BGgaBxs3WFQQsPVeuS/W4hN7UCgYEAxQk0\n\
mCNDMOVPnTm0J5Mh0K3+8mfE9hbGWWFdlaM5DVWliKiRy5hKG2kyGQUrIkg+T3Z9\n\
Ldh/vo9wbYbatg+CesoxLIspo/PrTaH94TzaEQbL9FC+WqO8eNc3GpXgEy0Bmndw\n\
DFTjRUN3KfP57ZTllxFSZN3EYpM7N4ag0OomjFMCgYBsBGaTj1JnGCEhGJ+hc1Yr\n\
GG8OJ7y6qJqXrDYpsUmL6NwFw2D8UAgAgIwiAwRP4OGzDx7GMXEQ0wWU+EDJ5Ppx\n\
tK9MB3u2ZYM8dA654reDT/pAk+ZLJt5gP+kk3jpcGyCbBUSkoTSFOb9wUdENuMDu\n\
aHEXN0MWTzrERqqzQKPszQKBgHSE8RlXIRD1SpOL4EHW/JRPkQkA3LU62qlYruMi\n\
10ZPc8jRBwcDVC/JkdrB97QaTN7pDzXhZgnnAXGD4irwGRVMJLBWy5UtVeVe+qgM\n\
OFkBT/N3HFq1oWtEuk16fDxazSvvnc9tE8mOEBY7NX2OJAemMrd7fftdXhOEBe4F\n\
yi4JAoGAR5TrRU+JiRXCHxW3a8rFCHmhOtNjpXQUYcw1JgQe6qMCGA0r1+irgsK/\n\
NHN3UqqQUGwefB3nKCEsHHZ5jcnUylzyKJnlxbd+Sv5utX9ow22DnO16DwGOzZKr\n\
F43AS9jEHk3XvwK7M5PcD4olkFgHZMRCVBeqVLI7sxf7HkE5G94=\n\
-----END RSA PRIVATE KEY-----\n\
";
const PKCS8: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCap1FI7so2JeS+\n\
+lclafjE2qRbgCgqrzqV1RiiB+NfGhBL+xssVKc0709vk9HWUJzVue6r4tm1HAqh\n\
ElNNaSSEdrYVRWBmrZurwHe4ZNv6j8stWLnionZTHv77THbwCt/QgS0e5/qvUKEu\n\
payadsPGZCvU5uYxuxVLGm4C2+il/qLsb1Rcahfi3Mvu1g0u15IotyF/RZJM07AZ\n\
wdvXYOZrWA3AbGmMJZ5ERr5tCquXHdSYDGpkHJwF/8rqwvvgSY7Rpx/ucK+UpB+z\n\
WMRInIp0Aiojqpe3Vy7DmG3kjtvZQL4K9qaN2VpNL9Js825ROl6M8aEOOXhvGXGY\n\
WU6WGguvAgMBAAECggEAKnQs2acHZnbfhNeG7bPaAPv+K0oSfKkunWvqf6xHq9cl\n\
Sx5K9s/kOKFK/pem/jyR2Q/Z52B2IAPrHQ1BRdpLlntZ/5vUW0tkFPFYTAuP4Yfw\n\
n+mf2Yl8jtPO7iAu9DUf/IZBYx8OT2sEXCBJsftRQdhEugSKg3NWZJAETA+fHVXM\n\
lzDSFfAoL9htx9pYIq6EaI7cudrUWiAkOLTvorU89FdlR6fZKQg9EnMI39ebUC89\n\
+5N8Xlf1sLS+hZJ38E5dU8VbHAvm9VomwRXFUiM6fXQMT7feA/sTzMxBe2q1fWIq\n\
89u+IBV6hAFnz9Co4Ruv7Hti8eIdWxa4RYp82jurxQKBgQDI7zny3Jr+aZxFcyPn\n\
SXeSEJjucWtVdFXyuRYyq99H+dZw7c2kYQW1O8UpTYqVKEYxOmI8Ww5lguB08W3j\n\
xqCmIYi8VZhwfd1amUUcENbHQOgtgLq1a2opcv/wtQNd4m5kIQt5CLw3LrScwiMf\n\
QEaBoHGzdYVBCw9V65L9biE3tQKBgQDFCTSYI0Mw5U+dObQnkyHQrf7yZ8T2FsZZ\n\
YV2VozkNVaWIqJHLmEobaTIZBSsiSD5Pdn0t2H++j3Bthtq2D4J6yjEsiymj8+tN\n\
of3hPNoRBsv0UL5ao7x41zcaleATLQGad3AMVONFQ3cp8/ntlOWXEVJk3cRikzs3\n\
hqDQ6iaMUwKBgGwEZpOPUmcYISEYn6FzVisYbw4nvLqompesNimxSYvo3AXDYPxQ\n\
CACAjCIDBE/g4bMPHsYxcRDTBZT4QMnk+nG0r0wHe7Zlgzx0Drnit4NP+kCT5ksm\n\
3mA/6STeOlwbIJsFRKShNIU5v3BR0Q24wO5ocRc3QxZPOsRGqrNAo+zNAoGAdITx\n\
GVchEPVKk4vgQdb8lE+RCQDctTraqViu4yLXRk9zyNEHBwNUL8mR2sH3tBpM3ukP\n\
NeFmCecBcYPiKvAZFUwksFbLlS1V5V76qAw4WQFP83ccWrWha0S6TXp8PFrNK++d\n\
z20TyY4QFjs1fY4kB6Yyt3t9+11eE4QF7gXKLgkCgYBHlOtFT4mJFcIfFbdrysUI\n\
eaE602OldBRhzDUmBB7qowIYDSvX6KuCwr80c3dSqpBQbB58HecoISwcdnmNydTK\n\
XPIomeXFt35K/m61f2jDbYOc7XoPAY7NkqsXjcBL2MQeTde/Arszk9wPiiWQWAdk\n\
xEJUF6pUsjuzF/seQTkb3g==\n\
-----END PRIVATE KEY-----\n\
";

/// By `openssl dgst -sha256 -sign` over `header.payload`.
const SIGNATURE: &str = "\
5ca29b7cc0483aaf3b2cc9326de83d324b930e53c1357ff3cb74fc67b7c39ae590eb7b2e5c3a9c1fba1dabd3\
f9a2703f434a39340715f12a9cd5860afc5737d8d0859117fef1882e4ae0ff2cde3e5f4d64f9ca4805fb7daa\
7fc7ecdea913fc50947cfa43a1afbe73a39b24b7eacd65d154349613ca0e7164e88346ab712309594ddd34a6\
b2d65b01afa98dac8c934439889b8f00750540fd86a394445109821123358af57fb17c90a1013a8ae928bca6\
c58e9682229edfb8a619aa944aeb716988f4a0ecac7a1b5da0232d052b7a33508880cb8ea053374e77577da3\
243a8269987cbcd79e646f9fdffb6aff6061b8811d6e746808c24a8f0e08c9c9d57398ba";

/// An elliptic curve key and an RSA key of 1024 bits.
const CURVE: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoWgAclEu9Iggo0eL\n\
EyQ9aLt3xZCKcKMivWks3reuBIqhRANCAARh8p4yVZSGv9YrXyR64xRgiywEy7QN\n\
fN+lMGnB4FF4BG4u4BxFbKig/MVuIq+5xB9M/2csYjK9hrtMvRMDRyMU\n\
-----END PRIVATE KEY-----\n\
";
const SHORT: &str = "\
-----BEGIN RSA PRIVATE KEY-----\n\
MIICXAIBAAKBgQCrKl1HCpmBoZMGu2gZnF9wNC3MqrDCitvSOSKIA4jqOahEJvCx\n\
TAvb56OG4wIHRZDhmQsCRY26MZtUx4qdw0wN5L1bpayBLeqvVogJKRkCKIJyhPm/\n\
v0wZnqpvhkmDGD+Y078jErK88NQnu/H+s58yW+na3OBcH3aZ6Lx56NbZbwIDAQAB\n\
AoGAL9mDBAYpjbyujnY7jtVRNNvRZeLd0TTiaO2CAsYCM4B00sCUDux0cEBcTawO\n\
eBvxea/ADR2GlmOhydySmrHrA43fQXgLpmaI0TGSc8RxnDdzsmik6B9JG6P05VOR\n\
Xl12Ff6fawnX5L2SBXSCiOV5MCG3ELLq2LHv98NF93VgIeECQQDjAU2fqtKX5c8O\n\
qt+MubmuJ0n/b54nPpuJMH0tXTY2e3TVI50rHSAJbGDAijKxVlag1WlF1F+NyiAa\n\
fNYLvrIRAkEAwQcybtg3viWFWkye5uYracVz/8yarn18yJNDCQBk/N4YnFC+feSx\n\
L7D0JkLKZuOoOj7m6GsM8s4VzBm8KHFTfwJAOojEfk5q/TYJ3Stcd4oQggKphw8+\n\
BbqUGp0BOihV6ViOOMN1LH/XGfbzP9Ki3a14qwI8of/wH7yl6I6WFvM2MQJBALqM\n\
YxA/BDhO+L7ZN+S84434VvALZB5ohnUt5OZJLFA5sJ05Z7AxmZAWuw5TFFs1f3qz\n\
GePauYva4bP71x1a0K8CQARwGnVEg/JC7z9PKEXcSVinphUuuLIn5m2F1GTiyGL1\n\
N1Bee1Eo4igC/2gdGOQgMcbCoDZjTWGIO9gpSLkYZYM=\n\
-----END RSA PRIVATE KEY-----\n\
";

fn hex(bytes: &[u8]) -> String {
    crate::compile::hex(bytes)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[test]
fn an_hmac_is_that_of_rfc_4231_and_the_prefix_is_part_of_the_key() {
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let message = b"what do ya want for nothing?";
    assert_eq!(hex(&hmac_sha256(&secret("Jefe"), "", message)), expected);
    assert_eq!(hex(&hmac_sha256(&secret("fe"), "Je", message)), expected);
    assert_ne!(hex(&hmac_sha256(&secret("Jefe"), "AWS4", message)), expected);
}

#[test]
fn every_spelling_of_an_rsa_key_signs_alike() {
    let json = serde_json::json!({ "type": "service_account", "private_key": PKCS8 }).to_string();
    for key in [PKCS1, PKCS8, &json, &format!("\n{PKCS8}\n")] {
        assert_eq!(
            rs256(&secret(key), b"header.payload").map(|signed| hex(&signed)),
            Ok(SIGNATURE.to_owned())
        );
    }
    assert_ne!(hex(&rs256(&secret(PKCS8), b"header.forged").unwrap()), SIGNATURE);
}

#[test]
fn what_is_no_rsa_key_is_refused_without_a_word_of_it() {
    let check = |key: &str, expected| assert_eq!(rs256(&secret(key), b"m"), Err(Unfit(expected)));
    check("sk-1234", "secret is neither a pem private key nor json with one");
    check("", "secret is neither a pem private key nor json with one");
    check("{\"private_key\": 7}", "json of the secret has no private_key");
    check("{\"private_key\": \"sk\"}", "secret is neither a pem private key nor json with one");
    check(CURVE, "private key is not rsa of 2048 to 4096 bits");
    check(SHORT, "private key is not rsa of 2048 to 4096 bits");
    check(&PKCS8.replace("MIIE", "MIIF"), "private key is not rsa of 2048 to 4096 bits");
}
