#include "app/server/core/event_leaf.hpp"

#include "app/server/core/member_scanner.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <utility>

namespace spec_kitty::server {

namespace {

bool is_left_out(std::string_view key) {
  return key == R"("lamport_clock")" || key == R"("team_slug")";
}

} // namespace

struct leaf_hasher::context {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* state = EVP_MD_CTX_new();

  context() {
    if (algorithm == nullptr || state == nullptr) {
      release();
      throw std::bad_alloc();
    }
  }
  ~context() { release(); }
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  void begin() const { check(EVP_DigestInit_ex2(state, algorithm, nullptr)); }
  void add(std::string_view bytes) const {
    check(EVP_DigestUpdate(state, bytes.data(), bytes.size()));
  }
  sha256_digest end() const {
    sha256_digest out{};
    check(EVP_DigestFinal_ex(state, out.data(), nullptr));
    return out;
  }

private:
  /// SHA-256 in memory fails only where there is no memory.
  static void check(int ok) {
    if (ok != 1)
      throw std::bad_alloc();
  }
  void release() const {
    EVP_MD_CTX_free(state);
    EVP_MD_free(algorithm);
  }
};

leaf_hasher::leaf_hasher() : context_(std::make_unique<context>()) {}
leaf_hasher::~leaf_hasher() = default;

sha256_digest leaf_hasher::of(std::string_view text) {
  member_scanner members(text);
  context_->begin();
  bool first = true;
  bool is_object = members.open();
  while (is_object) {
    const auto member = members.next();
    if (!member)
      break;
    if (is_left_out(member->key))
      continue;
    if (!first)
      context_->add(",");
    first = false;
    const auto* const colon = member->key.data() + member->key.size();
    if (colon + 1 == member->value.data()) { // compact: one run of bytes
      context_->add({member->key.data(), member->key.size() + 1 + member->value.size()});
    } else {
      context_->add(member->key);
      context_->add(":");
      context_->add(member->value);
    }
  }
  is_object = is_object && !members.failed();
  if (is_object)
    return context_->end();
  context_->begin();
  context_->add(text);
  return context_->end();
}

sha256_digest leaf_hasher::of(const plain_event& event) {
  std::array<std::string_view, 2> cuts = {event.clock_member, event.team_member};
  if (cuts[1].data() < cuts[0].data())
    std::swap(cuts[0], cuts[1]);
  const char* from = event.text.data() + 1;
  const char* const end = event.text.data() + event.text.size() - 1;
  bool first = true;
  const auto add = [&](const char* to) {
    std::string_view part(from, static_cast<std::size_t>(to - from));
    if (part.starts_with(','))
      part.remove_prefix(1);
    if (part.ends_with(','))
      part.remove_suffix(1);
    if (part.empty())
      return;
    if (!first)
      context_->add(",");
    first = false;
    context_->add(part);
  };
  context_->begin();
  for (const std::string_view cut : cuts) {
    add(cut.data());
    from = cut.data() + cut.size();
  }
  add(end);
  return context_->end();
}

} // namespace spec_kitty::server
