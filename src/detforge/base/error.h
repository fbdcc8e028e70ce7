#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Errors and diagnostics: the one shape in which detforge says what is wrong, where, and what would be right.
///
/// The library throws `Error`; only `cli/` prints. An `Error` carries one or more `Diagnostic`s, so that all
/// mistakes of one component are reported together.
namespace detforge {

/// A text that positions point into: a config file, an option of the command line.
struct Source {
  std::string name;  ///< what a user calls it: a path as given, or `--cfg-options`
  std::string text;
};

/// A piece of one line of a `Source`. Line and column start at 1, the column counts bytes; line 0 means "unknown".
struct SourceRange {
  std::shared_ptr<const Source> source;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;

  explicit operator bool() const { return source != nullptr && line != 0; }
  /// `file:line:column`; empty when unknown.
  std::string text() const;
};

enum class ErrorKind {
  Input,    ///< config, checkpoint, image or annotation is wrong: exit status 1
  Usage,    ///< the command line is wrong: exit status 2
  Internal  ///< a fault of ours: exit status 3
};

/// One sentence (lower case, no full stop), its place, the context outermost last, and a next step.
struct Diagnostic {
  std::string message;
  SourceRange range;               ///< a place in a text, if there is one
  std::string place;               ///< any other place: `annotations[1041].bbox`, a tensor's or a file's name
  std::vector<std::string> notes;  ///< context, outermost last
  std::vector<std::string> helps;  ///< what to do next

  /// The text as a terminal shows it, without a final newline:
  /// ```text
  /// error: FPN has no argument 'out_chanels'; did you mean 'out_channels'?
  ///   --> configs/mine/retina.py:14:9
  ///    |
  /// 14 |         out_chanels=256,
  ///    |         ^^^^^^^^^^^
  ///    = note: model.neck
  ///    = help: detforge registry show FPN lists its arguments
  /// ```
  std::string render() const;
};

/// What the library throws for everything that a user can cause.
class Error : public std::exception {
 public:
  explicit Error(std::string message, ErrorKind kind = ErrorKind::Input);
  /// Several findings that are reported together; must not be empty.
  explicit Error(std::vector<Diagnostic> diagnostics, ErrorKind kind = ErrorKind::Input);

  /// Set the place of the first diagnostic where it has none yet, so that the innermost place wins.
  Error& at(const SourceRange& range) &;
  Error&& at(const SourceRange& range) && { return std::move(at(range)); }
  Error& at(std::string place) &;
  Error&& at(std::string place) && { return std::move(at(std::move(place))); }
  /// Add context to every diagnostic.
  Error& note(const std::string& text) &;
  Error&& note(const std::string& text) && { return std::move(note(text)); }
  Error& help(const std::string& text) &;
  Error&& help(const std::string& text) && { return std::move(help(text)); }

  ErrorKind kind() const { return kind_; }
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  /// The sentence of the first diagnostic, without its place.
  const std::string& message() const { return diagnostics_.front().message; }
  /// All diagnostics rendered, separated by newlines.
  const char* what() const noexcept override { return rendered_.c_str(); }

 private:
  void render();

  ErrorKind kind_;
  std::vector<Diagnostic> diagnostics_;
  std::string rendered_;
};

/// The candidate closest to `name` by edit distance (a swap of neighbours counts one), if it is within a third of
/// the length of the longer of the two; empty otherwise. The first of equally close ones.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// `; did you mean 'x'?` or an empty text.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace detforge
