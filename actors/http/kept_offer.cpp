#include "actors/http/kept_offer.hpp"

#include "actors/http/offer_reply.hpp"
#include "util/files.hpp"

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_file_bytes = std::size_t{64} << 10;

fs::path offer_file(const fs::path& home) {
  return home / "server.json";
}

constexpr epoch_us in_us(std::chrono::microseconds time) {
  return time.count();
}

std::string render(const kept_offer& kept) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "origin", kept.origin);
  field(out, "ask_again_at", format_timestamp(kept.ask_again_at));
  key(out, "offer");
  write_offer(out, kept.offer);
  out.EndObject();
  return to_text(buffer) + "\n";
}

} // namespace

bool kept_offer::is_due(epoch_us now) const {
  return now >= ask_again_at || ask_again_at - now > in_us(offer_lifetime);
}

kept_offer after_reply(const kept_offer& before, const http_reply& reply, epoch_us now) {
  kept_offer after = before;
  const auto offer = read_offer_reply(reply);
  if (offer)
    after.offer = *offer;
  after.ask_again_at = now + in_us(offer ? std::chrono::microseconds(offer_lifetime) : offer_retry);
  return after;
}

kept_offer read_kept_offer(const fs::path& home, const std::string& origin) {
  kept_offer kept;
  kept.origin = origin;
  const auto text = read_private_file(offer_file(home), max_file_bytes);
  if (!text || !*text)
    return kept;
  const auto document = parse_json(**text);
  if (!document || text_of(*document, "origin") != origin)
    return kept;
  kept.ask_again_at = parse_date_time(text_of(*document, "ask_again_at").value_or("")).value_or(0);
  if (const json_value* offer = member(*document, "offer"))
    kept.offer = read_offer(*offer);
  return kept;
}

void keep_offer(const fs::path& home, const kept_offer& offer) {
  // Another process that writes it now has the same answer.
  const auto lock = file_lock::take(home / "server.lock", std::chrono::milliseconds(0));
  if (!lock || !*lock)
    return;
  remove_unfinished(offer_file(home));
  (void)replace_file(offer_file(home), render(offer));
}

void forget_offer(const fs::path& home, const std::string& origin) {
  kept_offer nothing;
  nothing.origin = origin;
  keep_offer(home, nothing);
}

} // namespace spec_kitty
