#include "tests/app/server/store/store_judge.hpp"

#include "app/server/store/lmdb/open.hpp"
#include "tests/app/server/store/engine_calls.hpp"

#include <charconv>

namespace spec_kitty::server::store::testing {

namespace {

std::string_view next_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::uint64_t number_in(std::string_view word) {
  std::uint64_t out = 0;
  std::from_chars(word.data(), word.data() + word.size(), out);
  return out;
}

/// Every event of the log is the text of its number, or was erased.
void judge_log(engine& on, team_id team, const std::string& slug, const store_promises& promises,
               std::vector<std::string>& out) {
  const auto wanted = promises.heads.find(slug);
  const std::uint64_t acknowledged = wanted == promises.heads.end() ? 0 : wanted->second;
  sequence after = 0;
  for (;;) {
    const auto got = read(on, team, after);
    if (!got) {
      out.push_back(slug + " cannot be read: " + got.error().message);
      return;
    }
    for (const auto& event : got->events) {
      if (event.text != text_of(event.seq))
        out.push_back(slug + " has another text at " + std::to_string(event.seq));
      if (promises.erased.contains({slug, event.seq}))
        out.push_back(slug + " still has the erased text of " + std::to_string(event.seq));
    }
    if (got->through == got->head.head) {
      if (got->through < acknowledged)
        out.push_back(slug + " ends at " + std::to_string(got->through) + ", acknowledged were " +
                      std::to_string(acknowledged));
      return;
    }
    if (got->through <= after) {
      out.push_back(slug + " does not move on at " + std::to_string(after));
      return;
    }
    after = got->through;
  }
}

} // namespace

void store_promises::read_line(std::string_view line) {
  const auto word = next_word(line);
  if (word == "refused")
    ++refused;
  if (word == "user")
    users.insert(std::string(line));
  if (word != "ack" && word != "erased" && word != "team")
    return;
  const std::string slug(next_word(line));
  if (word == "erased") {
    erased.insert({slug, number_in(line)});
    return;
  }
  auto& head = heads[slug];
  if (word == "ack") {
    ++acknowledged;
    head = std::max(head, number_in(line));
  }
}

std::vector<std::string> judge_store(const std::filesystem::path& state,
                                     const store_promises& promises) {
  lmdb_options options;
  options.state = state;
  if (!has_store(state))
    return promises.heads.empty() ? std::vector<std::string>{}
                                  : std::vector<std::string>{"there is no store"};
  const auto opened = open_lmdb_engine(options);
  if (!opened)
    return {"the store does not open: " + opened.error().message};
  engine& on = **opened;
  std::vector<std::string> out;
  for (const auto& [slug, head] : promises.heads) {
    const auto team = on.directory().team_by_slug(slug);
    if (team && *team)
      judge_log(on, (*team)->id, slug, promises, out);
    else
      out.push_back("the team " + slug + " is lost");
  }
  for (const auto& name : promises.users) {
    const auto user = on.directory().user_by_name(name);
    if (!user || !*user)
      out.push_back("the account " + name + " is lost");
  }
  const auto checked = check(on);
  if (!checked)
    out.push_back("check: " + checked.error().message);
  else
    for (const auto& finding : checked->findings)
      out.push_back("check: team " + std::to_string(finding.team) + ", " +
                    std::to_string(finding.seq) + ": " + finding.what);
  const auto made = on.directory().add_user("after", "$x", note_at(2));
  if (!made && made.error().code != ec::bad_input)
    out.push_back("nothing can be written: " + made.error().message);
  return out;
}

} // namespace spec_kitty::server::store::testing
