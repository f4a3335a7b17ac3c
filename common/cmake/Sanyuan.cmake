# How every target of the project is declared: its layer decides what it may include (walls.py checks
# the compiler's dependency files against it in every build), warnings are errors for our sources alone.

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(absl REQUIRED)
find_package(fmt REQUIRED)
find_package(Protobuf QUIET CONFIG)
if(NOT Protobuf_FOUND)
  find_package(Protobuf REQUIRED MODULE)
endif()
# protoc finds its own messages beside its program only where /proc is mounted: a bare chroot lacks it.
find_path(SANYUAN_PROTOBUF_PROTOS google/protobuf/descriptor.proto REQUIRED)
# gRPC asks pkg-config for re2, which on Debian 13 walks Abseil's whole graph sixteen times: over a minute.
if(NOT TARGET re2::re2)
  find_library(SANYUAN_RE2_LIBRARY re2 REQUIRED)
  add_library(re2::re2 INTERFACE IMPORTED)
  set_property(TARGET re2::re2 PROPERTY INTERFACE_LINK_LIBRARIES ${SANYUAN_RE2_LIBRARY})
  set(re2_FOUND TRUE)
endif()
find_package(gRPC REQUIRED CONFIG)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# Most of a source's time goes into the headers that it shares with its neighbours, so a target is compiled a few
# sources at a time. Off, a source compiles alone: quicker after a small change, and it must include what it uses.
option(SANYUAN_UNITY "Compile sources of a target together" ON)
set(SANYUAN_UNITY_SOURCES 8)

# Half of what -O3 adds to a compilation's time, for nothing that the benchmarks show.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

set(SANYUAN_SANITIZE "" CACHE STRING "Sanitizers for all targets, as for -fsanitize=")
if(SANYUAN_SANITIZE)
  # Optimising what the sanitizers add doubles the time of a build, which is more than the tests then save.
  add_compile_options(-fsanitize=${SANYUAN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O0 -g1)
  add_link_options(-fsanitize=${SANYUAN_SANITIZE})
endif()

set(SANYUAN_PROTO_DIR ${CMAKE_SOURCE_DIR}/proto)
set(SANYUAN_GEN_DIR ${CMAKE_BINARY_DIR}/gen)

# sanyuan_library(NAME <target> LAYER <domain|partition|port|engine|rpc|adapter|support> SOURCES ... DEPS ...)
# declares the target and its alias: sanyuan_common_digest is also sanyuan::common_digest.
function(sanyuan_library)
  cmake_parse_arguments(ARG "" "NAME;LAYER" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${ARG_NAME} STATIC ${ARG_SOURCES})
  string(REPLACE "sanyuan_" "sanyuan::" alias ${ARG_NAME})
  add_library(${alias} ALIAS ${ARG_NAME})
  target_include_directories(${ARG_NAME} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  set_target_properties(${ARG_NAME} PROPERTIES SANYUAN_LAYER "${ARG_LAYER}")
  set_property(GLOBAL APPEND PROPERTY SANYUAN_WALLED_TARGETS ${ARG_NAME})
  sanyuan_warnings(${ARG_NAME})
endfunction()

function(sanyuan_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SANYUAN_UNITY} UNITY_BUILD_BATCH_SIZE ${SANYUAN_UNITY_SOURCES})
endfunction()

# sanyuan_executable(NAME <name> SOURCES ... DEPS ...): binaries land in bin/ of the build folder.
function(sanyuan_executable)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_include_directories(${ARG_NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS})
  sanyuan_warnings(${ARG_NAME})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 warns of impossible overlaps inside std::string (gcc.gnu.org bug 105651).
    target_compile_options(${ARG_NAME} PRIVATE -Wno-restrict)
  endif()
endfunction()

# sanyuan_compile_quickly(<target>): for what is judged by what it finds or shows, not by its speed, which lies in the
# libraries that it calls: tests, programs of operators, generated code. Optimising is over half of a compilation.
# A test that computes little does without any: sanyuan_compile_quickly(<target> -O0).
function(sanyuan_compile_quickly target)
  set(level -O1)
  if(ARGC GREATER 1)
    set(level ${ARGV1})
  endif()
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:${level}>)
endfunction()

# sanyuan_use_jemalloc(<target>): a server's threads hand small objects to each other all day; glibc's allocator takes
# about 30 % more CPU for an order and 15 % more memory (tests/bench). Sanitizers bring their own.
function(sanyuan_use_jemalloc target)
  if(NOT SANYUAN_SANITIZE)
    find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
    target_link_libraries(${target} PRIVATE ${JEMALLOC_LIBRARY})
  endif()
endfunction()

# sanyuan_generated(<target>): what protoc wrote; nobody looks for faults in it.
function(sanyuan_generated target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
  sanyuan_compile_quickly(${target})
  if(SANYUAN_SANITIZE)
    target_compile_options(${target} PRIVATE -fno-sanitize=all)
  endif()
endfunction()

# sanyuan_proto(NAME <target> PROTOS sanyuan/x/v1/a.proto ... DEPS ... [GRPC]): messages;
# with GRPC also <target>_grpc with the service stubs (as one unit), which only adapters and the rpc layer link.
function(sanyuan_proto)
  cmake_parse_arguments(ARG "GRPC" "NAME" "PROTOS;DEPS" ${ARGN})
  set(messages)
  set(stubs)
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" base ${proto})
    set(out ${SANYUAN_GEN_DIR}/${base}.pb.cc ${SANYUAN_GEN_DIR}/${base}.pb.h)
    set(args --cpp_out=${SANYUAN_GEN_DIR})
    list(APPEND messages ${SANYUAN_GEN_DIR}/${base}.pb.cc)
    if(ARG_GRPC)
      list(APPEND out ${SANYUAN_GEN_DIR}/${base}.grpc.pb.cc ${SANYUAN_GEN_DIR}/${base}.grpc.pb.h)
      list(APPEND args --grpc_out=${SANYUAN_GEN_DIR} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
      list(APPEND stubs ${SANYUAN_GEN_DIR}/${base}.grpc.pb.cc)
    endif()
    add_custom_command(OUTPUT ${out}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${SANYUAN_GEN_DIR}
      COMMAND $<TARGET_FILE:protobuf::protoc> -I ${SANYUAN_PROTO_DIR} -I ${SANYUAN_PROTOBUF_PROTOS} ${args}
        ${SANYUAN_PROTO_DIR}/${proto}
      DEPENDS ${SANYUAN_PROTO_DIR}/${proto} VERBATIM)
  endforeach()
  add_library(${ARG_NAME} STATIC ${messages})
  string(REPLACE "sanyuan_" "sanyuan::" alias ${ARG_NAME})
  add_library(${alias} ALIAS ${ARG_NAME})
  target_include_directories(${ARG_NAME} SYSTEM PUBLIC ${SANYUAN_GEN_DIR})
  target_link_libraries(${ARG_NAME} PUBLIC protobuf::libprotobuf ${ARG_DEPS})
  # protoc gives some tables of every file the same name: the first two until version 21, the others since.
  set(own_names "#define SANYUAN_PASTE(a, b) a##b\n#define SANYUAN_OWN(a, b) SANYUAN_PASTE(a, b)\n")
  foreach(name schemas file_default_instances file_message_globals _static_init2_)
    string(APPEND own_names "#undef ${name}\n#define ${name} SANYUAN_OWN(${name}_, SANYUAN_PROTO)\n")
  endforeach()
  set_target_properties(${ARG_NAME} PROPERTIES
    UNITY_BUILD_UNIQUE_ID SANYUAN_PROTO UNITY_BUILD_CODE_BEFORE_INCLUDE "${own_names}")
  sanyuan_generated(${ARG_NAME})
  if(ARG_GRPC)
    add_library(${ARG_NAME}_grpc STATIC ${stubs})
    add_library(${alias}_grpc ALIAS ${ARG_NAME}_grpc)
    target_link_libraries(${ARG_NAME}_grpc PUBLIC ${ARG_NAME} gRPC::grpc++)
    foreach(dep ${ARG_DEPS})
      if(TARGET ${dep}_grpc)
        target_link_libraries(${ARG_NAME}_grpc PUBLIC ${dep}_grpc)
      endif()
    endforeach()
    sanyuan_generated(${ARG_NAME}_grpc)
  endif()
endfunction()

# sanyuan_server_again(NAME <name> DEFINITION <macro> [SOURCES ...] LIBRARIES ...): the server once more, for tests, with
# these libraries compiled anew under a definition; whole, since of a library whose objects are partly taken from
# elsewhere the linker would find things twice.
function(sanyuan_server_again)
  cmake_parse_arguments(ARG "" "NAME;DEFINITION" "SOURCES;LIBRARIES" ${ARGN})
  find_package(spdlog REQUIRED)
  set(all ${CMAKE_SOURCE_DIR}/services/sanyuan/main.cc ${ARG_SOURCES})
  foreach(target ${ARG_LIBRARIES})
    get_target_property(folder ${target} SOURCE_DIR)
    get_target_property(sources ${target} SOURCES)
    list(TRANSFORM sources PREPEND ${folder}/)
    list(APPEND all ${sources})
  endforeach()
  sanyuan_executable(NAME ${ARG_NAME} SOURCES ${all}
    DEPS sanyuan::service sanyuan::service_contexts spdlog::spdlog)
  sanyuan_compile_quickly(${ARG_NAME})
  target_compile_definitions(${ARG_NAME} PRIVATE ${ARG_DEFINITION})
endfunction()

# sanyuan_test(NAME <name> LABEL <label> SOURCES ... DEPS ...): one GoogleTest executable, one ctest entry.
function(sanyuan_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT" "SOURCES;DEPS;ARGS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  find_package(GTest REQUIRED)
  sanyuan_executable(NAME ${ARG_NAME} SOURCES ${ARG_SOURCES} DEPS ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(ARG_LABEL STREQUAL "unit")
    sanyuan_compile_quickly(${ARG_NAME} -O0)
  else()
    sanyuan_compile_quickly(${ARG_NAME})
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} ${ARG_ARGS})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
