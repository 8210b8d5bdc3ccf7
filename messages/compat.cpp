#include "messages/compat.hpp"

#include <caf/atom.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <exception>

namespace spec_kitty {

namespace {

constexpr auto category = caf::atom("spec-kitty");

} // namespace

caf::error to_error(const failure& why) {
  return {static_cast<std::uint8_t>(why.code), category, caf::make_message(why.message, why.hint)};
}

failure to_failure(const caf::error& error) {
  if (error.category() == category && error.context().match_elements<std::string, std::string>())
    return {static_cast<ec>(error.code()), error.context().get_as<std::string>(0),
            error.context().get_as<std::string>(1)};
  if (error == caf::sec::request_receiver_down || error.category() == caf::atom("exit"))
    return {ec::stopping, "an internal component stopped", {}};
  if (error == caf::sec::request_timeout)
    return {ec::transport, "no answer in time", "try again"};
  std::string words = "an actor failed: code " + std::to_string(error.code());
  if (error.context().match_elements<std::string>())
    words = error.context().get_as<std::string>(0);
  return {ec::internal, words, {}};
}

system_config::system_config(std::size_t threads) {
  set("scheduler.policy", threads == 0 ? caf::atom("testing") : caf::atom("sharing"));
  set("scheduler.max-threads", threads);
  set("scheduler.max-throughput", std::size_t{100});
}

caf::error compat_detail::on_exception(std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return to_error(
        {ec::internal, error.what(), "this is a defect of spec-kitty; please report it"});
  } catch (...) {
    return to_error({ec::internal, "an unknown exception", {}});
  }
}

} // namespace spec_kitty
