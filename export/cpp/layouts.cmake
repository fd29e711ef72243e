# Writes the keyboards of wordgru/typing/layouts for wordgru/typing/layout.hpp to include. CMakeLists.txt does it; without
# a project: cmake -DTO=FOLDER -P export/cpp/layouts.cmake, and -I FOLDER for the compiler.
get_filename_component(layouts ${CMAKE_CURRENT_LIST_DIR}/../../wordgru/typing/layouts ABSOLUTE)
file(GLOB layout_files ${layouts}/*.json)
list(SORT layout_files)
set(embedded "")
foreach(file ${layout_files})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} json)
  string(APPEND embedded "{\"${name}\", R\"layout(${json})layout\"},\n")
endforeach()
if(CMAKE_SCRIPT_MODE_FILE)
  file(WRITE ${TO}/wordgru_layouts.inc "${embedded}")
endif()
