// Text frames of a client (RFC 6455, 5.2 and 5.3), many in one buffer. Each is masked with four
// bytes of the kernel's own random numbers, which are fetched a page at a time and used once.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace spec_kitty {

/// Fills a buffer with bytes that nobody can foresee; false where it cannot.
using random_source = std::function<bool(std::span<unsigned char>)>;
bool kernel_bytes(std::span<unsigned char> into);

class frame_writer {
public:
  explicit frame_writer(random_source random = kernel_bytes) : random_(std::move(random)) {}

  /// A whole, final text frame. False where the kernel has no random numbers: nothing is appended,
  /// since a frame is never sent under a mask that was sent before.
  [[nodiscard]] bool append_text(std::string_view payload);

  void clear() { frames_.clear(); }
  std::size_t size() const { return frames_.size(); }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(frames_.data()); }
  std::string_view view() const { return frames_; }

private:
  static constexpr std::size_t mask_bytes = 4;

  using frame_mask = std::array<unsigned char, mask_bytes>;

  std::optional<frame_mask> next_mask();

  random_source random_;
  std::array<unsigned char, 4096> pool_{};
  std::size_t used_ = pool_.size();
  std::string frames_;
};

} // namespace spec_kitty
