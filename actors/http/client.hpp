// The seam between HTTP (the actor) and libcurl. libcurl and OpenSSL live in a module that is
// loaded when a command first needs the network; emit never pays for them (4 to 8 ms).
#pragma once

#include "messages/http.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace spec_kitty {

/// Carries out exchanges on a thread of its own.
class http_client {
public:
  using completion = std::function<void(http_reply)>;

  virtual ~http_client() = default;

  /// Starts an exchange and returns. `completed` is called exactly once, on the client's thread, at
  /// the latest when the timeout ends; with `cancelled` when the client is destroyed before.
  virtual void start(http_request request, completion completed) = 0;
};

/// Makes a client: the module's, or a test's.
using http_client_factory = std::function<result<std::unique_ptr<http_client>>()>;

/// What the module exports, under the name `spec_kitty_http_module`. A module of another version
/// is refused.
struct http_module {
  const char* version;
  http_client* (*make)(); ///< nullptr: no thread could be started
};

/// Loads the module from `folder`, else from beside the binary or where it was installed; internal
/// when missing, overloaded when no thread can be started.
result<std::unique_ptr<http_client>> load_http_client(const std::filesystem::path& folder = {});

} // namespace spec_kitty
