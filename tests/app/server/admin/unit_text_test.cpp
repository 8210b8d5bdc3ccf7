// The systemd unit, as systemd itself judges it.
#include "app/server/admin/local_commands.hpp"
#include "util/files.hpp"
#include "util/process.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

namespace spec_kitty::server {
namespace {

constexpr const char* analyze = "/usr/bin/systemd-analyze";
constexpr double max_exposure = 2.5;

server_settings settings_of(std::map<std::string, std::string, std::less<>> flags) {
  const auto loaded = server_settings::load({std::nullopt, std::move(flags)});
  return loaded ? *loaded : server_settings{};
}

double exposure_of(const std::string& unit) {
  const temporary_folder folder;
  const auto file = folder.path() / "spec-kitty-server.service";
  if (!replace_file(file, unit))
    return -1;
  const auto judged =
      run_program({{analyze, "security", "--offline=true", "--no-pager", file.string()}, {}, {}});
  std::smatch found;
  const std::string text = judged ? judged->out + judged->err : judged.error().message;
  return std::regex_search(text, found, std::regex("exposure level.*: ([0-9.]+)"))
             ? std::stod(found[1])
             : -1;
}

TEST(UnitText, SystemdJudgesItSafe) {
  if (!std::filesystem::exists(analyze))
    GTEST_SKIP() << "systemd is not installed";
  for (const char* listen : {"127.0.0.1:8443", "0.0.0.0:443"}) {
    const double exposure = exposure_of(unit_text(settings_of({{"listen", listen}}), "/usr/bin/x"));
    EXPECT_GT(exposure, 0) << listen;
    EXPECT_LE(exposure, max_exposure) << listen;
  }
}

TEST(UnitText, NamesStateAndProgramAsWords) {
  const auto unit = unit_text(settings_of({{"state", "/srv/a b%"}}), "/opt/spec kitty/server");
  EXPECT_NE(unit.find("ExecStart=\"/opt/spec kitty/server\" run"), std::string::npos) << unit;
  EXPECT_NE(unit.find("--state \"/srv/a b%%\""), std::string::npos);
  EXPECT_NE(unit.find("ReadWritePaths=\"/srv/a b%%\""), std::string::npos);
  EXPECT_EQ(unit.find("StateDirectory="), std::string::npos);
}

TEST(UnitText, OnlyALowPortKeepsACapability) {
  EXPECT_NE(unit_text(settings_of({{"listen", "0.0.0.0:443"}}), "/x").find("CAP_NET_BIND_SERVICE"),
            std::string::npos);
  EXPECT_EQ(unit_text(settings_of({}), "/x").find("CAP_"), std::string::npos);
}

} // namespace
} // namespace spec_kitty::server
