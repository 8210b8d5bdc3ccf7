#include "app/orchestrate/state_file.hpp"

#include "app/orchestrate/plan_json.hpp"
#include "app/workflow/git.hpp"
#include "app/workflow/repo_edit.hpp"
#include "app/workflow/worktree.hpp"
#include "util/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace spec_kitty::orchestrate {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_state_bytes = std::size_t{16} << 20;
constexpr std::chrono::seconds state_patience{10};

/// A failure of the repository's files, whose hint may name a link that is in the way.
failure not_there(const failure& why) {
  return {ec::bad_input, why.message, workflow::in_repository(why).hint};
}

/// git knows the file: it came with the repository, so what it tells to type is a stranger's.
bool is_tracked(const workflow::repository& repo, const std::filesystem::path& file) {
  const auto found =
      workflow::git(repo.checkout)
          .attempt({"ls-files", "--error-unmatch", "--", workflow::literal_path(file.string())});
  return !found || found->status == 0;
}

} // namespace

state_file::state_file(const workflow::feature& feature)
    : slug_(feature.slug()), repo_(feature.repo()),
      path_(repo_.checkout / ".kittify" / "orchestration-state.json"),
      folder_(repo_.checkout / ".kittify" / "orchestration" / slug_) {}

result<void> state_file::create_layout() const {
  const auto lock = workflow::lock_edits(repo_);
  if (!lock)
    return lock.error();
  if (auto hidden = workflow::ignore_paths(repo_, {"/.worktrees/", "/.kittify/orchestration/",
                                                   "/.kittify/orchestration-state.json*"});
      !hidden)
    return hidden;
  auto made = files().make_folders(path_.parent_path());
  if (made) // what agents print may be private
    made = files().make_folders(folder_ / "ask", {0700});
  if (!made)
    return not_there(made.error());
  const auto alone = files().lock(folder_.parent_path() / "state.lock", state_patience);
  if (!alone)
    return not_there(alone.error());
  if (*alone)
    files().remove_unfinished(path_);
  return {};
}

result<std::optional<orchestration>> state_file::read() const {
  const auto text = files().read(path_, max_state_bytes);
  if (!text)
    return input_failure(text.error());
  if (!*text)
    return std::optional<orchestration>{};
  const failure damaged{ec::bad_input, path_.string() + " is not a state of an orchestration",
                        "lanes and worktrees show what is done; put the file away: mv " +
                            shell_word(path_.string()) + " " +
                            shell_word(path_.string() + ".damaged")};
  const auto parsed = parse_json(**text);
  const auto* features = parsed ? member(*parsed, "features") : nullptr;
  if (features == nullptr || !features->IsObject())
    return damaged;
  const auto* mine = member(*features, slug_.c_str());
  if (mine == nullptr)
    return std::optional<orchestration>{};
  auto run = decode_run(*mine);
  if (!run)
    return failure{damaged.code, path_.string() + ": " + run.error().message, damaged.hint};
  if (is_tracked(repo_, path_))
    for (auto& package : run->packages)
      package.hint = package.hint.empty() ? "" : resume_hint(*run);
  return std::optional<orchestration>{std::move(*run)};
}

result<void> state_file::write(const orchestration& run) const {
  const auto because = [&](const std::string& why) {
    const auto saved = read(); // of an earlier step
    const std::string option = saved && *saved ? "--resume" : "";
    return failure{ec::bad_input, "the state was not saved: " + why,
                   "check the free space and the permissions there, then: " +
                       orchestrate_command(run, option)};
  };
  const auto lock = files().lock(folder_.parent_path() / "state.lock", state_patience);
  if (!lock || !*lock)
    return because(lock ? "another process has held state.lock for 10 s" : lock.error().message);
  const auto text = files().read(path_, max_state_bytes);
  if (!text)
    return because(text.error().message);
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "version", std::uint64_t{1});
  key(out, "features");
  out.StartObject();
  if (const auto parsed = *text ? parse_json(**text) : result<json_document>(failure{}); parsed)
    if (const auto* features = member(*parsed, "features");
        features != nullptr && features->IsObject())
      for (const auto& other : features->GetObject())
        if (other.name.GetString() != slug_)
          raw_field(out, other.name.GetString(), to_text(other.value));
  raw_field(out, slug_, encode_run(run));
  out.EndObject();
  out.EndObject();
  std::string bytes(buffer.GetString(), buffer.GetSize());
  if (auto written = files().replace(path_, bytes + "\n", {0644}); !written)
    return because(written.error().message);
  return {};
}

result<std::optional<file_lock>>
state_file::try_lock_run(std::chrono::milliseconds patience) const {
  auto lock = files().lock(folder_ / "lock", patience);
  if (!lock)
    return not_there(lock.error());
  return lock;
}

bool state_file::is_taken() const {
  const auto file = files().open(folder_ / "lock", O_RDONLY);
  return file && *file && ::flock(file->get(), LOCK_SH | LOCK_NB) != 0;
}

result<void> state_file::submit_request(const std::string& request) const {
  if (auto left = files().replace(folder_ / "ask" / request, "", {0600}); !left)
    return not_there(left.error());
  return {};
}

std::vector<std::string> state_file::pending_requests() const {
  std::vector<std::string> found;
  if (const auto entries = files().list(folder_ / "ask"))
    for (const auto& entry : *entries)
      if (entry.name == "abort" || entry.name.starts_with("skip-"))
        found.push_back(entry.name);
  return found;
}

result<void> require_no_active_run(const workflow::feature& feature) {
  if (!state_file(feature).is_taken())
    return {};
  return failure{ec::already_running, "an orchestration of " + feature.slug() + " is running",
                 "wait for it: " + feature.command("orchestrate --status") +
                     "; or end it: " + feature.command("orchestrate --abort")};
}

void state_file::complete_request(const std::string& request) const {
  (void)files().remove(folder_ / "ask" / request);
}

} // namespace spec_kitty::orchestrate
