#include <opencv2/core.hpp>

#include <fmt/core.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "detforge/base/version.h"
#include "detforge/cli/command.h"

namespace detforge::cli {
namespace {

std::string cpu_line(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    if (line.starts_with(key) && colon != std::string::npos && colon + 2 <= line.size()) return line.substr(colon + 2);
  }
  return {};
}

/// Those that decide how fast kernels run.
std::string cpu_features() {
  std::istringstream flags(cpu_line("flags"));
  std::string text;
  for (std::string flag; flags >> flag;) {
    if (flag.starts_with("avx") || flag.starts_with("amx") || flag == "fma" || flag == "sse4_2") text += (text.empty() ? "" : " ") + flag;
  }
  return text;
}

void print_core(std::ostream& out) {
  out << "detforge    " << version() << '\n'
      << "compiler    " << __VERSION__ << '\n'
      << "OpenCV      " << cv::getVersionString() << '\n'
      << "fmt         " << FMT_VERSION / 10000 << '.' << FMT_VERSION / 100 % 100 << '.' << FMT_VERSION % 100 << '\n'
      << "JSON        " << NLOHMANN_JSON_VERSION_MAJOR << '.' << NLOHMANN_JSON_VERSION_MINOR << '.' << NLOHMANN_JSON_VERSION_PATCH << '\n'
      << "CPU         " << cpu_line("model name") << '\n'
      << "features    " << cpu_features() << '\n'
      << "cores       " << std::thread::hardware_concurrency() << '\n';
}

}  // namespace

void add_info(CLI::App& program, Session& session) {
  CLI::App& command = *program.add_subcommand("info", "versions, libraries, CPU and devices: what a bug report needs");
  set_example(command, "detforge info");
  command.callback([&session] {
    print_core(std::cout);
    try {
      torch_actions(session).info(std::cout);
    } catch (const Error& error) {
      std::cout << "libtorch    not available: " << error.message() << '\n';
    }
  });
}

}  // namespace detforge::cli
