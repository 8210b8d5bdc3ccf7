// The chain of causes: the last event of each work package and of each feature that this home
// recorded. A row of the main table for each, written in the event's transaction.
#include "actors/queue/store_rows.hpp"

#include <sys/types.h>

#include <sha256.h>

#include <algorithm>
#include <array>

namespace spec_kitty::store_detail {

namespace {

constexpr char last_event_mark = 'w';

bool is_of_work_package(const event_draft& draft) {
  return draft.aggregate_type == "WorkPackage";
}

} // namespace

std::string subject_key(char mark, std::string_view project, std::string_view feature,
                        std::string_view wp_id) {
  return hashed_key(mark, {project, feature, wp_id});
}

std::string hashed_key(char mark, std::initializer_list<std::string_view> names) {
  std::string text;
  for (const std::string_view& name : names)
    text.append(&name == names.begin() ? 0 : 1, '\0').append(name);
  SHA2_CTX digest;
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> bytes{};
  SHA256Init(&digest);
  SHA256Update(&digest, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  SHA256Final(bytes.data(), &digest);
  return mark + std::string(reinterpret_cast<const char*>(bytes.data()), 16);
}

last_events::row& last_events::at(const event_draft& draft, std::string_view wp_id) {
  name_.assign(draft.project_key);
  name_.append(1, '\0').append(*draft.feature_slug).append(1, '\0').append(wp_id);
  const auto [found, is_new] = rows_.try_emplace(name_);
  row& of = found->second;
  if (is_new) {
    of.key = subject_key(last_event_mark, draft.project_key, *draft.feature_slug, wp_id);
    const auto bytes = txn_.get(tables_.main, of.key);
    if (bytes && bytes->size() == of.event.bytes.size()) {
      std::copy(bytes->begin(), bytes->end(), of.event.bytes.begin());
      of.known = true;
    }
  }
  return of;
}

std::optional<std::string_view> last_events::cause_of(const event_draft& draft) {
  if (draft.causation_id)
    return *draft.causation_id;
  if (!draft.feature_slug)
    return std::nullopt;
  const row& last =
      at(draft, is_of_work_package(draft) ? std::string_view(draft.aggregate_id) : "");
  if (!last.known)
    return std::nullopt;
  text_ = text_of_id(last.event);
  return text_.view();
}

void last_events::remember(const event_draft& draft, const ulid& event) {
  if (!draft.feature_slug)
    return;
  const auto set = [&](row& last) {
    last.event = event;
    last.known = true;
    last.changed = true;
  };
  set(at(draft, ""));
  if (is_of_work_package(draft))
    set(at(draft, draft.aggregate_id));
}

void last_events::write_back() {
  for (const auto& [name, last] : rows_)
    if (last.changed)
      txn_.put(tables_.main, last.key, id_key(last.event));
}

} // namespace spec_kitty::store_detail
