#include "detforge/data/formats/record_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace detforge {
namespace {

std::vector<RecordId> ids_of(const std::string& list) {
  const JsonDocument document = JsonDocument::parse(list, "ids");
  std::vector<RecordId> ids;
  document.root().for_each([&](const JsonValue& value) { ids.push_back(RecordId::read(value)); });
  return ids;
}

TEST(RecordId, IsSortedAsNumPySorts) {
  std::vector<RecordId> ids = ids_of(R"(["b", 18446744073709551615, "10", 7, -3, "9", 9223372036854775808, 9223372036854775807, 7.0, ""])");
  std::sort(ids.begin(), ids.end());
  std::string texts;
  for (const RecordId& id : ids) texts += id.text() + ",";
  EXPECT_EQ(texts, "-3,7,7,9223372036854775807,9223372036854775808,18446744073709551615,,10,9,b,");
  EXPECT_EQ(std::unordered_set<RecordId>(ids.begin(), ids.end()).size(), 9U) << "7 and 7.0 are one";
}

TEST(RecordId, OfANumberAndItsTextAreTwo) {
  const auto ids = ids_of(R"([7, "7", 18446744073709551615, "18446744073709551615"])");
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_NE(ids[2], ids[3]);
  EXPECT_EQ(ids[0], RecordId(7));
}

TEST(RecordId, IsWrittenAsItWasRead) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const RecordId& id : ids_of(R"([7, "7", 18446744073709551615])")) json.push_back(id);
  EXPECT_EQ(json.dump(), R"([7,"7",18446744073709551615])");
}

TEST(RecordId, IsZeroAsPythonsFloatIs) {
  const auto zeros = ids_of(R"([0, "0", " 0.0 ", "-0"])");
  for (const RecordId& id : zeros) EXPECT_TRUE(id.is_zero()) << id.text();
  for (const RecordId& id : ids_of(R"([1, "1", "", "zero", "0x", 18446744073709551615])")) EXPECT_FALSE(id.is_zero()) << id.text();
}

}  // namespace
}  // namespace detforge
