// A process that writes to a store and prints what it was promised, for tests that end it at any
// moment: `server_store_worker STATE SUBMISSIONS WINDOW`. STATE is made where it does not exist.
//
//   team SLUG ID     the team exists
//   ack SLUG N       the events 1 … N of the team are stored
//   user NAME        the account exists
//   erased SLUG N    the text of that event is gone
//   refused CODE     a submission was answered with a failure
//   ready, done
//
// Event N of a team is text_of(N), so that a judge needs nothing else.
#include "app/server/store/lmdb/open.hpp"
#include "tests/app/server/store/engine_calls.hpp"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace spec_kitty::server::store::testing {
namespace {

constexpr std::array<const char*, 3> team_slugs = {"alpha", "beta", "gamma"};

void print(const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(STDOUT_FILENO, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()))
    std::_Exit(4);
}

struct worker_team {
  std::string slug;
  team_id id = 0;
  std::uint64_t next = 1; ///< the number of its next event
};

/// Submissions in flight, at most so many.
class window {
public:
  explicit window(std::size_t size) : size_(size) {}
  void enter() {
    std::unique_lock hold(guard_);
    changed_.wait(hold, [this] { return used_ < size_; });
    ++used_;
  }
  void leave() {
    const std::lock_guard hold(guard_);
    --used_;
    changed_.notify_all();
  }
  void wait_empty() {
    std::unique_lock hold(guard_);
    changed_.wait(hold, [this] { return used_ == 0; });
  }

private:
  std::size_t size_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::size_t used_ = 0;
};

std::unique_ptr<engine> open_store(const lmdb_options& options) {
  if (!has_store(options.state))
    if (const auto made = create_lmdb_store(options); !made) {
      std::fprintf(stderr, "create: %s\n", made.error().message.c_str());
      std::_Exit(3);
    }
  auto opened = open_lmdb_engine(options);
  if (!opened) {
    std::fprintf(stderr, "open: %s\n", opened.error().message.c_str());
    std::_Exit(3);
  }
  return std::move(*opened);
}

std::vector<worker_team> open_teams(engine& on) {
  std::vector<worker_team> out;
  for (const char* slug : team_slugs) {
    worker_team team;
    team.slug = slug;
    const auto found = on.directory().team_by_slug(slug);
    team.id = found && *found ? (*found)->id : new_team(on, slug);
    if (team.id == 0) {
      print("refused team");
      continue;
    }
    print("team " + team.slug + " " + std::to_string(team.id));
    if (const auto head = heads(on, {team.id}); head && !head->empty())
      team.next = head->front().head + 1;
    out.push_back(std::move(team));
  }
  return out;
}

/// Some events that are known, if any, and some new ones.
void submit(engine& on, worker_team& team, std::size_t turn, window& flights) {
  const std::size_t count = 1 + (turn * 7) % 40;
  const std::uint64_t again = std::min<std::uint64_t>(team.next - 1, turn % 4);
  std::vector<batch> submission;
  submission.push_back(batch_of(team.id, samples(team.next - again, again + count)));
  team.next += count;
  flights.enter();
  on.commit(std::move(submission), soon(),
            [&flights, slug = team.slug](const result<committed>& answer) {
              print(answer ? "ack " + slug + " " + std::to_string(answer->batches[0].back().seq)
                           : "refused " + std::string(to_string(answer.error().code)));
              flights.leave();
            });
}

void change_something(engine& on, const worker_team& team, std::size_t turn) {
  if (turn % 20 == 7) {
    const std::string name = "user-" + std::to_string(::getpid()) + "-" + std::to_string(turn);
    const auto made = on.directory().add_user(name, "$argon2id$" + name, note_at(1));
    print(made ? "user " + name : "refused user");
  }
  if (turn % 20 == 13 && team.next > 4) {
    const sequence seq = team.next / 2;
    const auto erased = await<void>([&](auto done) { on.erase(team.id, seq, note_at(1), done); });
    print(erased ? "erased " + team.slug + " " + std::to_string(seq) : "refused erase");
  }
}

int run_worker(const lmdb_options& options, std::size_t submissions, std::size_t window_size) {
  const auto on = open_store(options);
  auto teams = open_teams(*on);
  print("ready");
  window flights(window_size);
  for (std::size_t turn = 0; turn < submissions && !teams.empty(); ++turn) {
    auto& team = teams[turn % teams.size()];
    submit(*on, team, turn, flights);
    if (window_size == 1) { // a refused submission must not leave a hole in the numbers
      flights.wait_empty();
      const auto head = heads(*on, {team.id});
      if (!head || head->empty()) {
        print("refused heads");
        return 5;
      }
      team.next = head->front().head + 1;
    }
    if (turn % 20 == 7 || turn % 20 == 13) {
      flights.wait_empty();
      change_something(*on, team, turn);
    }
  }
  flights.wait_empty();
  on->stop(soon());
  print("done");
  return 0;
}

} // namespace
} // namespace spec_kitty::server::store::testing

int main(int argc, char** argv) {
  using namespace spec_kitty::server::store;
  if (argc != 4)
    return 2;
  lmdb_options options;
  options.state = argv[1];
  return testing::run_worker(options, std::strtoull(argv[2], nullptr, 10),
                             std::strtoull(argv[3], nullptr, 10));
}
