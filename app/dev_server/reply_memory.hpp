// Idempotency keys: the same request sent again gets the same reply.
//
// What counts as the same is the content of the batch, not its compression. The last thousand
// keys are remembered, in memory only: after a restart a batch sent again is judged again, and its
// events are duplicates.
#pragma once

#include "app/dev_server/http.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::dev_server {

class reply_memory {
public:
  /// A key used before: the recorded reply, or 400 when the content differs. Nothing when the key
  /// is new, or when its reply was not final.
  std::optional<http_response> recall(const std::string& key, std::string_view content) const;

  /// Binds the key to the content. A reply with `pending` in it is not final and not kept:
  /// replaying it would keep those events pending for ever.
  void remember(const std::string& key, std::string_view content, const http_response& reply,
                bool final);

private:
  struct entry {
    std::size_t length = 0;
    std::size_t hash = 0;
    std::optional<http_response> reply;
  };

  std::map<std::string, entry> entries_;
  std::deque<std::string> oldest_first_;
  std::size_t bytes_ = 0; ///< of all kept replies
};

} // namespace spec_kitty::dev_server
