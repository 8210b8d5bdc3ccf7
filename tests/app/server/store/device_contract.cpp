// Logins by a device, and sessions of browsers.
#include "tests/app/server/store/engine_contract.hpp"

namespace spec_kitty::server::store::testing {

namespace {

constexpr auto device_member_role = static_cast<role>(2);
constexpr epoch_us second_of_device = 1'000'000;
constexpr epoch_us day_of_device = 86'400 * second_of_device;

secret_hash device_hash(std::uint8_t value) {
  secret_hash out{};
  out.fill(value);
  return out;
}

account_id account_named(property_run& run, const std::string& name) {
  const auto made = run.on().directory().add_user(name, "$argon2id$" + name, note_at(1));
  run.expect(made.ok(), "an account cannot be made");
  return made ? made->id : 0;
}

std::uint64_t lines_of(property_run& run, std::string_view action) {
  std::uint64_t count = 0;
  if (const auto lines = run.on().directory().read_audit(0, 1000, 0))
    for (const auto& line : *lines)
      count += line.action == action ? 1 : 0;
  return count;
}

device_login device_of(std::uint8_t number, const std::string& address = "192.0.2.1") {
  device_login login;
  login.device = device_hash(number);
  login.user_code = device_hash(static_cast<std::uint8_t>(number + 100));
  login.client = "spec-kitty/0.3";
  login.host = "laptop";
  login.address = address;
  login.created = second_of_device;
  login.expires = 600 * second_of_device;
  return login;
}

void a_device_login_is_decided_and_opened_once(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = account_named(run, "ann");
  const account_id bob = account_named(run, "bob");
  auto& on = run.on().directory();
  (void)on.set_member(team, ann, device_member_role, 0, note_at(1));
  run.expect(on.add_device_login(device_of(1), {}).ok(), "a device login cannot begin");
  session_family family;
  family.id = id_of(1);
  family.account = ann;
  family.team = team;
  family.current = device_hash(77);
  family.created = 10 * second_of_device;
  family.expires = 30 * day_of_device;
  run.expect(!on.open_device_session(device_hash(1), family, "s"), "opened without an approval");
  run.expect(!on.decide_device_login(device_hash(101), true, bob, team, note_at(9)),
             "approved for a team that the account is not in");
  run.expect(on.decide_device_login(device_hash(101), true, ann, team, note_at(9)).ok(),
             "an approval fails");
  run.expect(!on.decide_device_login(device_hash(101), false, ann, team, note_at(9)),
             "a code is good for two decisions");
  session_family foreign = family;
  foreign.account = bob;
  run.expect(!on.open_device_session(device_hash(1), foreign, "s"), "opened for another account");
  run.expect(on.open_device_session(device_hash(1), family, "sealed").ok(), "it cannot be opened");
  run.reopen();
  auto& again = run.on().directory();
  family.id = id_of(2);
  run.expect(!again.open_device_session(device_hash(1), family, "s"), "opened twice");
  const auto kept_login = again.device_login_of(device_hash(1), 20 * second_of_device);
  run.expect(kept_login && *kept_login && (*kept_login)->state == device_state::opened &&
                 (*kept_login)->sealed == "sealed" && (*kept_login)->session == id_of(1),
             "an opened login is lost");
  const auto opened = again.session(id_of(1));
  run.expect(opened && *opened, "its session is lost");
  (void)again.add_device_login(device_of(2), {});
  run.expect(again.decide_device_login(device_hash(102), false, ann, 0, note_at(9)).ok(),
             "it cannot be denied");
  run.expect(lines_of(run, "device.approve") == 1 && lines_of(run, "device.deny") == 1,
             "decisions have no lines of audit");
  const auto late = again.device_login_by_code(device_hash(102), 600 * second_of_device);
  run.expect(late && !*late, "an expired code is found");
  const auto gone = again.expire_device_logins(600 * second_of_device);
  run.expect(gone && *gone == 2, "expired codes are kept");
}

void open_device_logins_are_bounded(property_run& run) {
  auto& on = run.on().directory();
  const device_limits limits{4, 2};
  for (std::uint8_t i = 1; i <= 2; ++i)
    run.expect(on.add_device_login(device_of(i), limits).ok(), "a device login cannot begin");
  const auto third = on.add_device_login(device_of(3), limits);
  run.expect(!third && third.error().code == ec::overloaded, "an address has too many codes");
  for (std::uint8_t i = 4; i <= 5; ++i)
    run.expect(on.add_device_login(device_of(i, "192.0.2." + std::to_string(i)), limits).ok(),
               "another address has no code");
  run.expect(!on.add_device_login(device_of(6, "192.0.2.9"), limits), "there are too many codes");
  auto later = device_of(7);
  later.created = 601 * second_of_device;
  later.expires = 1200 * second_of_device;
  run.expect(on.add_device_login(later, limits).ok(), "expired codes count");
}

void a_browser_session_is_good_for_the_teams_of_its_account(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const team_id other = new_team(run.on(), "other");
  const account_id ann = account_named(run, "ann");
  auto& on = run.on().directory();
  (void)on.set_member(team, ann, device_member_role, 0, note_at(1));
  session_family browser;
  browser.id = id_of(1);
  browser.account = ann;
  browser.kind = session_kind::browser;
  browser.current = device_hash(1);
  browser.created = second_of_device;
  browser.expires = 30 * day_of_device;
  run.expect(on.open_session(browser).ok(), "a browser's session cannot be opened");
  run.reopen();
  auto& again = run.on().directory();
  const auto found = again.caller(ann, team, browser.id, 2 * second_of_device);
  run.expect(found && found->credential_active && found->role == device_member_role,
             "a browser's session is not good for a team of its account");
  const auto foreign = again.caller(ann, other, browser.id, 2 * second_of_device);
  run.expect(foreign && !foreign->role, "a browser's session has a role in another team");
  refresh_attempt by_cookie{browser.id,         device_hash(1), device_hash(2),
                            60 * day_of_device, device_hash(7), "sealed"};
  const auto turned = again.rotate(by_cookie, note_at(3));
  run.expect(turned && turned->what == rotation::unknown,
             "a cookie can be used as a refresh token");
  (void)again.set_password(ann, "$new", note_at(3));
  const auto ended = again.caller(ann, team, browser.id, 2 * second_of_device);
  run.expect(ended && !ended->credential_active, "a new password does not end it");
}

} // namespace

std::vector<engine_property> device_properties() {
  return {
      {"a device login is decided and opened once", a_device_login_is_decided_and_opened_once},
      {"open device logins are bounded", open_device_logins_are_bounded},
      {"a browser session is good for the teams of its account",
       a_browser_session_is_good_for_the_teams_of_its_account},
  };
}

} // namespace spec_kitty::server::store::testing
