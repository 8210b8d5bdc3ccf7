// Options that cannot be used: each is refused by its name, and nothing is made on disk.
#include "tests/app/embed/embed_fixture.hpp"

namespace spec_kitty::embed_test {
namespace {

class Options : public embedding {
protected:
  failure refused(options wanted) {
    const auto opened = client::open(std::move(wanted));
    return opened ? failure{ec::ok, "opened", {}} : opened.error();
  }
};

TEST_F(Options, AnUnusableOptionIsNamed) {
  struct bad {
    const char* name;
    std::function<void(options&)> corrupt;
  };
  const std::vector<bad> cases = {
      {"options.home", [](options& o) { o.home = "relative/home"; }},
      {"options.max_in_flight", [](options& o) { o.max_in_flight = 0; }},
      {"options.max_in_flight", [](options& o) { o.max_in_flight = 2000000; }},
      {"options.block_for", [](options& o) { o.block_for = -1ms; }},
      {"options.patience", [](options& o) { o.patience = std::chrono::hours(1000); }},
      {"options.stop_within", [](options& o) { o.stop_within = -5ms; }},
      {"options.block_for",
       [](options& o) {
         o.full = when_full::drop;
         o.block_for = 10ms;
       }},
      {"options.settings", [](options& o) { o.settings["sync.nonsense"] = "1"; }},
      {"options.settings", [](options& o) { o.settings["sync.max_queue_size"] = "many"; }},
      {"options.project_folder",
       [](options& o) {
         o.project_folder = "/tmp";
         o.project_slug = "tea";
       }},
      {"options.project_folder", [](options& o) { o.project_folder = "here"; }},
      {"options.project_folder", [](options& o) { o.project_folder = "/no/such/folder"; }},
      {"options.modules", [](options& o) { o.modules = "modules"; }},
      {"options.project_uuid", [](options& o) { o.project_uuid = "no uuid"; }},
      {"options.project_slug", [](options& o) { o.project_slug = "tea"; }},
      {"WPCreated",
       [](options& o) {
         o.event_types = {{"WPCreated", "{}"}};
       }},
      {"OrderPlaced",
       [](options& o) {
         o.event_types = {{"OrderPlaced", "[]"}};
       }},
  };
  for (const auto& test_case : cases) {
    options wanted = host();
    test_case.corrupt(wanted);
    const auto why = refused(std::move(wanted));
    EXPECT_NE(why.code, ec::ok) << test_case.name;
    EXPECT_NE(why.message.find(test_case.name), std::string::npos) << why.message;
    EXPECT_FALSE(why.hint.empty()) << why.message;
  }
  EXPECT_FALSE(std::filesystem::exists(home()));
}

TEST_F(Options, ASchemaThatCannotBeEnforcedIsRefusedByKeywordAndEscape) {
  const auto refusal = [&](const std::string& schema) {
    options wanted = host();
    wanted.event_types = {{"OrderPlaced", schema}};
    return refused(std::move(wanted)).message;
  };
  EXPECT_NE(refusal(R"({"properties":{"id":{"const":7}}})").find("const"), std::string::npos);
  EXPECT_NE(refusal(R"({"properties":{"id":{"pattern":"^\\d+$"}}})").find("\\d"),
            std::string::npos);
}

TEST_F(Options, ACustomEventTypeIsValidatedAgainstItsSchema) {
  options wanted = host();
  wanted.event_types = {
      {"OrderPlaced",
       R"({"type":"object","required":["number"],"properties":{"number":{"type":"integer"}}})"}};
  auto events = open(std::move(wanted));
  EXPECT_TRUE(events.emit(event("OrderPlaced", R"({"number":7})").about("order-7")).get());
  const auto refused = events.emit(event("OrderPlaced", "{}").about("order-7")).get();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("payload.number"), std::string::npos);
  const auto unknown = events.emit(event("OrderShipped", "{}").about("order-7")).get();
  EXPECT_EQ(unknown.error().code, ec::invalid_event);
  const auto about_nothing = events.emit(event("OrderPlaced", R"({"number":7})")).get();
  EXPECT_NE(about_nothing.error().hint.find("about"), std::string::npos);
}

TEST_F(Options, AHomeOfANewerVersionIsRefused) {
  ASSERT_TRUE(open().stop(10s));
  {
    environment_options place;
    place.folder = home() / "queue";
    auto env = environment::open(place, open_mode::write, [](lmdb_txn&, const store_tables&) {});
    ASSERT_TRUE(env);
    ASSERT_TRUE((*env)->write([](lmdb_txn& txn, const store_tables& tables) {
      txn.put(tables.main, schema_key, encode_schema(schema_version + 1));
      return true;
    }));
  }
  EXPECT_EQ(code_of(host()), ec::store_version);
}

TEST_F(Options, AHomeThatIsAFileIsRefused) {
  support::write_text(home(), "not a folder");
  EXPECT_EQ(code_of(host()), ec::store_unusable);
}

TEST_F(Options, ADamagedStoreIsRefused) {
  ASSERT_TRUE(open().stop(10s));
  support::write_text(home() / "queue" / "env" / "data.mdb", std::string(65536, 'x'));
  EXPECT_EQ(code_of(host()), ec::store_corrupt);
}

TEST_F(Options, AConfigurationFileThatCannotBeReadIsRefused) {
  std::filesystem::create_directories(home());
  support::write_text(home() / "config.toml", "sync = nonsense [");
  EXPECT_EQ(code_of(host()), ec::bad_config);
}

TEST_F(Options, AServerThatTheProtocolRefusesIsRefused) {
  options wanted = host();
  wanted.settings["sync.server_url"] = "http://example.com";
  EXPECT_NE(code_of(std::move(wanted)), ec::ok);
}

} // namespace
} // namespace spec_kitty::embed_test
