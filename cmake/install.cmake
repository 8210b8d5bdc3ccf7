# What `cmake --install` puts where: the program, its modules and helpers, the library for hosts
# with its headers, and what CMake and pkg-config need to find it. Nothing installed knows the
# prefix: the whole tree may be moved.
#
# Components: `program`; `server`; `library`, which loads modules of `program`; and `chaos`, the harness, which
# is installed only when it is named.
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)
set(SPEC_KITTY_PACKAGE "${CMAKE_INSTALL_LIBDIR}/cmake/spec_kitty")
set(SPEC_KITTY_DOCS "${CMAKE_INSTALL_DATAROOTDIR}/doc/spec-kitty")

# ── The program where people look, modules and helpers where programs keep such parts. ───────────
install(TARGETS spec-kitty RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
install(TARGETS spec_kitty_http spec_kitty_link spec_kitty_sqlite
  LIBRARY DESTINATION "${SPEC_KITTY_LIBEXEC}" COMPONENT program)
install(TARGETS spec-kitty-board spec-kitty-agent-runner spec-kitty-store-check
  RUNTIME DESTINATION "${SPEC_KITTY_LIBEXEC}" COMPONENT program)
install(FILES README.md LICENSE CHANGELOG.md DESTINATION "${SPEC_KITTY_DOCS}" COMPONENT program)
install(FILES messages/schema/events.schema.json
  DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/spec-kitty" COMPONENT program)
install(DIRECTORY docs/ DESTINATION "${SPEC_KITTY_DOCS}/docs" COMPONENT program
  FILES_MATCHING PATTERN "*.md")
# Of the libraries whose code is part of what is installed: archives and headers.
install(DIRECTORY cmake/licenses/ DESTINATION "${SPEC_KITTY_DOCS}/licenses" COMPONENT program)

# ── The team server: what a team's machine needs, without the client. ────────────────────────────
install(TARGETS spec-kitty-server RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT server)
install(FILES docs/server.md docs/protocol.md docs/openapi.json
  DESTINATION "${SPEC_KITTY_DOCS}/docs" COMPONENT server)

# ── The harness: what injects faults has no place beside a program that people rely on. ──────────
install(TARGETS spec-kitty-chaos RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  COMPONENT chaos EXCLUDE_FROM_ALL)
install(TARGETS spec-kitty-chaos-host spec-kitty-chaos-broken
  RUNTIME DESTINATION "${SPEC_KITTY_LIBEXEC}" COMPONENT chaos EXCLUDE_FROM_ALL)
install(TARGETS ${SPEC_KITTY_PRELOADS}
  LIBRARY DESTINATION "${SPEC_KITTY_LIBEXEC}" COMPONENT chaos EXCLUDE_FROM_ALL)

# ── The headers. ─────────────────────────────────────────────────────────────────────────────────
install(DIRECTORY app/embed/include/spec_kitty DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
# Some are messages of ours too. They are installed under their public names, and so are the
# includes in them.
function(spec_kitty_install_message source name)
  file(READ "${source}" text)
  string(REPLACE "#include \"messages/payload_types.hpp\"" "#include \"spec_kitty/payloads.hpp\"" text "${text}")
  string(REGEX REPLACE "#include \"(util|messages)/([a-z_]+\\.hpp)\"" "#include \"spec_kitty/\\2\"" text "${text}")
  file(CONFIGURE OUTPUT "generated/install/${name}" CONTENT "${text}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  install(FILES "${PROJECT_BINARY_DIR}/generated/install/${name}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/spec_kitty")
endfunction()
spec_kitty_install_message(util/api.hpp api.hpp)
spec_kitty_install_message(util/result.hpp result.hpp)
spec_kitty_install_message(messages/payload_types.hpp payloads.hpp)

# ── The library. ─────────────────────────────────────────────────────────────────────────────────
# Two export sets, because a host of the shared library needs neither the archive nor what the
# archive is linked with.
set_target_properties(spec_kitty_shared PROPERTIES EXPORT_NAME shared)
set_target_properties(spec_kitty_static PROPERTIES EXPORT_NAME static)
foreach(library spec_kitty_shared spec_kitty_static)
  target_compile_features(${library} INTERFACE cxx_std_17)
  target_include_directories(${library} INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endforeach()
# The shared library looks for its modules beside itself. An archive is in its host, which may be
# anywhere, so the header hears the place from the compiler. The libraries go by name: the linker
# of the host's machine knows where they are.
target_compile_definitions(spec_kitty_static INTERFACE
  "$<INSTALL_INTERFACE:SPEC_KITTY_MODULES=\"$<INSTALL_PREFIX>/${SPEC_KITTY_LIBEXEC}\">")
target_link_libraries(spec_kitty_static INTERFACE
  "$<INSTALL_INTERFACE:CAF::core;lmdb;yaml-cpp;md;z;${CMAKE_DL_LIBS}>")

install(TARGETS spec_kitty_shared EXPORT spec_kitty-shared LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS spec_kitty_static EXPORT spec_kitty-static ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
foreach(kind shared static)
  install(EXPORT spec_kitty-${kind} NAMESPACE spec_kitty:: DESTINATION "${SPEC_KITTY_PACKAGE}")
endforeach()

# ── find_package(spec_kitty). ────────────────────────────────────────────────────────────────────
configure_package_config_file(cmake/spec_kitty-config.cmake.in generated/install/spec_kitty-config.cmake
  INSTALL_DESTINATION "${SPEC_KITTY_PACKAGE}"
  PATH_VARS CMAKE_INSTALL_BINDIR
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Before 1.0 a minor version may change anything.
write_basic_package_version_file(generated/install/spec_kitty-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/generated/install/spec_kitty-config.cmake"
  "${PROJECT_BINARY_DIR}/generated/install/spec_kitty-config-version.cmake"
  cmake/FindCAF.cmake
  DESTINATION "${SPEC_KITTY_PACKAGE}")

# ── pkg-config spec-kitty. ───────────────────────────────────────────────────────────────────────
# The way from the .pc file's own folder up to the prefix.
file(RELATIVE_PATH SPEC_KITTY_PC_TO_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" SPEC_KITTY_PC_TO_PREFIX "${SPEC_KITTY_PC_TO_PREFIX}")
configure_file(cmake/spec-kitty.pc.in generated/install/spec-kitty.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/generated/install/spec-kitty.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
# A folder that holds the archive and no shared library: see spec-kitty.pc.in.
file(RELATIVE_PATH SPEC_KITTY_TO_ARCHIVE "/${SPEC_KITTY_LIBEXEC}/static" "/${CMAKE_INSTALL_LIBDIR}/libspec_kitty.a")
file(CREATE_LINK "${SPEC_KITTY_TO_ARCHIVE}" "${PROJECT_BINARY_DIR}/generated/install/libspec_kitty.a" SYMBOLIC)
install(FILES "${PROJECT_BINARY_DIR}/generated/install/libspec_kitty.a"
  DESTINATION "${SPEC_KITTY_LIBEXEC}/static")
install(FILES cmake/static_place.h DESTINATION "${SPEC_KITTY_LIBEXEC}/static" RENAME place.h)
