#include "util/gzip.hpp"

#include "util/isal.hpp"

#include <zlib.h>

#include <new>
#include <utility>

namespace spec_kitty {

namespace {

constexpr int gzip_window = 15 + 16; // largest window, gzip framing

Bytef* bytes_of(std::string_view text) {
  // zlib's input pointer is not const in its C interface; it never writes through it.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

} // namespace

std::string gzip(std::string_view bytes) {
  auto packed = isal_gzip(bytes);
  return packed ? std::move(*packed) : zlib_gzip(bytes);
}

std::string zlib_gzip(std::string_view bytes, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = bytes_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH); // one call: the buffer has the bound's size
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window) != Z_OK)
    throw std::bad_alloc();
  std::string out;
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  int status = Z_OK;
  while (status == Z_OK && out.size() <= limit) {
    const std::size_t had = out.size();
    out.resize(had + (std::size_t{64} << 10));
    stream.next_out = bytes_of(out) + had;
    stream.avail_out = static_cast<uInt>(out.size() - had);
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (out.size() > limit)
    return failure{ec::bad_input,
                   "the unpacked gzip body is larger than " + std::to_string(limit) + " bytes",
                   {}};
  if (!whole)
    return failure{ec::bad_input, "not one whole gzip member", {}};
  return out;
}

struct gunzip_stream::state {
  z_stream zlib{};
};

gunzip_stream::gunzip_stream() : state_(std::make_unique<state>()) {
  if (inflateInit2(&state_->zlib, gzip_window) != Z_OK)
    throw std::bad_alloc();
}

gunzip_stream::~gunzip_stream() {
  inflateEnd(&state_->zlib);
}

result<void> gunzip_stream::feed(std::string_view bytes, std::string& out) {
  auto& zlib = state_->zlib;
  zlib.next_in = bytes_of(bytes);
  zlib.avail_in = static_cast<uInt>(bytes.size());
  do {
    if (between_ && zlib.avail_in == 0)
      break;
    between_ = false;
    const std::size_t had = out.size();
    out.resize(had + (std::size_t{64} << 10));
    zlib.next_out = bytes_of(out) + had;
    zlib.avail_out = static_cast<uInt>(out.size() - had);
    const int status = inflate(&zlib, Z_NO_FLUSH);
    out.resize(out.size() - zlib.avail_out);
    if (status == Z_STREAM_END) {
      between_ = true;
      inflateReset(&zlib);
      continue;
    }
    if (status == Z_BUF_ERROR) // nothing more without more input
      break;
    if (status != Z_OK)
      return failure{ec::bad_input,
                     std::string("damaged gzip data: ") +
                         (zlib.msg == nullptr ? "unknown error" : zlib.msg),
                     {}};
  } while (zlib.avail_in > 0 || zlib.avail_out == 0);
  return {};
}

} // namespace spec_kitty
