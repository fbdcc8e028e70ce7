#include "detforge/eval/table.h"

#include <algorithm>

namespace detforge {

namespace {

/// Columns that a UTF-8 text takes, counting each code point as one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string ascii_table(const std::vector<std::vector<std::string>>& rows, bool footing) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string border = "+";
  for (const std::size_t width : widths) border += std::string(width + 2, '-') + "+";
  border += "\n";
  std::string text = border;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (footing && r > 1 && r + 1 == rows.size()) text += border;
    text += "|";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = i < rows[r].size() ? rows[r][i] : "";
      text += " " + cell + std::string(widths[i] - width_of(cell), ' ') + " |";
    }
    text += "\n";
    if (r == 0) text += border;
  }
  return text + border;
}

}  // namespace detforge
