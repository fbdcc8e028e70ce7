#include "detforge/base/text_encoding.h"

#include <gtest/gtest.h>

#include "detforge/base/error.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using namespace std::string_view_literals;

TEST(TextEncoding, TakesOffOneByteOrderMark) {
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB\xBF"
                                    "ab"),
            "ab");
  EXPECT_EQ(without_byte_order_mark("ab"), "ab");
  EXPECT_EQ(without_byte_order_mark("\xEF\xBB"), "\xEF\xBB");
  EXPECT_EQ(without_byte_order_mark(""), "");
}

TEST(TextEncoding, IsToldByMarksAndByNullBytes) {
  EXPECT_EQ(wide_encoding("\xFF\xFE"
                          "a\0"sv),
            "UTF-16");
  EXPECT_EQ(wide_encoding("\xFE\xFF\0a"sv), "UTF-16");
  EXPECT_EQ(wide_encoding("\xFF\xFE\0\0a\0\0\0"sv), "UTF-32");
  EXPECT_EQ(wide_encoding("a\0b\0"sv), "UTF-16");
  EXPECT_EQ(wide_encoding("\0a\0b"sv), "UTF-16");
  EXPECT_EQ(wide_encoding("a\0\0\0"sv), "UTF-32");
  for (const std::string_view plain : {""sv, "a"sv, "ab"sv,
                                       "\xEF\xBB\xBF"
                                       "ab"sv,
                                       "\xC2\xDD"sv}) {
    EXPECT_EQ(wide_encoding(plain), std::nullopt);
  }
}

TEST(TextEncoding, ShowsWhatNobodySees) {
  EXPECT_EQ(visible("bolt\xC2\xA0 \xE2\x80\x8B\xC3\xA4"), "bolt\\u00a0 \\u200b\xC3\xA4");
  EXPECT_EQ(without_invisible(" \xEF\xBB\xBF"
                              "bolt\xC2\xA0 "),
            "bolt");
  EXPECT_EQ(invisible_character("\xC2\xA0x"), "U+00A0, a no-break space");
  EXPECT_EQ(invisible_character("x\xC2\xA0"), "");
}

TEST(TextEncoding, OfATextFileIsUtf8) {
  using namespace std::string_literals;
  const testing_support::Folder folder{{"mark.txt",
                                        "\xEF\xBB\xBF"
                                        "a\n"},
                                       {"wide.txt",
                                        "\xFF\xFE"
                                        "a\0"s}};
  EXPECT_EQ(read_text(folder / "mark.txt", 100), "a\n");
  try {
    read_text(folder / "wide.txt", 100);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "error: the file is UTF-16, not UTF-8\n  --> " + (folder / "wide.txt").string() +
                                             "\n  = help: `iconv -f UTF-16 -t UTF-8` turns it into UTF-8");
  }
}

}  // namespace
}  // namespace detforge
