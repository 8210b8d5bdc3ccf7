// An application of actors with an actor system of its own: spec-kitty's actors live in it, behind
// typed handles that outlive what is behind them. A cook answers an order when the event that
// reports it is durable.
//
//   caf_application HOME
#include <spec_kitty/actors.hpp>

#include <caf/all.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

namespace {

/// Takes the name of a dish, answers with the id of the event.
caf::behavior cook(caf::event_based_actor* self, const spec_kitty::events_handle& events) {
  return {[self, events](const std::string& dish) {
    auto promise = self->make_response_promise<std::string>();
    self->request(
            events, 5s,
            spec_kitty::emit_message{spec_kitty::history_added{"WP01", "note", "cooked " + dish}})
        .then(
            [promise](const spec_kitty::receipt& done) mutable { promise.deliver(done.event_id); },
            [promise](caf::error& why) mutable { promise.deliver(std::move(why)); });
    return promise;
  }};
}

int complain(const spec_kitty::failure& why) {
  std::fprintf(stderr, "caf_application: %s\n%s\n", why.message.c_str(), why.hint.c_str());
  return 1;
}

int serve(caf::actor_system& system, const spec_kitty::embedded& home) {
  int status = 0;
  caf::scoped_actor self(system);
  const auto chef = self->spawn(cook, home.events());
  for (const char* dish : {"soup", "rice", "tea"})
    self->request(chef, 10s, std::string(dish))
        .receive([&](const std::string& id) { std::printf("%s\n", id.c_str()); },
                 [&](const caf::error& why) { status = complain(spec_kitty::failure_of(why)); });

  // A Lamport value that came from elsewhere: what is recorded from now on is later.
  self->request(home.clock(), 5s, spec_kitty::heard_clock_message{1000})
      .receive(
          [&](const spec_kitty::clock_reading& now) {
            if (now.value <= 1000)
              status = 1;
          },
          [&](const caf::error& why) { status = complain(spec_kitty::failure_of(why)); });

  self->request(home.sync(), 10s, spec_kitty::flush_message{8s})
      .receive(
          [&](const spec_kitty::flush_report& report) {
            if (!report.delivered) // all is kept, and goes with the next start
              status = complain(report.why);
          },
          [&](const caf::error& why) { status = complain(spec_kitty::failure_of(why)); });
  self->send_exit(chef, caf::exit_reason::user_shutdown);
  return status;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: caf_application HOME\n");
    return 2;
  }
  caf::actor_system_config config;
  caf::actor_system system(config);

  spec_kitty::options wanted;
  wanted.home = argv[1];
  auto home = spec_kitty::embedded::spawn(system, wanted);
  if (!home)
    return complain(home.error());
  const int status = serve(system, *home);
  const auto stopped = home->stop(10s); // before the system ends
  return stopped ? status : complain(stopped.error());
}
