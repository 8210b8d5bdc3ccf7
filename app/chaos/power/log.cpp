#include "app/chaos/power/log.hpp"

#include "app/chaos/preload/power_log.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>

namespace spec_kitty::chaos::power {

namespace {

kind kind_of(const power_record& head) {
  switch (head.kind) {
  case POWER_CREATE:
    return kind::create;
  case POWER_MKDIR:
    return kind::make_folder;
  case POWER_WRITE:
    return kind::write;
  case POWER_RESIZE:
    return kind::resize;
  case POWER_RENAME:
    return (head.flags & POWER_EXCHANGE) != 0 ? kind::exchange : kind::rename;
  case POWER_LINK:
    return kind::link;
  case POWER_REMOVE:
    return kind::remove;
  case POWER_SYNC_BEGIN:
    return kind::sync_begin;
  case POWER_SYNC_END:
    return kind::sync_end;
  case POWER_SAID:
    return kind::message;
  default:
    throw std::runtime_error("the power log has a record of an unknown kind");
  }
}

std::string_view take(std::string_view& from, std::size_t size) {
  if (from.size() < size)
    throw std::runtime_error("the power log ends in the middle of a record");
  const auto taken = from.substr(0, size);
  from.remove_prefix(size);
  return taken;
}

} // namespace

std::vector<step> read_log(std::string_view log) {
  std::vector<step> steps;
  std::map<std::uint64_t, std::size_t> begins; // place in the log → step
  for (std::string_view rest = log; !rest.empty();) {
    const std::uint64_t place = log.size() - rest.size();
    power_record head{};
    std::memcpy(&head, take(rest, sizeof head).data(), sizeof head);
    step step;
    step.what = kind_of(head);
    step.data_only = (head.flags & POWER_DATA_ONLY) != 0;
    step.pid = head.pid;
    step.file = head.file;
    step.at = head.at;
    step.path = take(rest, head.path_size);
    step.other = take(rest, head.other_size);
    step.bytes = take(rest, head.bytes_size);
    if (step.what == kind::sync_begin)
      begins[place] = steps.size();
    if (step.what == kind::sync_end)
      step.began = begins.at(head.at);
    steps.push_back(step);
    if (step.what == kind::write && (head.flags & POWER_DURABLE) != 0) {
      step.what = kind::write_done;
      steps.push_back(step);
    }
  }
  return steps;
}

std::string to_string(const step& step) {
  const std::string path(step.path);
  const std::string both = path + " and " + std::string(step.other);
  switch (step.what) {
  case kind::create:
    return "create " + path;
  case kind::make_folder:
    return "mkdir " + path;
  case kind::write:
  case kind::write_done:
    return (step.what == kind::write ? "write " : "durable write ") + path + " at " +
           std::to_string(step.at) + ", " + std::to_string(step.bytes.size()) + " bytes";
  case kind::resize:
    return "resize " + path + " to " + std::to_string(step.at);
  case kind::rename:
    return "rename " + both;
  case kind::exchange:
    return "exchange " + both;
  case kind::link:
    return "link " + both;
  case kind::remove:
    return "remove " + path;
  case kind::sync_begin:
    return "begin to sync " + path;
  case kind::sync_end:
    return "sync " + path;
  case kind::message:
    return "say " +
           std::string(step.bytes.substr(0, std::min<std::size_t>(60, step.bytes.find('\n'))));
  }
  return {};
}

} // namespace spec_kitty::chaos::power
