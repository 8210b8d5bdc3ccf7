// Each fault of the proxy, seen from bare sockets on both its sides.
#include "app/chaos/process.hpp"
#include "app/chaos/proxy/network_faults.hpp"
#include "tests/app/chaos/proxy_fixture.hpp"

#include <algorithm>

namespace spec_kitty::chaos {

using namespace std::chrono_literals;
using support::eventually;

namespace {

std::size_t differences(const std::string& a, const std::string& b) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    out += a[i] != b[i] ? 1 : 0;
  return out;
}

exchange_fault network(std::string_view name, std::uint64_t drawn) {
  return find_network_fault(name)->make(drawn);
}

} // namespace

TEST_F(proxy_test, without_faults_changes_nothing) {
  bare_client client(line.port());
  for (int i = 0; i < 3; ++i) {
    client.say(request);
    EXPECT_EQ(client.hear(reply.size(), soon), reply);
  }
  EXPECT_EQ(client.look(a_moment), seen_end::open);
  EXPECT_EQ(server.requests(), std::vector<std::string>(3, request));
}

TEST_F(proxy_test, a_fault_strikes_as_often_as_it_says_and_only_where_it_fits) {
  auto fault = network("a reply is lost", 0);
  fault.path = "/y";
  const auto elsewhere = line.arm(fault);
  fault.path = "/x";
  const auto here = line.arm(fault);
  bare_client first(line.port());
  first.say(request);
  EXPECT_EQ(first.look(soon), seen_end::closed);
  bare_client second(line.port());
  second.say(request);
  EXPECT_EQ(second.hear(reply.size(), soon), reply);
  EXPECT_EQ(line.used(here), 1U);
  EXPECT_EQ(line.used(elsewhere), 0U);
}

TEST_F(proxy_test, what_is_late_comes_late) {
  for (const char* name : {"a request comes late", "a reply comes late"}) {
    line.arm(network(name, 90)); // 100 ms
    bare_client client(line.port());
    const auto begin = std::chrono::steady_clock::now();
    client.say(request);
    EXPECT_EQ(client.hear(reply.size(), soon), reply) << name;
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms) << name;
  }
}

TEST_F(proxy_test, a_request_still_arrives_when_its_sender_has_gone) {
  line.arm(network("a request comes late", 90));
  {
    bare_client client(line.port());
    client.say(request);
    ASSERT_TRUE(eventually([&] { return line.requests("/x") == 1; }, soon));
  }
  EXPECT_TRUE(eventually([&] { return server.requests().size() == 1; }, soon));
  EXPECT_TRUE(eventually([&] { return line.open() == 0; }, soon));
}

TEST_F(proxy_test, a_lost_request_never_comes_and_a_lost_reply_does_not_return) {
  for (const auto& [name, end] :
       std::map<std::string, seen_end>{{"a request is lost", seen_end::closed},
                                       {"a reset in place of the request", seen_end::reset}}) {
    line.arm(network(name, 0));
    bare_client client(line.port());
    client.say(request);
    EXPECT_EQ(client.look(soon), end) << name;
    EXPECT_TRUE(server.requests().empty()) << name;
  }
  std::size_t came = 0;
  for (const auto& [name, end] :
       std::map<std::string, seen_end>{{"a reply is lost", seen_end::closed},
                                       {"a reset in place of the reply", seen_end::reset}}) {
    line.arm(network(name, 0));
    bare_client client(line.port());
    client.say(request);
    EXPECT_EQ(client.look(soon), end) << name;
    EXPECT_EQ(client.hear(1, a_moment), "") << name;
    EXPECT_EQ(server.requests().size(), ++came) << name;
  }
}

TEST_F(proxy_test, what_is_cut_short_ends_there) {
  line.arm(network("a request is cut short", 19)); // 20 bytes
  bare_client first(line.port());
  first.say(request);
  EXPECT_EQ(first.look(soon), seen_end::closed);
  ASSERT_TRUE(eventually([&] { return server.requests().size() == 1; }, soon));
  EXPECT_EQ(server.requests().front(), request.substr(0, 20));

  line.arm(network("a reply is cut short in its head", 29));
  bare_client second(line.port());
  second.say(request);
  EXPECT_EQ(second.hear(reply.size(), soon), reply.substr(0, 30));
  EXPECT_EQ(second.look(soon), seen_end::closed);
}

TEST_F(proxy_test, a_doubled_request_comes_twice_and_is_answered_once) {
  line.arm(network("a request arrives twice at once", 0));
  bare_client client(line.port());
  client.say(request);
  EXPECT_EQ(client.hear(reply.size() + 1, 200ms), reply);
  EXPECT_TRUE(eventually([&] { return server.requests().size() == 2; }, soon));
  EXPECT_EQ(server.requests(), std::vector<std::string>(2, request));
}

TEST_F(proxy_test, corruption_changes_one_byte) {
  line.arm(network("a request is corrupted", 70));
  line.arm(network("a reply is corrupted", 60));
  bare_client client(line.port());
  client.say(request);
  EXPECT_EQ(client.hear(reply.size(), soon), reply);
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(differences(server.requests().front(), request), 1U);
  client.say(request);
  EXPECT_EQ(differences(client.hear(reply.size(), soon), reply), 1U);
}

TEST_F(proxy_test, a_slow_line_takes_its_time) {
  line.arm(network("a slow line", 0)); // a byte each millisecond
  bare_client client(line.port());
  const auto begin = std::chrono::steady_clock::now();
  client.say(request);
  EXPECT_EQ(client.hear(reply.size(), soon), reply);
  const auto bytes = static_cast<long>(request.size() + reply.size());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(bytes - 2));
}

TEST_F(proxy_test, a_black_hole_is_silent_until_it_is_healed) {
  for (const auto& [name, comes] : std::map<std::string, std::size_t>{
           {"a black hole before the server", 0}, {"a black hole behind the server", 1}}) {
    line.arm(network(name, 0));
    bare_client client(line.port());
    client.say(request);
    EXPECT_EQ(client.look(a_moment), seen_end::open) << name;
    EXPECT_EQ(client.hear(1, a_moment), "") << name;
    EXPECT_EQ(server.requests().size(), comes) << name;
    line.heal();
    EXPECT_NE(client.look(soon), seen_end::open) << name;
  }
}

TEST_F(proxy_test, a_lie_replaces_the_request_or_the_reply) {
  exchange_fault lie;
  lie.instead = [](const exchange&) { return std::optional<std::string>(reply_text(500, "{}")); };
  line.arm(lie);
  bare_client client(line.port());
  client.say(request);
  const auto refusal = reply_text(500, "{}");
  EXPECT_EQ(client.hear(refusal.size(), soon), refusal);
  EXPECT_TRUE(server.requests().empty());

  exchange_fault other;
  other.change = [](const exchange&, const http_text& before) {
    return reply_text(before.status() + 1, "{}");
  };
  line.arm(other);
  client.say(request);
  const auto changed = reply_text(201, "{}");
  EXPECT_EQ(client.hear(changed.size(), soon), changed);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(proxy_test, a_server_that_is_gone_is_a_reset) {
  int gone = 0;
  {
    bare_server short_lived("");
    gone = short_lived.port();
  }
  proxy to_nobody("gone", gone, seen);
  bare_client client(to_nobody.port());
  client.say(request);
  EXPECT_EQ(client.look(soon), seen_end::reset);
}

} // namespace spec_kitty::chaos
