#pragma once

#include "detforge/cli/torch_actions.h"

/// The commands that need Torch; the program reaches them through the table of actions.cpp.
namespace detforge::cli {

int build_action(const BuildRequest& request, std::ostream& out);
int summary_action(const SummaryRequest& request, std::ostream& out);
int detect_action(const DetectRequest& request, std::ostream& out, std::ostream& log);
int benchmark_action(const BenchmarkRequest& request, std::ostream& out, std::ostream& log);
int check_action(const CheckRequest& request, std::ostream& out);
int test_action(const TestRequest& request, std::ostream& out, std::ostream& log);
void info_action(std::ostream& out);

}  // namespace detforge::cli
