// Peers that others wrote: curl, python3-websockets, python3-aiohttp and h2load. And the memory
// that peers take that are only connected.
#include "tests/app/listener/listener_fixture.hpp"

#include "util/process.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <fstream>
#include <iostream>

namespace spec_kitty::listener {
namespace {

using words = std::vector<std::string>;

std::string output_of(const words& argv) {
  program what;
  what.argv = argv;
  what.variables = {"PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"};
  const auto end = run_program(what);
  if (!end)
    return end.error().message;
  return end->out + end->err;
}

bool has_program(const std::string& name) {
  return output_of({"/bin/sh", "-c", "command -v " + name}).starts_with('/');
}

class Peers : public testing::TestWithParam<transport_kind> {
protected:
  std::string url(const std::string& path) { return program_.listener().url() + path; }
  std::string curl(words options, const std::string& path) {
    words argv = {"curl", "-sk", "--max-time", "30", "-w", " %{http_code}"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(url(path));
    return output_of(argv);
  }
  std::string python(const std::string& script) {
    return output_of({"/usr/bin/python3", "-c", script});
  }

  test_program program_{{}, GetParam()};
};

TEST_P(Peers, CurlIsAnswered) {
  EXPECT_EQ(curl({}, "/healthz"), R"({"ok":true} 200)");
  EXPECT_EQ(curl({"--http1.0"}, "/healthz"), R"({"ok":true} 200)");
  EXPECT_EQ(curl({"-d", "hello"}, "/echo/"), "5  200");
  EXPECT_EQ(curl({"-H", "Transfer-Encoding: chunked", "-d", "hello"}, "/echo/"), "5  200");
  EXPECT_EQ(curl({"--http2"}, "/healthz"), R"({"ok":true} 200)");
  EXPECT_EQ(curl({"-o", "/dev/null"}, "/big/"), " 200");
  EXPECT_EQ(curl({"-I", "-o", "/dev/null"}, "/big/"), " 200");
  EXPECT_EQ(curl({}, "/ws/v1/events/").substr(0, 10), R"({"error":")");
}

TEST_P(Peers, CurlReadsTheRefusalOfALargeUpload) {
  const temporary_folder folder;
  const std::string file = folder.path() / "large";
  std::ofstream(file) << std::string(9U << 20, 'x');
  EXPECT_TRUE(curl({"--data-binary", "@" + file}, "/echo/").ends_with(" 413"));
  EXPECT_TRUE(curl({"-H", "Expect:", "--data-binary", "@" + file}, "/echo/").ends_with(" 413"));
  EXPECT_TRUE(
      curl({"-H", "Transfer-Encoding: chunked", "-H", "Expect:", "--data-binary", "@" + file},
           "/echo/")
          .ends_with(" 413"));
}

TEST_P(Peers, PythonWebsocketsTalksAndIsClosed) {
  std::string address = url("/ws/v1/events/");
  address.replace(0, 4, "ws");
  const std::string script = R"(
import asyncio, ssl, websockets
url = ')" + address + R"('
trust = None
if url.startswith('wss'):
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
async def talk():
    async with websockets.connect(url, ssl=trust) as peer:
        await peer.send('hello')
        print(await peer.recv())
        await peer.send('x' * 500000)
        print(len(await peer.recv()))
        await peer.send(['frag', 'ments'])
        print(await peer.recv())
        await asyncio.wait_for(await peer.ping(), 10)
        await peer.send('close 4001')
        try:
            await peer.recv()
        except websockets.ConnectionClosed as end:
            print(end.rcvd.code, end.rcvd.reason)
asyncio.run(talk())
)";
  EXPECT_EQ(python(script), "hello\n500000\nfragments\n4001 as asked\n");
}

TEST_P(Peers, PythonAiohttpKeepsItsConnection) {
  if (python("import aiohttp").find("Error") != std::string::npos)
    GTEST_SKIP() << "python3-aiohttp is not installed";
  EXPECT_EQ(python("import aiohttp, asyncio\n"
                   "async def talk():\n"
                   "    async with aiohttp.ClientSession() as session:\n"
                   "        for _ in range(3):\n"
                   "            async with session.post('" +
                   url("/echo/") +
                   "', data=b'x' * 100000, ssl=False) as reply:\n"
                   "                print(reply.status, await reply.text())\n"
                   "asyncio.run(talk())\n"),
            "200 100000 \n200 100000 \n200 100000 \n");
  EXPECT_EQ(program_.listener().counters().accepted, 1U);
}

TEST_P(Peers, H2loadLosesNoRequest) {
  if (!has_program("h2load"))
    GTEST_SKIP() << "h2load (nghttp2-client) is not installed";
  const auto report =
      output_of({"h2load", "--h1", "-n", "2000", "-c", "16", "-m", "1", url("/healthz")});
  EXPECT_NE(report.find("2000 succeeded, 0 failed, 0 errored"), std::string::npos) << report;
}

INSTANTIATE_TEST_SUITE_P(Transports, Peers,
                         testing::Values(transport_kind::plain, transport_kind::tls),
                         [](const auto& info) {
                           return info.param == transport_kind::tls ? "tls" : "plain";
                         });

std::size_t anonymous_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:"))
      return std::stoul(line.substr(8));
  return 0;
}

TEST(IdleListeners, TakeLittleMemory) {
#ifdef SPEC_KITTY_SANITIZED
  GTEST_SKIP() << "a sanitizer's memory is its own";
#endif
  constexpr std::size_t count = 2000;
  rlimit descriptors{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &descriptors), 0);
  if (descriptors.rlim_max < 2 * count + 100)
    GTEST_SKIP() << "this test needs " << 2 * count + 100 << " descriptors";
  descriptors.rlim_cur = descriptors.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &descriptors), 0);
  test_program program;
  std::vector<std::unique_ptr<raw_client>> clients(count);
  const std::size_t before = anonymous_kilobytes();
  for (auto& client : clients) {
    client = std::make_unique<raw_client>(program.port());
    client->send(upgrade_request());
    ASSERT_EQ(statuses_in(client->read_reply(false)), std::vector<int>{101});
  }
  ASSERT_TRUE(program.eventually([&] { return program.channels() == count; }));
  const std::size_t each = (anonymous_kilobytes() - before) * 1024 / count;
  std::cout << each << " bytes for each of " << count << " WebSockets\n";
  RecordProperty("bytes_each", static_cast<int>(each));
  EXPECT_LT(each, 40U * 1024);
}

} // namespace
} // namespace spec_kitty::listener
