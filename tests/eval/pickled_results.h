#pragma once

#include <cstring>
#include <string>
#include <vector>

/// Pieces of pickles as Python's protocol 3 writes them, to put result files together by hand.
namespace detforge::testing_support {

inline std::string text(const std::string& value) { return "X" + std::string({static_cast<char>(value.size()), 0, 0, 0}) + value; }
inline std::string bytes(const std::string& value) { return "C" + std::string(1, static_cast<char>(value.size())) + value; }
inline std::string number(std::size_t value) { return "K" + std::string(1, static_cast<char>(value)); }

inline std::string list(const std::vector<std::string>& elements) {
  std::string all = "](";
  for (const std::string& element : elements) all += element;
  return all + "e";
}

inline std::string pair(const std::string& first, const std::string& second) { return first + second + "\x86"; }

/// A float32 array of [rows, columns]; no rows have five columns.
inline std::string array(const std::vector<std::vector<float>>& rows) {
  std::string data;
  for (const auto& row : rows) {
    for (const float value : row) data.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  const std::string shape = number(rows.size()) + number(rows.empty() ? 5 : rows[0].size()) + "\x86";
  const std::string dtype = "cnumpy\ndtype\n" + text("f4") + "\x89\x88\x87R(" + number(3) + text("<") + "NNNNNNtb";
  const std::string made = "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + number(0) + "\x85" + bytes("b") + "\x87R";
  return made + "(" + number(1) + shape + dtype + "\x89" + bytes(data) + "tb";
}

inline std::string mask(std::size_t height, std::size_t width, const std::string& counts) {
  return "}(" + text("size") + list({number(height), number(width)}) + text("counts") + bytes(counts) + "u";
}

inline std::string pickle(const std::string& value) { return "\x80\x03" + value + "."; }

}  // namespace detforge::testing_support
