#include "app/workflow/merge_state.hpp"

#include "messages/event.hpp"
#include "messages/payloads.hpp"
#include "util/json.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace {

constexpr std::uint64_t version = 1;

bool is_hash(const std::string& text) {
  return text.size() <= 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Its texts become names of paths, branches and commits.
bool is_usable(const merge_state& state) {
  const auto all = [](const std::vector<std::string>& texts, auto holds) {
    return std::all_of(texts.begin(), texts.end(), holds);
  };
  return is_hash(state.from) && is_hash(state.to) && all(state.tips, is_hash) &&
         all(state.order, is_work_package_id) && all(state.moving, is_work_package_id) &&
         !state.target.starts_with('-');
}

bool flag(const json_value& object, const char* name) {
  const json_value* found = member(object, name);
  return found != nullptr && found->IsBool() && found->GetBool();
}

} // namespace

std::string encode(const merge_state& state) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "version", version);
  field(out, "phase", state.phase);
  field(out, "feature", state.feature);
  field(out, "target", state.target);
  field(out, "strategy", state.strategy);
  field(out, "keep_branch", state.keep_branch);
  field(out, "keep_worktree", state.keep_worktree);
  field(out, "push", state.push);
  field(out, "force", state.force);
  field(out, "from", state.from);
  field(out, "to", state.to);
  payload_detail::write(out, "order", state.order);
  payload_detail::write(out, "tips", state.tips);
  payload_detail::write(out, "moving", state.moving);
  field(out, "intent", state.intent);
  out.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

result<merge_state> decode_merge_state(std::string_view text) {
  const auto object = parse_json(text);
  if (!object)
    return failure{ec::bad_input, object.error().message, {}};
  if (whole_number_of(*object, "version") != static_cast<std::int64_t>(version))
    return failure{ec::bad_input, "not a merge state of this version", {}};
  merge_state state;
  payload_detail::read(*object, "phase", state.phase);
  payload_detail::read(*object, "feature", state.feature);
  payload_detail::read(*object, "target", state.target);
  payload_detail::read(*object, "strategy", state.strategy);
  payload_detail::read(*object, "from", state.from);
  payload_detail::read(*object, "to", state.to);
  payload_detail::read(*object, "order", state.order);
  payload_detail::read(*object, "tips", state.tips);
  payload_detail::read(*object, "moving", state.moving);
  payload_detail::read(*object, "intent", state.intent);
  state.keep_branch = flag(*object, "keep_branch");
  state.keep_worktree = flag(*object, "keep_worktree");
  state.push = flag(*object, "push");
  state.force = flag(*object, "force");
  if (!is_usable(state))
    return failure{ec::bad_input, "not a merge state", {}};
  return state;
}

} // namespace spec_kitty::workflow
