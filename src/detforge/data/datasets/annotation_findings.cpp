#include "detforge/data/datasets/annotation_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace detforge {

void AnnotationFindings::skip(const std::string& place, const std::string& message) { skip(Error(message).at(place)); }

void AnnotationFindings::skip(const Error& error) {
  ++skipped_;
  if (first_skipped_.size() < listed) first_skipped_.push_back(error.diagnostics().front());
}

void AnnotationFindings::note(const std::string& what, const std::string& place, const std::string& file) {
  auto found = std::find_if(notes_.begin(), notes_.end(), [&](const Note& note) { return note.what == what && note.file == file; });
  if (found == notes_.end()) found = notes_.insert(notes_.end(), {what, 0, {}, file});
  ++found->count;
  if (found->places.size() < listed) found->places.push_back(place);
}

void AnnotationFindings::remark(const std::string& text) { notes_.push_back({text, 0, {}, {}}); }

void AnnotationFindings::merge(const AnnotationFindings& others) {
  skipped_ += others.skipped_;
  for (const Diagnostic& one : others.first_skipped_) {
    if (first_skipped_.size() < listed) first_skipped_.push_back(one);
  }
  for (const Note& note : others.notes_) {
    if (note.count == 0) {
      remark(note.what);
      continue;
    }
    for (const std::string& place : note.places) this->note(note.what, place, note.file);
    const auto mine =
        std::find_if(notes_.begin(), notes_.end(), [&](const Note& one) { return one.what == note.what && one.file == note.file; });
    mine->count += note.count - note.places.size();
  }
}

std::string AnnotationFindings::text() const {
  std::string text;
  if (skipped_ > 0) {
    text += fmt::format("{} record{} left out{}:\n", skipped_, skipped_ == 1 ? " is" : "s are",
                        skipped_ > first_skipped_.size() ? fmt::format(", the first {}", first_skipped_.size()) : "");
    for (const Diagnostic& one : first_skipped_) {
      const std::string where = one.notes.empty() ? "" : fmt::format(" ({})", fmt::join(one.notes, ", "));
      text += fmt::format("  {}: {}{}\n", one.place, one.message, where);
    }
  }
  for (const Note& note : notes_) {
    if (note.count == 0) {
      text += note.what + "\n";
      continue;
    }
    const bool has_more = note.count > note.places.size();
    text += fmt::format("{} ({}): {}{}{}\n", note.what, note.count, fmt::join(note.places, ", "), has_more ? ", …" : "",
                        note.file.empty() ? "" : " in " + note.file);
  }
  return text;
}

void AnnotationFindings::refuse() const {
  if (skipped_ == 0) return;
  std::vector<Diagnostic> diagnostics = first_skipped_;
  if (skipped_ > diagnostics.size()) {
    diagnostics.back().notes.push_back(fmt::format("{} more records are wrong", skipped_ - diagnostics.size()));
  }
  throw Error(std::move(diagnostics));
}

}  // namespace detforge
