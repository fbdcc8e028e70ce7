#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/base/error.h"

namespace detforge {

/// Around a path into the bases, in the str that stands for `{{ _base_.x }}` until they are known: U+FDD0, which Unicode
/// keeps out of texts, so that no config means it.
inline constexpr std::string_view kBaseVariableMarker = "\xEF\xB7\x90";

/// Bytes of a `SourceText`.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t length = 0;

  std::uint32_t end() const { return begin + length; }
};

/// The span from the begin of one to the end of the other.
Span join(Span first, Span last);

/// The text that is parsed, and the way back from it to the file: templates (`{{ fileDirname }}`) are replaced before
/// parsing, yet places must point into what the user wrote.
class SourceText {
 public:
  /// Throws when the text is no UTF-8 or has a null byte.
  explicit SourceText(std::shared_ptr<const Source> source);

  std::string_view text() const { return replaced_ ? std::string_view(text_) : std::string_view(source_->text); }
  const std::shared_ptr<const Source>& source() const { return source_; }
  bool replaced() const { return replaced_; }

  /// Replace the bytes of the file at `span` (spans come in ascending order); `finish` ends the replacing.
  void replace(Span span, std::string_view replacement);
  void finish();

  /// The place in the file of a span of `text()`.
  SourceRange range(Span span) const;
  /// The place of a span of the file itself, known before the replacing has ended.
  SourceRange file_range(Span span) const;

 private:
  struct Piece {
    std::uint32_t text_begin;
    std::uint32_t file_begin;
    bool copied;  // byte by byte, unlike a replacement, which is one place as a whole
  };

  struct FileSpan {
    std::uint32_t begin, end;
  };

  /// Where the byte at `text_offset` stands in the file: empty for a copied one, the template for a replacement.
  FileSpan file_span(std::uint32_t text_offset) const;

  std::shared_ptr<const Source> source_;
  std::string text_;
  bool replaced_ = false;
  std::uint32_t copied_to_ = 0;
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> lines_;
};

}  // namespace detforge
