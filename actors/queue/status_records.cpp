#include "actors/queue/status_records.hpp"

#include "actors/queue/row_bytes.hpp"

#include <algorithm>

namespace spec_kitty {

void status_record::hear(other_status heard) {
  const auto before = std::find_if(others.begin(), others.end(), [&](const other_status& known) {
    return known.node_id == heard.node_id;
  });
  if (before != others.end() && before->lamport >= heard.lamport)
    return;
  // It begins where somebody else had brought the work package: it came after that.
  if (own && heard.lamport > own->lamport && heard.before == own->after)
    heard.follows_own = std::max(heard.follows_own, own->lamport);
  for (const other_status& known : others)
    if (known.node_id == heard.node_id ||
        (heard.lamport > known.lamport && heard.before == known.after))
      heard.follows_own = std::max(heard.follows_own, known.follows_own);
  if (before != others.end())
    others.erase(before);
  else if (others.size() >= max_others)
    others.erase(others.begin());
  others.push_back(std::move(heard));
}

std::vector<other_status> status_record::concurrent() const {
  std::vector<other_status> found;
  if (!own)
    return found;
  for (const other_status& other : others) {
    const bool was_known = other.heard_clock != 0 && other.heard_clock < own->lamport;
    const bool came_before = other.lamport < own->lamport && own->before == other.after;
    const bool came_after = other.follows_own >= own->lamport;
    if (!was_known && !came_before && !came_after)
      found.push_back(other);
  }
  return found;
}

std::string status_record::encode() const {
  byte_writer out;
  out << static_cast<std::uint32_t>(own ? 1 : 0);
  if (own)
    out << own->event << own->lamport << own->at << std::string_view(own->before)
        << std::string_view(own->after);
  out << static_cast<std::uint32_t>(others.size());
  for (const other_status& other : others)
    out << std::string_view(other.node_id) << std::string_view(other.by) << other.event
        << other.lamport << other.heard_at << other.heard_clock << other.follows_own
        << std::string_view(other.before) << std::string_view(other.after);
  return out.take();
}

std::optional<status_record> status_record::decode(std::string_view bytes) {
  status_record record;
  std::uint32_t has_own = 0;
  std::uint32_t count = 0;
  byte_reader in(bytes);
  in >> has_own;
  if (has_own == 1) {
    own_status own;
    in >> own.event >> own.lamport >> own.at >> own.before >> own.after;
    record.own = std::move(own);
  }
  in >> count;
  if (!in.ok() || has_own > 1 || count > max_others)
    return std::nullopt;
  record.others.resize(count);
  for (other_status& other : record.others)
    in >> other.node_id >> other.by >> other.event >> other.lamport >> other.heard_at >>
        other.heard_clock >> other.follows_own >> other.before >> other.after;
  return in.whole() ? std::optional(std::move(record)) : std::nullopt;
}

} // namespace spec_kitty
