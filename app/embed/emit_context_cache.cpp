#include "app/embed/emit_context_cache.hpp"

#include "app/home/redaction_terms.hpp"
#include "config/credentials.hpp"

#include <sys/stat.h>

#include <utility>

namespace spec_kitty::embed {

namespace {

constexpr epoch_us session_look_us = 1000000;

/// Changes whenever the credentials file is replaced.
std::string stamp_of(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0)
    return {};
  return std::to_string(found.st_ino) + "." + std::to_string(found.st_mtim.tv_sec) + "." +
         std::to_string(found.st_mtim.tv_nsec) + "." + std::to_string(found.st_size);
}

} // namespace

emit_context_cache::emit_context_cache(std::filesystem::path home, const emit_context& initial)
    : home_(std::move(home)), context_(std::make_shared<const emit_context>(initial)) {}

std::shared_ptr<const emit_context> emit_context_cache::get() const {
  const std::lock_guard hold(guard_);
  return context_;
}

emit_context_cache::look emit_context_cache::refresh() {
  epoch_us due = next_look_.load();
  const epoch_us now = steady_now();
  if (now < due || !next_look_.compare_exchange_strong(due, now + session_look_us))
    return {}; // not yet, or another thread is looking
  const std::string seen = "seen " + stamp_of(home_ / "credentials");
  {
    const std::lock_guard hold(guard_);
    if (seen == session_seen_)
      return {};
    session_seen_ = seen;
  }
  const auto session = read_credentials(home_);
  if (!session) { // damaged, or no descriptor is free
    const std::lock_guard hold(guard_);
    session_seen_.clear();
    return {look::kind::unreadable, false, session.error()};
  }
  auto fresh = std::make_shared<emit_context>(*get());
  const bool other_team = fresh->team != team_of(*session);
  fresh->team = team_of(*session);
  fresh->words = redaction_terms_for(*session);
  const std::lock_guard hold(guard_);
  context_ = std::move(fresh);
  return {look::kind::replaced, other_team, {ec::ok, {}, {}}};
}

} // namespace spec_kitty::embed
