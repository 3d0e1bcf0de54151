//! What is read out of certificates: the hash that binds a login to the server's (RFC 5929 §4), and the names in a
//! client's.

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    oid_registry::{
        OID_HASH_SHA1, OID_NIST_HASH_SHA256, OID_NIST_HASH_SHA384, OID_NIST_HASH_SHA512,
        OID_PKCS1_MD5WITHRSAENC, OID_PKCS1_RSASSAPSS, OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA,
        OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256,
        OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512, Oid,
    },
    prelude::FromDer,
    signature_algorithm::SignatureAlgorithm,
};

/// The certificate's hash by which clients bind a login to it: by the hash of its own signature, and SHA-256 in the place
/// of MD5 and SHA-1. Nothing where the signature has no hash of that kind (Ed25519), as in PostgreSQL.
#[must_use]
pub fn end_point(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let algorithm = &parsed.signature_algorithm;
    if algorithm.algorithm != OID_PKCS1_RSASSAPSS {
        return digest(&algorithm.algorithm, certificate);
    }
    let SignatureAlgorithm::RSASSA_PSS(parameters) = SignatureAlgorithm::try_from(algorithm).ok()? else {
        return None;
    };
    digest(parameters.hash_algorithm_oid(), certificate)
}

fn digest(hash: &Oid<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
    let sha_256 = [
        OID_PKCS1_MD5WITHRSAENC,
        OID_PKCS1_SHA1WITHRSA,
        OID_HASH_SHA1,
        OID_PKCS1_SHA256WITHRSA,
        OID_SIG_ECDSA_WITH_SHA256,
        OID_NIST_HASH_SHA256,
    ];
    let sha_384 = [OID_PKCS1_SHA384WITHRSA, OID_SIG_ECDSA_WITH_SHA384, OID_NIST_HASH_SHA384];
    let sha_512 = [OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA512, OID_NIST_HASH_SHA512];
    if sha_256.contains(hash) {
        Some(Sha256::digest(bytes).to_vec())
    } else if sha_384.contains(hash) {
        Some(Sha384::digest(bytes).to_vec())
    } else if sha_512.contains(hash) {
        Some(Sha512::digest(bytes).to_vec())
    } else {
        None
    }
}

/// The names in a client's certificate: its common names, and the e-mail addresses and host names beside them.
#[must_use]
pub fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let common = parsed.subject().iter_common_name().filter_map(|name| name.as_str().ok()).map(str::to_owned);
    let mut names: Vec<String> = common.collect();
    for extension in parsed.extensions() {
        let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() else {
            continue;
        };
        for name in &alternative.general_names {
            if let GeneralName::RFC822Name(name) | GeneralName::DNSName(name) = name {
                names.push((*name).to_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateParams, DnType, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
    };

    use super::*;

    fn certificate(algorithm: &'static SignatureAlgorithm) -> CertificateDer<'static> {
        let mut parameters = CertificateParams::new(["ann.example".to_owned()]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, "ann");
        let key = KeyPair::generate_for(algorithm).unwrap();
        parameters.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn the_hash_is_that_of_the_signature() {
        let own = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(end_point(&own), Some(Sha256::digest(&own).to_vec()));
        let own = certificate(&PKCS_ECDSA_P384_SHA384);
        assert_eq!(end_point(&own), Some(Sha384::digest(&own).to_vec()));
        assert_eq!(end_point(&certificate(&PKCS_ED25519)), None);
        assert_eq!(end_point(&CertificateDer::from(vec![1, 2, 3])), None);
    }

    #[test]
    fn names_are_the_common_one_and_the_others() {
        assert_eq!(names(&certificate(&PKCS_ED25519)), ["ann", "ann.example"]);
        assert!(names(&CertificateDer::from(vec![1])).is_empty());
    }
}
