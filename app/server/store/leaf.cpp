#include "app/server/store/leaf.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <optional>

namespace spec_kitty::server::store {

namespace {

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Cuts the members of a JSON object out of its text. Its syntax was checked before; what is not an
/// object makes next() fail, and nothing is read beyond the text's end.
class member_scanner {
public:
  explicit member_scanner(std::string_view text) : text_(text) {}

  bool open() {
    skip_space();
    return take('{');
  }

  struct member {
    std::string_view key; ///< with its quotes
    std::string_view value;
  };
  /// Nothing at the end, or where the text is not an object: failed() says which.
  std::optional<member> next() {
    skip_space();
    if (take('}')) {
      skip_space();
      failed_ = at_ != text_.size();
      return std::nullopt;
    }
    member found;
    failed_ = true;
    if (!first_ && !take(','))
      return std::nullopt;
    first_ = false;
    skip_space();
    if (!string(found.key))
      return std::nullopt;
    skip_space();
    if (!take(':'))
      return std::nullopt;
    skip_space();
    if (!value(found.value))
      return std::nullopt;
    failed_ = false;
    return found;
  }
  bool failed() const { return failed_; }

private:
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_]))
      ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }
  bool string(std::string_view& out) {
    const std::size_t began = at_;
    if (!take('"'))
      return false;
    for (;;) {
      const std::size_t stop = text_.find_first_of("\"\\", at_);
      if (stop == std::string_view::npos)
        return false;
      at_ = stop + (text_[stop] == '\\' ? 2 : 1);
      if (text_[stop] == '"')
        break;
    }
    out = text_.substr(began, at_ - began);
    return true;
  }
  bool value(std::string_view& out) {
    const std::size_t began = at_;
    std::size_t depth = 0;
    std::string_view inner;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!string(inner))
          return false;
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}'))
        break;
      if (c == '{' || c == '[')
        ++depth;
      else if ((c == '}' || c == ']') && depth-- == 0)
        return false;
      ++at_;
    }
    std::size_t end = std::min(at_, text_.size());
    while (end > began && is_space(text_[end - 1]))
      --end;
    out = text_.substr(began, end - began);
    return end > began && at_ < text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;
  bool failed_ = false;
};

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
  leaf_hash end() const {
    leaf_hash out{};
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

leaf_hash leaf_hasher::of(std::string_view text) {
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

kept_leaf kept(const leaf_hash& leaf) {
  kept_leaf out{};
  std::copy_n(leaf.begin(), out.size(), out.begin());
  return out;
}

} // namespace spec_kitty::server::store
