// A table of what hostile and careless clients send, each to a listener of the whole series: what
// is answered, and that the connection ends where the rest of the bytes has no certain meaning.
#include "tests/app/listener/listener_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spec_kitty::listener {
namespace {

using statuses = std::vector<int>;

enum class after { ends, stays };

struct framing_case {
  const char* name;
  std::string sent;
  statuses expected;
  after then = after::ends;
};

const std::string ok = get("/healthz");
const std::string chunked_head =
    "POST /echo/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunked(const std::string& body) {
  return chunked_head + body;
}

std::string with_field(const std::string& field) {
  return get("/healthz", field + "\r\n");
}

std::string post_with(const std::string& fields, const std::string& body) {
  return "POST /echo/ HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::string many_fields(int count) {
  std::string fields;
  for (int number = 0; number < count; ++number)
    fields += "X-" + std::to_string(number) + ": y\r\n";
  return get("/healthz", fields);
}

std::vector<framing_case> lengths() {
  return {
      {"two lengths that differ",
       post_with("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
       {400}},
      {"two lengths that agree",
       post_with("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
       {400}},
      {"a list of lengths", post_with("Content-Length: 5, 5\r\n", "hello"), {400}},
      {"a length with a sign", post_with("Content-Length: +5\r\n", "hello"), {400}},
      {"a negative length", post_with("Content-Length: -5\r\n", "hello"), {400}},
      {"a hexadecimal length", post_with("Content-Length: 0x5\r\n", "hello"), {400}},
      {"an empty length", post_with("Content-Length:\r\n", "hello"), {400}},
      {"a length with a space inside", post_with("Content-Length: 1 0\r\n", "hello"), {400}},
      {"a length that overflows",
       post_with("Content-Length: 18446744073709551621\r\n", "hello"),
       {400}},
      {"a length over the bound", post_with("Content-Length: 9000000\r\n", ""), {413}},
      {"a length of 18 digits", post_with("Content-Length: 999999999999999999\r\n", ""), {413}},
      {"a space before the colon of a length", post_with("Content-Length : 5\r\n", "hello"), {400}},
      {"a length and chunks",
       post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {400}},
      {"chunks and a length",
       post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
       {400}},
      {"a body of the length announced", post("/echo/", "hello") + ok, {200, 200}, after::stays},
      {"a length of zero", post("/echo/", "") + ok, {200, 200}, after::stays},
      {"leading zeros in a length",
       post_with("Content-Length: 005\r\n", "hello") + ok,
       {200, 200},
       after::stays},
      {"a GET with a body",
       "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
       {400}},
      {"a HEAD with chunks",
       "HEAD /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {400}},
  };
}

std::vector<framing_case> codings() {
  return {
      {"gzip, chunked", post_with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), {501}},
      {"chunked, gzip", post_with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), {501}},
      {"xchunked", post_with("Transfer-Encoding: xchunked\r\n", ok), {501}},
      {"identity", post_with("Transfer-Encoding: identity\r\n", ok), {501}},
      {"chunked twice",
       post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {400}},
      {"two codings",
       post_with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {400}},
      {"chunked, chunked",
       post_with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
       {501}},
      {"an empty coding", post_with("Transfer-Encoding:\r\n", "0\r\n\r\n"), {501}},
      {"a coding in quotes", post_with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), {501}},
      {"a coding with a parameter",
       post_with("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"),
       {501}},
      {"a vertical tab before chunked",
       post_with("Transfer-Encoding: \x0b"
                 "chunked\r\n",
                 "0\r\n\r\n"),
       {400}},
      {"a space before the colon of a coding",
       post_with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
       {400}},
      {"a folded coding", post_with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), {400}},
      {"chunks in HTTP/1.0",
       "POST /echo/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {400}},
      {"capitals",
       post_with("tRANSFER-eNCODING: CHUNKED\r\n", "0\r\n\r\n") + ok,
       {200, 200},
       after::stays},
      {"white space around chunked",
       post_with("Transfer-Encoding: \t chunked \t\r\n", "0\r\n\r\n") + ok,
       {200, 200},
       after::stays},
  };
}

std::vector<framing_case> chunks() {
  const std::string tail = "0\r\n\r\n";
  return {
      {"two chunks",
       chunked("5\r\nhello\r\n6\r\n world\r\n" + tail) + ok,
       {200, 200},
       after::stays},
      {"a hexadecimal size in capitals",
       chunked("A\r\n0123456789\r\n" + tail) + ok,
       {200, 200},
       after::stays},
      {"leading zeros", chunked("0005\r\nhello\r\n0000\r\n\r\n") + ok, {200, 200}, after::stays},
      {"an extension", chunked("5;name=value\r\nhello\r\n" + tail) + ok, {200, 200}, after::stays},
      {"a trailer", chunked("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n") + ok, {200, 200}, after::stays},
      {"a trailer that would close",
       chunked("0\r\nConnection: close\r\n\r\n") + ok,
       {200, 200},
       after::stays},
      {"a trailer with a length", chunked("0\r\nContent-Length: 50\r\n\r\n") + ok, {400}},
      {"a size with a prefix", chunked("0x5\r\nhello\r\n" + tail), {400}},
      {"a negative size", chunked("-5\r\nhello\r\n" + tail), {400}},
      {"a size with a sign", chunked("+5\r\nhello\r\n" + tail), {400}},
      {"two sizes", chunked("5 5\r\nhello\r\n" + tail), {400}},
      {"an empty size", chunked("\r\nhello\r\n" + tail), {400}},
      {"a size of words", chunked("five\r\nhello\r\n" + tail), {400}},
      {"a size that overflows", chunked("10000000000000005\r\nhello\r\n" + tail), {400}},
      {"a size over the bound", chunked("900000\r\nhello"), {413}},
      {"the largest size", chunked("ffffffffffffffff\r\nhello"), {413}},
      {"data longer than its size", chunked("3\r\nhello\r\n" + tail), {400}},
      {"a chunk that ends with a line feed", chunked("5\r\nhello\n" + tail), {400}},
      {"a size that ends with a line feed", chunked("5\nhello\r\n" + tail), {400}},
      {"line feeds alone", chunked("5\nhello\n0\n\n"), {400}},
      {"a size that ends with a carriage return", chunked("5\rhello\r\n" + tail), {400}},
      {"a line feed in an extension", chunked("5;a=\nb\r\nhello\r\n" + tail), {400}},
      {"a NUL in a size", chunked(std::string("5\0\r\nhello\r\n", 11) + tail), {400}},
      {"an extension of 20 KB",
       chunked("5;" + std::string(20'000, 'a') + "\r\nhello\r\n" + tail),
       {400}},
      {"a trailer of 20 KB", chunked("0\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"), {400}},
      {"a trailer without a colon", chunked("0\r\nwords\r\n\r\n"), {400}},
      {"a trailer with a line feed alone", chunked("0\r\nX: y\n\r\n"), {400}},
  };
}

std::vector<framing_case> lines() {
  return {
      {"line feeds alone", "GET /healthz HTTP/1.1\nHost: a\n\n", {400}},
      {"a field that ends with a line feed",
       "GET /healthz HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
       {400}},
      {"a carriage return in a value", with_field("X: a\rb"), {400}},
      {"a NUL in a value", with_field(std::string("X: a\0b", 6)), {400}},
      {"a control character in a value",
       with_field("X: a\x01"
                  "b"),
       {400}},
      {"DEL in a value", with_field("X: a\x7f"), {400}},
      {"a NUL in the request line", std::string("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 27), {400}},
      {"a folded field", with_field("X: a\r\n b"), {400}},
      {"a fold before the first field", "GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n", {400}},
      {"a name with a space", with_field("X Y: z"), {400}},
      {"a space before the colon", with_field("X : y"), {400}},
      {"a field without a colon", with_field("words"), {400}},
      {"a field without a name", with_field(": value"), {400}},
      {"brackets in a name", with_field("X(y): z"), {400}},
      {"bytes above ASCII in a name", with_field("X\xc3\xa4: z"), {400}},
      {"bytes above ASCII in a value", with_field("X: \xc3\xa4") + ok, {200, 200}, after::stays},
      {"a tab in a value", with_field("X: a\tb") + ok, {200, 200}, after::stays},
      {"an empty value", with_field("X:") + ok, {200, 200}, after::stays},
      {"two hosts", with_field("Host: b"), {400}},
      {"the same host twice", with_field("Host: a"), {400}},
      {"a missing host", "GET /healthz HTTP/1.1\r\n\r\n", {400}},
      {"a missing host in HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", {200}},
      {"a host with a space", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", {400}},
      {"a host with a path", "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}},
      {"two authorizations",
       with_field("Authorization: Bearer a\r\nAuthorization: Bearer b"),
       {400}},
      {"101 fields", many_fields(100), {431}},
      {"100 fields", many_fields(99) + ok, {200, 200}, after::stays},
      {"a head of 17 KiB", with_field("X: " + std::string(17 * 1024, 'a')), {431}},
      {"a field without end", "GET /healthz HTTP/1.1\r\nX: " + std::string(100'000, 'a'), {431}},
      {"one empty line before", "\r\n" + ok, {200}, after::stays},
      {"two empty lines before", "\r\n\r\n" + ok, {200}, after::stays},
      {"three empty lines before", "\r\n\r\n\r\n" + ok, {400}},
  };
}

std::vector<framing_case> request_lines() {
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  return {
      {"HTTP/0.9", "GET /healthz\r\n", {400}},
      {"two spaces", "GET  /healthz" + rest, {400}},
      {"a tab for a space", "GET\t/healthz HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
      {"a space at the end", "GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n", {400}},
      {"a space at the beginning", " GET /healthz" + rest, {400}},
      {"a space in the target", "GET /a b" + rest, {400}},
      {"HTTP/2.0", "GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", {505}},
      {"HTTP/9.9", "GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n", {505}},
      {"HTTP/1.2", "GET /healthz HTTP/1.2\r\nHost: a\r\n\r\n", {505}},
      {"http/1.1", "GET /healthz http/1.1\r\nHost: a\r\n\r\n", {400}},
      {"ICY", "GET /healthz ICY/1.1\r\nHost: a\r\n\r\n", {400}},
      {"the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505}},
      {"a TLS greeting", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), {400}},
      {"a target of 5 KB", "GET /" + std::string(5'000, 'a') + rest, {414}},
      {"a target of 20 KB", "GET /" + std::string(20'000, 'a') + rest, {414}},
      {"a request line without end", "GET /" + std::string(4'000'000, 'a'), {414}},
      {"bytes above ASCII in the target", "GET /\xc3\xa4" + rest, {400}},
      {"a target without a slash", "GET healthz" + rest, {400}},
      {"a fragment", "GET /healthz#a" + rest, {400}},
      {"an absolute target", "GET http://other/healthz" + rest, {200}, after::stays},
      {"an absolute target in capitals", "GET HTTP://a/healthz" + rest, {200}, after::stays},
      {"an absolute target without a path", "GET http://a" + rest, {404}, after::stays},
      {"an absolute target with a user", "GET http://u@a/healthz" + rest, {400}},
      {"another scheme", "GET ftp://a/healthz" + rest, {400}},
      {"a query", "GET /healthz?a=b?c" + rest, {200}, after::stays},
      {"an asterisk", "GET *" + rest, {400}},
      {"OPTIONS of everything", "OPTIONS *" + rest, {404}, after::stays},
      {"CONNECT", "CONNECT a:443" + rest, {405}},
      {"TRACE", "TRACE /healthz" + rest, {405}},
      {"an unknown method", "BREW /healthz" + rest, {501}},
      {"a method in small letters", "get /healthz" + rest, {501}},
      {"a method with brackets", "GE(T /healthz" + rest, {400}},
      {"an empty method", " /healthz" + rest, {400}},
      {"a WebSocket path without an upgrade", get("/ws/v1/events/"), {426}},
  };
}

std::vector<framing_case> connections() {
  const std::string close = "Connection: close\r\n";
  const std::string expect = "Expect: 100-continue\r\n";
  return {
      {"close", get("/healthz", close) + ok, {200}},
      {"HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n" + ok, {200}},
      {"HTTP/1.0 that keeps alive",
       "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + ok,
       {200, 200},
       after::stays},
      {"fifty requests at once",
       [] {
         std::string sent;
         for (int count = 0; count < 50; ++count)
           sent += post("/echo/", std::string(static_cast<std::size_t>(count), 'x'));
         return sent;
       }(),
       statuses(50, 200), after::stays},
      {"a request smuggled after a refusal",
       post_with("Content-Length: 5\r\nContent-Length: 50\r\n", "hello") + ok,
       {400}},
      {"an expectation that is met",
       post_with(expect + "Content-Length: 0\r\n", "") + ok,
       {200, 200},
       after::stays},
      {"an expectation whose body has come",
       post_with(expect + "Content-Length: 5\r\n", "hello") + ok,
       {200, 200},
       after::stays},
      {"an unknown expectation",
       post_with("Expect: 200-ok\r\nContent-Length: 5\r\n", "hello"),
       {417}},
      {"an expectation of what is too large",
       post_with(expect + "Content-Length: 9000000\r\n", ""),
       {413}},
      {"an expectation in HTTP/1.0",
       "POST /echo/ HTTP/1.0\r\n" + expect + "Content-Length: 5\r\n\r\nhello",
       {200}},
      {"an upgrade on another path",
       get("/healthz", "Upgrade: websocket\r\nConnection: Upgrade\r\n"),
       {200},
       after::stays},
      {"an upgrade to HTTP/2",
       get("/healthz",
           "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n"),
       {200},
       after::stays},
  };
}

class HttpFraming : public testing::TestWithParam<transport_kind> {
protected:
  void play(const std::vector<framing_case>& cases) {
    for (const auto& played : cases) {
      SCOPED_TRACE(played.name);
      raw_client client(program_.port(), {GetParam()});
      client.send(played.sent); // may fail: a refusal is an answer to a part of it
      std::string replies;
      for (std::size_t count = 0; count < played.expected.size(); ++count)
        replies += client.read_reply();
      EXPECT_EQ(statuses_in(replies), played.expected);
      if (played.then == after::ends) {
        EXPECT_EQ(client.read_all(), "");
        EXPECT_TRUE(client.ended());
      } else {
        EXPECT_TRUE(client.send(ok));
        EXPECT_EQ(statuses_in(client.read_reply()), statuses{200});
      }
    }
    raw_client after_all(program_.port(), {GetParam()});
    after_all.send(ok);
    EXPECT_EQ(statuses_in(after_all.read_reply()), statuses{200});
    EXPECT_EQ(program_.listener().counters().body_bytes, 0U);
  }

  test_program program_{{}, GetParam()};
};

TEST_P(HttpFraming, LengthsHaveOneMeaning) {
  play(lengths());
}

TEST_P(HttpFraming, TheOnlyTransferCodingIsChunked) {
  play(codings());
}

TEST_P(HttpFraming, ChunksAreReadAsTheyAreDefined) {
  play(chunks());
}

TEST_P(HttpFraming, LinesEndWithBothCharacters) {
  play(lines());
}

TEST_P(HttpFraming, RequestLinesHaveThreeParts) {
  play(request_lines());
}

TEST_P(HttpFraming, ConnectionsEndWhenTheyShould) {
  play(connections());
}

TEST_P(HttpFraming, EveryCaseIsAnsweredAlikeOneByteAtATime) {
  std::vector<framing_case> all;
  for (const auto& cases : {lengths(), codings(), chunks(), lines(), request_lines()})
    for (const auto& each : cases)
      if (each.sent.size() < 400)
        all.push_back(each);
  ASSERT_GT(all.size(), 100U);
  for (const auto& played : all) {
    SCOPED_TRACE(played.name);
    raw_client client(program_.port(), {GetParam()});
    for (const char byte : played.sent)
      if (!client.send({&byte, 1}))
        break;
    std::string replies;
    for (std::size_t count = 0; count < played.expected.size(); ++count)
      replies += client.read_reply();
    EXPECT_EQ(statuses_in(replies), played.expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Transports, HttpFraming,
                         testing::Values(transport_kind::plain, transport_kind::tls),
                         [](const auto& info) {
                           return info.param == transport_kind::tls ? "tls" : "plain";
                         });

} // namespace
} // namespace spec_kitty::listener
