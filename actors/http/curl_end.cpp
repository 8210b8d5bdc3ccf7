#include "actors/http/curl_end.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace spec_kitty {

namespace {

/// What OpenSSL says about bytes that are not TLS, by its version.
constexpr std::array<std::string_view, 5> not_tls_words = {
    "wrong version number", "http request", "unknown protocol", "packet length too long",
    "record layer failure"};

bool has_connected(const curl_end& end) {
  return end.connect_status >= 200 && end.connect_status < 300;
}

bool failed_at_proxy(const curl_end& end) {
  if (end.code == CURLE_COULDNT_RESOLVE_PROXY || end.code == CURLE_PROXY)
    return true;
  return end.through_proxy && !has_connected(end) && end.code != CURLE_OPERATION_TIMEDOUT;
}

bool is_not_tls(const curl_end& end) {
  return end.code == CURLE_SSL_CONNECT_ERROR &&
         std::any_of(not_tls_words.begin(), not_tls_words.end(), [&](std::string_view text) {
           return end.words.find(text) != std::string_view::npos;
         });
}

std::string certificate_words(const curl_end& end) {
  switch (end.verified) {
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    return "certificate issued by an unknown authority";
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    return "certificate signed by itself, by no known authority";
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return "certificate has expired";
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return "certificate is not valid yet: is this machine's clock right?";
  default:
    break;
  }
  if (end.words.find("subject name") != std::string_view::npos ||
      end.words.find("does not match") != std::string_view::npos)
    return "certificate of another host name";
  return end.verified != 0 ? X509_verify_cert_error_string(end.verified)
                           : "certificate not accepted";
}

} // namespace

http_outcome outcome_of(const curl_end& end) {
  if (failed_at_proxy(end))
    return http_outcome::proxy_failed;
  if (is_not_tls(end))
    return http_outcome::not_tls;
  switch (end.code) {
  case CURLE_OK:
    return http_outcome::answered;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT:
    return http_outcome::unreachable;
  case CURLE_OPERATION_TIMEDOUT:
    return http_outcome::timed_out;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return http_outcome::tls_refused;
  default:
    return http_outcome::broken;
  }
}

std::string words_of(const curl_end& end) {
  if (failed_at_proxy(end) && end.connect_status != 0)
    return "it answered with status " + std::to_string(end.connect_status);
  switch (end.code) {
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_COULDNT_RESOLVE_HOST:
    return "no such host name";
  case CURLE_COULDNT_CONNECT:
    if (end.system_error == ECONNREFUSED)
      return "connection refused: nothing listens at that port";
    return end.system_error == 0 ? "no connection" : std::strerror(end.system_error);
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return certificate_words(end);
  case CURLE_SSL_CACERT_BADFILE:
    return "the file of tls.ca_file cannot be read";
  case CURLE_SSL_CONNECT_ERROR:
    return is_not_tls(end) ? "its answer is not TLS" : "the TLS handshake failed";
  case CURLE_OPERATION_TIMEDOUT:
    return end.in_handshake ? "no answer to the TLS handshake; is it an https port?" : "";
  case CURLE_OUT_OF_MEMORY: // libcurl calls a header beyond its bound so
    return end.request_sent ? "the reply has a header that is too long" : "out of memory";
  default:
    return curl_easy_strerror(end.code);
  }
}

} // namespace spec_kitty
