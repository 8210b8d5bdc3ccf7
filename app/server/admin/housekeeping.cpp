#include "app/server/admin/housekeeping.hpp"

#include "app/server/admin/await_answer.hpp"
#include "app/server/admin/key_file.hpp"

#include <sys/stat.h>

#include <chrono>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr epoch_us hour_us = epoch_us{3600} * 1'000'000;
constexpr epoch_us day_in_us = 24 * hour_us;
constexpr std::chrono::minutes texts_patience{10};
constexpr int max_rounds_of_texts = 10'000; ///< some thousand events each

void note_trouble(housekeeping_done& done, const failure& why) {
  if (done.trouble.empty())
    done.trouble = why.message;
}

void take_old_texts(administration& of, housekeeping_done& done) {
  const std::int64_t days = of.settings.number("retention.days");
  if (days == 0)
    return;
  const auto teams = of.accounts().teams();
  if (!teams)
    return note_trouble(done, teams.error());
  const epoch_us before = of.now() - days * day_in_us;
  for (const auto& team : *teams)
    for (int round = 0; round < max_rounds_of_texts; ++round) {
      const auto taken = await_answer<store::texts_taken>(
          [&](auto answer) { of.engine.take_texts(team.id, before, std::move(answer)); },
          texts_patience);
      if (!taken)
        return note_trouble(done, taken.error());
      done.texts_taken += taken->events;
      if (taken->events == 0)
        break;
    }
}

void replace_old_key(administration& of, housekeeping_done& done) {
  const auto keys = read_key_file(of.settings.keys_file(), of.now());
  if (!keys)
    return note_trouble(done, keys.error());
  if (of.now() - keys->newest().made * 1'000'000 < key_lifetime_us)
    return;
  const auto rotated = rotate_keys(of, {});
  if (!rotated)
    return note_trouble(done, rotated.error());
  done.key_rotated = true;
}

} // namespace

std::string housekeeping_done::sentence() const {
  std::string words;
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0)
      words += (words.empty() ? "" : ", ") + std::to_string(count) + what;
  };
  add(texts_taken, " texts of events taken away by retention");
  add(sessions_ended, " sessions ended that were over");
  add(links_expired, " links expired");
  if (key_rotated)
    words += (words.empty() ? "" : ", ") + std::string("a new signing key");
  if (!trouble.empty())
    words += (words.empty() ? "" : "; ") + trouble;
  return words;
}

housekeeping_done keep_house(administration& of) {
  housekeeping_done done;
  const epoch_us unused_for = of.settings.number("session.unused_hours") * hour_us;
  if (const auto ended = of.accounts().expire_sessions(of.now(), unused_for))
    done.sessions_ended = *ended;
  else
    note_trouble(done, ended.error());
  if (const auto expired = of.accounts().expire_links(of.now()))
    done.links_expired = *expired;
  else
    note_trouble(done, expired.error());
  take_old_texts(of, done);
  replace_old_key(of, done);
  return done;
}

certificate_watch::certificate_watch(std::filesystem::path certificate, std::filesystem::path key)
    : certificate_(std::move(certificate)), key_(std::move(key)), seen_(look()) {}

bool certificate_watch::has_changed() {
  const std::string before = std::exchange(seen_, look());
  return before != seen_;
}

std::string certificate_watch::look() const {
  std::string all;
  for (const auto& file : {certificate_, key_}) {
    struct stat found {};
    if (::stat(file.c_str(), &found) == 0)
      all += std::to_string(found.st_ino) + " " + std::to_string(found.st_size) + " " +
             std::to_string(found.st_mtim.tv_sec) + "." + std::to_string(found.st_mtim.tv_nsec) +
             ";";
  }
  return all;
}

} // namespace spec_kitty::server
