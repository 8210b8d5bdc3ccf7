#include "tests/support/cli_test.hpp"

#include "tests/support/hints.hpp"
#include "tests/support/programs.hpp"

#include "config/credentials.hpp"

namespace spec_kitty::support {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t max_looked_at = std::uintmax_t{1} << 30; ///< no program here writes more

} // namespace

cli_test::cli_test() {
  fs::create_directory(work());
  fs::create_directory(root() / "user");
}

cli_test::~cli_test() {
  expect_no_secret_written();
}

/// Every file this test made, but for the credentials and a server's own memory: no password and
/// no token stands in it, in the store's pages neither.
void cli_test::expect_no_secret_written() const {
  std::error_code error;
  for (fs::recursive_directory_iterator at(root(), error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (at->path() == root() / "server" || name.starts_with("spec-kitty-dev-server-"))
      at.disable_recursion_pending();
    std::error_code none;
    if (!at->is_regular_file(none) || at->is_symlink(none) || name.starts_with("credentials") ||
        name == "trace" || // strace shows what is read from the credentials
        at->file_size(none) > max_looked_at)
      continue;
    const std::string bytes = read_text(at->path());
    for (const auto& secret : seen_secrets_)
      EXPECT_EQ(bytes.find(secret), std::string::npos)
          << "a secret stands in " << at->path().string();
  }
}

launch cli_test::command(words arguments, std::string input) const {
  launch what;
  what.argv = std::move(arguments);
  what.argv.insert(what.argv.begin(), program_folder() + "/spec-kitty");
  what.env = {{"HOME", (root() / "user").string()},
              {"TMPDIR", root().string()},
              {"USER", "tester"},
              {"SPEC_KITTY_HOME", home().string()}};
  for (const auto& [name, value] : env)
    what.env[name] = value;
  what.cwd = work();
  what.input = std::move(input);
  return what;
}

std::set<std::string> cli_test::secrets() const {
  std::set<std::string> all;
  if (server)
    all.insert(server->password());
  if (const auto session = read_credentials(home()); session && *session)
    all.merge(std::set{(*session)->access, (*session)->refresh});
  all.erase("");
  return all;
}

finished cli_test::run(const launch& what) const {
  const auto before = secrets();
  auto done = support::run(what);
  auto all = secrets();
  all.insert(before.begin(), before.end());
  seen_secrets_.insert(all.begin(), all.end());
  for (const auto& secret : all)
    EXPECT_EQ((done.out + done.err).find(secret), std::string::npos) << "a secret was printed";
  EXPECT_FALSE(done.timed_out);
  try_hints(what, done, root());
  return done;
}

finished cli_test::cli(words arguments, std::string input) const {
  return run(command(std::move(arguments), std::move(input)));
}

json_document cli_test::json_of(words arguments, int status, std::string input) const {
  arguments.emplace_back("--json");
  const auto done = cli(std::move(arguments), std::move(input));
  EXPECT_EQ(done.status, status) << done.out << done.err;
  auto object = only_object(done);
  const json_value* ok = member(object, "ok");
  EXPECT_TRUE(ok != nullptr && ok->IsBool() && ok->GetBool() == (status == 0)) << done.out;
  return object;
}

void cli_test::shell(const std::string& script) const {
  launch what = command({});
  what.argv = {"sh", "-ec", script};
  what.cwd = root();
  const auto done = support::run(what);
  ASSERT_EQ(done.status, 0) << done.err;
}

void cli_test::emit(int count) const {
  std::string input;
  for (int i = 0; i < count; ++i)
    input += stdin_line(i);
  const auto done = cli({"emit", "--stdin"}, input);
  ASSERT_EQ(done.status, 0) << done.err;
  ASSERT_EQ(lines_of(done.out).size(), static_cast<std::size_t>(count));
}

dev_server& cli_test::server_set(std::vector<std::string> options) {
  server = std::make_unique<dev_server>(root() / "server", std::move(options));
  EXPECT_EQ(cli({"sync", "server", server->url()}).status, 0);
  return *server;
}

finished cli_test::log_in(const dev_server& at) const {
  return cli({"auth", "login", "--username", at.username(), "--password-stdin"},
             at.password() + "\n");
}

dev_server& cli_test::logged_in(std::vector<std::string> options) {
  server_set(std::move(options));
  const auto done = log_in(*server);
  EXPECT_EQ(done.status, 0) << done.err;
  return *server;
}

std::string stdin_line(int number) {
  return R"({"event_type":"HistoryAdded","payload":{"wp_id":"WP01","entry_type":"note",)"
         R"("entry_content":"number )" +
         std::to_string(number) + "\"}}\n";
}

json_document only_object(const finished& done) {
  EXPECT_EQ(lines_of(done.out).size(), 1U) << done.out << done.err;
  EXPECT_TRUE(done.out.ends_with("}\n")) << done.out << done.err;
  auto object = parsed(done.out);
  EXPECT_TRUE(object.IsObject()) << done.out;
  return object;
}

json_document parsed(const std::string& text) {
  auto document = parse_json(text);
  EXPECT_TRUE(document.ok()) << text;
  return document ? std::move(*document) : json_document(rapidjson::kNullType);
}

std::string error_part(const json_value& object, const char* part) {
  const json_value* error = member(object, "error");
  return error == nullptr ? std::string() : text_of(*error, part).value_or("");
}

std::int64_t number_in(const json_value& object, std::initializer_list<const char*> path) {
  const json_value* at = &object;
  for (const char* name : path)
    at = at == nullptr ? nullptr : member(*at, name);
  return at != nullptr && at->IsInt64() ? at->GetInt64() : -1;
}

std::vector<std::string> ids_of(const std::vector<std::string>& events) {
  std::vector<std::string> ids;
  for (const auto& event : events)
    ids.push_back(text_of(parsed(event), "event_id").value_or("no event_id"));
  return ids;
}

} // namespace spec_kitty::support
