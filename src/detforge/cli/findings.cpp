#include "detforge/cli/findings.h"

#include <iostream>
#include <sstream>

namespace detforge::cli {

void tell(const AnnotationFindings& findings, const Session& session) {
  if (session.quiet) return;
  std::istringstream lines(findings.text());
  for (std::string line; std::getline(lines, line);) std::cerr << (line.starts_with(' ') ? "" : "note: ") << line << '\n';
}

nlohmann::ordered_json findings_json(const AnnotationFindings& findings) {
  nlohmann::ordered_json json = {
      {"left_out", findings.skipped()}, {"first_left_out", nlohmann::ordered_json::array()}, {"notes", nlohmann::ordered_json::array()}};
  for (const Diagnostic& one : findings.first_skipped()) {
    json["first_left_out"].push_back({{"place", one.place}, {"message", one.message}});
  }
  for (const AnnotationFindings::Note& note : findings.notes()) {
    nlohmann::ordered_json entry = {{"what", note.what}};
    if (note.count > 0) entry["count"] = note.count;
    if (note.count > 0) entry["places"] = note.places;
    if (!note.file.empty()) entry["file"] = note.file;
    json["notes"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace detforge::cli
