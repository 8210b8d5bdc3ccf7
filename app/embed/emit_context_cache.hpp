// The context that a host's events are emitted in, read again when the session's file changes.
#pragma once

#include "app/home/prepare.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace spec_kitty::embed {

class emit_context_cache {
public:
  /// What a look at the session has found.
  struct look {
    enum class kind { unchanged, replaced, unreadable } what = kind::unchanged;
    bool other_team = false;     ///< replaced: the session belongs to another team than before
    failure why{ec::ok, {}, {}}; ///< unreadable
  };

  /// `initial` holds everything but the session's team and redaction terms.
  emit_context_cache(std::filesystem::path home, const emit_context& initial);

  std::shared_ptr<const emit_context> get() const;

  /// Reads the session where its file has changed; looks at the file at most once a second. Where
  /// it cannot be read, the context stays as it was until it can be.
  look refresh();

private:
  const std::filesystem::path home_;
  std::atomic<epoch_us> next_look_{0}; ///< steady time
  mutable std::mutex guard_;
  std::shared_ptr<const emit_context> context_;
  std::string session_seen_; ///< stamp of the credentials file
};

} // namespace spec_kitty::embed
