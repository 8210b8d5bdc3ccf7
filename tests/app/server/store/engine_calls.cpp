#include "tests/app/server/store/engine_calls.hpp"

namespace spec_kitty::server::store::testing {

namespace {

/// What the views of a batch point to.
struct batch_texts {
  std::vector<std::string> texts;
  std::string node = "a1b2c3d4e5f6";
};

/// Different numbers give different, scattered results.
std::uint64_t scatter(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

} // namespace

ulid id_of(std::uint64_t number) {
  ulid id;
  const std::uint64_t ms = 1'700'000'000'000 + number / 50;
  const std::uint64_t noise = scatter(number);
  for (std::size_t i = 0; i < 6; ++i)
    id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  for (std::size_t i = 0; i < 8; ++i)
    id.bytes[6 + i] = static_cast<std::uint8_t>(noise >> (56 - 8 * i));
  id.bytes[14] = static_cast<std::uint8_t>(number >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

std::string text_of(std::uint64_t number) {
  return R"({"event_id":")" + to_string(id_of(number)) +
         R"(","event_type":"WPStatusChanged","aggregate_id":"WP0)" + std::to_string(number % 7) +
         R"(","aggregate_type":"WorkPackage","payload":{"wp_id":"WP0)" +
         std::to_string(number % 7) +
         R"(","from_lane":"planned","to_lane":"doing","actor":"ann","reason":"work number )" +
         std::to_string(scatter(number)) + R"("},"node_id":"a1b2c3d4e5f6","lamport_clock":)" +
         std::to_string(number) +
         R"(,"causation_id":null,"team_slug":"t","timestamp":"2026-02-03T04:05:06.)" +
         std::to_string(100000 + number % 900000) + R"(Z"})";
}

std::vector<sample> samples(std::uint64_t first, std::size_t count) {
  std::vector<sample> out;
  for (std::uint64_t number = first; number < first + count; ++number)
    out.push_back({number, text_of(number), number});
  return out;
}

batch batch_of(team_id team, const std::vector<sample>& events, account_id account,
               epoch_us received_at) {
  const auto memory = std::make_shared<batch_texts>();
  batch out;
  out.team = team;
  out.account = account;
  out.sender = id_of(account);
  out.received_at = received_at;
  memory->texts.reserve(events.size());
  leaf_hasher hasher;
  for (const auto& event : events) {
    const auto& text = memory->texts.emplace_back(event.text);
    out.events.push_back({id_of(event.number), memory->node,
                          event.lamport == 0 ? event.number : event.lamport, hasher.of(text),
                          text});
  }
  out.memory = memory;
  return out;
}

result<committed> commit(engine& on, std::vector<batch> submission, deadline until) {
  return await<committed>([&](auto done) { on.commit(std::move(submission), until, done); });
}

result<committed> commit(engine& on, team_id team, const std::vector<sample>& events) {
  std::vector<batch> submission;
  submission.push_back(batch_of(team, events));
  return commit(on, std::move(submission));
}

result<page> read(engine& on, team_id team, sequence after, page_limits limits) {
  return await<page>([&](auto done) { on.read(team, after, limits, soon(), done); });
}

result<found_event> find(engine& on, team_id team, std::uint64_t number) {
  return await<found_event>([&](auto done) { on.find(team, id_of(number), soon(), done); });
}

result<std::vector<team_head>> heads(engine& on, std::vector<team_id> teams) {
  return await<std::vector<team_head>>(
      [&](auto done) { on.heads(std::move(teams), soon(), done); });
}

result<check_report> check(engine& on) {
  return await<check_report>([&](auto done) { on.check(done); });
}

result<std::vector<std::pair<sequence, std::string>>> whole_log(engine& on, team_id team) {
  std::vector<std::pair<sequence, std::string>> out;
  for (sequence after = 0;;) {
    const auto got = read(on, team, after);
    if (!got)
      return got.error();
    for (const auto& event : got->events)
      out.emplace_back(event.seq, std::string(event.text));
    if (got->through >= got->head.head)
      return out;
    if (got->through <= after)
      return failure{ec::internal, "a page ends where it began, at " + std::to_string(after), {}};
    after = got->through;
  }
}

team_id new_team(engine& on, const std::string& slug) {
  const auto made = on.directory().add_team(slug, slug, note_at(1));
  return made ? made->id : 0;
}

change_note note_at(epoch_us at) {
  return {"tester", "127.0.0.1", at};
}

} // namespace spec_kitty::server::store::testing
