# The libraries that are installed for other programs: the doors of app/embed with all that is behind
# them, once static and once shared. Made of the same objects as the program.
set(SPEC_KITTY_LIBRARY_OBJECTS
  $<TARGET_OBJECTS:spec_kitty_util>
  $<TARGET_OBJECTS:spec_kitty_schema>
  $<TARGET_OBJECTS:spec_kitty_messages>
  $<TARGET_OBJECTS:spec_kitty_actor_messages>
  $<TARGET_OBJECTS:spec_kitty_config>
  $<TARGET_OBJECTS:spec_kitty_actors_clock>
  $<TARGET_OBJECTS:spec_kitty_actors_queue>
  $<TARGET_OBJECTS:spec_kitty_actors_auth>
  $<TARGET_OBJECTS:spec_kitty_actors_http>
  $<TARGET_OBJECTS:spec_kitty_actors_batch_sync>
  $<TARGET_OBJECTS:spec_kitty_actors_link>
  $<TARGET_OBJECTS:spec_kitty_actors_websocket>
  $<TARGET_OBJECTS:spec_kitty_actors_supervisor>
  $<TARGET_OBJECTS:spec_kitty_home>
  $<TARGET_OBJECTS:spec_kitty_embed>)

add_library(spec_kitty_static STATIC ${SPEC_KITTY_LIBRARY_OBJECTS})
add_library(spec_kitty_shared SHARED ${SPEC_KITTY_LIBRARY_OBJECTS})
set_target_properties(spec_kitty_static spec_kitty_shared PROPERTIES
  OUTPUT_NAME spec_kitty LINKER_LANGUAGE CXX
  ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
  LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
# Position-independent: Debian's static LMDB and yaml-cpp are not, so the shared ones it is.
set_target_properties(spec_kitty_shared PROPERTIES
  VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}"
  LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/exports.map")
target_link_options(spec_kitty_shared PRIVATE
  "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map")
target_link_libraries(spec_kitty_shared PRIVATE
  CAF::core Threads::Threads ${CMAKE_DL_LIBS}
  spec_kitty_shared_dep::lmdb spec_kitty_shared_dep::md spec_kitty_shared_dep::yaml
  spec_kitty_shared_dep::z)
spec_kitty_bind_now(spec_kitty_shared)
