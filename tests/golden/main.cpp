#include <gtest/gtest.h>

#include <iostream>

#include "tests/golden/requirements.h"
#include "tests/support/golden_run.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  detforge::golden::make_cases();
  const int status = RUN_ALL_TESTS();
  const auto& test = *testing::UnitTest::GetInstance();
  std::cout << "golden: " << test.successful_test_count() << " passed, " << test.failed_test_count() << " failed, "
            << test.skipped_test_count() << " skipped\n"
            << detforge::golden::skipped_summary();
  return detforge::golden::meets_requirements(std::cerr) ? status : 1;
}
