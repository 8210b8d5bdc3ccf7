// The main job on a stream of real size: recorded in order, delivered once, in order, in batches.
#include "tests/support/cli_test.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

constexpr int stream_length = 3000;

/// A history as a busy team makes it: all eight types, long and short, quotes and other alphabets.
std::string transition(int i) {
  const std::string wp = "WP0" + std::to_string(1 + i % 9);
  const std::string other = "WP0" + std::to_string(1 + (i + 3) % 9);
  const std::string slug = "0" + std::to_string(10 + i % 80) + "-feature-" + std::to_string(i % 80);
  static const std::vector<std::string> lanes = {"planned", "doing", "for_review", "done"};
  const auto line = [](const std::string& type, const std::string& payload) {
    return R"({"event_type":")" + type + R"(","payload":{)" + payload + "}}\n";
  };
  const std::string wp_field = R"("wp_id":")" + wp + "\"";
  switch (i % 11) {
  case 0:
    return line("FeatureCreated", R"("feature_slug":")" + slug + R"(","feature_number":"0)" +
                                      std::to_string(10 + i % 80) +
                                      R"(","target_branch":"main","wp_count":9)");
  case 1:
    return line("WPCreated", wp_field + R"(,"title":"Überschrift \"α\" 标题 🐱","feature_slug":")" +
                                 slug + R"(","dependencies":[")" + other + "\"]");
  case 2:
    return line("WPAssigned", wp_field + R"(,"agent_id":"agent-)" + std::to_string(i) +
                                  R"(","phase":"implementation","retry_count":)" +
                                  std::to_string(i % 4));
  case 3:
    return line("HistoryAdded", wp_field + R"(,"entry_type":"review","entry_content":")" +
                                    std::string(static_cast<std::size_t>(1 + i % 1500), 'x') +
                                    R"(\nsecond line","author":"someone")");
  case 4:
    return line("ErrorLogged", R"("error_type":"runtime","error_message":"it \\ broke",)"
                               R"("wp_id":null,"stack_trace":null)");
  case 5:
    return line("DependencyResolved",
                wp_field + R"(,"dependency_wp_id":")" + other + R"(","resolution_type":"merged")");
  case 6:
    return line("FeatureCompleted", R"("feature_slug":")" + slug + R"(","total_wps":9)");
  default:
    return line("WPStatusChanged",
                wp_field + R"(,"previous_status":")" + lanes[static_cast<std::size_t>(i % 4)] +
                    R"(","new_status":")" + lanes[static_cast<std::size_t>((i + 1) % 4)] +
                    R"(","changed_by":"user","feature_slug":")" + slug + "\"");
  }
}

struct SyncStream : cli_test {};

TEST_F(SyncStream, ArrivesCompleteOnceInOrderAndInBatchesOfAtMostAThousand) {
  std::string input;
  for (int i = 0; i < stream_length; ++i)
    input += transition(i);
  const auto done = cli({"emit", "--stdin"}, input);
  ASSERT_EQ(done.status, 0) << done.err;
  const auto answers = lines_of(done.out);
  ASSERT_EQ(answers.size(), static_cast<std::size_t>(stream_length));
  std::int64_t clock = 0;
  std::string id;
  for (const auto& answer : answers) {
    const auto reply = parsed(answer);
    ASSERT_GT(number_in(reply, {"lamport_clock"}), clock) << answer;
    ASSERT_GT(text_of(reply, "event_id").value_or(""), id) << answer;
    clock = number_in(reply, {"lamport_clock"});
    id = *text_of(reply, "event_id");
  }

  logged_in();
  const auto report = json_of({"sync", "now"});
  EXPECT_EQ(number_in(report, {"selected"}), stream_length);
  EXPECT_EQ(number_in(report, {"synced"}), stream_length);
  EXPECT_EQ(number_in(report, {"remaining"}), 0);

  EXPECT_EQ(ids_of(server->events()), ids_of(answers));
  std::int64_t delivered = 0;
  std::int64_t batches = 0;
  for (const auto& line : server->stop()) {
    const auto request = parsed(line);
    if (!text_of(request, "path").value_or("").ends_with("/events/batch/"))
      continue;
    ++batches;
    EXPECT_LE(number_in(request, {"events"}), 1000);
    EXPECT_EQ(number_in(request, {"new"}), number_in(request, {"events"})) << line;
    delivered += number_in(request, {"new"});
  }
  EXPECT_EQ(delivered, stream_length);
  EXPECT_EQ(batches, number_in(report, {"batches"}));
  EXPECT_GE(batches, stream_length / 1000);
}

TEST_F(SyncStream, PayloadsArriveAsTheyWereGiven) {
  std::string input;
  for (int i = 0; i < 33; ++i)
    input += transition(i);
  ASSERT_EQ(cli({"emit", "--stdin"}, input).status, 0);
  logged_in();
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"synced"}), 33);
  const auto given = lines_of(input);
  const auto arrived = server->events();
  ASSERT_EQ(arrived.size(), given.size());
  for (std::size_t i = 0; i < given.size(); ++i)
    EXPECT_EQ(to_text(*member(parsed(arrived[i]), "payload")),
              to_text(*member(parsed(given[i]), "payload")));
}

TEST_F(SyncStream, AServerThatDiesMidwayGetsTheRestLaterAndNothingTwice) {
  std::string input;
  for (int i = 0; i < stream_length; ++i)
    input += transition(i);
  const auto answers = lines_of(cli({"emit", "--stdin"}, input).out);
  logged_in();
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "50";
  child drain(command({"sync", "now", "--json"}));
  drain.close_input();
  ASSERT_TRUE(eventually([this] { return server->events().size() >= 200; }));
  server->kill();
  const auto broken = drain.wait();
  EXPECT_EQ(broken.status, 4) << broken.out << broken.err;
  const auto report = only_object(broken);
  EXPECT_EQ(number_in(report, {"synced"}) + number_in(report, {"transient"}), stream_length);
  server->restart();
  EXPECT_EQ(number_in(json_of({"sync", "now"}), {"remaining"}), 0);
  EXPECT_EQ(ids_of(server->events()), ids_of(answers));
}

TEST_F(SyncStream, TwoDrainersAtOnceDeliverEverythingOnceAndInOrder) {
  emit(400);
  const auto ids = ids_of(lines_of(cli({"events", "export"}).out));
  logged_in();
  env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "20";
  child stream(command({"sync", "now", "--json"}));
  child two(command({"sync", "now", "--json"}));
  std::int64_t synced = 0;
  for (child* drain : {&stream, &two}) {
    drain->close_input();
    const auto done = drain->wait();
    EXPECT_EQ(done.status, 0) << done.out << done.err;
    synced += number_in(only_object(done), {"synced"});
  }
  EXPECT_EQ(synced, 400);
  EXPECT_EQ(ids_of(server->events()), ids);
}

} // namespace
} // namespace spec_kitty::support
