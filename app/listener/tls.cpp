#include "app/listener/tls.hpp"

#include "util/files.hpp"
#include "util/random.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <string>

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

result<void> load_certificate(SSL_CTX* context, const tls_files& files) {
  const std::string name = files.certificate.string();
  if (auto checked = check_regular(files.certificate); !checked)
    return unusable("tls.certificate: " + checked.error().message, checked.error().hint);
  if (SSL_CTX_use_certificate_chain_file(context, name.c_str()) == 1)
    return {};
  return unusable("tls.certificate: " + name + " cannot be used: " + openssl_reason(),
                  "it must exist, be readable by this user, and hold PEM certificates: "
                  "openssl x509 -noout -subject -in " +
                      name);
}

result<void> load_key(SSL_CTX* context, const tls_files& files) {
  const std::string name = files.key.string();
  if (auto checked = check_regular(files.key); !checked)
    return unusable("tls.key: " + checked.error().message, checked.error().hint);
  if (SSL_CTX_use_PrivateKey_file(context, name.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1)
    return {};
  const unsigned long error = ERR_peek_last_error();
  const bool other_pair =
      ERR_GET_LIB(error) == ERR_LIB_X509 && (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
                                             ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH);
  const std::string reason = openssl_reason();
  if (other_pair)
    return unusable("tls.key: " + name + " is not the key of the certificate " +
                        files.certificate.string(),
                    "these must print the same: openssl pkey -pubout -in " + name +
                        " and openssl x509 -noout -pubkey -in " + files.certificate.string());
  return unusable("tls.key: " + name + " cannot be used: " + reason,
                  "it must exist, be readable by this user, and hold a PEM key without a "
                  "passphrase: openssl pkey -in " +
                      name + " -noout");
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
                    "renew it; its dates: openssl x509 -noout -dates -in " + name);
  if (now < first)
    return unusable("tls.certificate: " + name + " is not valid yet",
                    "is the clock of this machine right? its dates: openssl x509 -noout -dates "
                    "-in " +
                        name);
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
