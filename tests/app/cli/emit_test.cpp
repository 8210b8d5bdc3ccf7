// spec-kitty emit: one event, durable or refused, never half.
#include "tests/support/cli_test.hpp"

namespace spec_kitty::support {
namespace {

struct Emit : cli_test {
  std::int64_t clock() const { return number_in(json_of({"clock", "show"}), {"value"}); }
};

TEST_F(Emit, PrintsTheIdOfTheStoredEvent) {
  const auto done = cli({"emit", "WPStatusChanged", "--payload", good_payload});
  ASSERT_EQ(done.status, 0) << done.err;
  const std::string id = done.out.substr(0, done.out.find('\n'));
  EXPECT_EQ(id.size(), 26U);
  EXPECT_EQ(done.out, id + "\n");
  EXPECT_EQ(done.err, "[Offline] 1 queued\n");
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload, "--quiet"}).err, "");
  EXPECT_EQ(cli({"events", "show", id}).status, 0);
}

TEST_F(Emit, JsonShowsTheEventExactlyAsStored) {
  const auto answer = json_of({"emit", "WPStatusChanged", "--payload", good_payload});
  const auto stored = cli({"events", "export"});
  EXPECT_EQ(to_text(*member(answer, "event")) + "\n", stored.out);
}

TEST_F(Emit, TheWorkPackageIsTheAggregateUnlessAnotherIsNamed) {
  const auto usual = json_of({"emit", "WPStatusChanged", "--payload", good_payload});
  EXPECT_EQ(text_of(*member(usual, "event"), "aggregate_id"), "WP01");
  EXPECT_EQ(text_of(*member(usual, "event"), "aggregate_type"), "WorkPackage");
  const auto named =
      json_of({"emit", "WPStatusChanged", "--payload", good_payload, "--aggregate", "042-another"});
  EXPECT_EQ(text_of(*member(named, "event"), "aggregate_id"), "042-another");
  EXPECT_EQ(text_of(*member(named, "event"), "aggregate_type"), "Feature");
}

TEST_F(Emit, FieldsAreTypedAsTheContractWantsThem) {
  const auto answer = json_of({"emit", "WPCreated", "--wp", "WP02", "--feature", "042-x", "--field",
                               "title=A = B", "--field", "dependencies=WP01,WP03"});
  EXPECT_EQ(to_text(*member(*member(answer, "event"), "payload")),
            R"({"wp_id":"WP02","feature_slug":"042-x","title":"A = B",)"
            R"("dependencies":["WP01","WP03"]})");
  const auto counted =
      json_of({"emit", "FeatureCompleted", "--feature", "042-x", "--field", "total_wps=7"});
  EXPECT_EQ(number_in(counted, {"event", "payload", "total_wps"}), 7);
}

TEST_F(Emit, EveryTypeSaysItsFeatureAndAPayloadOnlyWhereItsTypeHasTheField) {
  const auto event_of = [&](words arguments) {
    arguments.insert(arguments.begin(), "emit");
    const auto answer = json_of(arguments);
    return to_text(*member(answer, "event"));
  };
  const auto assigned =
      parsed(event_of({"WPAssigned", "--wp", "WP01", "--feature", "042-x", "--field",
                       "agent_id=claude", "--field", "phase=implementation"}));
  EXPECT_EQ(text_of(assigned, "feature_slug"), "042-x");
  EXPECT_EQ(text_of(*member(assigned, "payload"), "feature_slug"), std::nullopt);
  const auto moved =
      parsed(event_of({"WPStatusChanged", "--wp", "WP01", "--feature", "042-x", "--field",
                       "previous_status=planned", "--field", "new_status=doing"}));
  EXPECT_EQ(text_of(moved, "feature_slug"), "042-x");
  EXPECT_EQ(text_of(*member(moved, "payload"), "feature_slug"), "042-x");
  EXPECT_EQ(text_of(moved, "causation_id"), text_of(assigned, "event_id"))
      << "the event before it of the same work package";
  const auto by_payload = parsed(
      event_of({"FeatureCompleted", "--payload", R"({"feature_slug":"043-y","total_wps":1})"}));
  EXPECT_EQ(text_of(by_payload, "feature_slug"), "043-y");
  const auto none = parsed(event_of({"WPStatusChanged", "--payload", good_payload}));
  EXPECT_EQ(member(none, "feature_slug"), nullptr);
}

TEST_F(Emit, ThePayloadComesFromAFileOrFromStdin) {
  write_text(work() / "payload.json", good_payload);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", "@payload.json"}).status, 0);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", "-"}, good_payload).status, 0);
  const auto missing = json_of({"emit", "WPStatusChanged", "--payload", "@nowhere.json"}, 1);
  EXPECT_EQ(error_part(missing, "code"), "bad_input");
  EXPECT_NE(error_part(missing, "message").find("nowhere.json"), std::string::npos);
}

TEST_F(Emit, TheCauseIsKept) {
  const auto first = json_of({"emit", "WPStatusChanged", "--payload", good_payload});
  const std::string cause = *text_of(*member(first, "event"), "event_id");
  const auto second =
      json_of({"emit", "WPStatusChanged", "--payload", good_payload, "--causation", cause});
  EXPECT_EQ(text_of(*member(second, "event"), "causation_id"), cause);
  const auto wrong = json_of(
      {"emit", "WPStatusChanged", "--payload", good_payload, "--causation", "yesterday"}, 1);
  EXPECT_NE(error_part(wrong, "message").find("causation_id"), std::string::npos);
}

TEST_F(Emit, TheProjectOfTheWorkingFolderIsInTheEvent) {
  std::filesystem::create_directories(work() / ".kittify");
  std::filesystem::create_directories(work() / "deep" / "down");
  write_text(work() / ".kittify" / "config.yaml",
             "project:\n  uuid: 0f6c7a52-7a9e-4e7b-9f5d-0123456789ab\n  slug: the-project\n");
  auto inside = command({"emit", "WPStatusChanged", "--payload", good_payload, "--json"});
  inside.cwd = work() / "deep" / "down";
  const auto answer = only_object(run(inside));
  EXPECT_EQ(text_of(*member(answer, "event"), "project_slug"), "the-project");
  EXPECT_EQ(text_of(*member(answer, "event"), "project_uuid"),
            "0f6c7a52-7a9e-4e7b-9f5d-0123456789ab");
}

TEST_F(Emit, AnInvalidEventIsNeverStoredAndNeverTicksTheClock) {
  emit(3);
  const auto before = cli({"events", "export"});
  const auto refused = json_of({"emit", "WPStatusChanged", "--wp", "WP01", "--field",
                                "previous_status=planned", "--field", "new_status=flying"},
                               1);
  EXPECT_EQ(error_part(refused, "code"), "invalid_event");
  EXPECT_NE(error_part(refused, "message").find("payload.new_status"), std::string::npos);
  EXPECT_NE(error_part(refused, "message").find("is not one of: planned, doing, for_review, done"),
            std::string::npos);
  EXPECT_EQ(cli({"events", "export"}).out, before.out);
  EXPECT_EQ(clock(), 3);
}

TEST_F(Emit, AnInvalidEventMakesNoHome) {
  EXPECT_EQ(cli({"emit", "WPCreated", "--payload", "{}"}).status, 1);
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(Emit, TheHomeIsPrivate) {
  emit();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home()))
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(077),
              std::filesystem::perms::none)
        << entry.path();
}

TEST_F(Emit, TheClocksMirrorIsCurrentWhenTheCommandEnds) {
  emit(5);
  const auto mirror = parsed(read_text(home() / "clock.json"));
  EXPECT_EQ(number_in(mirror, {"value"}), 5);
  EXPECT_EQ(text_of(mirror, "node_id"), text_of(json_of({"clock", "show"}), "node_id"));
}

TEST_F(Emit, TheFlagForTheHomeWinsOverTheEnvironment) {
  const std::string other = (root() / "other").string();
  EXPECT_EQ(cli({"--home", other, "emit", "WPStatusChanged", "--payload", good_payload}).status, 0);
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload, "--home", other}).status, 0);
  EXPECT_EQ(number_in(json_of({"clock", "show", "--home", other}), {"value"}), 2);
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(Emit, WithoutFlagAndEnvironmentTheHomeIsInTheUsersFolder) {
  auto plain = command({"emit", "WPStatusChanged", "--payload", good_payload});
  plain.env.erase("SPEC_KITTY_HOME");
  EXPECT_EQ(run(plain).status, 0);
  EXPECT_TRUE(std::filesystem::exists(root() / "user" / ".spec-kitty" / "queue"));
}

TEST_F(Emit, AtTheCapTheEventIsRefusedAndCounted) {
  env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = "2";
  emit(2);
  const auto refused = json_of({"emit", "WPStatusChanged", "--payload", good_payload}, 1);
  EXPECT_EQ(error_part(refused, "code"), "queue_full");
  EXPECT_NE(error_part(refused, "hint"), "");
  EXPECT_EQ(number_in(json_of({"events", "stats"}), {"dropped_total"}), 1);
  EXPECT_EQ(clock(), 2);
}

} // namespace
} // namespace spec_kitty::support
