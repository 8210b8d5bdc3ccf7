#include "app/listener/tls.hpp"

#include "util/files.hpp"
#include "util/random.hpp"
#include "util/text.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace spec_kitty::listener {

namespace {

void draw(ticket_keys::ticket_key& key) {
  fill_random(key.name);
  fill_random(key.cipher);
  fill_random(key.mac);
}

/// The protocols that are offered to a client that sends ALPN; a client that speaks none of them is
/// refused with an alert (RFC 7301, 3.2).
int select_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* /*unused*/) {
  // Static, since what is chosen points into it. `curl --http1.0` offers nothing but http/1.0.
  static constexpr std::array<unsigned char, 18> ours = {8, 'h', 't', 't', 'p', '/', '1', '.', '1',
                                                         8, 'h', 't', 't', 'p', '/', '1', '.', '0'};
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, chosen_size, ours.data(), ours.size(), offered, offered_size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool set_mac(EVP_MAC_CTX* mac, ticket_keys::ticket_key& key) {
  std::array<char, 7> digest = {'s', 'h', 'a', '2', '5', '6', '\0'};
  std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

/// OpenSSL's question for a ticket's key. 1: use it; 2: use it and seal anew; 0: none; -1: failed.
int ticket_key_for(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int sealing) {
  auto* keys = static_cast<ticket_keys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  const auto now = std::chrono::steady_clock::now();
  ticket_keys::ticket_key key;
  bool renew = false;
  if (sealing != 0) {
    key = keys->sealing(now);
    std::copy(key.name.begin(), key.name.end(), name);
    fill_random({iv, 16});
  } else if (!keys->find(name, now, key, renew)) {
    return 0;
  }
  const bool ready = set_mac(mac, key) && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr,
                                                            key.cipher.data(), iv, sealing) == 1;
  OPENSSL_cleanse(&key, sizeof key);
  if (!ready)
    return -1;
  return renew ? 2 : 1;
}

std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

failure unusable(const std::string& message, const std::string& hint) {
  return {ec::bad_config, message, hint};
}

/// The text of a file that a setting names, or what stands in the way and how to remove it. Links
/// are followed: tools that renew certificates keep links to the newest.
result<std::string> read_setting_file(const std::string& setting,
                                      const std::filesystem::path& file) {
  constexpr std::size_t max_bytes = std::size_t{1} << 20;
  const std::string name = shell_word(file.string());
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return unusable(setting + ": " + file.string() + " is a folder",
                    "name the PEM file itself; what is in the folder: ls -l " + name);
  auto text = read_file(file, max_bytes);
  if (text && *text)
    return std::move(**text);
  if (text)
    return unusable(setting + ": " + file.string() + " does not exist",
                    "put the file there, or correct " + setting +
                        "; where it is set: spec-kitty-server config list");
  const failure& why = text.error();
  if (::access(file.c_str(), R_OK) != 0 && errno == EACCES)
    return unusable(setting + ": " + why.message,
                    "let the server's user read it; what forbids it: namei -l " + name);
  return unusable(setting + ": " + why.message, "name a PEM file; what it is: ls -lL " + name);
}

bool holds(std::string_view text, std::string_view label) {
  return text.find(label) != std::string_view::npos;
}

result<void> load_certificate(SSL_CTX* context, const tls_files& files) {
  const auto text = read_setting_file("tls.certificate", files.certificate);
  if (!text)
    return text.error();
  const std::string name = files.certificate.string();
  if (SSL_CTX_use_certificate_chain_file(context, name.c_str()) == 1)
    return {};
  const std::string reason = openssl_reason();
  const std::string found = holds(*text, "CERTIFICATE-----")   ? reason
                            : holds(*text, "PRIVATE KEY-----") ? "it holds a key, not certificates"
                            : holds(*text, "-----BEGIN ")      ? "it holds no certificate"
                                                               : "it is not in PEM form";
  const std::string word = shell_word(name);
  return unusable("tls.certificate: " + name + " cannot be used: " + found,
                  "this must show a certificate: openssl x509 -noout -subject -in " + word +
                      "; one in DER form becomes PEM with: openssl x509 -inform der -in " + word +
                      " -out " + shell_word(name + ".pem"));
}

result<void> load_key(SSL_CTX* context, const tls_files& files) {
  const auto text = read_setting_file("tls.key", files.key);
  if (!text)
    return text.error();
  const std::string name = files.key.string();
  if (SSL_CTX_use_PrivateKey_file(context, name.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1)
    return {};
  const unsigned long error = ERR_peek_last_error();
  const bool other_pair =
      ERR_GET_LIB(error) == ERR_LIB_X509 && (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
                                             ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH);
  const std::string reason = openssl_reason();
  const std::string word = shell_word(name);
  if (other_pair)
    return unusable(
        "tls.key: " + name + " is not the key of the certificate " + files.certificate.string(),
        "these must print the same: openssl pkey -pubout -in " + word +
            " and openssl x509 -noout -pubkey -in " + shell_word(files.certificate.string()));
  if (holds(*text, "ENCRYPTED"))
    return unusable("tls.key: " + name + " is encrypted, and a server has nobody to ask",
                    "write it without a passphrase: (umask 077; openssl pkey -in " + word +
                        " -out " + shell_word(name + ".open") + ")");
  const std::string found = holds(*text, "PRIVATE KEY-----")   ? reason
                            : holds(*text, "CERTIFICATE-----") ? "it holds certificates, no key"
                            : holds(*text, "-----BEGIN ")      ? "it holds no key"
                                                               : "it is not in PEM form";
  return unusable("tls.key: " + name + " cannot be used: " + found,
                  "this must succeed: openssl pkey -noout -in " + word +
                      "; a key in DER form becomes PEM with: (umask 077; openssl pkey -inform der "
                      "-in " +
                      word + " -out " + shell_word(name + ".pem") + ")");
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

result<std::int64_t> check_dates(SSL_CTX* context, const tls_files& files, std::int64_t now) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  const std::int64_t first = seconds_of(X509_get0_notBefore(certificate));
  const std::int64_t last = seconds_of(X509_get0_notAfter(certificate));
  const std::string name = files.certificate.string();
  if (now > last)
    return unusable("tls.certificate: " + name + " has expired",
                    "renew it; its dates: openssl x509 -noout -dates -in " + shell_word(name));
  if (now < first)
    return unusable("tls.certificate: " + name + " is not valid yet",
                    "is the clock of this machine right? its dates: openssl x509 -noout -dates "
                    "-in " +
                        shell_word(name));
  return last;
}

bool configure(SSL_CTX* context, ticket_keys& keys) {
  SSL_CTX_set_app_data(context, &keys);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  // Without a passphrase: a server has no terminal to ask at.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  constexpr std::array<unsigned char, 10> name = {'s', 'p', 'e', 'c', '-', 'k', 'i', 't', 't', 'y'};
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
         SSL_CTX_set_session_id_context(context, name.data(), name.size()) == 1 &&
         SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key_for) == 1;
}

} // namespace

ticket_keys::ticket_keys(std::chrono::steady_clock::time_point now) : since_(now) {
  draw(current_);
  draw(previous_);
}

ticket_keys::~ticket_keys() {
  OPENSSL_cleanse(&current_, sizeof current_);
  OPENSSL_cleanse(&previous_, sizeof previous_);
}

void ticket_keys::rotate(std::chrono::steady_clock::time_point now) {
  if (now - since_ < lifetime)
    return;
  previous_ = current_;
  if (now - since_ >= 2 * lifetime)
    draw(previous_); // what the current one sealed is too old as well
  draw(current_);
  since_ = now;
}

ticket_keys::ticket_key ticket_keys::sealing(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return current_;
}

bool ticket_keys::find(const unsigned char* name, std::chrono::steady_clock::time_point now,
                       ticket_key& key, bool& renew) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  const auto is_named = [&](const ticket_key& kept) {
    return std::equal(kept.name.begin(), kept.name.end(), name);
  };
  renew = !is_named(current_);
  if (renew && !is_named(previous_))
    return false;
  key = renew ? previous_ : current_;
  return true;
}

result<tls_context> make_tls_context(const tls_files& files, ticket_keys& keys, std::int64_t now) {
  ERR_clear_error();
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context || !configure(context.get(), keys))
    return failure{ec::internal, "OpenSSL refuses the settings of TLS: " + openssl_reason(), {}};
  if (auto loaded = load_certificate(context.get(), files); !loaded)
    return loaded.error();
  if (auto loaded = load_key(context.get(), files); !loaded)
    return loaded.error();
  const auto expires = check_dates(context.get(), files, now);
  if (!expires)
    return expires.error();
  return tls_context{context, *expires};
}

} // namespace spec_kitty::listener
