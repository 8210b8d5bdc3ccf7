// The contract of an engine (app/server/store/engine.hpp) as properties that any engine must have.
//
// A property gets a place in which engines are opened, does what it does, and notes what is wrong.
// So the same suite runs on the real engine, where nothing may be wrong, and on engines with a
// planted fault, of which each must be found.
#pragma once

#include "tests/app/server/store/engine_calls.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace spec_kitty::server::store::testing {

/// One state folder, on which one engine at a time is opened.
class engine_place {
public:
  engine_place() = default;
  engine_place(const engine_place&) = delete;
  engine_place& operator=(const engine_place&) = delete;
  virtual ~engine_place() = default;
  virtual std::unique_ptr<engine> open() = 0;
};

/// Makes a place with an empty store.
using place_maker = std::function<std::unique_ptr<engine_place>()>;

class property_run {
public:
  explicit property_run(const place_maker& maker) : place_(maker()), engine_(place_->open()) {}

  engine& on() { return *engine_; }
  /// Closes the engine and opens it again.
  void reopen() {
    engine_.reset();
    engine_ = place_->open();
  }
  /// Notes what is wrong where it is not so. Any thread.
  void expect(bool holds, const std::string& otherwise);
  std::vector<std::string> violations();

private:
  std::mutex guard_;
  std::vector<std::string> violations_;
  std::unique_ptr<engine_place> place_;
  std::unique_ptr<engine> engine_;
};

struct engine_property {
  const char* name;
  void (*check)(property_run&);
};

/// @{ The suite, by what the properties are of.
std::vector<engine_property> commit_properties();
std::vector<engine_property> answer_properties();
std::vector<engine_property> read_properties();
std::vector<engine_property> removal_properties();
std::vector<engine_property> account_properties();
std::vector<engine_property> device_properties();
std::vector<engine_property> stamp_properties();
/// @}
std::vector<engine_property> all_properties();

/// What is wrong with engines of this kind, as `property: words`.
std::vector<std::string> check_contract(const place_maker& maker,
                                        const std::vector<engine_property>& properties);

} // namespace spec_kitty::server::store::testing
