#include "detforge/config/source_text.h"

#include <algorithm>

namespace detforge {
namespace {

/// The length of the UTF-8 sequence at the begin of `text`; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xC2 && lead < 0xE0 ? 2 : (lead >> 4) == 14 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool too_large = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : size;
}

}  // namespace

Span join(Span first, Span last) { return {first.begin, last.end() - first.begin}; }

SourceText::SourceText(std::shared_ptr<const Source> source) : source_(std::move(source)) {
  const std::string_view text = source_->text;
  lines_.push_back(0);
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\n' || (c == '\r' && text.substr(i + 1, 1) != "\n")) lines_.push_back(static_cast<std::uint32_t>(i + 1));
    const std::size_t size = sequence_length(text.substr(i, 4));
    if (size == 0 || c == '\0') {
      throw Error(c == '\0' ? "a null byte in the file" : "the file is not UTF-8").at(file_range({static_cast<std::uint32_t>(i), 1}));
    }
    i += size;
  }
}

void SourceText::replace(Span span, std::string_view replacement) {
  const std::string_view file = source_->text;
  replaced_ = true;
  pieces_.push_back({static_cast<std::uint32_t>(text_.size()), copied_to_, true});
  text_ += file.substr(copied_to_, span.begin - copied_to_);
  pieces_.push_back({static_cast<std::uint32_t>(text_.size()), span.begin, false});
  text_ += replacement;
  copied_to_ = span.end();
}

void SourceText::finish() {
  if (!replaced_) return;
  pieces_.push_back({static_cast<std::uint32_t>(text_.size()), copied_to_, true});
  text_ += std::string_view(source_->text).substr(copied_to_);
}

SourceText::FileSpan SourceText::file_span(std::uint32_t text_offset) const {
  if (!replaced_) return {text_offset, text_offset};
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), text_offset,
                                      [](std::uint32_t offset, const Piece& piece) { return offset < piece.text_begin; });
  const Piece& piece = *std::prev(after);
  if (!piece.copied) return {piece.file_begin, after->file_begin};
  const std::uint32_t offset = piece.file_begin + (text_offset - piece.text_begin);
  return {offset, offset};
}

SourceRange SourceText::range(Span span) const {
  const std::uint32_t begin = file_span(span.begin).begin;
  const FileSpan last = file_span(span.length == 0 ? span.begin : span.end() - 1);
  return file_range({begin, std::max({begin + 1, last.begin + 1, last.end}) - begin});
}

SourceRange SourceText::file_range(Span span) const {
  const auto line = std::prev(std::upper_bound(lines_.begin(), lines_.end(), span.begin));
  // A place is a piece of one line: an expression over several ends with its first.
  const auto line_end = std::next(line) == lines_.end() ? static_cast<std::uint32_t>(source_->text.size()) : *std::next(line) - 1;
  const std::uint32_t end = std::min(span.end(), std::max(line_end, span.begin));
  return {source_, static_cast<std::uint32_t>(line - lines_.begin()) + 1, span.begin - *line + 1, std::max(end - span.begin, 1U)};
}

}  // namespace detforge
