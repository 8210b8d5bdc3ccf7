#include "app/daemon/control.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace spec_kitty {

namespace {

failure no_answer(const std::filesystem::path& home) {
  return {ec::unhealthy, "the daemon of " + home.string() + " is running but not responding",
          "end it and start another: spec-kitty sync daemon restart"};
}

/// `1.2.3` as numbers; a part that is not a number counts as 0.
std::array<unsigned, 3> numbers_of(std::string_view version) {
  std::array<unsigned, 3> numbers{};
  for (auto& number : numbers) {
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), number);
    version.remove_prefix(static_cast<std::size_t>(end - version.data()));
    if (version.empty() || version.front() != '.')
      break;
    version.remove_prefix(1);
  }
  return numbers;
}

std::optional<connection_status> connection_in(const json_value& reply) {
  const json_value* object = member(reply, "connection");
  if (object == nullptr || !object->IsObject())
    return std::nullopt;
  connection_status status;
  const auto name = text_of(*object, "state").value_or("");
  for (const auto state : {connection_state::offline, connection_state::reconnecting,
                           connection_state::connected, connection_state::offline_batch_mode})
    if (to_string(state) == name)
      status.state = state;
  status.reason = text_of(*object, "reason").value_or("");
  status.since = parse_date_time(text_of(*object, "since").value_or("")).value_or(0);
  status.attempts = static_cast<unsigned>(whole_number_of(*object, "attempts").value_or(0));
  return status;
}

std::optional<drain_progress> drain_in(const json_value& reply) {
  const json_value* object = member(reply, "drain");
  const auto left =
      object != nullptr && object->IsObject() ? whole_number_of(*object, "left") : std::nullopt;
  if (!left)
    return std::nullopt;
  return drain_progress{
      static_cast<std::uint64_t>(*left),
      static_cast<std::uint64_t>(whole_number_of(*object, "per_second").value_or(0))};
}

} // namespace

folder_mark folder_mark::of(const std::filesystem::path& folder) {
  struct stat found {};
  if (::stat(folder.c_str(), &found) != 0)
    return {};
  return {found.st_dev, found.st_ino};
}

bool is_newer_version(std::string_view a, std::string_view b) {
  return numbers_of(a) > numbers_of(b);
}

std::string render_identity(const daemon_identity& daemon) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ok", true);
  field(out, "pid", static_cast<std::uint64_t>(daemon.process.pid));
  field(out, "start_time", daemon.process.start_time);
  field(out, "boot", to_string(daemon.process.boot));
  field(out, "home_device", daemon.home.device);
  field(out, "home_inode", daemon.home.inode);
  field(out, "version", daemon.version);
  field(out, "since", format_timestamp(daemon.since));
  if (daemon.connection) {
    key(out, "connection");
    out.StartObject();
    field(out, "state", to_string(daemon.connection->state));
    field(out, "reason", daemon.connection->reason);
    field(out, "since", format_timestamp(daemon.connection->since));
    field(out, "attempts", static_cast<std::uint64_t>(daemon.connection->attempts));
    out.EndObject();
  }
  if (daemon.drain) {
    key(out, "drain");
    out.StartObject();
    field(out, "left", daemon.drain->left);
    field(out, "per_second", daemon.drain->per_second);
    out.EndObject();
  }
  if (daemon.heard) {
    key(out, "heard");
    out.StartObject();
    field(out, "log", daemon.heard->log);
    field(out, "seq", daemon.heard->seq);
    out.EndObject();
  }
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<daemon_identity> parse_identity(const json_value& reply) {
  const auto pid = whole_number_of(reply, "pid");
  const auto start = whole_number_of(reply, "start_time");
  const auto boot = parse_ulid(text_of(reply, "boot").value_or(""));
  const auto device = whole_number_of(reply, "home_device");
  const auto inode = whole_number_of(reply, "home_inode");
  const auto version = text_of(reply, "version");
  if (!pid || !start || !boot || !device || !inode || !version)
    return std::nullopt;
  daemon_identity read;
  read.process = {static_cast<std::uint32_t>(*pid), static_cast<std::uint64_t>(*start), *boot};
  read.home = {static_cast<std::uint64_t>(*device), static_cast<std::uint64_t>(*inode)};
  read.version = *version;
  read.since = parse_date_time(text_of(reply, "since").value_or("")).value_or(0);
  read.connection = connection_in(reply);
  read.drain = drain_in(reply);
  if (const json_value* heard = member(reply, "heard"); heard != nullptr && heard->IsObject())
    read.heard = log_place{text_of(*heard, "log").value_or(""),
                           static_cast<std::uint64_t>(whole_number_of(*heard, "seq").value_or(0))};
  return read;
}

result<control_client> control_client::connect(const std::filesystem::path& home,
                                               std::chrono::milliseconds patience) {
  auto fd = connect_in_home(home, control_socket);
  if (!fd)
    return fd.error();
  const auto peer = peer_of(fd->get());
  if (!peer)
    return peer.error();
  control_client client(std::move(*fd));
  const auto reply = client.ask(R"({"op":"hello"})", patience);
  if (!reply)
    return no_answer(home);
  const auto identity = parse_identity(*reply);
  if (!identity || static_cast<pid_t>(identity->process.pid) != peer->pid ||
      identity->home != folder_mark::of(home))
    return failure{ec::unhealthy,
                   "process " + std::to_string(peer->pid) + " listens on the socket of " +
                       home.string() + " but is not this home's daemon",
                   "check that process; spec-kitty sends it no signal"};
  client.identity_ = *identity;
  return client;
}

result<void> control_client::send(std::string_view line, std::chrono::milliseconds patience) {
  std::string text(line);
  text += '\n';
  for (std::string_view rest = text; !rest.empty();) {
    const auto sent = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0)
      rest.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EINTR && !(errno == EAGAIN && wait_for(fd_.get(), true, patience)))
      return failure{ec::transport, "the daemon closed the connection", {}};
  }
  return {};
}

result<std::string> control_client::next_line(std::chrono::milliseconds patience) {
  std::array<char, 4096> chunk{};
  for (;;) {
    if (const auto end = in_.find('\n'); end != std::string::npos) {
      std::string line = in_.substr(0, end);
      in_.erase(0, end + 1);
      return line;
    }
    if (!wait_for(fd_.get(), false, patience))
      return failure{ec::not_found, "the daemon did not answer in time", {}};
    const auto got = ::read(fd_.get(), chunk.data(), chunk.size());
    if (got > 0)
      in_.append(chunk.data(), static_cast<std::size_t>(got));
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
      return failure{ec::transport, "the daemon closed the connection", {}};
  }
}

result<json_document> control_client::ask(std::string_view request,
                                          std::chrono::milliseconds patience) {
  if (const auto sent = send(request, patience); !sent)
    return sent.error();
  const auto line = next_line(patience);
  if (!line)
    return line.error();
  auto reply = parse_json(*line);
  if (!reply)
    return reply.error();
  const json_value* ok = member(*reply, "ok");
  const json_value* error = member(*reply, "error");
  if (ok != nullptr && ok->IsBool() && ok->GetBool())
    return reply;
  return failure{ec::transport,
                 error == nullptr
                     ? "the daemon refused the request"
                     : text_of(*error, "message").value_or("the daemon refused the request"),
                 {}};
}

} // namespace spec_kitty
