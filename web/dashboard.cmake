# Puts the dashboard into otter_server: web/ built by Vite, embedded as C++ by web/embed.mjs. Where
# that can't be, the program says so at /, and works.
option(OTTER_DASHBOARD "Build the dashboard, if Node.js 18 or newer and npm are there" ON)

set(dashboard_reason "")
find_program(NODE node)
find_program(NPM npm)
if(NOT OTTER_DASHBOARD)
  set(dashboard_reason "OTTER_DASHBOARD is off")
elseif(NOT NODE OR NOT NPM)
  set(dashboard_reason "node or npm was not found")
else()
  execute_process(COMMAND ${NODE} -p "process.versions.node.split('.')[0]"
    OUTPUT_VARIABLE node_major OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(node_major LESS 18)
    set(dashboard_reason "${NODE} is older than 18")
  endif()
endif()

# The packages that the lock file names, once; the network is needed for nothing else.
set(web ${CMAKE_SOURCE_DIR}/web)
set(installed ${web}/node_modules/.installed.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${web}/package-lock.json)
file(SHA256 ${web}/package-lock.json wanted_packages)
set(found_packages "")
if(EXISTS ${installed})
  file(READ ${installed} found_packages)
endif()
if(NOT dashboard_reason AND NOT found_packages STREQUAL wanted_packages)
  message(STATUS "Dashboard: npm ci")
  execute_process(COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${web} RESULT_VARIABLE npm_result)
  if(npm_result EQUAL 0)
    file(WRITE ${installed} ${wanted_packages})
  else()
    set(dashboard_reason "npm ci failed in ${web}")
  endif()
endif()

if(dashboard_reason)
  message(WARNING "No dashboard: ${dashboard_reason}. The server works without it.")
  set(dashboard_source ${CMAKE_BINARY_DIR}/dashboard_absent.cpp)
  configure_file(server/dashboard_absent.cpp.in ${dashboard_source} COPYONLY)
else()
  file(GLOB_RECURSE dashboard_sources CONFIGURE_DEPENDS ${web}/src/*)
  list(FILTER dashboard_sources EXCLUDE REGEX "openapi\\.d\\.ts$")
  set(dashboard_source ${CMAKE_BINARY_DIR}/dashboard_files.cpp)
  add_custom_command(OUTPUT ${dashboard_source}
    COMMAND ${NODE} ${web}/node_modules/vite/bin/vite.js build
      --outDir ${CMAKE_BINARY_DIR}/dashboard
    COMMAND ${NODE} ${web}/embed.mjs ${CMAKE_BINARY_DIR}/dashboard ${dashboard_source}
    WORKING_DIRECTORY ${web}
    DEPENDS ${dashboard_sources} ${installed} ${web}/embed.mjs ${web}/index.html
      ${web}/vite.config.ts
    COMMENT "Dashboard" VERBATIM)
endif()
target_sources(otter_server PRIVATE ${dashboard_source})
