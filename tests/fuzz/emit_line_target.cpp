#include "tests/fuzz/targets.hpp"

#include "app/home/emit_line.hpp"

#include <array>
#include <string>

namespace spec_kitty::fuzz {

namespace {

constexpr epoch_us moment = 1'790'000'000'000'000;

/// Contexts that differ in what a line meets: terms of every kind, a project, a small batch.
const std::array<emit_context, 3>& contexts() {
  static const auto all = [] {
    std::array<emit_context, 3> made;
    for (auto& context : made)
      context.max_event_bytes = 4096;
    made[1].words = {{"/home/ann"}, {"secret-secret"}, {"tok-1", "quoted\"token"}};
    made[1].team = "tea-team";
    made[1].project.uuid = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";
    made[1].project.slug = "tea \"house\"";
    made[2].max_event_bytes = 700;
    return made;
  }();
  return all;
}

void require_same(const event_draft& fast, const event_draft& careful) {
  require(render_tail(fast) == render_tail(careful), "both make the same event");
  require(fast.payload == careful.payload, "with the same payload");
  require(fast.team_slug == careful.team_slug && fast.project_key == careful.project_key,
          "in the same partition");
  require(fast.feature_slug == careful.feature_slug, "of the same feature");
  require(fast.dedup_keys == careful.dedup_keys && fast.intent_key == careful.intent_key,
          "to be recorded as often");
}

void check_line(std::string_view line, const emit_context& context,
                const std::optional<std::string>& feature) {
  plain_line found;
  event_draft fast = blank_draft(context);
  if (!prepare_plain_line(line, feature, context, moment, found, fast))
    return;
  const auto careful = prepare_line(line, feature, context, moment);
  require(careful.ok(), "what the checking pass lets pass is good");
  require_same(fast, *careful);
}

void check_payload(const emit_request& request, const emit_context& context) {
  const auto fast = prepare(request, context, moment);
  const auto careful = prepare_carefully(request, context, moment);
  require(fast.ok() == careful.ok(), "both take and refuse the same payloads");
  if (fast)
    require_same(*fast, *careful);
  else
    require(fast.error() == careful.error(), "in the same words");
}

} // namespace

void fuzz_emit_line(std::string_view input) {
  for (const auto& context : contexts()) {
    check_line(input, context, std::nullopt);
    check_line(input, context, "001-tea");
  }
  for (const auto type : event_types)
    check_payload({std::string(type), std::string(input), std::nullopt, std::nullopt},
                  contexts()[1]);
  check_payload(
      {"ErrorLogged", std::string(input), "01ARZ3NDEKTSV4RRFFQ69G5FAV", "WP07", "/home/ann/x"},
      contexts()[1]);
}

} // namespace spec_kitty::fuzz
