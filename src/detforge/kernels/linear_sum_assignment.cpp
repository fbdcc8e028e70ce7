#include "detforge/kernels/linear_sum_assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "detforge/base/error.h"

namespace detforge::kernels {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

/// Matches every row of a matrix that has at least as many columns, one row after the other. The reduced cost
/// `cost - row_price - column_price` stays at least 0, and is 0 for matched pairs.
class Matching {
 public:
  Matching(std::span<const double> costs, std::size_t rows, std::size_t columns)
      : costs_(costs),
        columns_(columns),
        row_price_(rows, 0),
        column_price_(columns, 0),
        column_of_(rows, nobody),
        row_of_(columns, nobody),
        previous_(columns, nobody),
        distance_(columns, infinite) {}

  void add(std::size_t row) {
    const std::size_t last = shortest_path(row);
    for (std::size_t column = last, from = nobody; from != row;) {
      from = previous_[column];
      row_of_[column] = from;
      std::swap(column_of_[from], column);
    }
  }

  const std::vector<std::size_t>& column_of() const { return column_of_; }

 private:
  /// Dijkstra's search from `start` to the nearest free column, which it returns; `previous_` leads back. Updates the prices.
  std::size_t shortest_path(std::size_t start) {
    std::fill(distance_.begin(), distance_.end(), infinite);
    std::vector<std::size_t> remaining(columns_);
    // From the last column on, so that a constant matrix is matched along its diagonal.
    std::iota(remaining.rbegin(), remaining.rend(), std::size_t{0});
    std::vector<std::size_t> rows_seen, columns_seen;
    double least = 0;
    std::size_t found = nobody;
    for (std::size_t row = start; found == nobody;) {
      rows_seen.push_back(row);
      std::size_t best = nobody;
      double nearest = infinite;
      for (std::size_t i = 0; i < remaining.size(); ++i) {
        const std::size_t column = remaining[i];
        const double through = least + costs_[row * columns_ + column] - row_price_[row] - column_price_[column];
        if (through < distance_[column]) {
          previous_[column] = row;
          distance_[column] = through;
        }
        // Of columns that are equally near a free one ends the search.
        if (distance_[column] < nearest || (distance_[column] == nearest && row_of_[column] == nobody)) {
          nearest = distance_[column];
          best = i;
        }
      }
      least = nearest;
      if (least == infinite) throw Error("infinite costs leave no assignment");
      const std::size_t column = remaining[best];
      if (row_of_[column] == nobody) found = column;
      row = row_of_[column];
      columns_seen.push_back(column);
      remaining[best] = remaining.back();
      remaining.pop_back();
    }
    row_price_[start] += least;
    for (const std::size_t row : rows_seen) {
      if (row != start) row_price_[row] += least - distance_[column_of_[row]];
    }
    for (const std::size_t column : columns_seen) column_price_[column] -= least - distance_[column];
    return found;
  }

  std::span<const double> costs_;
  std::size_t columns_;
  std::vector<double> row_price_;
  std::vector<double> column_price_;
  std::vector<std::size_t> column_of_;
  std::vector<std::size_t> row_of_;
  std::vector<std::size_t> previous_;
  std::vector<double> distance_;
};

std::vector<double> transposed(std::span<const double> costs, std::size_t rows, std::size_t columns) {
  std::vector<double> turned(costs.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) turned[column * rows + row] = costs[row * columns + column];
  }
  return turned;
}

}  // namespace

std::vector<RowColumn> linear_sum_assignment(std::span<const double> costs, std::int64_t rows, std::int64_t columns) {
  const bool invalid = std::any_of(costs.begin(), costs.end(), [](double cost) { return std::isnan(cost) || cost == -infinite; });
  if (invalid) throw Error("costs of an assignment must not be NaN or minus infinity");
  const bool turn = columns < rows;
  const auto height = static_cast<std::size_t>(rows), width = static_cast<std::size_t>(columns);
  std::vector<double> turned;
  if (turn) turned = transposed(costs, height, width);
  Matching matching(turn ? std::span<const double>(turned) : costs, std::min(height, width), std::max(height, width));
  for (std::size_t row = 0; row < std::min(height, width); ++row) matching.add(row);
  std::vector<RowColumn> pairs;
  for (std::size_t i = 0; i < matching.column_of().size(); ++i) {
    const auto one = static_cast<std::int64_t>(i), other = static_cast<std::int64_t>(matching.column_of()[i]);
    pairs.push_back(turn ? RowColumn{other, one} : RowColumn{one, other});
  }
  std::sort(pairs.begin(), pairs.end(), [](const RowColumn& a, const RowColumn& b) { return a.row < b.row; });
  return pairs;
}

}  // namespace detforge::kernels
