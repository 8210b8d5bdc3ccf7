#include "tests/app/listener/listener_fixture.hpp"

#include "util/text.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdexcept>
#include <utility>

namespace spec_kitty::listener {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// ── The program ──────────────────────────────────────────────────────────────────────────────────

test_program::test_program(listener_options options, transport_kind kind) {
  if (kind == transport_kind::tls) {
    files_ = make_certificate(folder_.path(), "listener");
    options.tls = files_;
  }
  options.websocket_paths = {"/ws/v1/events/"};
  listener_handlers handlers;
  handlers.on_request = [this](inbound_request request, const reply_callback& reply) {
    answer(std::move(request), reply);
  };
  handlers.on_upgrade = [this](const inbound_request&, const upgrade_callback& decide) {
    if (refuse_upgrades)
      decide(error_reply(401, "login_required", "no token"));
    else
      decide(events());
  };
  handlers.on_head = [this](const inbound_request& request) {
    return on_head ? on_head(request) : head_decision{};
  };
  handlers.on_finished = [this](const finished_request& request) {
    const std::lock_guard lock(mutex_);
    finished_.push_back(request);
    changed_.notify_all();
  };
  auto started = http_listener::start(std::move(options), std::move(handlers));
  if (!started)
    throw std::runtime_error(started.error().message);
  listener_ = std::move(*started);
}

test_program::~test_program() {
  release();
  listener_.reset();
}

void test_program::answer(inbound_request request, const reply_callback& reply) {
  outbound_reply made;
  if (request.path == "/healthz") {
    made.body = R"({"ok":true})";
  } else if (request.path == "/echo/") {
    made.body = std::to_string(request.body.size()) + " " + request.content_encoding;
  } else if (request.path == "/big/") {
    made.body = std::string(4U << 20, 'x');
  } else if (request.path == "/peer/") {
    made.body = request.peer + " " + request.connected_from + (request.secure ? " secure" : "");
  } else if (request.path == "/slow/" || request.path == "/never/") {
    wait_with(std::move(request), reply);
    return;
  } else if (request.path == "/drop/") {
    return;
  } else if (request.path == "/throw/") {
    throw std::runtime_error("as asked");
  } else if (request.path == "/twice/") {
    made.body = "first";
    reply(made);
    made.body = "second";
  } else {
    made = error_reply(404, "not_found", "no such path", request.id);
  }
  reply(std::move(made));
}

void test_program::wait_with(inbound_request request, reply_callback reply) {
  const std::lock_guard lock(mutex_);
  if (released_)
    reply(outbound_reply{});
  else
    waiting_.emplace_back(std::move(request), std::move(reply));
  changed_.notify_all();
}

void test_program::release() {
  std::vector<std::pair<inbound_request, reply_callback>> waiting;
  {
    const std::lock_guard lock(mutex_);
    released_ = true;
    waiting.swap(waiting_);
  }
  for (const auto& [request, reply] : waiting)
    if (request.path == "/slow/")
      reply(outbound_reply{});
}

bool test_program::eventually(const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  const auto until = steady_clock::now() + client_patience;
  while (steady_clock::now() < until) {
    lock.unlock();
    const bool holds = condition();
    lock.lock();
    if (holds)
      return true;
    changed_.wait_for(lock, milliseconds(10));
  }
  return false;
}

bool test_program::wait_for_waiting(std::size_t count) {
  return eventually([&] {
    const std::lock_guard lock(mutex_);
    return waiting_.size() >= count;
  });
}

websocket_events test_program::events() {
  websocket_events heard;
  const auto own = std::make_shared<std::shared_ptr<websocket_channel>>();
  heard.on_open = [this, own](std::shared_ptr<websocket_channel> channel) {
    *own = channel;
    const std::lock_guard lock(mutex_);
    channels_.push_back(std::move(channel));
    changed_.notify_all();
  };
  heard.on_message = [this, own](websocket_message message) { hear(*own, std::move(message)); };
  heard.on_overflow = [this](const overflow_report& report) {
    const std::lock_guard lock(mutex_);
    overflows_.push_back(report);
    changed_.notify_all();
    return on_overflow;
  };
  heard.on_closed = [this](websocket_end end) {
    const std::lock_guard lock(mutex_);
    closed_.push_back(std::move(end));
    changed_.notify_all();
  };
  return heard;
}

void test_program::hear(const std::shared_ptr<websocket_channel>& channel,
                        websocket_message message) {
  const std::string text = message.text;
  if (text.starts_with("blast ")) {
    const auto piece = std::make_shared<const std::string>(10'000, 'b');
    for (std::uint64_t mark = whole_number<std::uint64_t>(text.substr(6)).value_or(0); mark > 0;
         --mark)
      channel->send(piece, mark);
    return;
  }
  if (text.starts_with("close ")) {
    channel->close(whole_number<std::uint16_t>(text.substr(6)).value_or(1000), "as asked");
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(text);
    holding_ = holding_ || text == "hold";
    if (holding_)
      held_.push_back(std::move(message));
    changed_.notify_all();
  }
  channel->send(std::make_shared<const std::string>(text));
}

void test_program::drop_held() {
  std::vector<websocket_message> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(held_);
  holding_ = false;
}

std::vector<finished_request> test_program::finished() {
  const std::lock_guard lock(mutex_);
  return finished_;
}

std::vector<websocket_end> test_program::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::vector<overflow_report> test_program::overflows() {
  const std::lock_guard lock(mutex_);
  return overflows_;
}

std::vector<std::string> test_program::messages() {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::shared_ptr<websocket_channel> test_program::channel(std::size_t at) {
  const std::lock_guard lock(mutex_);
  return channels_.at(at);
}

std::size_t test_program::channels() {
  const std::lock_guard lock(mutex_);
  return channels_.size();
}

// ── Certificates ─────────────────────────────────────────────────────────────────────────────────

tls_files make_certificate(const std::filesystem::path& folder, const std::string& name,
                           int first_day, int last_day) {
  constexpr long seconds_of_a_day = 24 * 60 * 60;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), first_day * seconds_of_a_day);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), last_day * seconds_of_a_day);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(made.get());
  const std::vector<unsigned char> text(name.begin(), name.end());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text.data(),
                             static_cast<int>(text.size()), -1, 0);
  X509_set_issuer_name(made.get(), subject);
  X509_sign(made.get(), key.get(), EVP_sha256());
  tls_files files{folder / (name + ".pem"), folder / (name + ".key")};
  const std::unique_ptr<BIO, decltype(&BIO_free)> certificate(
      BIO_new_file(files.certificate.c_str(), "w"), BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> secret(BIO_new_file(files.key.c_str(), "w"),
                                                         BIO_free);
  if (PEM_write_bio_X509(certificate.get(), made.get()) != 1 ||
      PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("cannot write a certificate");
  return files;
}

} // namespace spec_kitty::listener
