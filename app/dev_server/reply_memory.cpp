#include "app/dev_server/reply_memory.hpp"

#include <functional>

namespace spec_kitty::dev_server {

namespace {

constexpr std::size_t max_entries = 1000;
constexpr std::size_t max_bytes = std::size_t{32} * 1024 * 1024;

std::size_t hash_of(std::string_view content) {
  return std::hash<std::string_view>{}(content);
}

} // namespace

std::optional<http_response> reply_memory::recall(const std::string& key,
                                                  std::string_view content) const {
  const auto found = entries_.find(key);
  if (found == entries_.end())
    return std::nullopt;
  const entry& known = found->second;
  if (known.length != content.size() || known.hash != hash_of(content))
    return refuse(400, "the Idempotency-Key was used before for other content");
  std::optional<http_response> reply = known.reply;
  if (reply && reply->batch)
    reply->batch = batch_summary{reply->batch->team_slug, reply->batch->events, 0, 0, 0, true};
  return reply;
}

void reply_memory::remember(const std::string& key, std::string_view content,
                            const http_response& reply, bool final) {
  const auto [slot, is_new] = entries_.try_emplace(key);
  if (is_new)
    oldest_first_.push_back(key);
  slot->second = {content.size(), hash_of(content), std::nullopt};
  if (final) {
    slot->second.reply = reply;
    bytes_ += reply.body.size();
  }
  while (oldest_first_.size() > max_entries || (bytes_ > max_bytes && oldest_first_.size() > 1)) {
    const auto oldest = entries_.find(oldest_first_.front());
    bytes_ -= oldest->second.reply ? oldest->second.reply->body.size() : 0;
    entries_.erase(oldest);
    oldest_first_.pop_front();
  }
}

} // namespace spec_kitty::dev_server
