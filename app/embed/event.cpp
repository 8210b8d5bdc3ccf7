#include "spec_kitty/event.hpp"

#include "messages/connection.hpp"
#include "messages/payloads.hpp"

namespace spec_kitty {

namespace {

template <class Payload>
std::string type_of(const Payload&) {
  return std::string(Payload::event_type);
}

} // namespace

event::event(const wp_status_changed& of) : event(type_of(of), to_json(of)) {}
event::event(const wp_created& of) : event(type_of(of), to_json(of)) {}
event::event(const wp_assigned& of) : event(type_of(of), to_json(of)) {}
event::event(const feature_created& of) : event(type_of(of), to_json(of)) {}
event::event(const feature_completed& of) : event(type_of(of), to_json(of)) {}
event::event(const history_added& of) : event(type_of(of), to_json(of)) {}
event::event(const error_logged& of) : event(type_of(of), to_json(of)) {}
event::event(const dependency_resolved& of) : event(type_of(of), to_json(of)) {}

std::string_view to_string(link_state state) {
  switch (state) {
  case link_state::offline:
    return to_string(connection_state::offline);
  case link_state::reconnecting:
    return to_string(connection_state::reconnecting);
  case link_state::connected:
    return to_string(connection_state::connected);
  case link_state::batch_mode:
    return to_string(connection_state::offline_batch_mode);
  }
  return {};
}

} // namespace spec_kitty
