// What lie_shim.so makes one program believe of its machine.
#pragma once

#include <map>
#include <string>

namespace spec_kitty::support {

/// False where no library can be preloaded: AddressSanitizer wants to be the first.
constexpr bool can_preload() {
#if defined(__SANITIZE_ADDRESS__)
  return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  return false;
#else
  return true;
#endif
#else
  return true;
#endif
}

/// The environment of a program whose clock is so many seconds ahead.
inline std::map<std::string, std::string> clock_ahead(const std::string& shim, long seconds) {
  return {{"LD_PRELOAD", shim}, {"SPEC_KITTY_LIE_SECONDS", std::to_string(seconds)}};
}

/// The environment of a program for which a folder lies on a file system with this number.
inline std::map<std::string, std::string>
on_file_system(const std::string& shim, const std::string& folder, const std::string& magic) {
  return {{"LD_PRELOAD", shim}, {"SPEC_KITTY_LIE_FS", magic}, {"SPEC_KITTY_LIE_FS_ROOT", folder}};
}

} // namespace spec_kitty::support
