#include "tests/app/cli/doctor_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace spec_kitty::support {

void DoctorStates::TearDown() {
  for (const pid_t pid : holders_)
    ::kill(pid, SIGKILL);
}

std::vector<listed_finding> DoctorStates::findings() const {
  const auto done = cli({"sync", "doctor", "--json"});
  const auto reply = only_object(done);
  std::vector<listed_finding> found;
  bool error = false;
  for (const auto& each : member(reply, "findings")->GetArray()) {
    found.push_back({text_of(each, "id").value_or(""), text_of(each, "severity").value_or(""),
                     text_of(each, "remedy").value_or("")});
    error = error || found.back().severity == "error";
    EXPECT_TRUE(found.back().severity == "info" || !found.back().remedy.empty())
        << found.back().id << ": what needs somebody has a remedy";
  }
  EXPECT_EQ(done.status, error ? 1 : 0) << done.out;
  return found;
}

bool DoctorStates::says(const std::string& id) const {
  for (const auto& found : findings())
    if (found.id == id)
      return true;
  return false;
}

void DoctorStates::type(std::string remedy) const {
  const auto fill_in = [&](const std::string& blank, const std::string& with) {
    if (const auto at = remedy.find(blank); at != std::string::npos)
      remedy.replace(at, blank.size(), with);
  };
  if (server)
    fill_in("https://sync.example.com", server->url());
  if (remedy.find("--username") == std::string::npos)
    fill_in("auth login", "auth login --username dev");
  auto what = command({});
  what.argv = {"sh", "-c", remedy};
  what.env["PATH"] = std::string(SPEC_KITTY_BIN_DIR) + ":/usr/local/bin:/usr/bin:/bin";
  if (server)
    what.env["SPEC_KITTY_PASSWORD"] = server->password();
  const auto done = support::run(what);
  EXPECT_LE(done.status, 4) << remedy << '\n' << done.out << done.err;
}

void DoctorStates::expect_fixed(const std::string& id) {
  EXPECT_TRUE(says(id)) << "doctor does not say " << id;
  std::string typed;
  for (int step = 0; step < 8; ++step) {
    const auto found = findings();
    const auto worst = std::find_if(found.begin(), found.end(), [](const auto& each) {
      return each.severity != "info" && each.id != "home_in_memory";
    });
    if (worst == found.end())
      return;
    type(worst->remedy);
    typed += worst->id + ": " + worst->remedy + '\n';
  }
  ADD_FAILURE() << "never well, after\n" << typed;
}

pid_t DoctorStates::hold_store() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int fd = ::open((home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC);
    ::flock(fd, LOCK_EX);
    ::pause();
    ::_exit(0);
  }
  holders_.push_back(pid);
  EXPECT_TRUE(eventually([&] {
    const int fd = ::open((home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC);
    const bool taken = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
    ::close(fd);
    return taken;
  }));
  return pid;
}

void DoctorStates::spill_one() {
  env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "50";
  const pid_t pid = hold_store();
  emit_spilled();
  ::kill(pid, SIGKILL);
  env.erase("SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS");
}

void DoctorStates::emit_spilled() const {
  EXPECT_EQ(cli({"emit", "WPStatusChanged", "--payload", good_payload}).out, "spilled\n");
}

} // namespace spec_kitty::support
