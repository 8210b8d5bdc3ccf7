#include "app/cli/spilled.hpp"

namespace spec_kitty {

namespace {

bool needs_a_person(const failure& why) {
  return why.code == ec::store_corrupt || why.code == ec::store_version;
}

} // namespace

exit_status report_spilled(context& ctx, const failure& why, std::uint64_t events) {
  if (needs_a_person(why)) {
    ctx.out.fail({why.code, spilled_sentence(ctx.home.path, why, events), why.hint},
                 [](json_writer& out) { field(out, "spilled", true); });
    return status_of(why.code);
  }
  spec_kitty::warn_spilled(ctx.warnings(), ctx.home.path, why, events);
  ctx.out.object([](json_writer& out) { field(out, "spilled", true); });
  ctx.out.line("spilled");
  return exit_status::done;
}

exit_status warn_spilled(context& ctx, const failure& why, std::uint64_t events) {
  spec_kitty::warn_spilled(ctx.warnings(), ctx.home.path, why, events);
  return needs_a_person(why) ? status_of(why.code) : exit_status::done;
}

} // namespace spec_kitty
