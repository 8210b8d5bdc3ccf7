#include "app/cli/commands/auth_browser.hpp"

#include "actors/http/offer_reply.hpp"
#include "app/home/sync_system.hpp"
#include "messages/protocol.hpp"
#include "util/text.hpp"

#include <utility>

namespace spec_kitty {

namespace {

void print_code(context& ctx, const device_code& code) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(code.wait.expires_in).count();
  ctx.out.line("To log in, open this link in a browser, on any machine:");
  ctx.out.line("  " + (code.full_link.empty() ? code.link : code.full_link));
  ctx.out.line("Approve it there only if it shows the code " + code.user_code + ".");
  ctx.out.line("Waiting for at most " + count_of(static_cast<std::uint64_t>(minutes), "minute") +
               "; Ctrl-C cancels.");
  (void)ctx.out.flush();
}

} // namespace

std::optional<result<login_done>> login_in_browser(context& ctx, const server_url& server,
                                                   login_request asked) {
  sync_system system(ctx, server);
  const auto offer = read_offer_reply(system.ask_offer(std::nullopt));
  if (!offer || !offer->offers(protocol::device_login))
    return std::nullopt;
  const auto code = system.ask_device_code(asked.team);
  if (!code)
    return result<login_done>(code.error());
  print_code(ctx, *code);
  asked.device = code->wait;
  auto done = system.login(asked);
  system.close();
  return done;
}

} // namespace spec_kitty
