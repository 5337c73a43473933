# Warnings, sanitizers and the fuzzing switch, for every target of the project.
option(TASKDRIVER_FUZZ "build the libFuzzer targets (needs clang)" OFF)
set(TASKDRIVER_SANITIZE "" CACHE STRING "comma-separated sanitizers, e.g. address,undefined")

add_compile_options(-Wall -Wextra -Werror -Wnon-virtual-dtor -Woverloaded-virtual)
# Designated initializers leave the other members at their defaults on purpose.
add_compile_options(-Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports overflows inside std::string's own code at -O2 (GCC bug 105651).
  add_compile_options(-Wno-restrict)
endif()

if(TASKDRIVER_SANITIZE)
  # What sanitizers do not see: an index beyond the size but within the capacity, *optional{}.
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  # Instrumented, std::regex looks uninitialized to g++ 12.
  add_compile_options(-Wno-maybe-uninitialized)
  # CAF 0.17's init_fun_factory.hpp binds a null reference on purpose, hence no null check.
  add_compile_options(-fsanitize=${TASKDRIVER_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TASKDRIVER_SANITIZE})
  if(TASKDRIVER_SANITIZE MATCHES "undefined")
    # Numbers out of JSON become integers: g++ keeps that check out of its group 'undefined'.
    add_compile_options(-fsanitize=float-cast-overflow)
    add_compile_options(-fno-sanitize=null,vptr
                        -fno-sanitize-recover=undefined,float-cast-overflow)
  endif()
endif()
