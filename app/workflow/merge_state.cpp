#include "app/workflow/merge_state.hpp"

#include "messages/payloads.hpp"
#include "util/json.hpp"

namespace spec_kitty::workflow {

namespace {

constexpr std::uint64_t version = 1;

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
  return state;
}

} // namespace spec_kitty::workflow
