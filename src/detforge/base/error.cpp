#include "detforge/base/error.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace detforge {
namespace {

constexpr std::size_t kShownColumns = 120;

/// The `number`-th line of `text`, counted from 1, without its line end.
std::string_view line_of(std::string_view text, std::uint32_t number) {
  std::size_t begin = 0;
  for (std::uint32_t i = 1; i < number; ++i) {
    const auto end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  auto line = text.substr(begin, text.find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_continuation_byte(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation_byte(c); }));
}

/// Tabs become one blank, other control characters a question mark: the caret stays under its place and nothing
/// in a hostile file reaches the terminal as an escape sequence.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\t') c = ' ';
    else if (byte < 0x20U || byte == 0x7FU) c = '?';
  }
  return out;
}

std::string excerpt(const SourceRange& range) {
  std::string_view line = line_of(range.source->text, range.line);
  std::size_t begin = std::min<std::size_t>(range.column > 0 ? range.column - 1 : 0, line.size());
  std::size_t length = std::min<std::size_t>(std::max<std::uint32_t>(range.length, 1), std::max<std::size_t>(line.size() - begin, 1));
  std::string head;
  if (begin > kShownColumns * 2 / 3) {
    std::size_t cut = begin - kShownColumns / 3;
    while (cut < begin && is_continuation_byte(line[cut])) ++cut;
    line.remove_prefix(cut);
    begin -= cut;
    head = "...";
  }
  std::string tail;
  if (line.size() > kShownColumns) {
    std::size_t cut = kShownColumns;
    while (cut > begin && is_continuation_byte(line[cut])) --cut;
    line = line.substr(0, cut);
    tail = "...";
    length = std::min(length, std::max<std::size_t>(line.size() - std::min(begin, line.size()), 1));
  }
  const std::string number = std::to_string(range.line);
  const std::string margin(number.size() + 1, ' ');
  const std::size_t indent = head.size() + code_points(line.substr(0, begin));
  const std::size_t carets = std::max<std::size_t>(code_points(line.substr(std::min(begin, line.size()), length)), 1);
  return margin + "|\n" + number + " | " + head + printable(line) + tail + "\n" + margin + "| " + std::string(indent, ' ') +
         std::string(carets, '^');
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before = std::exchange(row, next);
  }
  return row[b.size()];
}

}  // namespace

std::string SourceRange::text() const {
  if (!*this) return {};
  return source->name + ":" + std::to_string(line) + ":" + std::to_string(std::max<std::uint32_t>(column, 1));
}

std::string Diagnostic::render() const {
  std::string out = "error: " + message;
  std::string margin = "  ";
  if (range) {
    margin.assign(std::to_string(range.line).size() + 1, ' ');
    out += "\n" + std::string(margin.size() - 1, ' ') + "--> " + range.text() + "\n" + excerpt(range);
  } else if (!place.empty()) {
    out += "\n  --> " + place;
  }
  for (const auto& text : notes) out += "\n" + margin + "= note: " + text;
  for (const auto& text : helps) out += "\n" + margin + "= help: " + text;
  return out;
}

Error::Error(std::string message, ErrorKind kind) : kind_(kind), diagnostics_(1) {
  diagnostics_.front().message = std::move(message);
  render();
}

Error::Error(std::vector<Diagnostic> diagnostics, ErrorKind kind) : kind_(kind), diagnostics_(std::move(diagnostics)) { render(); }

Error& Error::at(const SourceRange& range) & {
  auto& first = diagnostics_.front();
  if (!first.range && first.place.empty()) first.range = range;
  render();
  return *this;
}

Error& Error::at(std::string place) & {
  auto& first = diagnostics_.front();
  if (!first.range && first.place.empty()) first.place = std::move(place);
  render();
  return *this;
}

Error& Error::note(const std::string& text) & {
  for (auto& diagnostic : diagnostics_) diagnostic.notes.push_back(text);
  render();
  return *this;
}

Error& Error::help(const std::string& text) & {
  for (auto& diagnostic : diagnostics_) diagnostic.helps.push_back(text);
  render();
  return *this;
}

void Error::render() {
  rendered_.clear();
  for (const auto& diagnostic : diagnostics_) {
    if (!rendered_.empty()) rendered_ += '\n';
    rendered_ += diagnostic.render();
  }
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = 0;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    const bool close = distance * 3 <= std::max(name.size(), candidate.size());
    if (close && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const auto nearest = nearest_name(name, candidates);
  return nearest.empty() ? std::string() : "; did you mean '" + nearest + "'?";
}

}  // namespace detforge
