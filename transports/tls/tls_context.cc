// SPDX-License-Identifier: BSD-3-Clause
#include "transports/tls/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstring>

#include "platform/text.h"

namespace rota {
namespace {

// RFC 5246 has renegotiation, CRIME needed compression: nobody of ours does either.
constexpr uint64_t kAlways =
    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF;
constexpr Slice kSessionName = "rota";

std::unexpected<Error> failed(const std::string& what) { return fail(what + ": " + tls_error()); }

int give_password(char* out, int room, int, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    const size_t size = std::min(text.size(), static_cast<size_t>(room));
    std::memcpy(out, text.data(), size);
    return static_cast<int>(size);
}

// "TLSv1.2 TLSv1.3"; nothing means both. Older versions are refused: nobody should offer them.
Result<> set_versions(SSL_CTX* context, const std::string& wanted) {
    bool two = wanted.empty(), three = wanted.empty();
    const auto words = split_args(wanted);
    if (!words) return fail("tls-protocols: unbalanced quotes");
    for (const std::string& word : *words) {
        const bool is_two = equals_ignore_case(word, "tlsv1.2");
        const bool is_three = equals_ignore_case(word, "tlsv1.3");
        if (!is_two && !is_three)
            return fail("tls-protocols: '" + word +
                        "' is neither TLSv1.2 nor TLSv1.3; older versions are not offered");
        two |= is_two;
        three |= is_three;
    }
    SSL_CTX_set_min_proto_version(context, two ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(context, three ? TLS1_3_VERSION : TLS1_2_VERSION);
    return {};
}

Result<> set_identity(SSL_CTX* context, const TlsSettings& settings) {
    if (settings.cert_file.empty()) return {};
    if (SSL_CTX_use_certificate_chain_file(context, settings.cert_file.c_str()) != 1)
        return failed("Failed to load certificate: " + settings.cert_file);
    const std::string& key = settings.key_file.empty() ? settings.cert_file : settings.key_file;
    std::string password = settings.key_password;  // OpenSSL wants it writable
    SSL_CTX_set_default_passwd_cb(context, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, &password);
    const int read = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    SSL_CTX_set_default_passwd_cb(context, nullptr);
    if (read != 1) return failed("Failed to load private key: " + key);
    if (SSL_CTX_check_private_key(context) != 1)
        return failed("The private key does not belong to the certificate");
    return {};
}

Result<> set_trust(SSL_CTX* context, const TlsSettings& settings) {
    const char* file = settings.ca_cert_file.empty() ? nullptr : settings.ca_cert_file.c_str();
    const char* folder = settings.ca_cert_dir.empty() ? nullptr : settings.ca_cert_dir.c_str();
    if (file == nullptr && folder == nullptr) return {};
    if (SSL_CTX_load_verify_locations(context, file, folder) != 1)
        return failed("Failed to configure CA certificate(s) file/directory");
    // The names that a client is shown to choose its certificate by.
    if (file != nullptr) SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file));
    return {};
}

Result<> set_dh_params(SSL_CTX* context, const std::string& path) {
    if (path.empty()) {
        SSL_CTX_set_dh_auto(context, 1);
        return {};
    }
    const std::unique_ptr<BIO, int (*)(BIO*)> file(BIO_new_file(path.c_str(), "r"), BIO_free);
    EVP_PKEY* params = file ? PEM_read_bio_Parameters(file.get(), nullptr) : nullptr;
    if (params == nullptr) return failed("Failed to read DH params file: " + path);
    if (SSL_CTX_set0_tmp_dh_pkey(context, params) == 1) return {};
    EVP_PKEY_free(params);
    return failed("Failed to use DH params file: " + path);
}

void set_session_cache(SSL_CTX* context, const TlsSettings& settings) {
    if (!settings.session_caching) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context, 0);
        return;
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_set_timeout(context, settings.session_cache_timeout_s);
    SSL_CTX_sess_set_cache_size(context, settings.session_cache_size);
    SSL_CTX_set_session_id_context(context,
                                   reinterpret_cast<const unsigned char*>(kSessionName.data()),
                                   static_cast<unsigned>(kSessionName.size()));
}

int verify_mode(TlsVerify verify) {
    switch (verify) {
        case TlsVerify::no:
            return SSL_VERIFY_NONE;
        case TlsVerify::optional:
            return SSL_VERIFY_PEER;
        case TlsVerify::yes:
            break;
    }
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

}  // namespace

std::string tls_error() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    char text[256];
    ERR_error_string_n(code, text, sizeof text);
    return text;
}

Result<TlsContext> make_tls_context(const TlsSettings& settings, bool server) {
    const bool trusts = !settings.ca_cert_file.empty() || !settings.ca_cert_dir.empty();
    if (server && settings.cert_file.empty()) return fail("No tls-cert-file configured!");
    if (server && settings.verify != TlsVerify::no && !trusts)
        return fail("Either tls-ca-cert-file or tls-ca-cert-dir must be specified when "
                    "tls-cluster, tls-replication or tls-auth-clients are enabled!");
    ERR_clear_error();
    TlsContext made(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()), SSL_CTX_free);
    if (!made) return failed("OpenSSL has no context");
    SSL_CTX* context = made.get();
    SSL_CTX_set_options(context, kAlways);
    if (settings.prefer_server_ciphers)
        SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    // Memory of idle connections goes back; a partial write is what a full socket makes of it.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, verify_mode(settings.verify), nullptr);
    for (const auto& step : {set_versions(context, settings.protocols),
                             set_identity(context, settings), set_trust(context, settings)})
        if (!step) return std::unexpected(step.error());
    if (!settings.ciphers.empty() &&
        SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1)
        return failed("Failed to configure ciphers: " + settings.ciphers);
    if (!settings.ciphersuites.empty() &&
        SSL_CTX_set_ciphersuites(context, settings.ciphersuites.c_str()) != 1)
        return failed("Failed to configure ciphersuites: " + settings.ciphersuites);
    if (server) {
        set_session_cache(context, settings);
        if (const auto set = set_dh_params(context, settings.dh_params_file); !set)
            return std::unexpected(set.error());
    }
    return made;
}

}  // namespace rota
