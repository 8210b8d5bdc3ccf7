// A shop with an event type of its own, checked against its own JSON schema before it is recorded.
// Receipts come as calls, on a thread of the client, in order.
//
//   shop HOME [ORDERS]
//   shop schema              prints the schema, for `spec-kitty dev-server --accept-type
//                            OrderPlaced=FILE`: the server must know the type too
#include <spec_kitty/client.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace std::chrono_literals;

namespace {

const char* const order_placed = R"({
  "type": "object",
  "required": ["order", "cents"],
  "additionalProperties": false,
  "properties": {
    "order": {"type": "string", "minLength": 1, "maxLength": 40},
    "cents": {"type": "integer", "minimum": 1}
  }
})";

struct counts {
  int recorded = 0;
  int refused = 0;
};

int complain(const spec_kitty::failure& why) {
  std::fprintf(stderr, "shop: %s\n%s\n", why.message.c_str(), why.hint.c_str());
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: shop HOME [ORDERS] | shop schema\n");
    return 2;
  }
  if (argv[1] == std::string("schema"))
    return std::puts(order_placed) < 0 ? 1 : 0;
  const int orders = argc > 2 ? std::atoi(argv[2]) : 3;

  spec_kitty::options wanted;
  wanted.home = argv[1];
  wanted.event_types = {{"OrderPlaced", order_placed}};
  counts counted; // before the client: its callbacks write here until it has stopped
  auto opened = spec_kitty::client::open(std::move(wanted));
  if (!opened)
    return complain(opened.error());
  spec_kitty::client& events = *opened;

  const auto count = [&counted](const spec_kitty::result<spec_kitty::receipt>& outcome) {
    if (outcome) {
      ++counted.recorded;
      std::printf("%s %llu\n", outcome->event_id.c_str(),
                  static_cast<unsigned long long>(outcome->lamport_clock));
    } else {
      ++counted.refused;
      std::printf("refused: %s\n", outcome.error().message.c_str());
    }
  };
  for (int i = 1; i <= orders; ++i) {
    spec_kitty::event placed("OrderPlaced", "{\"order\":\"A-" + std::to_string(i) +
                                                "\",\"cents\":" + std::to_string(100 * i) + "}");
    events.emit(placed.about("A-" + std::to_string(i)), count);
  }
  // No such order: the schema asks for at least one cent.
  events.emit(spec_kitty::event("OrderPlaced", R"({"order":"A-0","cents":0})").about("A-0"), count);

  const auto stopped = events.stop(10s); // after the last call
  if (!stopped)
    return complain(stopped.error());
  return counted.recorded == orders && counted.refused == 1 ? 0 : 1;
}
