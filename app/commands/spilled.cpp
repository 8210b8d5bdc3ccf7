#include "app/commands/spilled.hpp"

namespace spec_kitty {

namespace {

bool needs_a_person(const failure& why) {
  return why.code == ec::store_corrupt || why.code == ec::store_version;
}

std::string words(const context& ctx, const failure& why, std::uint64_t events) {
  return std::to_string(events) + (events == 1 ? " event is" : " events are") + " kept in " +
         (ctx.home.path / "spill").string() +
         " and will be taken in when the store can be used again: " + why.message;
}

} // namespace

exit_status report_spilled(context& ctx, const failure& why, std::uint64_t events) {
  if (needs_a_person(why)) {
    ctx.out.fail({why.code, words(ctx, why, events), why.hint},
                 [](json_writer& out) { field(out, "spilled", true); });
    return status_of(why.code);
  }
  ctx.out.warn(words(ctx, why, events) + (why.hint.empty() ? "" : "; " + why.hint));
  ctx.out.object([](json_writer& out) { field(out, "spilled", true); });
  ctx.out.line("spilled");
  return exit_status::done;
}

exit_status warn_spilled(context& ctx, const failure& why, std::uint64_t events) {
  ctx.out.warn(words(ctx, why, events) + (why.hint.empty() ? "" : "; " + why.hint));
  return needs_a_person(why) ? status_of(why.code) : exit_status::done;
}

} // namespace spec_kitty
