// Accounts, members, sessions, tokens and links.
#include "tests/app/server/store/engine_contract.hpp"

#include <array>
#include <thread>

namespace spec_kitty::server::store::testing {

namespace {

// Values of server/core's roles, which never change.
constexpr auto reader_role = static_cast<role>(1);
constexpr auto member_role = static_cast<role>(2);
constexpr auto admin_role = static_cast<role>(3);

constexpr epoch_us second_us = 1'000'000;
constexpr epoch_us day_us = 86'400 * second_us;

secret_hash hash_of(std::uint8_t value) {
  secret_hash out{};
  out.fill(value);
  return out;
}

account_id new_user(property_run& run, const std::string& name) {
  const auto made = run.on().directory().add_user(name, "$argon2id$" + name, note_at(1));
  run.expect(made.ok(), "an account cannot be made");
  return made ? made->id : 0;
}

session_family login(property_run& run, account_id account, team_id team, std::uint64_t number) {
  session_family family;
  family.id = id_of(number);
  family.account = account;
  family.team = team;
  family.current = hash_of(static_cast<std::uint8_t>(number));
  family.created = second_us;
  family.expires = 30 * day_us;
  family.client = "spec-kitty/0.3";
  family.address = "192.0.2.1";
  run.expect(run.on().directory().open_session(family).ok(), "a session cannot be opened");
  return family;
}

/// A refresh as one of number `shown` that is to become `next`; `key` 0: without one.
rotation refresh(property_run& run, const session_family& family, std::uint8_t shown,
                 std::uint8_t next, std::uint8_t key = 0, std::string* sealed = nullptr) {
  refresh_attempt asked{family.id, hash_of(shown), hash_of(next), 60 * day_us, {}, {}};
  if (key != 0) {
    asked.repeat = hash_of(key);
    asked.sealed = "sealed " + std::to_string(next);
  }
  const auto turned = run.on().directory().rotate(asked, note_at(9 * second_us));
  run.expect(turned.ok(), "a refresh fails");
  if (turned && sealed != nullptr)
    *sealed = turned->sealed;
  return turned ? turned->what : rotation::unknown;
}

std::uint64_t audit_lines(property_run& run, std::string_view action) {
  std::uint64_t count = 0;
  if (const auto lines = run.on().directory().read_audit(0, 1000, 0))
    for (const auto& line : *lines)
      count += line.action == action ? 1 : 0;
  return count;
}

void accounts_and_members_are_kept(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = new_user(run, "ann");
  const account_id bob = new_user(run, "bob");
  auto& on = run.on().directory();
  run.expect(on.set_member(team, ann, admin_role, 2, note_at(2)).ok(), "a member cannot be added");
  run.expect(on.set_member(team, bob, reader_role, 2, note_at(2)).ok(), "a second member");
  const account_id carl = new_user(run, "carl");
  const auto third = on.set_member(team, carl, member_role, 2, note_at(2));
  run.expect(!third && third.error().code == ec::bad_input, "the member limit is not kept");
  run.expect(on.set_member(team, bob, member_role, 2, note_at(3)).ok(), "a role cannot change");
  const auto taken = on.add_user("ann", "x", note_at(4));
  run.expect(!taken && taken.error().code == ec::bad_input, "a name was taken twice");
  run.expect(on.remove_member(team, ann, note_at(5)).ok(), "a member cannot be removed");
  run.reopen();
  auto& again = run.on().directory();
  const auto members = again.members_of(team);
  run.expect(members && members->size() == 1 && members->front().account == bob &&
                 members->front().role == member_role && members->front().generation == 2,
             "members after a restart are wrong");
  run.expect(again.set_member(team, ann, reader_role, 0, note_at(6)).ok(), "added again");
  const auto ann_again = again.member(team, ann);
  run.expect(ann_again && *ann_again && (*ann_again)->generation == 3,
             "a removal and a new membership did not raise the generation");
  const auto teams = again.teams_of(ann);
  run.expect(teams && teams->size() == 1, "the teams of an account are wrong");
  const auto found = again.user_by_name("bob");
  run.expect(found && *found && (*found)->password_hash == "$argon2id$bob", "an account is lost");
}

void a_refresh_is_compare_and_swap(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = new_user(run, "ann");
  const auto family = login(run, ann, team, 1);
  std::array<rotation, 4> seen{};
  std::vector<std::thread> callers;
  for (std::uint8_t i = 0; i < seen.size(); ++i)
    callers.emplace_back(
        [&, i] { seen[i] = refresh(run, family, 1, static_cast<std::uint8_t>(10 + i)); });
  for (auto& caller : callers)
    caller.join();
  std::size_t rotated = 0;
  std::size_t reused = 0;
  for (const auto& what : seen) {
    rotated += what == rotation::rotated ? 1 : 0;
    reused += what == rotation::reused ? 1 : 0;
  }
  run.expect(rotated == 1, "a refresh token was good " + std::to_string(rotated) + " times");
  run.expect(reused == 1, "the second use was not a reuse");
  const auto kept_family = run.on().directory().session(family.id);
  run.expect(kept_family && *kept_family && (*kept_family)->ended,
             "a reuse did not end the family");
  run.expect(audit_lines(run, "session.reused") == 1, "a reuse is not one line of audit");
}

void an_older_refresh_token_is_a_reuse_and_a_wrong_one_is_not(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const auto family = login(run, new_user(run, "ann"), team, 1);
  for (std::uint8_t i = 1; i < 6; ++i)
    run.expect(refresh(run, family, i, static_cast<std::uint8_t>(i + 1)) == rotation::rotated,
               "a good token was refused");
  run.expect(refresh(run, family, 99, 100) == rotation::unknown, "a guessed token is not unknown");
  run.expect(refresh(run, family, 2, 50) == rotation::reused, "an older token is not a reuse");
  run.expect(refresh(run, family, 6, 51) == rotation::ended, "the family did not end");
}

void a_lost_reply_is_repeated_under_its_key_alone(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = new_user(run, "ann");
  const auto owner = login(run, ann, team, 1);
  std::string sealed;
  run.expect(refresh(run, owner, 1, 11, 7) == rotation::rotated, "a good token was refused");
  run.reopen();
  for (std::uint8_t again = 0; again < 3; ++again) {
    const auto what = refresh(run, owner, 1, static_cast<std::uint8_t>(20 + again), 7, &sealed);
    run.expect(what == rotation::repeated && sealed == "sealed 11",
               "a repeat does not give the first answer");
  }
  run.expect(refresh(run, owner, 11, 12, 8) == rotation::rotated,
             "the token of a repeat is not good");
  run.expect(refresh(run, owner, 1, 30, 7) == rotation::reused,
             "a repeat is taken after the token that followed was used");
  run.expect(audit_lines(run, "session.reused") == 1, "a reuse has no line of audit");
  const auto other_key = login(run, ann, team, 2);
  (void)refresh(run, other_key, 2, 40, 7);
  run.expect(refresh(run, other_key, 2, 41, 9) == rotation::reused,
             "a repeat under another key is taken");
  const auto no_key = login(run, ann, team, 3);
  (void)refresh(run, no_key, 3, 50, 7);
  run.expect(refresh(run, no_key, 3, 51) == rotation::reused, "a repeat without a key is taken");
  const auto plain = login(run, ann, team, 4);
  (void)refresh(run, plain, 4, 60);
  run.expect(refresh(run, plain, 4, 61, 7) == rotation::reused,
             "a key is taken for a refresh that had none");
}

void unused_sessions_end_after_a_day(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = new_user(run, "ann");
  const auto unused = login(run, ann, team, 1);
  const auto used = login(run, ann, team, 2);
  auto& on = run.on().directory();
  run.expect(on.touch_session(used.id, 2 * second_us).ok(), "a use cannot be noted");
  const auto early = on.expire_sessions(day_us, day_us);
  run.expect(early && *early == 0, "a session ended too early");
  const auto ended = on.expire_sessions(day_us + second_us, day_us);
  run.expect(ended && *ended == 1, "an unused session did not end after a day");
  const auto first = on.session(unused.id);
  const auto second = on.session(used.id);
  run.expect(first && *first && (*first)->ended && second && *second && !(*second)->ended,
             "the wrong session ended");
  const auto gone = on.expire_sessions(31 * day_us, day_us);
  run.expect(gone && *gone == 2, "expired sessions are kept");
  const auto known = on.knows_address(ann, "192.0.2.1", 0);
  run.expect(known && !*known, "an address is remembered beyond 30 days");
}

void every_change_of_a_caller_is_seen(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = new_user(run, "ann");
  auto& on = run.on().directory();
  (void)on.set_member(team, ann, member_role, 0, note_at(1));
  const auto family = login(run, ann, team, 1);
  std::uint64_t before = 0;
  const auto expect_change = [&](const std::string& what, bool account, bool credential,
                                 bool member) {
    const auto now = on.caller(ann, team, family.id, 2 * second_us);
    run.expect(now && now->account_active == account && now->credential_active == credential &&
                   now->role.has_value() == member,
               "after " + what + " the caller's state is wrong");
    run.expect(now && now->generation != before, what + " did not change the generation");
    before = now ? now->generation : before;
  };
  expect_change("a login", true, true, true);
  (void)on.set_member(team, ann, reader_role, 0, note_at(2));
  expect_change("a change of role", true, true, true);
  (void)refresh(run, family, 1, 2);
  expect_change("a refresh", true, true, true);
  (void)on.set_disabled(ann, true, note_at(3));
  expect_change("disabling", false, false, true);
  (void)on.set_disabled(ann, false, note_at(3));
  expect_change("enabling", true, false, true);
  (void)on.remove_member(team, ann, note_at(4));
  expect_change("a removal", true, false, false);
  const auto foreign = on.caller(ann, team + 1, family.id, 2 * second_us);
  run.expect(foreign && !foreign->credential_active, "a session is good for another team");
}

void machine_tokens_are_kept_as_hashes_and_revoked(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = new_user(run, "ann");
  auto& on = run.on().directory();
  machine_token token;
  token.id = id_of(5);
  token.hash = hash_of(5);
  token.account = ann;
  token.team = team;
  token.name = "ci";
  token.expires = 10 * day_us;
  run.expect(!on.add_token(token, note_at(1)), "a token for an account that is not a member");
  (void)on.set_member(team, ann, member_role, 0, note_at(1));
  run.expect(on.add_token(token, note_at(1)).ok(), "a token cannot be added");
  const auto found = on.token_by_hash(hash_of(5));
  run.expect(found && *found && (*found)->name == "ci", "a token is not found by its hash");
  const auto good = on.caller(ann, team, token.id, day_us);
  const auto late = on.caller(ann, team, token.id, 11 * day_us);
  run.expect(good && good->credential_active && late && !late->credential_active,
             "a token's expiry is not kept");
  run.expect(on.revoke_token(token.id, note_at(2)).ok(), "a token cannot be revoked");
  const auto revoked = on.caller(ann, team, token.id, day_us);
  run.expect(revoked && !revoked->credential_active && revoked->generation != good->generation,
             "a revoked token is still good");
}

void a_link_is_used_at_most_once(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const account_id ann = new_user(run, "ann");
  auto& on = run.on().directory();
  const auto password = hash_of(1);
  const auto added = on.add_link({password, link_kind::password, ann, 0, {}, 1, 100}, note_at(1));
  run.expect(added.ok(), added ? "" : "a link cannot be added: " + added.error().message);
  const auto expired = on.use_password_link(password, "$new", note_at(100));
  run.expect(!expired && expired.error().code == ec::not_found,
             "an expired link was used" + (expired ? "" : ": " + expired.error().message));
  run.expect(on.use_password_link(password, "$new", note_at(50)).ok(), "a link cannot be used");
  run.expect(!on.use_password_link(password, "$newer", note_at(51)), "a link was used twice");
  const auto user = on.user_of(ann);
  run.expect(user && *user && (*user)->password_hash == "$new", "a link set another password");
  const auto invite = hash_of(2);
  (void)on.add_link({invite, link_kind::invite, 0, team, reader_role, 1, 100}, note_at(1));
  run.expect(!on.use_invite(invite, "ann", "$x", 0, note_at(50)), "an invite took a taken name");
  const auto made = on.use_invite(invite, "bob", "$bob", 0, note_at(50));
  run.expect(made.ok(), "a failed use spent the invite");
  const auto member = on.member(team, made ? made->id : 0);
  run.expect(member && *member && (*member)->role == reader_role, "an invite gave another role");
  run.expect(!on.use_invite(invite, "carl", "$c", 0, note_at(51)), "an invite was used twice");
}

void event_types_belong_to_their_team(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const team_id other = new_team(run.on(), "other");
  auto& on = run.on().directory();
  run.expect(on.set_event_type(team, {"BuildDone", R"({"type":"object"})"}, note_at(1)).ok() &&
                 on.set_event_type(team, {"BuildDone", "{}"}, note_at(2)).ok(),
             "an event type cannot be set");
  run.reopen();
  const auto types = run.on().directory().event_types(team);
  run.expect(types && types->size() == 1 && types->front().schema == "{}", "a type is lost");
  const auto foreign = run.on().directory().event_types(other);
  run.expect(foreign && foreign->empty(), "a type belongs to another team too");
  run.expect(run.on().directory().remove_event_type(team, "BuildDone", note_at(3)).ok() &&
                 !run.on().directory().remove_event_type(team, "BuildDone", note_at(3)),
             "a type cannot be removed, or twice");
}

} // namespace

std::vector<engine_property> account_properties() {
  return {
      {"accounts and members are kept", accounts_and_members_are_kept},
      {"a refresh is compare and swap", a_refresh_is_compare_and_swap},
      {"an older refresh token is a reuse and a wrong one is not",
       an_older_refresh_token_is_a_reuse_and_a_wrong_one_is_not},
      {"a lost reply is repeated under its key alone",
       a_lost_reply_is_repeated_under_its_key_alone},
      {"unused sessions end after a day", unused_sessions_end_after_a_day},
      {"every change of a caller is seen", every_change_of_a_caller_is_seen},
      {"machine tokens are kept as hashes and revoked",
       machine_tokens_are_kept_as_hashes_and_revoked},
      {"a link is used at most once", a_link_is_used_at_most_once},
      {"event types belong to their team", event_types_belong_to_their_team},
  };
}

} // namespace spec_kitty::server::store::testing
