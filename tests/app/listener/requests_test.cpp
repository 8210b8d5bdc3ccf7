// What a program behind the listener can rely on: one answer for each request, bounds on all of
// them together, and a stop that loses nothing.
#include "tests/app/listener/listener_fixture.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>

namespace spec_kitty::listener {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string reply_to(test_program& program, const std::string& request) {
  raw_client client(program.port());
  client.send(request);
  return client.read_reply();
}

int status_of(const std::string& reply) {
  const auto all = statuses_in(reply);
  return all.empty() ? 0 : all.front();
}

TEST(Requests, ReachTheProgramAsTheyCame) {
  test_program program;
  EXPECT_TRUE(reply_to(program, post("/echo/", "12345", "Content-Encoding: GZIP\r\n"))
                  .ends_with("\r\n\r\n5 gzip"));
  EXPECT_TRUE(reply_to(program, get("/peer/")).ends_with("127.0.0.1 127.0.0.1"));
}

TEST(Requests, GetTheirIdBack) {
  test_program program;
  const auto reply = reply_to(program, get("/nothing/"));
  const auto at = reply.find("X-Request-Id: ");
  ASSERT_NE(at, std::string::npos);
  const auto id = reply.substr(at + 14, reply.find('\r', at) - at - 14);
  EXPECT_NE(reply.find("\"request_id\":\"" + id + "\""), std::string::npos);
  EXPECT_NE(reply_to(program, get("/nothing/")).find("X-Request-Id: "), std::string::npos);
}

TEST(Requests, OfHeadGetNoBody) {
  test_program program;
  raw_client client(program.port());
  client.send("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + get("/healthz"));
  const auto head = client.read_reply(false);
  EXPECT_NE(head.find("Content-Length: 11\r\n"), std::string::npos);
  EXPECT_EQ(status_of(client.read_reply()), 200);
}

TEST(Requests, AreAnsweredAlsoWhenTheProgramFailsToAnswer) {
  test_program program;
  EXPECT_EQ(status_of(reply_to(program, get("/drop/"))), 503);
  EXPECT_EQ(status_of(reply_to(program, get("/throw/"))), 500);
  EXPECT_TRUE(reply_to(program, get("/twice/")).ends_with("first"));
}

TEST(Requests, AreAnsweredByTheListenerWhenTheProgramIsTooSlow) {
  listener_options options;
  options.limits.handling = milliseconds(50);
  test_program program(options);
  EXPECT_EQ(status_of(reply_to(program, get("/slow/"))), 503);
  EXPECT_EQ(program.listener().counters().timeouts_handling, 1U);
  program.release(); // the late answer harms nobody
  EXPECT_EQ(status_of(reply_to(program, get("/healthz"))), 200);
}

TEST(Requests, MayBeAnsweredAfterTheirClientIsGone) {
  test_program program;
  {
    raw_client client(program.port());
    client.send(get("/slow/"));
    ASSERT_TRUE(program.wait_for_waiting(1));
    client.reset();
    program.release();
    ASSERT_EQ(status_of(reply_to(program, get("/healthz"))), 200);
  }
  EXPECT_TRUE(program.eventually([&] { return program.listener().counters().connections == 0; }));
}

TEST(Requests, MayBeAnsweredAfterTheListenerIsGone) {
  reply_callback kept;
  {
    listener_handlers handlers;
    std::atomic<bool> came{false};
    handlers.on_request = [&](const inbound_request&, const reply_callback& reply) {
      kept = reply;
      came = true;
    };
    auto listener = http_listener::start({}, handlers);
    ASSERT_TRUE(listener.ok());
    raw_client client((*listener)->port());
    client.send(get("/"));
    while (!came)
      std::this_thread::yield();
    (*listener)->stop(milliseconds(0));
  }
  EXPECT_TRUE(kept(outbound_reply{}));
}

TEST(Requests, ThatAskForAHundredGetItOnceAllIsWell) {
  test_program program;
  raw_client client(program.port());
  client.send(
      "POST /echo/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.read(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(status_of(client.read_reply()), 200);
}

TEST(Requests, AreRefusedBeforeTheirBodyByTheProgramToo) {
  test_program program;
  program.on_head = [](const inbound_request& request) {
    head_decision decision;
    if (request.path == "/echo/" && request.header("authorization").empty())
      decision.refusal = error_reply(401, "login_required", "no token", request.id);
    else
      decision.max_body = 10;
    return decision;
  };
  raw_client client(program.port());
  client.send(
      "POST /echo/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(status_of(client.read_reply()), 401);
  EXPECT_EQ(client.read_all(), "");
  const std::string token = "Authorization: Bearer a\r\n";
  EXPECT_EQ(status_of(reply_to(program, post("/echo/", "0123456789", token))), 200);
  EXPECT_EQ(status_of(reply_to(program, post("/echo/", "0123456789x", token))), 413);
}

TEST(Requests, TooLargeCanBeReadAboutAfterAllWasSent) {
  test_program program;
  raw_client client(program.port());
  client.send("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 9437184\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(9437184, 'x')));
  EXPECT_EQ(status_of(client.read_reply()), 413);
  EXPECT_FALSE(client.was_reset());
}

TEST(Requests, LargeOnesPassWithinTheBound) {
  test_program program;
  const std::string body(std::size_t{8} << 20, 'x');
  EXPECT_TRUE(reply_to(program, post("/echo/", body)).ends_with("8388608 "));
  raw_client client(program.port());
  client.send(get("/big/"));
  EXPECT_EQ(client.read_reply().size() & ~0xfffU, 4U << 20);
}

TEST(Budget, BoundsAllBodiesInFlight) {
  listener_options options;
  options.limits.max_body_bytes = 3'000'000;
  test_program program(options);
  const std::string begun = "POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" +
                            std::string(1'900'000, 'x');
  raw_client first(program.port());
  first.send(begun);
  ASSERT_TRUE(
      program.eventually([&] { return program.listener().counters().body_bytes >= 1'900'000; }));
  const auto refused = reply_to(program, begun);
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_NE(refused.find("Retry-After: 2\r\n"), std::string::npos);
  first.send(std::string(100'000, 'x'));
  EXPECT_EQ(status_of(first.read_reply()), 200);
  EXPECT_TRUE(program.eventually([&] { return program.listener().counters().body_bytes == 0; }));
}

TEST(Budget, IsNotTakenByWhatIsOnlyAnnounced) {
  test_program program;
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int count = 0; count < 100; ++count) {
    clients.push_back(std::make_unique<raw_client>(program.port()));
    clients.back()->send("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\nx");
  }
  ASSERT_TRUE(program.eventually([&] { return program.listener().counters().body_bytes >= 100; }));
  EXPECT_LT(program.listener().counters().body_bytes, 100'000U);
}

TEST(Budget, BoundsTheRequestsInFlight) {
  listener_options options;
  options.limits.max_requests_in_flight = 2;
  test_program program(options);
  raw_client first(program.port());
  raw_client second(program.port());
  first.send(get("/slow/"));
  second.send(get("/slow/"));
  ASSERT_TRUE(program.wait_for_waiting(2));
  EXPECT_EQ(status_of(reply_to(program, get("/healthz"))), 503);
  program.release();
  EXPECT_EQ(status_of(first.read_reply()), 200);
  EXPECT_EQ(status_of(reply_to(program, get("/healthz"))), 200);
}

TEST(Caps, CloseConnectionsBeyondThem) {
  listener_options options;
  options.limits.max_connections_per_address = 2;
  test_program program(options);
  raw_client first(program.port());
  first.send(get("/healthz"));
  EXPECT_EQ(status_of(first.read_reply()), 200);
  {
    raw_client second(program.port());
    second.send(get("/healthz"));
    EXPECT_EQ(status_of(second.read_reply()), 200);
    raw_client third(program.port());
    EXPECT_EQ(third.read_all(), "");
    EXPECT_TRUE(third.ended());
  }
  ASSERT_TRUE(program.eventually([&] { return program.listener().counters().connections == 1; }));
  EXPECT_EQ(status_of(reply_to(program, get("/healthz"))), 200);
  EXPECT_EQ(program.listener().counters().refused_address_cap, 1U);
}

TEST(Caps, HoldForAllAddressesTogether) {
  listener_options options;
  options.limits.max_connections = 1;
  test_program program(options);
  raw_client first(program.port());
  first.send(get("/healthz"));
  EXPECT_EQ(status_of(first.read_reply()), 200);
  raw_client second(program.port());
  EXPECT_EQ(second.read_all(), "");
  EXPECT_EQ(program.listener().counters().refused_total_cap, 1U);
}

TEST(Caps, DoNotCountTheConnectionsOfATrustedProxy) {
  listener_options options;
  options.limits.max_connections_per_address = 1;
  options.proxies = *trusted_proxies::parse({"127.0.0.1"});
  test_program program(options);
  raw_client first(program.port());
  first.send(get("/healthz"));
  EXPECT_EQ(status_of(first.read_reply()), 200);
  EXPECT_TRUE(reply_to(program, get("/peer/", "X-Forwarded-For: 6.6.6.6, 1.2.3.4\r\n"
                                              "X-Forwarded-Proto: https\r\n"))
                  .ends_with("1.2.3.4 127.0.0.1 secure"));
}

TEST(Caps, RefuseOtherAddressesWhereAProxyIsTrustedAndTlsIsOff) {
  listener_options options;
  options.proxies = *trusted_proxies::parse({"10.0.0.1"});
  test_program program(options);
  raw_client client(program.port());
  client.send(get("/healthz"));
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(
      program.eventually([&] { return program.listener().counters().refused_untrusted == 1; }));
}

TEST(Descriptors, ThatRunOutAreWaitedForWithoutWork) {
  test_program program;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  raw_client client(program.port());
  client.send(get("/healthz"));
  ASSERT_EQ(status_of(client.read_reply()), 200);
  // The next connection gets the last descriptor for its own side; none is left for the server's.
  const int next = ::dup(0);
  ::close(next);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  raw_client waiting(program.port());
  waiting.send(get("/healthz"));
  const auto failures = [&] { return program.listener().counters().accept_failures; };
  EXPECT_TRUE(program.eventually([&] { return failures() >= 3; }));
  const auto work = std::clock();
  const auto failed = failures();
  EXPECT_TRUE(program.eventually([&] { return failures() >= failed + 10; }));
  EXPECT_LT(std::clock() - work, CLOCKS_PER_SEC / 4); // half a second of waiting
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(status_of(waiting.read_reply()), 200);
}

TEST(Stop, ClosesIdleConnectionsAndTheDoor) {
  test_program program;
  raw_client idle(program.port());
  idle.send(get("/healthz"));
  EXPECT_EQ(status_of(idle.read_reply()), 200);
  raw_client silent(program.port());
  ASSERT_TRUE(program.eventually([&] { return program.listener().counters().connections == 2; }));
  const auto port = program.port();
  const auto begun = steady_clock::now();
  program.stop(milliseconds(10'000));
  EXPECT_LT(steady_clock::now() - begun, milliseconds(5'000));
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_TRUE(idle.ended());
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_THROW(raw_client{port}, std::runtime_error);
}

TEST(Stop, AnswersWhatIsInFlightAndClosesWebSockets) {
  test_program program;
  raw_client slow(program.port());
  slow.send(get("/slow/"));
  raw_client sender(program.port());
  sender.send("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  raw_client socket(program.port());
  socket.send(upgrade_request());
  EXPECT_EQ(status_of(socket.read_reply(false)), 101);
  ASSERT_TRUE(program.wait_for_waiting(1));
  ASSERT_TRUE(program.eventually([&] { return program.listener().counters().body_bytes > 0; }));

  std::thread stopping([&] { program.stop(milliseconds(10'000)); });
  EXPECT_EQ(socket.read(4), std::string("\x88\x15\x03\xf4", 4)); // close, 21 bytes, 1012
  EXPECT_EQ(socket.read(19), "the server restarts");
  socket.send(masked_frame(0x88, "\x03\xf4"));
  program.release();
  const auto reply = slow.read_reply();
  EXPECT_EQ(status_of(reply), 200);
  EXPECT_NE(reply.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(slow.read_all(), "");
  sender.send("67890");
  EXPECT_EQ(status_of(sender.read_reply()), 200);
  stopping.join();
  const auto ends = program.closed();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends.front().code, 1012);
}

TEST(Stop, CutsWhatOutlastsItsPatience) {
  test_program program;
  raw_client never(program.port());
  never.send(get("/never/"));
  ASSERT_TRUE(program.wait_for_waiting(1));
  const auto begun = steady_clock::now();
  program.stop(milliseconds(100));
  EXPECT_LT(steady_clock::now() - begun, milliseconds(5'000));
  EXPECT_EQ(never.read_all(), "");
  EXPECT_TRUE(never.ended());
}

TEST(Starting, NamesThePortThatIsInUse) {
  test_program program;
  listener_options options;
  options.port = program.port();
  const auto second = http_listener::start(options, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ec::already_running);
  EXPECT_NE(second.error().message.find(std::to_string(program.port())), std::string::npos);
  EXPECT_NE(second.error().hint.find("ss -ltnp"), std::string::npos);
}

TEST(Starting, RefusesWhatIsNotAnAddressOfThisMachine) {
  for (const char* address : {"localhost", "", "203.0.113.77"}) {
    listener_options options;
    options.address = address;
    const auto started = http_listener::start(options, {});
    ASSERT_FALSE(started.ok()) << address;
    EXPECT_EQ(started.error().code, ec::bad_config);
  }
}

TEST(Threads, ShareOnePort) {
  listener_options options;
  options.threads = 3;
  test_program program(options);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int count = 0; count < 60; ++count) {
    clients.push_back(std::make_unique<raw_client>(program.port()));
    clients.back()->send(post("/echo/", std::string(1000, 'x')));
  }
  for (const auto& client : clients)
    EXPECT_EQ(status_of(client->read_reply()), 200);
  program.stop(milliseconds(5'000));
  EXPECT_EQ(program.listener().counters().connections, 0U);
}

TEST(LogLines, NameEveryRequestAndItsEnd) {
  test_program program;
  reply_to(program, get("/healthz?secret=1"));
  reply_to(program, "nonsense\r\n");
  reply_to(program, post("/echo/", "hello"));
  ASSERT_TRUE(program.eventually([&] { return program.finished().size() == 3; }));
  const auto lines = program.finished();
  EXPECT_EQ(lines[0].path, "/healthz");
  EXPECT_EQ(lines[0].method, "GET");
  EXPECT_EQ(lines[0].status, 200);
  EXPECT_EQ(lines[0].peer, "127.0.0.1");
  EXPECT_GT(lines[0].sent, 11U);
  EXPECT_EQ(lines[1].status, 400);
  EXPECT_EQ(lines[1].method, "");
  EXPECT_EQ(lines[2].received, 5U);
  EXPECT_NE(lines[0].id, lines[2].id);
  const auto counters = program.listener().counters();
  EXPECT_EQ(counters.requests, 2U);
  EXPECT_EQ(counters.replies_2xx, 2U);
  EXPECT_EQ(counters.replies_4xx, 1U);
  EXPECT_EQ(counters.heads_refused, 1U);
}

} // namespace
} // namespace spec_kitty::listener
