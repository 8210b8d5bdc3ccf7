#include "util/isal.hpp"

#if __has_include(<isa-l/igzip_lib.h>)
#include <isa-l/igzip_lib.h>

#include <dlfcn.h>

#include <limits>
#include <memory>
#endif

namespace spec_kitty {

#if __has_include(<isa-l/igzip_lib.h>)

namespace {

constexpr const char* isal_file = "libisal.so.2";

/// What is used of the library; null members where it is missing.
struct isal_library {
  void (*deflate_init)(isal_zstream*) = nullptr;
  int (*deflate)(isal_zstream*) = nullptr;
  crc32_function crc32 = nullptr;

  isal_library() {
    void* const handle = ::dlopen(isal_file, RTLD_NOW | RTLD_LOCAL); // stays for the process
    if (handle == nullptr)
      return;
    deflate_init = find<decltype(deflate_init)>(handle, "isal_deflate_stateless_init");
    deflate = find<decltype(deflate)>(handle, "isal_deflate_stateless");
    crc32 = find<decltype(crc32)>(handle, "crc32_gzip_refl");
  }

private:
  template <class Function>
  static Function find(void* handle, const char* name) {
    return reinterpret_cast<Function>(::dlsym(handle, name));
  }
};

const isal_library& isal() {
  static const isal_library loaded;
  return loaded;
}

/// Compresses into a buffer of that size; nothing where it is too small.
std::optional<std::string> deflate_into(std::string_view bytes, std::size_t capacity) {
  const auto level_buffer = std::make_unique<std::uint8_t[]>(ISAL_DEF_LVL1_DEFAULT);
  std::string out(capacity, '\0');
  isal_zstream stream{};
  isal().deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = level_buffer.get();
  stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  // Not const in its C interface; it never writes through it.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<std::uint32_t>(bytes.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  if (isal().deflate(&stream) != COMP_OK || stream.avail_in != 0)
    return std::nullopt;
  out.resize(stream.total_out);
  return out;
}

} // namespace

std::optional<std::string> isal_gzip(std::string_view bytes) {
  constexpr std::size_t frame = 4096; ///< more than headers and trailers of any batch
  if (isal().deflate_init == nullptr || isal().deflate == nullptr ||
      bytes.size() > std::numeric_limits<std::uint32_t>::max() / 2)
    return std::nullopt;
  auto packed = deflate_into(bytes, bytes.size() / 4 + frame); // events become a tenth
  return packed ? packed : deflate_into(bytes, bytes.size() + bytes.size() / 1024 + frame);
}

crc32_function isal_crc32() {
  return isal().crc32;
}

#else

std::optional<std::string> isal_gzip(std::string_view) {
  return std::nullopt;
}

crc32_function isal_crc32() {
  return nullptr;
}

#endif

} // namespace spec_kitty
