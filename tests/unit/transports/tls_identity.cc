// SPDX-License-Identifier: BSD-3-Clause
#include "tls_identity.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>

#include "platform/assert.h"

namespace rota {
namespace {

constexpr long kSecondsOfADay = 86400;

using File = std::unique_ptr<FILE, int (*)(FILE*)>;
File open_file(const std::string& path) { return File(std::fopen(path.c_str(), "w"), std::fclose); }

}  // namespace

TlsIdentity TlsIdentity::make(const std::string& folder, const std::string& name) {
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> cert(X509_new(), X509_free);
    ASSERT(key && cert);
    X509_set_version(cert.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -kSecondsOfADay);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), kSecondsOfADay);
    X509_set_pubkey(cert.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(cert.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(cert.get(), subject);
    ASSERT(X509_sign(cert.get(), key.get(), EVP_sha256()) != 0);

    TlsIdentity made{folder + "/" + name + ".crt", folder + "/" + name + ".key"};
    PEM_write_X509(open_file(made.cert_file).get(), cert.get());
    PEM_write_PrivateKey(open_file(made.key_file).get(), key.get(), nullptr, nullptr, 0, nullptr,
                         nullptr);
    return made;
}

TlsSettings TlsIdentity::settings() const {
    TlsSettings settings;
    settings.cert_file = cert_file;
    settings.key_file = key_file;
    settings.verify = TlsVerify::no;
    return settings;
}

}  // namespace rota
