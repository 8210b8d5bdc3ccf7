// How an exchange of libcurl failed, and why, in words that name the cause. Pure.
#pragma once

#include "messages/http.hpp"

#include <curl/curl.h>

#include <string>
#include <string_view>

namespace spec_kitty {

/// What libcurl says about an exchange that failed.
struct curl_end {
  CURLcode code = CURLE_OK;
  std::string_view words; ///< of its error buffer
  bool through_proxy = false;
  int connect_status = 0;    ///< the proxy's answer to CONNECT; 0: none came
  long verified = 0;         ///< OpenSSL's verdict on the certificate; 0: none, or good
  bool request_sent = false; ///< at least its beginning
  int system_error = 0;      ///< errno of a connection that was not made
  bool in_handshake = false; ///< connected, and TLS has not begun to carry anything
};

http_outcome outcome_of(const curl_end& end);
std::string words_of(const curl_end& end);

} // namespace spec_kitty
