# What Debian ships without a usable CMake package, as imported targets. Static where `emit` would
# otherwise pay for loading a library at every start (see docs/dependencies.md).
find_package(CAF REQUIRED)
find_package(Threads REQUIRED)

# spec_kitty_import(name header library…) makes spec_kitty_dep::name of the first library found
# (an archive by its file name), and spec_kitty_shared_dep::name for the shared library, which an
# archive that is not position-independent cannot become part of.
function(spec_kitty_import target header)
  string(MAKE_C_IDENTIFIER "${target}" id)
  find_path(${id}_INCLUDE ${header} REQUIRED)
  find_library(${id}_LIBRARY NAMES ${ARGN} REQUIRED)
  mark_as_advanced(${id}_INCLUDE ${id}_LIBRARY)
  add_library(spec_kitty_dep::${target} UNKNOWN IMPORTED)
  set_target_properties(spec_kitty_dep::${target} PROPERTIES
    IMPORTED_LOCATION "${${id}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${${id}_INCLUDE}")
  list(GET ARGN -1 plain)
  find_library(${id}_SHARED_LIBRARY NAMES ${plain} REQUIRED)
  mark_as_advanced(${id}_SHARED_LIBRARY)
  add_library(spec_kitty_shared_dep::${target} UNKNOWN IMPORTED)
  set_target_properties(spec_kitty_shared_dep::${target} PROPERTIES
    IMPORTED_LOCATION "${${id}_SHARED_LIBRARY}")
endfunction()

spec_kitty_import(lmdb lmdb.h liblmdb.a lmdb)
spec_kitty_import(md sha256.h libmd.a md)
spec_kitty_import(z zlib.h libz.a z)
spec_kitty_import(yaml yaml-cpp/yaml.h libyaml-cpp.a yaml-cpp)
spec_kitty_import(curl curl/curl.h curl)
spec_kitty_import(sqlite sqlite3.h sqlite3)
spec_kitty_import(ssl openssl/ssl.h ssl)
spec_kitty_import(crypto openssl/x509_vfy.h crypto)
spec_kitty_import(websockets libwebsockets.h websockets)
spec_kitty_import(zstd zstd.h zstd)
spec_kitty_import(sodium sodium.h sodium)
find_path(SPEC_KITTY_RAPIDJSON_INCLUDE rapidjson/schema.h REQUIRED)
find_path(SPEC_KITTY_TOML_INCLUDE toml++/toml.h REQUIRED)
find_path(SPEC_KITTY_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
find_path(SPEC_KITTY_BOOST_INCLUDE boost/beast/version.hpp REQUIRED)
find_path(SPEC_KITTY_SPDLOG_INCLUDE spdlog/spdlog.h REQUIRED)
find_path(SPEC_KITTY_FMT_INCLUDE fmt/format.h REQUIRED)
