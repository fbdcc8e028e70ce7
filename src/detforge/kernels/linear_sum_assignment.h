#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace detforge::kernels {

/// One row and one column each, so that the sum of their costs is the least.
struct RowColumn {
  std::int64_t row;
  std::int64_t column;
};

/// Matches each row of `costs` [rows, columns], C order, with a column of its own, or each column with a row where there are fewer
/// columns, at the least sum: pairs by ascending row. Shortest augmenting paths (Crouse, doi 10.1109/TAES.2016.140952, after Jonker and
/// Volgenant); of solutions that cost the same always the same one. Throws `Error` when a cost is NaN or minus infinity, or when
/// infinite costs leave no solution.
std::vector<RowColumn> linear_sum_assignment(std::span<const double> costs, std::int64_t rows, std::int64_t columns);

}  // namespace detforge::kernels
