// libcurl behind http_client: one multi handle on one thread.
//
//   start()  ──queue──▶  thread: add handle → poll → done → completion
//
// No redirects, no signals, http and https only, both timeouts, no `Expect:`, only the proxy that
// the request names. libcurl was chosen over libwebsockets' HTTP
// client, which got 49 of 115 byte-exact fault cases wrong (libcurl: 1).
#include "actors/http/client.hpp"
#include "actors/http/curl_end.hpp"
#include "config/proxy.hpp"
#include "util/signals_blocked.hpp"
#include "util/version.hpp"

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace spec_kitty {

namespace {

constexpr std::size_t max_retry_after_bytes = 128;
constexpr int busy_poll_ms = 1000;
constexpr int idle_poll_ms = 3600 * 1000;
constexpr int fallback_poll_ms = 20; ///< where nothing can wake the wait

/// One exchange in flight.
struct exchange {
  http_request request;
  http_client::completion completed;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::string body;
  bool too_long = false;
  std::array<char, CURL_ERROR_SIZE> words{}; ///< libcurl's, of a failure

  exchange(http_request asked, http_client::completion then)
      : request(std::move(asked)), completed(std::move(then)) {}
  ~exchange() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* target) {
  auto& into = *static_cast<exchange*>(target);
  if (into.body.size() + count > into.request.max_reply_bytes) {
    into.too_long = true;
    return 0;
  }
  try {
    into.body.append(bytes, count);
  } catch (const std::exception&) { // nothing is thrown through C
    return 0;
  }
  return count;
}

bool configure(exchange& of) {
  of.easy = curl_easy_init();
  if (of.easy == nullptr)
    return false;
  CURL* const easy = of.easy;
  const http_request& request = of.request;
  for (const auto& header : request.headers)
    of.headers = curl_slist_append(of.headers, header.c_str());
  of.headers = curl_slist_append(of.headers, "Expect:");
  const auto timeout = static_cast<long>(request.timeout.count());
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, of.headers);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip"); // take_body() bounds what is unpacked
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &of);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &of);
  if (request.only_once) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L); // by a batch, which libcurl would send again
  }
  // A name that takes the resolver minutes must not hold up the timeout.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  if (!request.ca_file.empty())
    curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, of.words.data());
  curl_easy_setopt(easy, CURLOPT_PROXY,
                   request.proxy.c_str()); // empty: not the environment's either
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  if (request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  return true;
}

std::string lower_until_semicolon(const char* text) {
  std::string out;
  for (; text != nullptr && *text != '\0' && *text != ';' && *text != ' '; ++text)
    out += *text >= 'A' && *text <= 'Z' ? static_cast<char>(*text - 'A' + 'a') : *text;
  return out;
}

/// The part of a URL in front of its path.
std::string origin_of(const std::string& url) {
  const auto host = url.find("://");
  return host == std::string::npos ? std::string() : url.substr(0, url.find('/', host + 3));
}

/// How an exchange failed, and why in words.
void describe_failure(exchange& done, CURLcode code, http_reply& reply) {
  long request_bytes = 0;
  long connect_status = 0;
  long verified = 0;
  long system_error = 0;
  curl_easy_getinfo(done.easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(done.easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  curl_easy_getinfo(done.easy, CURLINFO_SSL_VERIFYRESULT, &verified);
  curl_easy_getinfo(done.easy, CURLINFO_OS_ERRNO, &system_error);
  curl_off_t connected = 0;
  curl_off_t secured = 0;
  curl_easy_getinfo(done.easy, CURLINFO_CONNECT_TIME_T, &connected);
  curl_easy_getinfo(done.easy, CURLINFO_APPCONNECT_TIME_T, &secured);
  const bool in_handshake = done.request.url.starts_with("https:") && connected > 0 && secured == 0;
  const curl_end end{
      code,     done.words.data(), !done.request.proxy.empty(),    static_cast<int>(connect_status),
      verified, request_bytes > 0, static_cast<int>(system_error), in_handshake};
  reply.outcome = done.too_long ? http_outcome::too_long : outcome_of(end);
  reply.error = done.too_long ? "the reply is longer than the protocol allows" : words_of(end);
  if (reply.outcome == http_outcome::proxy_failed)
    reply.status = end.connect_status;
}

http_reply reply_of(exchange& done, CURLcode code) {
  http_reply reply;
  reply.bytes_sent = done.request.body.size();
  reply.origin = origin_of(done.request.url);
  reply.proxy = shown_proxy(done.request.proxy);
  if (code != CURLE_OK) {
    describe_failure(done, code, reply);
    return reply;
  }
  reply.outcome = http_outcome::answered;
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(done.easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(done.easy, CURLINFO_CONTENT_TYPE, &type);
  reply.status = static_cast<int>(status);
  reply.content_type = lower_until_semicolon(type);
  curl_header* date = nullptr;
  if (curl_easy_header(done.easy, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
    reply.date = std::string(date->value).substr(0, max_retry_after_bytes);
  curl_header* retry_after = nullptr;
  if (curl_easy_header(done.easy, "Retry-After", 0, CURLH_HEADER, -1, &retry_after) == CURLHE_OK)
    reply.retry_after = std::string(retry_after->value).substr(0, max_retry_after_bytes);
  reply.body = std::move(done.body);
  return reply;
}

class curl_client final : public http_client {
public:
  curl_client() {
    static std::once_flag initialised;
    std::call_once(initialised, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    multi_ = curl_multi_init();
    if (multi_ == nullptr)
      throw std::bad_alloc();
    // libcurl continues without its pair of sockets where no descriptor is left, and would then
    // sleep through every wake-up.
    wakeup_unavailable_ = curl_multi_wakeup(multi_) != CURLM_OK;
    try {
      const signals_blocked guard; // a host's signals are its own threads'
      thread_ = std::thread([this] { run(); });
    } catch (...) {
      curl_multi_cleanup(multi_);
      throw;
    }
  }

  ~curl_client() override {
    stopping_ = true;
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void start(http_request request, completion completed) override {
    {
      const std::lock_guard hold(guard_);
      waiting_.push_back(std::make_unique<exchange>(std::move(request), std::move(completed)));
    }
    curl_multi_wakeup(multi_);
  }

private:
  void run() {
    while (!stopping_) {
      try {
        take_waiting();
        int running = 0;
        curl_multi_perform(multi_, &running);
        finish_done();
      } catch (const std::bad_alloc&) { // what is in flight ends by its timeout at the latest
      }
      // Idle, only a wake-up matters: a daemon's thread sleeps.
      const int bound = wakeup_unavailable_ ? fallback_poll_ms
                        : active_.empty()   ? idle_poll_ms
                                            : busy_poll_ms;
      curl_multi_poll(multi_, nullptr, 0, bound, nullptr);
    }
    take_waiting();
    for (auto& [easy, transfer] : active_) {
      curl_multi_remove_handle(multi_, easy);
      http_reply reply;
      reply.outcome = http_outcome::cancelled;
      reply.error = "this process is stopping";
      transfer->completed(std::move(reply));
    }
    active_.clear();
  }

  void take_waiting() {
    std::vector<std::unique_ptr<exchange>> taken;
    {
      const std::lock_guard hold(guard_);
      taken.swap(waiting_);
    }
    for (auto& entry : taken) {
      if (!configure(*entry)) {
        http_reply reply;
        reply.error = "out of memory";
        entry->completed(std::move(reply));
        continue;
      }
      CURL* const easy = entry->easy;
      active_.emplace(easy, std::move(entry));
      curl_multi_add_handle(multi_, easy);
    }
  }

  void finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const CURLcode code = message->data.result;
      auto node = active_.extract(message->easy_handle);
      curl_multi_remove_handle(multi_, node.key());
      node.mapped()->completed(reply_of(*node.mapped(), code));
    }
  }

  CURLM* multi_ = nullptr;
  bool wakeup_unavailable_ = false; ///< nothing can wake its wait
  std::atomic<bool> stopping_{false};
  std::mutex guard_;
  std::vector<std::unique_ptr<exchange>> waiting_;
  std::map<CURL*, std::unique_ptr<exchange>> active_;
  std::thread thread_;
};

} // namespace

} // namespace spec_kitty

extern "C" {
/// What http/module.cpp looks for.
__attribute__((visibility("default"))) extern const spec_kitty::http_module spec_kitty_http_module;
const spec_kitty::http_module spec_kitty_http_module = {spec_kitty::version.data(),
                                                        []() -> spec_kitty::http_client* {
                                                          try {
                                                            return new spec_kitty::curl_client;
                                                          } catch (const std::exception&) {
                                                            return nullptr;
                                                          }
                                                        }};
}
