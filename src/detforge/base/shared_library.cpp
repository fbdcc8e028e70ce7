#include "detforge/base/shared_library.h"

#include <dlfcn.h>

#include "detforge/base/error.h"

namespace detforge {
namespace {

std::filesystem::path folder_of_this_library() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(&folder_of_this_library), &info) == 0 || info.dli_fname == nullptr) return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

std::string loader_error() {
  const char* text = dlerror();
  return text != nullptr ? text : "unknown error";
}

}  // namespace

void* open_own_library(const std::string& file_name) {
  const auto path = folder_of_this_library() / file_name;
  if (!std::filesystem::exists(path)) {
    throw Error("this build of detforge has no " + file_name).at(path.string()).help("build with DETFORGE_WITH_TORCH=ON");
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error("can not load " + file_name + ": " + loader_error(), ErrorKind::Internal).at(path.string());
  return library;
}

void* open_plugin(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) throw Error("there is no such plug-in").at(path.string());
  // A name without a slash would be looked for in the system's folders instead.
  void* library = dlopen(std::filesystem::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error("can not load the plug-in: " + loader_error()).at(path.string());
  return library;
}

void* library_symbol(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) throw Error("the library has no " + std::string(name), ErrorKind::Internal);
  return symbol;
}

}  // namespace detforge
