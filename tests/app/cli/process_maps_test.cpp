// What an emitting process has in its address space: nothing that could reach the network.
#include "tests/support/cli_test.hpp"

#include <algorithm>

namespace spec_kitty::support {
namespace {

struct ProcessMaps : cli_test {
  static std::string maps_of(const child& process) {
    return read_text("/proc/" + std::to_string(process.pid()) + "/maps");
  }
  static std::vector<std::string> open_files(const child& process) {
    std::vector<std::string> names;
    std::error_code gone; // a descriptor may close while we look
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/fd"))
      names.push_back(std::filesystem::read_symlink(entry.path(), gone).string());
    return names;
  }
};

TEST_F(ProcessMaps, AnEmitMapsNoNetworkLibraryAndKeepsNoSocketAfterTheCommit) {
  logged_in(); // a session and a server: all that could tempt it
  child stream(command({"emit", "--stdin"}));
  ASSERT_TRUE(stream.write(stdin_line(1)));
  ASSERT_TRUE(stream.next_line()) << "no answer";
  const std::string maps = maps_of(stream);
  EXPECT_NE(maps.find("data.mdb"), std::string::npos) << "these are not the maps of an emit";
  for (const char* library :
       {"libcurl", "libssl", "libcrypto", "libwebsockets", "libcaf_io", "spec_kitty_http",
        "spec_kitty_link", "libgnutls", "libnghttp2", "libsqlite3", "spec_kitty_sqlite"})
    EXPECT_EQ(maps.find(library), std::string::npos) << library;
  // After the answer it rings the daemon: one datagram, and the socket is closed again.
  EXPECT_TRUE(eventually([&] {
    const auto names = open_files(stream);
    return std::none_of(names.begin(), names.end(),
                        [](const auto& name) { return name.starts_with("socket:"); });
  })) << "a socket stays open";
  stream.close_input();
  EXPECT_EQ(stream.wait().status, 0);
}

TEST_F(ProcessMaps, ASyncMapsTheClientOnlyWhileItNeedsIt) {
  logged_in();
  emit();
  server->kill();
  const raw_server silent("", server->port());
  child drain(command({"sync", "now"}));
  drain.close_input();
  ASSERT_TRUE(eventually([&] { return silent.connections() > 0; }));
  const std::string maps = maps_of(drain);
  EXPECT_NE(maps.find("libcurl"), std::string::npos) << "the test above would see nothing either";
  EXPECT_EQ(maps.find("libwebsockets"), std::string::npos);
}

TEST_F(ProcessMaps, ASyncStartsNoProcessAndPutsNoSecretOnACommandLine) {
  logged_in();
  emit();
  server->kill();
  const raw_server silent("", server->port());
  child drain(command({"sync", "now"}));
  drain.close_input();
  ASSERT_TRUE(eventually([&] { return silent.connections() > 0; }));
  const std::string proc = "/proc/" + std::to_string(drain.pid());
  EXPECT_EQ(read_text(proc + "/cmdline").find(server->password()), std::string::npos);
  EXPECT_EQ(read_text(proc + "/task/" + std::to_string(drain.pid()) + "/children"), "");
}

} // namespace
} // namespace spec_kitty::support
