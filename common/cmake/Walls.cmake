# sanyuan_walls(): called once, after all targets are declared; adds the check of walls.py to every build.
# It runs again whenever a target of SANYUAN_WALLED_TARGETS was built anew, and before anything is installed.

function(sanyuan_walls)
  if(NOT CMAKE_GENERATOR STREQUAL "Ninja")
    message(FATAL_ERROR "The generator is '${CMAKE_GENERATOR}'. The walls between the layers are checked from "
      "the dependency log that Ninja keeps, so Sanyuan builds with Ninja only: use 'cmake --preset release' "
      "or 'cmake -G Ninja' with an empty build folder.")
  endif()
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
  get_property(targets GLOBAL PROPERTY SANYUAN_WALLED_TARGETS)
  set(rows "")
  foreach(target IN LISTS targets)
    get_target_property(layer ${target} SANYUAN_LAYER)
    string(APPEND rows "${target};${layer};$<JOIN:$<TARGET_OBJECTS:${target}>,;>\n")
  endforeach()
  set(here ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  set(stamp ${CMAKE_BINARY_DIR}/walls.stamp)
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/walls.txt CONTENT "${rows}")
  add_custom_command(OUTPUT ${stamp}
    COMMAND Python3::Interpreter -B ${here}/walls.py --source ${CMAKE_SOURCE_DIR} --build ${CMAKE_BINARY_DIR}
      --targets ${CMAKE_BINARY_DIR}/walls.txt --stamp ${stamp}
    DEPENDS ${targets} ${CMAKE_BINARY_DIR}/walls.txt ${here}/walls.py ${here}/walls.toml ${here}/ninja_deps.py
    COMMENT "Checking what each layer includes" VERBATIM)
  add_custom_target(walls ALL DEPENDS ${stamp})
endfunction()
