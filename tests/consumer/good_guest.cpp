// A host that uses LMDB, libcurl and OpenSSL for itself, and has four clients at work on two homes
// meanwhile. Whatever is the host's must be as it was: signals, the current folder, the locale, the
// environment, stdout and stderr. Prints nothing unless something is wrong.
//
//   good_guest HOME1 HOME2 FOLDER URL
#include <spec_kitty/client.hpp>

#include <curl/curl.h>
#include <lmdb.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

extern char** environ;

namespace {

/// What a guest must leave alone.
struct process_state {
  std::vector<struct sigaction> signals;
  sigset_t mask{};
  std::string folder;
  std::string locale;
  std::vector<std::string> environment;
  mode_t file_mask = 0;
};

process_state look_around() {
  process_state seen;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action); // the C library keeps two for itself: zeros
    seen.signals.push_back(action);
  }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &seen.mask);
  seen.folder = std::filesystem::current_path().string();
  seen.locale = std::setlocale(LC_ALL, nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry)
    seen.environment.emplace_back(*entry);
  seen.file_mask = ::umask(0);
  ::umask(seen.file_mask);
  return seen;
}

/// Signal by signal: the bytes behind the last one mean nothing.
bool same(const sigset_t& a, const sigset_t& b) {
  for (int signal = 1; signal < NSIG; ++signal)
    if (sigismember(&a, signal) != sigismember(&b, signal))
      return false;
  return true;
}

bool same(const process_state& before, const process_state& now, const char* when) {
  bool good = true;
  const auto report = [&](const std::string& what) {
    std::fprintf(stderr, "good_guest: %s changed %s\n", what.c_str(), when);
    good = false;
  };
  for (std::size_t i = 0; i < before.signals.size(); ++i) {
    const auto& a = before.signals[i];
    const auto& b = now.signals[i];
    if (a.sa_handler != b.sa_handler || a.sa_flags != b.sa_flags || !same(a.sa_mask, b.sa_mask))
      report("the disposition of signal " + std::to_string(i + 1));
  }
  if (!same(before.mask, now.mask))
    report("the signal mask");
  if (before.folder != now.folder)
    report("the current folder");
  if (before.locale != now.locale)
    report("the locale");
  if (before.environment != now.environment)
    report("the environment");
  if (before.file_mask != now.file_mask)
    report("the umask");
  return good;
}

/// The host's own LMDB environment: writes `value`, reads it back in another transaction.
bool own_store_works(MDB_env* env, MDB_dbi table, std::string value) {
  char name[] = "counter";
  MDB_val key{sizeof name, name};
  MDB_val written{value.size(), value.data()};
  MDB_txn* txn = nullptr;
  if (mdb_txn_begin(env, nullptr, 0, &txn) != 0 || mdb_put(txn, table, &key, &written, 0) != 0 ||
      mdb_txn_commit(txn) != 0)
    return false;
  MDB_val read{};
  if (mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn) != 0)
    return false;
  const bool good = mdb_get(txn, table, &key, &read) == 0 &&
                    std::string(static_cast<char*>(read.mv_data), read.mv_size) == value;
  mdb_txn_abort(txn);
  return good;
}

std::size_t take_all(char*, std::size_t size, std::size_t count, void* total) {
  *static_cast<std::size_t*>(total) += size * count;
  return size * count;
}

/// The host's own request: any answer of the server will do.
bool own_request_works(const std::string& url) {
  CURL* const handle = curl_easy_init();
  std::size_t total = 0;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, 10L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &take_all);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &total);
  const CURLcode code = curl_easy_perform(handle);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(handle);
  return code == CURLE_OK && status != 0;
}

/// The host's own OpenSSL: SHA-256 of the empty text, and a context for TLS.
bool own_tls_works() {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  const bool good = context != nullptr &&
                    EVP_Digest("", 0, digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
                    size == 32 && digest[0] == 0xe3 && digest[31] == 0x55;
  SSL_CTX_free(context);
  return good;
}

int complain(const char* doing, const spec_kitty::failure& why = {}) {
  std::fprintf(stderr, "good_guest: %s %s\n", doing, why.message.c_str());
  return 1;
}

constexpr int events_each = 40;

} // namespace

int main(int argc, char** argv) {
  if (argc != 5)
    return 2;
  std::setlocale(LC_ALL, "C.UTF-8");
  ::signal(SIGUSR1, SIG_IGN); // dispositions of the host's own, to be found again
  ::signal(SIGPIPE, SIG_DFL);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  MDB_env* env = nullptr;
  MDB_dbi table = 0;
  MDB_txn* txn = nullptr;
  if (mdb_env_create(&env) != 0 || mdb_env_open(env, argv[3], 0, 0600) != 0 ||
      mdb_txn_begin(env, nullptr, 0, &txn) != 0 || mdb_dbi_open(txn, nullptr, 0, &table) != 0 ||
      mdb_txn_commit(txn) != 0)
    return complain("cannot open a store of its own");
  const process_state before = look_around();

  std::vector<spec_kitty::client> clients;
  for (const char* home : {argv[1], argv[2], argv[1], argv[2]}) { // each home twice
    spec_kitty::options wanted;
    wanted.home = home;
    auto opened = spec_kitty::client::open(wanted);
    if (!opened)
      return complain("open:", opened.error());
    clients.push_back(*std::move(opened));
  }

  std::atomic<int> failed{0};
  std::vector<std::thread> workers;
  for (auto& client : clients)
    workers.emplace_back([&client, &failed] {
      for (int i = 0; i < events_each; ++i)
        if (!client.emit(spec_kitty::history_added{"WP01", "note", std::to_string(i)}).get())
          ++failed;
    });
  bool good = true;
  for (int i = 0; i < 10; ++i) {
    if (!own_store_works(env, table, std::to_string(i)))
      good = complain("its own LMDB does not work") == 0;
    if (!own_request_works(argv[4]))
      good = complain("its own libcurl does not work") == 0;
    if (!own_tls_works())
      good = complain("its own OpenSSL does not work") == 0;
  }
  for (auto& worker : workers)
    worker.join();
  if (failed != 0)
    good = complain("events were not recorded") == 0;
  good &= same(before, look_around(), "while clients were at work");

  for (auto& client : clients) {
    const auto flushed = client.flush(20s);
    if (!flushed || !flushed->delivered)
      good = complain("flush:", flushed ? flushed->why : flushed.error()) == 0;
  }
  for (auto& client : clients)
    if (const auto stopped = client.stop(10s); !stopped)
      good = complain("stop:", stopped.error()) == 0;
  clients.clear();
  good &= same(before, look_around(), "after the clients had stopped");
  if (!own_store_works(env, table, "afterwards") || !own_request_works(argv[4]) || !own_tls_works())
    good = complain("the host's own libraries no longer work") == 0;
  mdb_env_close(env);
  curl_global_cleanup();
  return good ? 0 : 1;
}
