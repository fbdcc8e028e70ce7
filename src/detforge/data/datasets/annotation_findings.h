#pragma once

#include <string>
#include <vector>

#include "detforge/base/error.h"

namespace detforge {

/// What was found wrong with annotation files whose other records were read all the same.
class AnnotationFindings {
 public:
  /// So many of a kind are listed, the rest is counted.
  static constexpr std::size_t listed = 10;

  struct Note {
    std::string what;                 ///< `boxes have no area`
    std::size_t count = 0;            ///< of records; 0 for a remark
    std::vector<std::string> places;  ///< the first ones
    std::string file;                 ///< that they lie in; empty where the places say it
  };

  /// A record that can not be used; it is left out.
  void skip(const std::string& place, const std::string& message);
  /// Out of the error that reading it gave.
  void skip(const Error& error);
  /// Something odd about records of one kind, which are read as MMDetection reads them.
  void note(const std::string& what, const std::string& place, const std::string& file = "");
  /// Something odd about a whole file.
  void remark(const std::string& text);
  void merge(const AnnotationFindings& others);

  /// How many records were left out.
  std::size_t skipped() const { return skipped_; }
  const std::vector<Diagnostic>& first_skipped() const { return first_skipped_; }
  const std::vector<Note>& notes() const { return notes_; }
  bool empty() const { return skipped_ == 0 && notes_.empty(); }

  /// For a person, a line each: `3 records are left out:` and the first of them, with their files; `boxes have no area (2): a.xml:
  /// object[3], …`.
  std::string text() const;
  /// For those who want every record or none: throws an `Error` with the first records that were left out, if any were.
  void refuse() const;

 private:
  std::size_t skipped_ = 0;
  std::vector<Diagnostic> first_skipped_;
  std::vector<Note> notes_;
};

}  // namespace detforge
