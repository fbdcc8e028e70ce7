#include "detforge/apps/check_job.h"

#include <fmt/core.h>

#include <ostream>

#include "detforge/cli/torch/actions.h"

namespace detforge::cli {

int check_action(const CheckRequest& request, std::ostream& out) {
  const CheckReport report = check_job(request.config, request.reference, request.checkpoint);
  for (const Diagnostic& finding : report.findings) out << finding.render() << "\n\n";
  for (const std::string& note : report.notes) out << note << '\n';
  const std::size_t count = report.findings.size();
  out << (count == 0 ? "nothing is wrong" : fmt::format("{} finding{}", count, count == 1 ? "" : "s")) << '\n';
  return count == 0 ? 0 : 1;
}

}  // namespace detforge::cli
